"""How a person looks: colours of head and clothes, to know them again after they were out of sight.

Nothing here knows who somebody is: it tells the people of one recording apart, as somebody would who
says "the one in the green jacket", and is forgotten with the recording's last picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter

from vision.people import NO_BOXES

SAME = 0.23
"""Looks nearer than this may be one person's, further apart they are not. In 73 clips of rendered people a
view was at most .22 (99 of 100: .16) from the nearest one kept of the same person up to a minute before; of
views of other people 2 in 100 were as near as this (`python tests/benchmarks/appearance.py FOLDER`)."""

NEAR = 0.33
"""Looks further apart than this are not one person's even where the place is the same."""

_NEW_VIEW = 0.10  # A view this different from all that are kept is worth keeping.
_MOST_VIEWS = 8
_THUMBNAIL = 32
_NARROWEST = 0.4  # Face heights to each side that are looked at however near a neighbour is.
_BINS, _RANGE = (6, 8, 8), ((0, 256), (96, 160), (96, 160))  # of L, a, b: skin and cloth are near grey
_BLUR = 0.7  # in bins, so that a little more light doesn't move everything to the next bin
_READABLE = (12.0, 243.0)  # Darker or brighter than this, a colour doesn't tell how much light there is.
_ALIKE = 0.1  # Parts of the picture that became brighter by the same factor, within this (log) ...
_ALIKE_SHARE = 0.6  # ... and how much of it they have to be: else it isn't the light that changed.
_LEAST_SHARE = 0.3  # Less of the picture than this, readable, tells nothing.
_NOTICED = 0.03  # Less light or more by this (log) is worth telling.


@dataclass(frozen=True)
class View:
    """One look at a person.

    Attributes
    ----------
    head, clothes : ndarray or None
        Square roots of smoothed Lab histograms, length 1; None where too little is in the picture.
    pictures : tuple of (ndarray, shape (n, n, 3), float32, or None)
        What head and clothes are the colours of: a few pixels, rgb.
    """

    head: np.ndarray | None
    clothes: np.ndarray | None
    pictures: tuple[np.ndarray | None, np.ndarray | None]

    @classmethod
    def of(cls, *pictures: np.ndarray | None) -> View:
        """A view of head and clothes as these pictures show them."""
        head, clothes = (None if one is None else _colours(one) for one in pictures)
        return cls(head, clothes, pictures)

    def lit(self, gains: np.ndarray) -> View:
        """The same in another light: red, green and blue brighter by these factors."""
        return View.of(*(None if one is None else one * gains for one in self.pictures))

    def distance(self, other: View) -> float:
        """Hellinger distance, 0 to 1, mean over what both show; NaN where that is nothing."""
        parts = ((self.head, other.head), (self.clothes, other.clothes))
        apart = [np.sqrt(max(0.0, 1 - float(a @ b))) for a, b in parts if a is not None and b is not None]
        return float(np.mean(apart)) if apart else float("nan")


def view_of(rgb: np.ndarray, box: np.ndarray, others: np.ndarray = NO_BOXES) -> View:
    """What a person looks like around a face's box (left, top, right, bottom) in a picture.

    Of people side by side each has the clothes on their side of the middle between the faces; `others`,
    shape (k, 4), are the other faces.
    """
    height = box[3] - box[1]
    x = (box[0] + box[2]) / 2
    left, right = x - 0.9 * height, x + 0.9 * height
    for other in others:
        if abs(other[1] - box[1]) < height:
            middle = (x + (other[0] + other[2]) / 2) / 2
            if middle > x:
                right = min(right, max(middle, x + _NARROWEST * height))
            else:
                left = max(left, min(middle, x - _NARROWEST * height))
    head = (x - 0.6 * height, box[1] - 0.6 * height, x + 0.6 * height, box[3])
    clothes = (left, box[3] + 0.35 * height, right, box[3] + 1.6 * height)
    return View.of(_small(rgb, head), _small(rgb, clothes))


def _small(rgb: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray | None:
    height, width = rgb.shape[:2]
    left, top = max(0, round(float(box[0]))), max(0, round(float(box[1])))
    right, bottom = min(width, round(float(box[2]))), min(height, round(float(box[3])))
    if right - left < 4 or bottom - top < 4 or bottom - top < 0.3 * (box[3] - box[1]):
        return None
    return _shrunk(rgb[top:bottom, left:right])


def _shrunk(rgb: np.ndarray) -> np.ndarray:
    return cv2.resize(rgb, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA).astype(np.float32)


def _colours(picture: np.ndarray) -> np.ndarray | None:
    small = np.clip(picture, 0, 255).astype(np.uint8)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    bins = _BIN[0][lab[:, 0]] + _BIN[1][lab[:, 1]] + _BIN[2][lab[:, 2]]
    counts = np.bincount(bins, minlength=int(np.prod(_BINS))).reshape(_BINS).astype(np.float32)
    root = np.sqrt(gaussian_filter(counts, _BLUR)).ravel()
    length = float(np.linalg.norm(root))
    return root / length if length else None


def _bin_numbers() -> list[np.ndarray]:
    """For each of L, a, b what a value from 0 to 255 adds to the number of its bin."""
    strides = (_BINS[1] * _BINS[2], _BINS[2], 1)
    share = [np.clip((np.arange(256) - low) / (high - low), 0, 0.999) for low, high in _RANGE]
    return [
        (one * count).astype(int) * stride for one, count, stride in zip(share, _BINS, strides, strict=True)
    ]


_BIN = _bin_numbers()


class Look:
    """What is remembered of a person: a few views that differ."""

    def __init__(self) -> None:
        self._views: list[View] = []

    @property
    def known(self) -> bool:
        return bool(self._views)

    def distance(self, view: View) -> float:
        """To the nearest remembered view; 0 where there is nothing to compare."""
        apart = [one.distance(view) for one in self._views]
        apart = [one for one in apart if one == one]
        return min(apart, default=0.0)

    def remember(self, view: View) -> None:
        """Keep a view of this person where it tells something new."""
        if self._views and self.distance(view) < _NEW_VIEW:
            return
        if len(self._views) == _MOST_VIEWS:
            del self._views[1]  # The first one was certain.
        self._views.append(view)

    def relight(self, gains: np.ndarray) -> None:
        """The light has changed by these factors for everybody, seen or not."""
        self._views = [view.lit(gains) for view in self._views]


class Light:
    """By how much the light changes while the camera looks at the same room.

    A camera makes its picture brighter or darker too, when somebody comes or goes.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """The next picture shows another room."""
        self._before: np.ndarray | None = None
        self._untold = np.zeros(3, np.float32)  # logarithms

    def change(self, rgb: np.ndarray) -> np.ndarray | None:
        """Factors of red, green and blue since the last change that was told; None: no change to tell."""
        now, before = _shrunk(rgb).reshape(-1, 3), self._before
        low, high = _READABLE
        readable = ((now > low) & (now < high)).all(axis=1)
        if readable.mean() < _LEAST_SHARE:
            return None
        self._before = now
        if before is None:
            return None
        readable &= ((before > low) & (before < high)).all(axis=1)
        ratios = np.log(now[readable] / before[readable])
        change = np.median(ratios, axis=0) if len(ratios) else np.zeros(3, np.float32)
        alike = np.abs(ratios - change).max(axis=1) <= _ALIKE
        if readable.mean() >= _LEAST_SHARE and alike.mean() >= _ALIKE_SHARE:
            self._untold += change
        if np.abs(self._untold).max() < _NOTICED:
            return None
        told, self._untold = self._untold, np.zeros(3, np.float32)
        return np.exp(told)
