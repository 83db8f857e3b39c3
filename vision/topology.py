"""Named landmark indices: the only magic numbers.

Numbers are those of MediaPipe 0.10.21's FaceMesh with irises (478 points) and Pose (33 points).
Only the points Attune uses are kept; `FACE` lists them in the order in which they are stored.
"left" and "right" are the subject's own.
"""

from __future__ import annotations

from itertools import pairwise

# Each group runs so that its mirror image is `_MIRRORED[group]` read in the same order.
_RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
_LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
_RIGHT_IRIS = (468, 469, 470, 471, 472)
_LEFT_IRIS = (473, 476, 475, 474, 477)
_RIGHT_BROW = (70, 63, 105, 66, 107)
_LEFT_BROW = (300, 293, 334, 296, 336)
_RIGHT_SIDE = (109, 67, 103, 54, 21, 162, 127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148)
_LEFT_SIDE = (338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377)
_RIGHT_MOUTH = (61, 40, 37, 84, 91)
_LEFT_MOUTH = (291, 270, 267, 314, 321)
_RIGHT_NOSTRIL, _LEFT_NOSTRIL = (98,), (327,)
_MIDDLE = (10, 152, 168, 6, 197, 195, 5, 4, 1, 2, 0, 17)

_GROUPS = (
    (_RIGHT_EYE, _LEFT_EYE), (_RIGHT_IRIS, _LEFT_IRIS), (_RIGHT_BROW, _LEFT_BROW),
    (_RIGHT_SIDE, _LEFT_SIDE), (_RIGHT_MOUTH, _LEFT_MOUTH), (_RIGHT_NOSTRIL, _LEFT_NOSTRIL),
)  # fmt: skip

FACE: tuple[int, ...] = tuple(i for pair in _GROUPS for group in pair for i in group) + _MIDDLE
_POSITION = {index: position for position, index in enumerate(FACE)}
_PARTNER = {a: b for right, left in _GROUPS for a, b in zip(right + left, left + right, strict=True)}

# Position of each stored point's mirror image in the stored order.
FACE_MIRROR: tuple[int, ...] = tuple(_POSITION[_PARTNER.get(index, index)] for index in FACE)


def face(*indices: int) -> list[int]:
    """Positions of FaceMesh points in the stored order."""
    return [_POSITION[index] for index in indices]


FOREHEAD, CHIN = face(10, 152)
RIGHT_TEMPLE, LEFT_TEMPLE = face(234, 454)
RIGHT_EYE_OUTER, RIGHT_EYE_INNER = face(33, 133)
LEFT_EYE_OUTER, LEFT_EYE_INNER = face(263, 362)
RIGHT_LIDS, LEFT_LIDS = face(159, 145), face(386, 374)  # upper, lower
RIGHT_IRIS, LEFT_IRIS = face(*_RIGHT_IRIS), face(*_LEFT_IRIS)  # centre, four of the rim
NOSE_TIP = face(1)[0]
FACE_OUTLINE = face(10, *_LEFT_SIDE, 152, *_RIGHT_SIDE[::-1])

# Positions of the points that heads, eyes and the face's box are measured from: what training data keep.
MEASURED: tuple[int, ...] = (
    FOREHEAD, CHIN, RIGHT_TEMPLE, LEFT_TEMPLE,
    RIGHT_EYE_OUTER, RIGHT_EYE_INNER, LEFT_EYE_OUTER, LEFT_EYE_INNER,
    *RIGHT_LIDS, *LEFT_LIDS, *RIGHT_IRIS, *LEFT_IRIS,
)  # fmt: skip

# Pose: the order in which MediaPipe gives the body's points.
POSE_POINTS = 33
NOSE, LEFT_EAR, RIGHT_EAR = 0, 7, 8
LEFT_SHOULDER, RIGHT_SHOULDER = 11, 12
LEFT_ELBOW, RIGHT_ELBOW = 13, 14
LEFT_WRIST, RIGHT_WRIST = 15, 16
LEFT_INDEX, RIGHT_INDEX = 19, 20
LEFT_HIP, RIGHT_HIP = 23, 24
MOVING = (NOSE, LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST)

# What the overlay draws. MediaPipe also places limbs that it doesn't see; those less visible are left out.
MIN_VISIBILITY = 0.5
OVERLAY_FACE: tuple[int, ...] = FACE
OVERLAY_IRIS: tuple[int, ...] = tuple(RIGHT_IRIS + LEFT_IRIS)
OVERLAY_POSE: tuple[int, ...] = (
    NOSE, LEFT_EAR, RIGHT_EAR, LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_ELBOW, RIGHT_ELBOW,
    LEFT_WRIST, RIGHT_WRIST, LEFT_INDEX, RIGHT_INDEX, LEFT_HIP, RIGHT_HIP,
)  # fmt: skip


def _closed(points: list[int]) -> list[tuple[int, int]]:
    return list(zip(points, points[1:] + points[:1], strict=True))


def _open(points: list[int]) -> list[tuple[int, int]]:
    return list(pairwise(points))


OVERLAY_FACE_EDGES: tuple[tuple[int, int], ...] = tuple(
    _closed(FACE_OUTLINE)
    + _closed(face(*_RIGHT_EYE))
    + _closed(face(*_LEFT_EYE))
    + _open(face(*_RIGHT_BROW))
    + _open(face(*_LEFT_BROW))
    + _open(face(168, 6, 197, 195, 5, 4, 1))
    + _open(face(98, 2, 327))
    + _closed(face(61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91))
)

_POSE_POSITION = {index: position for position, index in enumerate(OVERLAY_POSE)}
OVERLAY_POSE_EDGES: tuple[tuple[int, int], ...] = tuple(
    (_POSE_POSITION[a], _POSE_POSITION[b])
    for a, b in (
        (LEFT_SHOULDER, RIGHT_SHOULDER), (LEFT_SHOULDER, LEFT_ELBOW), (LEFT_ELBOW, LEFT_WRIST),
        (LEFT_WRIST, LEFT_INDEX), (RIGHT_SHOULDER, RIGHT_ELBOW), (RIGHT_ELBOW, RIGHT_WRIST),
        (RIGHT_WRIST, RIGHT_INDEX), (LEFT_SHOULDER, LEFT_HIP), (RIGHT_SHOULDER, RIGHT_HIP),
        (LEFT_HIP, RIGHT_HIP),
    )
)  # fmt: skip
