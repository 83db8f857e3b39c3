"""A session's video with what was measured drawn into it: landmarks, labels and a time bar.

Where there were two cameras, their pictures stand side by side, in step on the session's clock, which is the
first one's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attune import InputError
from scoring import timeline
from scoring.cameras import Camera, cameras_of
from scoring.session import LANDMARKS, Session
from scoring.summary import Summary, summary
from vision import overlay
from vision.source import Frame, VideoFile
from vision.writer import MAX_SIDE, encode_video

SAME_FRAME_S = 0.02  # A copied or converted video's times are off by no more than its clock's ticks.
WIDTH_OF_LETTERS = 70  # Letters go into the width of two pictures beside each other.

Labels = list[tuple[str, overlay.Colour]]
Progress = Callable[..., object]
Hide = Callable[[np.ndarray, Camera, float], np.ndarray]
"""Gives a camera's picture, at a moment of its own, without what must not be seen."""


def export_video(
    session: Session, dst: Path, progress: Progress | None = None, hide: Hide | None = None
) -> None:
    """Write the session's video, at most `MAX_SIDE` large, with landmarks, labels and a time bar.

    Parameters
    ----------
    session : Session
    dst : Path
        Appears only when it is whole.
    progress : callable, optional
        Called with frames done, seconds done and seconds in all.
    hide : callable, optional
        What each picture goes through; then nothing is drawn into it (drawings can pass for faces), and
        there is no sound.

    Raises
    ------
    InputError
        The session was kept without its video, or it can't be read.
    OutputError
        ``dst`` can't be written.
    """
    picture = picture_of(session)
    shown = summary(session)
    first, *others = cameras_of(session, shown.persons)
    with VideoFile(picture, MAX_SIDE) as video:
        if not others:
            frames = _one_picture(video, session, shown, first, hide)
        else:
            frames = _two_pictures(video, session, shown, (first, others[0]), hide)
        told = _told(_with_bar(frames, shown), video, shown, progress)
        encode_video(dst, told, video.info.nominal_fps, sound_of=None if hide else video)


def picture_of(session: Session) -> Path:
    """The session's video; an `InputError` where it was not kept."""
    if session.video is None:
        raise InputError(f"{session.path} was kept without its video: analyse it again without --no-video")
    return session.video


def _told(frames, video: VideoFile, shown: Summary, progress: Progress | None):
    for time_s, rgb in frames:
        yield time_s, rgb
        if progress is not None:
            progress(video.frames_read, time_s, shown.duration_s)


