"""Who is in the frame: choose one person and keep looking where that person is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attune import UsageError

# FaceMesh's own detector sees the whole picture at 128 x 128: a face under this share of the longer
# side gets a crop of its own.
SMALL_FACE_SHARE = 0.15
CROP_FACES = 4.0  # Side of a crop in face heights: room to move between two searches.
LOST_S = 2.0  # After this long without the chosen face, anybody may be chosen again.
_PERSONS = ("largest", "left", "right")


@dataclass(frozen=True)
class Region:
    """A part of a picture in its pixels, half-open: left, top, right, bottom."""

    left: int
    top: int
    right: int
    bottom: int

    def cut(self, rgb: np.ndarray) -> np.ndarray:
        """The part of the picture (a view)."""
        return rgb[self.top : self.bottom, self.left : self.right]

    def holds(self, box: np.ndarray, width: int, height: int) -> bool:
        """Whether a box lies inside with a tenth of its height to spare.

        Parameters
        ----------
        box : ndarray, shape (4,)
            Left, top, right, bottom; what of it is outside the picture is left aside.
        width, height : int
            Size of the picture.
        """
        spare = 0.1 * (box[3] - box[1])
        return bool(
            max(box[0] - spare, 0) >= self.left
            and max(box[1] - spare, 0) >= self.top
            and min(box[2] + spare, width) <= self.right
            and min(box[3] + spare, height) <= self.bottom
        )


def region_around(centre_x: float, centre_y: float, side: float, width: int, height: int) -> Region | None:
    """A square region inside a picture; None where it would be nearly the whole picture anyway."""
    if side >= 0.9 * min(width, height):
        return None
    side = int(side)
    left = int(np.clip(centre_x - side / 2, 0, width - side))
    top = int(np.clip(centre_y - side / 2, 0, height - side))
    return Region(left, top, left + side, top + side)


def check_person(person: str) -> str:
    """Validate ``--person``: largest, left, right (the picture's) or a number from 1, left to right."""
    if person in _PERSONS or (person.isdecimal() and int(person) >= 1):
        return person
    raise UsageError(f"--person '{person}' is not known: use largest, left, right or a number from 1")


def choose(boxes: np.ndarray, person: str) -> int | None:
    """Which of the detected faces is the person asked for.

    Parameters
    ----------
    boxes : ndarray, shape (k, 4)
    person : str
        largest, left, right, or a number from 1 counted from the picture's left.

    Returns
    -------
    int or None
        Row of `boxes`; None where there is no such face.
    """
    if not len(boxes):
        return None
    heights = boxes[:, 3] - boxes[:, 1]
    order = np.argsort(boxes[:, 0] + boxes[:, 2], kind="stable")
    if person == "largest":
        return int(np.argmax(heights))
    if person == "left":
        return int(order[0])
    if person == "right":
        return int(order[-1])
    number = int(person) - 1
    return int(order[number]) if number < len(order) else None


def nearest(boxes: np.ndarray, box: np.ndarray) -> int | None:
    """Row of the detected face that is where `box` was (centres within one box height), or None."""
    if not len(boxes):
        return None
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    distance = np.linalg.norm(centres - (box[:2] + box[2:]) / 2, axis=1)
    best = int(np.argmin(distance))
    return best if distance[best] <= box[3] - box[1] else None


def region_of(box: np.ndarray, others: int, width: int, height: int) -> Region | None:
    """Where to look for a face: around it when it is small or not alone, else the whole picture."""
    face_height = float(box[3] - box[1])
    if others == 0 and face_height >= SMALL_FACE_SHARE * max(width, height):
        return None
    return region_around(
        float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2, CROP_FACES * face_height, width, height
    )
