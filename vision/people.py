"""Who is in the frame: choose one person and keep looking where that person is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attune import UsageError

# FaceMesh's own detector sees the whole picture at 128 x 128: a face under this share of the longer
# side gets a crop of its own.
SMALL_FACE_SHARE = 0.15
CROP_FACES = 4.0  # Side of a crop in face heights: room to move between two searches ...
LEAST_CROP_FACES = 1.5  # ... and what is left of it beside somebody near.
SMALL_BODY_SHARE = 0.05  # Under a face smaller than this, the body is not found in the whole picture.
LOST_S = 2.0  # After this long without the chosen face, anybody may be chosen again.
_PERSONS = ("largest", "left", "right")
NO_BOXES = np.empty((0, 4), np.float32)


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
    """A region of that side inside a picture, cut to the picture where it is longer than that.

    None where it would be nearly the whole picture anyway.
    """
    across, down = min(int(side), width), min(int(side), height)
    if across >= 0.9 * width and down >= 0.9 * height:
        return None
    left = int(np.clip(centre_x - across / 2, 0, width - across))
    top = int(np.clip(centre_y - down / 2, 0, height - down))
    return Region(left, top, left + across, top + down)


def tiles(width: int, height: int) -> list[Region]:
    """Squares that cover a picture with overlap: in each, a face is larger than in the whole."""
    side = min(width, height)
    steps = -(-2 * (max(width, height) - side) // side)  # Half a side or less from one to the next.
    starts = [round(k * (max(width, height) - side) / max(steps, 1)) for k in range(steps + 1)]
    if width >= height:
        return [Region(start, 0, start + side, side) for start in starts]
    return [Region(0, start, side, start + side) for start in starts]


def distinct(boxes: np.ndarray) -> np.ndarray:
    """The boxes without those of a face that is among them already; shape (k, 4)."""
    kept = np.empty((0, 4), boxes.dtype)
    for box in boxes:
        if nearest(kept, box) is None:
            kept = np.vstack([kept, box])
    return kept


def check_person(person: str) -> str:
    """Validate ``--person``: largest, left, right (the picture's) or a number from 1, left to right."""
    if person in _PERSONS or _is_number(person):
        return person
    raise UsageError(f"--person '{person}' is not known: use largest, left, right or a number from 1")


def _is_number(text: str) -> bool:
    return text.isdecimal() and int(text) >= 1


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


def region_of(box: np.ndarray, others: np.ndarray, width: int, height: int) -> Region | None:
    """Where to look for a face: around it when it is small or not alone, else the whole picture.

    Parameters
    ----------
    box : ndarray, shape (4,)
    others : ndarray, shape (k, 4)
        The other faces: the region is too small to hold the middle of one, for the mesh, given two
        faces, takes either.
    width, height : int
    """
    face_height = float(box[3] - box[1])
    if not len(others) and face_height >= SMALL_FACE_SHARE * max(width, height):
        return None
    centre = (box[:2] + box[2:]) / 2
    half = CROP_FACES / 2 * face_height
    if len(others):
        apart = np.abs((others[:, :2] + others[:, 2:]) / 2 - centre).max(axis=1)
        free = (apart - (others[:, 3] - others[:, 1]) / 4).min()
        half = float(np.clip(free, LEAST_CROP_FACES / 2 * face_height, half))
    return region_around(float(centre[0]), float(centre[1]), 2 * half, width, height)


def column_of(box: np.ndarray, others: np.ndarray, width: int, height: int) -> Region | None:
    """Where to look for the body under a face that is small or not alone, else the whole picture.

    Parameters
    ----------
    box : ndarray, shape (4,)
    others : ndarray, shape (k, 4)
        The other faces; the column ends before a neighbour's.
    width, height : int
    """
    size, x = float(box[3] - box[1]), float(box[0] + box[2]) / 2
    if not len(others) and size >= SMALL_BODY_SHARE * max(width, height):
        return None
    left, right = max(0.0, x - 2.5 * size), min(width, x + 2.5 * size)
    for other in others:
        if other[2] < x:
            left = max(left, float(other[2]))
        elif other[0] > x:
            right = min(right, float(other[0]))
    return Region(int(left), max(0, int(box[1] - size)), int(right), min(height, int(box[1] + 7 * size)))


def apart(a: np.ndarray, b: np.ndarray) -> float:
    """Distance between the centres of two boxes, in heights of the larger."""
    centres = np.hypot(*((a[:2] + a[2:]) - (b[:2] + b[2:])) / 2)
    return float(centres / max(a[3] - a[1], b[3] - b[1]))


def left_first(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether the first box is further left in the picture than the second."""
    return bool(a[0] + a[2] <= b[0] + b[2])


def check_staff(staff: str) -> str:
    """Validate ``--staff``: left, right (the picture's) or a number from 1, left to right."""
    if staff in ("left", "right") or _is_number(staff):
        return staff
    raise UsageError(f"--staff '{staff}' is not known: use left, right or a number from 1")


def choose_pair(boxes: np.ndarray, staff: str) -> tuple[int, int]:
    """Which of the detected faces are the staff member and the client.

    Parameters
    ----------
    boxes : ndarray, shape (k, 4)
        Two or more.
    staff : str
        left or right: of the two largest faces; a number from 1, from the picture's left: that one, and
        the largest of the others (the last one where there are fewer).

    Returns
    -------
    staff, client : int
        Rows of `boxes`.
    """
    heights = boxes[:, 3] - boxes[:, 1]
    by_size = np.argsort(-heights, kind="stable")
    order = np.argsort(boxes[:, 0] + boxes[:, 2], kind="stable")
    if staff.isdecimal():
        chosen = int(order[min(int(staff), len(boxes)) - 1])
        return chosen, int(next(k for k in by_size if k != chosen))
    first, second = sorted((int(k) for k in by_size[:2]), key=lambda k: boxes[k, 0] + boxes[k, 2])
    return (first, second) if staff == "left" else (second, first)
