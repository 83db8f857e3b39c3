"""A session's video with what was measured drawn into it: landmarks, labels and a time bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from attune import InputError
from scoring import timeline
from scoring.session import LANDMARKS, Session
from scoring.summary import summary
from vision import overlay
from vision.source import VideoFile
from vision.writer import MAX_SIDE, encode_video

SAME_FRAME_S = 0.02  # A copied or converted video's times are off by no more than its clock's ticks.


def export_video(session: Session, dst: Path, progress: Callable[..., object] | None = None) -> None:
    """Write the session's video, at most `MAX_SIDE` large, with landmarks, labels and a time bar.

    Parameters
    ----------
    session : Session
    dst : Path
        Appears only when it is whole.
    progress : callable, optional
        Called with frames done, seconds done and seconds in all.

    Raises
    ------
    InputError
        The session was kept without its video, or it can't be read.
    OutputError
        ``dst`` can't be written.
    """
    if session.video is None:
        raise InputError(f"{session.path} was kept without its video: analyse it again without --no-video")
    with VideoFile(session.video, MAX_SIDE) as video:
        frames = _drawn(session, video, progress)
        encode_video(dst, frames, video.info.nominal_fps, sound_of=video)


def _drawn(
    session: Session, video: VideoFile, progress: Callable[..., object] | None
) -> Iterator[tuple[float, np.ndarray]]:
    shown = summary(session)
    lanes = [lane for lane in shown.lanes if not lane.empty]
    people = [_Person(session, name) for name in shown.persons]
    bar: overlay.TimeBar | None = None
    for frame in video:
        rgb, time_s = frame.rgb, frame.time_s
        for person in people:
            person.draw(rgb, time_s)
        for side in ("staff", "client"):
            mine = [lane for lane in lanes if (lane.person == "client") == (side == "client")]
            overlay.draw_labels(rgb, _labels(mine, time_s), right=side == "client")
        bar = bar or overlay.TimeBar(rgb.shape[1], shown.duration_s, _rows(lanes))
        clock = timeline.clock(time_s, tenths=True)
        yield time_s, np.concatenate([rgb[: rgb.shape[0] // 2 * 2], bar.at(time_s, clock)])
        if progress is not None:
            progress(video.frames_read, time_s, shown.duration_s)


class _Person:
    """What was measured of one person, read along with the video."""

    def __init__(self, session: Session, name: str):
        source = session.info.get("source") or {}
        self._size = np.array([source.get("width") or 1, source.get("height") or 1], float)
        table = session.signals().person(name)
        self._times = table["time_s"].to_numpy()
        names = ("face_x_px", "face_y_px", "gaze_yaw_deg", "gaze_pitch_deg", "face_height_px")
        self._gaze = table[list(names)].to_numpy(float)
        self._landmarks = _landmarks(session.path / LANDMARKS, name)
        self._next: dict | None = next(self._landmarks, None)

    def draw(self, rgb: np.ndarray, time_s: float) -> None:
        """Draw what belongs to this time; nothing where nothing was found."""
        pixel = np.array(rgb.shape[1::-1]) / self._size
        while self._next is not None and self._next["time_s"] < time_s - SAME_FRAME_S:
            self._next = next(self._landmarks, None)
        found = self._next
        if found is not None and found["time_s"] <= time_s + SAME_FRAME_S:
            overlay.draw_body(rgb, _body(found) * [*rgb.shape[1::-1], 1])
            overlay.draw_face(rgb, _face(found) * pixel)
        if len(self._times):
            nearest = int(np.abs(self._times - time_s).argmin())
            if abs(self._times[nearest] - time_s) <= SAME_FRAME_S:
                x, y, yaw, pitch, height = self._gaze[nearest]
                overlay.draw_gaze(rgb, np.array([x, y]) * pixel, yaw, pitch, 2 * height * pixel[1])


def _landmarks(path: Path, person: str) -> Iterator[dict]:
    """The stored rows of one person in order of time, a few hundred in memory at once."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        return
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=512):
                yield from (row for row in batch.to_pylist() if row["person"] == person)
    except (OSError, KeyError, pa.ArrowException) as error:
        raise InputError(f"{path} can't be read: {error}") from None


def _face(row: dict) -> np.ndarray:
    """Face points in source pixels, shape (n, 2); NaN where no face was found."""
    points = np.array(row["face"], float).reshape(-1, 2)
    return points * row["face_height_px"] + [row["face_x_px"], row["face_y_px"]]


def _body(row: dict) -> np.ndarray:
    """Body points as shares of the picture and visibility, shape (n, 3)."""
    return np.array(row["pose"], float).reshape(-1, 3)


def _labels(lanes: Sequence[timeline.Lane], time_s: float) -> list[tuple[str, overlay.Colour]]:
    labels = []
    for lane in lanes:
        for block in lane.blocks:
            if block.start_s <= time_s < block.end_s:
                kind = timeline.KINDS[block.kind]
                labels.append((kind.label, _rgb(kind.colour)))
        for gap in lane.gaps:
            if gap.start_s <= time_s < gap.end_s:
                labels.append((f"{lane.label}: not measurable, {gap.reason}", _rgb(timeline.GREY)))
    return labels


def _rows(lanes: Sequence[timeline.Lane]) -> list[tuple[str, list[overlay.Span]]]:
    """A row for each kind of event; what was not measurable is hatched in the rows it concerns."""
    rows = []
    several = len({lane.person for lane in lanes}) > 1
    for lane in lanes:
        for kind in lane.kinds:
            spans = [
                overlay.Span(block.start_s, block.end_s, kind.short, _rgb(kind.colour), _rgb(kind.ink))
                for block in lane.blocks
                if block.kind == kind.kind
            ]
            gaps = [overlay.Span(gap.start_s, gap.end_s, gap.reason) for gap in lane.gaps]
            person = timeline.PERSON_LABELS.get(lane.person, lane.person)
            rows.append((f"{kind.label} · {person.lower()}" if several else kind.label, gaps + spans))
    return rows


def _rgb(colour: str) -> overlay.Colour:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
