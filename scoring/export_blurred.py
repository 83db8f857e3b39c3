"""A session's video in which no face is to be seen, and which is written only when that is so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from attune import OutputError
from scoring import timeline
from scoring.cameras import Camera, cameras_of
from scoring.export_video import Hide, Progress, beside, export_video, order, picture_of
from scoring.session import Session
from vision.blur import LEFT_SCORE, Sightings, hidden, sightings
from vision.source import VideoFile
from vision.upright import fit
from vision.writer import MAX_SIDE, whole

ROUNDS = (0, 0, 1, 1, *[2] * 16)
"""How strongly faces are hidden (`vision.blur.LEVELS`), from one try to the next; most need one or two."""

LASTING = 3
"""After so many tries, what is still found is hidden from beginning to end: what the detector takes a pattern
for it takes it for again and again, and in a long video never for the last time."""

_EACH_S = 0.2  # Of the faces that were measured, so many are enough: the detector sees every picture.
_BOX = (0.6, 0.6, 0.6, 0.9)  # left, top, right, bottom of the middle between the eyes, in face heights


def export_blurred(session: Session, dst: Path, progress: Progress | None = None) -> None:
    """Write the session's video with its time bar, every face hidden, and no sound.

    The face detector then looks at every picture of what was written, with the bar below and without it.
    What it finds, a face or not, is hidden too, more strongly and for longer if need be, and all is written
    again; where it finds something to the end, nothing is left behind.

    Raises
    ------
    InputError
        The session was kept without its video, or it can't be read.
    OutputError
        ``dst`` can't be written, or a face could still be found.
    """
    picture_of(session)
    cameras = cameras_of(session, session.signals().persons)
    told = _Told(progress, session)
    found = [np.concatenate([_seen(camera, told), _measured(session, camera)]) for camera in cameras]
    with whole(dst) as part:
        for number, level in enumerate(ROUNDS, start=1):
            export_video(session, part, progress, hide=_hide(cameras, found, level))
            places, height = _places(cameras)
            left = sightings(VideoFile(part), LEFT_SCORE, told, height)
            if not len(left):
                return
            first_s = left[0, 0]
            if number >= LASTING:
                left[:, 0] = np.nan
            found = [
                np.concatenate([before, _in_camera(left, camera, *place)])
                for before, camera, place in zip(found, cameras, places, strict=True)
            ]
        raise OutputError(
            f"{dst} was not written: a face can still be found in it, first at "
            f"{timeline.clock(first_s, tenths=True)}"
        )


def _hide(cameras: Sequence[Camera], found: Sequence[Sightings], level: int) -> Hide:
    places = {camera.number: hidden(seen) for camera, seen in zip(cameras, found, strict=True)}

    def hide(rgb: np.ndarray, camera: Camera, own_s: float) -> np.ndarray:
        return places[camera.number].hide(rgb, own_s, level)

    return hide


def _places(cameras: Sequence[Camera]) -> tuple[list[tuple[float, float]], int]:
    """Left and right border of each camera's picture in the video, as shares of its width; their height."""
    if len(cameras) == 1:
        return [(0.0, 1.0)], fit(*cameras[0].size, MAX_SIDE)[1] // 2 * 2
    sizes = beside(cameras[0].size, cameras[1].size)
    left, right = order(cameras)
    middle = sizes[left][0] / (sizes[0][0] + sizes[1][0])
    borders = {left: (0.0, middle), right: (middle, 1.0)}
    return [borders[0], borders[1]], sizes[0][1]


def _in_camera(seen: Sightings, camera: Camera, left: float, right: float) -> Sightings:
    """What was seen in the video, as seen by one camera: those that lie in its picture."""
    there = (seen[:, 1] < right) & (seen[:, 3] > left)
    own = seen[there].copy()
    own[:, 0] -= camera.offset_s
    own[:, [1, 3]] = (own[:, [1, 3]] - left) / (right - left)
    return own


def _seen(camera: Camera, told: Callable[[float], None]) -> Sightings:
    if camera.video is None:
        return np.empty((0, 5))
    with VideoFile(camera.video, MAX_SIDE) as video:
        return sightings(video, told=told)


def _measured(session: Session, camera: Camera) -> Sightings:
    """Where the measured people's faces were: the mesh follows faces that the detector has lost."""
    rows = []
    for person in camera.persons:
        table = session.signals().person(person)
        place = table[["time_s", "face_x_px", "face_y_px", "face_height_px"]].to_numpy(float)
        place = place[np.isfinite(place).all(axis=1)]
        _, first = np.unique(place[:, 0] // _EACH_S, return_index=True)
        rows.append(place[first])
    time_s, x, y, size = np.concatenate([np.empty((0, 4)), *rows]).T
    sides = [x - _BOX[0] * size, y - _BOX[1] * size, x + _BOX[2] * size, y + _BOX[3] * size]
    return np.column_stack([camera.own_s(time_s), np.column_stack(sides) / np.array(camera.size * 2)])


class _Told:
    """Progress of looking through a video, with the frames counted."""

    def __init__(self, progress: Progress | None, session: Session):
        self._progress, self._frames = progress, 0
        self._duration_s = float((session.info.get("source") or {}).get("duration_s") or 0)

    def __call__(self, time_s: float) -> None:
        self._frames += 1
        if self._progress is not None:
            self._progress(self._frames, time_s, self._duration_s)
