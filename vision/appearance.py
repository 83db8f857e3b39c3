"""How a person looks: colours of head and clothes, to know them again after they were out of sight.

Nothing here knows who somebody is: it tells the people of one recording apart, as somebody would who
says "the one in the green jacket", and is forgotten with the recording's last picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter

SAME = 0.23
"""Looks nearer than this may be one person's, further apart they are not. In the rendered clips a view was
at most .23 (99 of 100: .17) from the nearest one kept of the same person up to a minute before, and .21 to
.84 (99 of 100: above .23) from those of other people (`python tests/benchmarks/appearance.py`)."""

NEAR = 0.33
"""Looks further apart than this are not one person's even where the place is the same."""

_NEW_VIEW = 0.10  # A view this different from all that are kept is worth keeping.
_MOST_VIEWS = 8
_THUMBNAIL = 32
_BINS, _RANGE = (6, 8, 8), ((0, 256), (96, 160), (96, 160))  # of L, a, b: skin and cloth are near grey
_BLUR = 0.7  # in bins, so that a little more light doesn't move everything to the next bin


@dataclass(frozen=True)
class View:
    """One look at a person.

    Attributes
    ----------
    head, clothes : ndarray or None
        Square roots of smoothed Lab histograms, length 1; None where too little is in the picture.
    """

    head: np.ndarray | None
    clothes: np.ndarray | None

    def distance(self, other: View) -> float:
        """Hellinger distance, 0 to 1, mean over what both show; NaN where that is nothing."""
        parts = ((self.head, other.head), (self.clothes, other.clothes))
        apart = [np.sqrt(max(0.0, 1 - float(a @ b))) for a, b in parts if a is not None and b is not None]
        return float(np.mean(apart)) if apart else float("nan")


def view_of(rgb: np.ndarray, box: np.ndarray) -> View:
    """What a person looks like around a face's box (left, top, right, bottom) in a picture."""
    height = box[3] - box[1]
    x = (box[0] + box[2]) / 2
    head = (x - 0.6 * height, box[1] - 0.6 * height, x + 0.6 * height, box[3])
    clothes = (x - 0.9 * height, box[3] + 0.35 * height, x + 0.9 * height, box[3] + 1.6 * height)
    return View(_colours(rgb, head), _colours(rgb, clothes))


def _colours(rgb: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray | None:
    height, width = rgb.shape[:2]
    left, top = max(0, round(float(box[0]))), max(0, round(float(box[1])))
    right, bottom = min(width, round(float(box[2]))), min(height, round(float(box[3])))
    if right - left < 4 or bottom - top < 4 or bottom - top < 0.3 * (box[3] - box[1]):
        return None
    small = cv2.resize(rgb[top:bottom, left:right], (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float32)
    low, high = np.array(_RANGE, np.float32).T
    cells = np.clip((lab - low) / (high - low), 0, 0.999) * np.array(_BINS)
    index = np.ravel_multi_index(cells.astype(int).T, _BINS)
    counts = np.bincount(index, minlength=int(np.prod(_BINS))).reshape(_BINS).astype(np.float32)
    root = np.sqrt(gaussian_filter(counts, _BLUR)).ravel()
    length = float(np.linalg.norm(root))
    return root / length if length else None


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