def _with_bar(frames: Iterator[tuple[float, np.ndarray]], shown: Summary):
    """Each picture with the time bar under it."""
    bar: overlay.TimeBar | None = None
    for time_s, rgb in frames:
        bar = bar or overlay.TimeBar(rgb.shape[1], shown.duration_s, _rows(shown.lanes))
        clock = timeline.clock(time_s, tenths=True)
        yield time_s, np.concatenate([rgb[: rgb.shape[0] // 2 * 2], bar.at(time_s, clock)])


def _one_picture(
    video: VideoFile, session: Session, shown: Summary, camera: Camera, hide: Hide | None
) -> Iterator[tuple[float, np.ndarray]]:
    people = [_Person(session, name, camera) for name in shown.persons] if hide is None else []
    several = len(people) > 1
    from_left = sorted(people, key=lambda person: person.place_px)
    for frame in video:
        time_s = frame.time_s
        rgb = frame.rgb if hide is None else hide(frame.rgb, camera, time_s)
        for person in people:
            person.draw(rgb, time_s)
        for person in people:
            right = several and person is from_left[-1]
            labels = _labels(shown.lanes, person.name, time_s, named=several)
            overlay.draw_labels(rgb, labels, right, share=0.5 if several else 1.0)
        if hide is None:
            overlay.draw_labels_below(rgb, _labels(shown.lanes, "dyad", time_s))
        yield time_s, rgb


def _two_pictures(
    video: VideoFile, session: Session, shown: Summary, cameras: tuple[Camera, Camera], hide: Hide | None
) -> Iterator[tuple[float, np.ndarray]]:
    first, second = cameras
    sizes = beside(first.size, second.size)
    letters = max(11, sum(width for width, _ in sizes) // WIDTH_OF_LETTERS)
    people = [
        [_Person(session, name, camera) for name in camera.persons] if hide is None else []
        for camera in cameras
    ]
    places = order(cameras)
    with _Second(second, sizes[1], letters, people[1], hide) as other:
        for frame in video:
            time_s = frame.time_s
            rgb = frame.rgb if hide is None else hide(frame.rgb, first, time_s)
            own = overlay.resized(rgb, sizes[0])
            for person in people[0]:
                person.draw(own, time_s)
            pictures = [own, other.at(time_s)]
            for side, place in enumerate(places):
                for person in people[place]:
                    labels = _labels(shown.lanes, person.name, time_s, named=True)
                    overlay.draw_labels(pictures[place], labels, right=side == 1, size=letters)
            both = np.concatenate([pictures[place] for place in places], axis=1)
            if hide is None:
                overlay.draw_labels_below(both, _labels(shown.lanes, "dyad", time_s), letters)
            yield time_s, both


def order(cameras: Sequence[Camera]) -> list[int]:
    """Which camera's picture stands where, from the left: the staff member's first."""
    return sorted(range(len(cameras)), key=lambda place: "staff" not in cameras[place].persons)


def beside(a: tuple[int, int], b: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Even sizes of two pictures at equal height, together at most `MAX_SIDE` wide.

    Examples
    --------
    >>> beside((1920, 1080), (640, 480))
    ((730, 410), (546, 410))
    """
    shapes = [width / height for width, height in (a, b)]
    height = _even(min(max(a[1], b[1]), MAX_SIDE / sum(shapes), MAX_SIDE))
    first, second = ((_even(shape * height), height) for shape in shapes)
    return first, second


def _even(length: float) -> int:
    return max(2, int(length + 1e-6) // 2 * 2)


class _Second:
    """The second camera's pictures, drawn, at the first one's times."""

    def __init__(
        self, camera: Camera, size: tuple[int, int], letters: int, people: Sequence[_Person],
        hide: Hide | None,
    ):  # fmt: skip
        self._camera, self._size, self._letters, self._people = camera, size, letters, people
        self._hide = hide
        self._video = VideoFile(camera.video, MAX_SIDE) if camera.video else None
        self._frames: Iterator[Frame] = iter(self._video or ())
        self._next = next(self._frames, None)
        self._shown: np.ndarray | None = None

    def __enter__(self) -> _Second:
        return self

    def __exit__(self, *_: object) -> None:
        if self._video is not None:
            self._video.close()

    def at(self, time_s: float) -> np.ndarray:
        """The picture at a moment of the session, later than the one before; blank where there is none."""
        latest: Frame | None = None
        own_s = self._camera.own_s(time_s)
        while self._next is not None and self._next.time_s <= own_s + 1e-6:
            latest, self._next = self._next, next(self._frames, None)
        if latest is not None:
            hide = self._hide
            rgb = latest.rgb if hide is None else hide(latest.rgb, self._camera, latest.time_s)
            self._shown = overlay.resized(rgb, self._size)
            for person in self._people:
                person.draw(self._shown, latest.time_s + self._camera.offset_s)
        missing = self._missing(own_s)
        if self._shown is None or missing:
            return overlay.blank(*self._size[::-1], missing, self._letters)
        return self._shown.copy()

    def _missing(self, own_s: float) -> str:
        """Why there is no picture; empty text where there is one."""
        if self._video is None:
            return f"Camera {self._camera.number}'s recording was not kept."
        if own_s < 0 and self._shown is None:
            begins = timeline.clock(max(0.0, self._camera.offset_s), tenths=True)
            return f"Camera {self._camera.number} begins at {begins}."
        ended = self._next is None and own_s >= self._video.end_s
        return f"Camera {self._camera.number}'s recording has ended." if ended else ""


@dataclass(frozen=True)
class _Gaze:
    """Where a person looked, per frame: seconds, and face x, y (px), gaze yaw, pitch (deg), face height."""

    times: np.ndarray
    values: np.ndarray


class _Person:
    """What was measured of one person, read along with the video."""

    def __init__(self, session: Session, name: str, camera: Camera):
        self.name = name
        self._size = np.array(camera.size, float)
        table = session.signals().person(name)
        names = ("face_x_px", "face_y_px", "gaze_yaw_deg", "gaze_pitch_deg", "face_height_px")
        self._gaze = _Gaze(table["time_s"].to_numpy(), table[list(names)].to_numpy(float))
        self._landmarks = _landmarks(session.path / LANDMARKS, name)
        self._next: dict | None = next(self._landmarks, None)

    @property
    def place_px(self) -> float:
        """How far right in the picture the person mostly is; if unknown, staff left and client right."""
        across = self._gaze.values[:, 0]
        known = across[np.isfinite(across)]
        return float(np.median(known)) if len(known) else (0.0 if self.name == "staff" else self._size[0])

    def draw(self, rgb: np.ndarray, time_s: float) -> None:
        """Draw what belongs to this moment of the session; nothing where nothing was found."""
        pixel = np.array(rgb.shape[1::-1]) / self._size
        while self._next is not None and self._next["time_s"] < time_s - SAME_FRAME_S:
            self._next = next(self._landmarks, None)
        found = self._next
        if found is not None and found["time_s"] <= time_s + SAME_FRAME_S:
            overlay.draw_body(rgb, _body(found) * [*rgb.shape[1::-1], 1])
            overlay.draw_face(rgb, _face(found) * pixel)
        if len(self._gaze.times):
            nearest = int(np.abs(self._gaze.times - time_s).argmin())
            if abs(self._gaze.times[nearest] - time_s) <= SAME_FRAME_S:
                x, y, yaw, pitch, height = self._gaze.values[nearest]
                length = overlay.GAZE_LENGTH * height * pixel[1]
                overlay.draw_gaze(rgb, np.array([x, y]) * pixel, yaw, pitch, length)


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


def _labels(lanes: Sequence[timeline.Lane], person: str, time_s: float, named: bool = False) -> Labels:
    """What was seen of a person at a moment; `named`: who it is first."""
    labels: Labels = [(timeline.PERSON_LABELS.get(person, person), overlay.LIGHT)] if named else []
    hidden: dict[str, list[str]] = {}
    for lane in _with_moments(lanes):
        if lane.person != person:
            continue
        for block in lane.blocks:
            if block.start_s <= time_s < block.end_s:
                kind = timeline.KINDS[block.kind]
                labels.append((kind.label, _rgb(kind.colour)))
        for gap in lane.gaps:
            if gap.start_s <= time_s < gap.end_s:
                hidden.setdefault(gap.reason, []).append(timeline.CUES[lane.cue][0].lower())
    for reason, cues in hidden.items():
        labels.append((f"{', '.join(cues).capitalize()}: not measurable, {reason}", _rgb(timeline.GREY)))
    return labels


def _with_moments(lanes: Sequence[timeline.Lane]) -> list[timeline.Lane]:
    return [lane for lane in lanes if not lane.note]


def _rows(lanes: Sequence[timeline.Lane]) -> list[tuple[str, list[overlay.Span]]]:
    """A row for each kind of event; what was not measurable is hatched in the rows it concerns."""
    rows = []
    lanes = _with_moments(lanes)
    several = len({lane.person for lane in lanes}) > 1
    for lane in lanes:
        gaps = [overlay.Span(gap.start_s, gap.end_s, gap.reason) for gap in lane.gaps]
        of = f" · {timeline.PERSON_LABELS.get(lane.person, lane.person).lower()}"
        for kind in lane.kinds:
            spans = [
                overlay.Span(block.start_s, block.end_s, kind.short, _rgb(kind.colour), _rgb(kind.ink))
                for block in lane.blocks
                if block.kind == kind.kind
            ]
            name = kind.label + (of if several and lane.person != "dyad" else "")
            rows.append((name, gaps + spans))
    return rows


def _rgb(colour: str) -> overlay.Colour:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
