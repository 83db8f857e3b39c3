"""Makes faces in a video unrecognisable: every face that is found, through the moments in which none is.

Faces are looked for in the whole of every picture, near and far, and in parts of it several times a second,
where small ones in the background show. What is found is followed: between two sightings everything from one
place to the other is hidden, and for a while before the first and after the last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.landmarks import FaceDetector
from vision.people import Region, tiles
from vision.source import Frame, VideoFile

FIND_SCORE, LEFT_SCORE = 0.3, 0.5  # Rather too much is hidden; the second is the detector's own threshold.
LARGE_S, SMALL_S = 0.2, 0.5  # How often the picture is looked at in large and in small parts.
GAP_S = 3.0  # A face seen again within this, near where it was, was there in between.
AROUND_S = 1.0  # Before it is seen first, and after it is seen last.
_NEAR = 0.8  # ... near: within so many sizes of the face.
_EVER_S = 0.1  # around every sighting, however it is linked
_SAME = 0.5  # ... all the time: of places closer than this one is made
_MOVING = 1.3  # how much larger a place is where only one end of a movement is known

LEVELS = ((1.6, 6), (1.9, 3), (2.3, 1))
"""How much larger than the detector's box (eyebrows to mouth) what is hidden is, and into how many cells a
side it is averaged: of the first, less than four cells are on the face itself."""

Box = tuple[float, float, float, float]
Sightings = NDArray[np.float64]
"""Time in seconds (NaN: all the time), then left, top, right, bottom as shares of a picture; shape (n, 5)."""


class FaceFinder:
    """Looks for faces in a video's pictures, one after the other; a context manager.

    Parameters
    ----------
    min_score : float
        Of the detector, 0 to 1.
    """

    def __init__(self, min_score: float):
        self._far, self._near = FaceDetector(min_score), FaceDetector(min_score, near=True)
        self._large_s = self._small_s = -np.inf

    def __enter__(self) -> FaceFinder:
        return self

    def __exit__(self, *_: object) -> None:
        self._far.close()
        self._near.close()

    def faces(self, frame: Frame, height: int | None = None) -> NDArray[np.float64]:
        """Boxes as shares of the picture, shape (k, 4); one face may be there several times.

        With `height`, what is below so many rows is no picture: faces that lie there alone don't count, but
        those that are found only with it before the detector's eyes do.
        """
        rgb, time_s = frame.rgb[:height], frame.time_s
        height, width = rgb.shape[:2]
        found = [self._far.detect(rgb), self._near.detect(rgb)]
        if len(frame.rgb) > height:
            found += [self._far.detect(frame.rgb), self._near.detect(frame.rgb)]
            found = [boxes[boxes[:, 1] < height] for boxes in found]
        parts: list[Region] = []
        if time_s - self._large_s >= LARGE_S - 1e-6 or frame.cut:
            self._large_s = time_s
            parts += tiles(width, height)
        if time_s - self._small_s >= SMALL_S - 1e-6 or frame.cut:
            self._small_s = time_s
            parts += _small(width, height)
        for part in parts:
            found.append(self._far.detect(part.cut(rgb)) + np.float32([part.left, part.top] * 2))
        return np.concatenate(found).astype(float) / [width, height, width, height]


def sightings(
    video: VideoFile, min_score: float = FIND_SCORE, told: Callable[[float], None] = lambda time_s: None,
    height: int | None = None,
) -> Sightings:  # fmt: skip
    """All faces found in a video.

    Parameters
    ----------
    video : VideoFile
    min_score : float
        Of the detector; `LEFT_SCORE` to check that there are none.
    told : callable
        Gets how far it has come, in seconds.
    height : int, optional
        The picture's, where something stands below it; boxes are then shares of these rows.
    """
    rows: list[NDArray[np.float64]] = []
    with FaceFinder(min_score) as finder:
        for frame in video:
            boxes = finder.faces(frame, height)
            rows.append(np.column_stack([np.full(len(boxes), frame.time_s), boxes]))
            told(frame.time_s)
    return np.concatenate(rows) if rows else np.empty((0, 5))


@dataclass
class Hidden:
    """Where faces are hidden, and when; made by `hidden`."""

    _by_second: dict[int, list[tuple[float, float, Box]]] = field(default_factory=lambda: defaultdict(list))
    _always: list[Box] = field(default_factory=list)

    def add(self, start_s: float, end_s: float, box: Box) -> None:
        for second in range(int(np.floor(start_s)), int(np.floor(end_s)) + 1):
            self._by_second[second].append((start_s, end_s, box))

    def add_always(self, box: Box) -> None:
        for one in [one for one in self._always if _apart(one, box) < _SAME]:
            self._always.remove(one)
            box = _hull(one, box)
        self._always.append(box)

    def at(self, time_s: float) -> Iterator[Box]:
        """The boxes at a moment, as shares of the picture, not yet made larger."""
        yield from self._always
        for start_s, end_s, box in self._by_second.get(int(np.floor(time_s)), ()):
            if start_s - 1e-6 <= time_s <= end_s + 1e-6:
                yield box

    def hide(self, rgb: np.ndarray, time_s: float, level: int) -> np.ndarray:
        """A copy of the picture in which the faces of a moment are hidden; `level` of `LEVELS`."""
        growth, cells = LEVELS[level]
        rgb = rgb.copy()
        height, width = rgb.shape[:2]
        for box in set(self.at(time_s)):
            left, top, right, bottom = np.array(_grown(box, growth)) * [width, height, width, height]
            rows, columns = slice(max(0, int(top)), int(bottom) + 1), slice(max(0, int(left)), int(right) + 1)
            part = rgb[rows, columns]
            if part.size:
                few = cv2.resize(part, (cells, cells), interpolation=cv2.INTER_AREA)
                rgb[rows, columns] = cv2.resize(few, part.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        return rgb


def hidden(found: Sightings) -> Hidden:
    """Follow what was found, see the head of this module."""
    result, open_ = Hidden(), []
    for time_s, *sides in found[np.argsort(found[:, 0], kind="stable")].tolist():
        box: Box = tuple(sides)  # type: ignore[assignment]
        if np.isnan(time_s):
            result.add_always(box)
            continue
        result.add(time_s - _EVER_S, time_s + _EVER_S, box)
        for last_s, last in [one for one in open_ if time_s - one[0] > GAP_S]:
            result.add(last_s, last_s + AROUND_S, _grown(last, _MOVING))
        open_ = [one for one in open_ if time_s - one[0] <= GAP_S]
        before = min(open_, key=lambda one: _apart(one[1], box), default=None)
        if before is None or _apart(before[1], box) > _NEAR:
            result.add(time_s - AROUND_S, time_s, _grown(box, _MOVING))
        else:
            result.add(before[0], time_s, _hull(before[1], box))
            open_.remove(before)
        open_.append((time_s, box))
    for last_s, last in open_:
        result.add(last_s, last_s + AROUND_S, _grown(last, _MOVING))
    return result


def _small(width: int, height: int) -> list[Region]:
    """Squares half as large as `tiles`, half a side from one to the next."""
    side = max(1, min(width, height) // 2)
    places = [
        np.linspace(0, length - side, -(-2 * (length - side) // side) + 1).round().astype(int).tolist()
        for length in (width, height)
    ]
    return [Region(x, y, x + side, y + side) for y in places[1] for x in places[0]]


def _apart(a: Box, b: Box) -> float:
    """Distance of two boxes' centres in sizes of the larger one; 0 where they are the same."""
    size = max(a[2] - a[0], b[2] - b[0], 1e-6), max(a[3] - a[1], b[3] - b[1], 1e-6)
    across, down = (a[0] + a[2] - b[0] - b[2]) / 2 / size[0], (a[1] + a[3] - b[1] - b[3]) / 2 / size[1]
    return float(np.hypot(across, down))


def _hull(a: Box, b: Box) -> Box:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _grown(box: Box, factor: float) -> Box:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    width, height = factor * (box[2] - box[0]) / 2, factor * (box[3] - box[1]) / 2
    return x - width, y - height, x + width, y + height
