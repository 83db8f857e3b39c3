"""Faces with known answers: a rigid head, turned and seen in MediaPipe's axes, with eyes that can look."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from vision import topology

_EYEBALL = 0.1  # Its radius, in distances between the outer eye corners.
_SPAN = 90.0
_PLACES = {
    topology.RIGHT_TEMPLE: (-70, 0, -20), topology.LEFT_TEMPLE: (70, 0, -20),
    topology.FOREHEAD: (0, 70, 0), topology.CHIN: (0, -80, 0),
    topology.RIGHT_EYE_OUTER: (-_SPAN / 2, 30, 0), topology.RIGHT_EYE_INNER: (-15, 30, 0),
    topology.LEFT_EYE_OUTER: (_SPAN / 2, 30, 0), topology.LEFT_EYE_INNER: (15, 30, 0),
}  # fmt: skip
_LIDS = (
    (topology.RIGHT_LIDS, topology.RIGHT_EYE_OUTER, topology.RIGHT_EYE_INNER, topology.RIGHT_IRIS),
    (topology.LEFT_LIDS, topology.LEFT_EYE_OUTER, topology.LEFT_EYE_INNER, topology.LEFT_IRIS),
)


def rotation(yaw_deg=0.0, pitch_deg=0.0, roll_deg=0.0) -> np.ndarray:
    """Matrix, columns left, up, forward in camera axes (x image right, y up, z to the lens).

    The head tilts to its left shoulder, then nods up, then turns to its own left (image right).
    """
    return Rotation.from_euler("YXZ", [yaw_deg, -pitch_deg, -roll_deg], degrees=True).as_matrix()


def face(
    yaw_deg: float = 0.0,
    pitch_deg: float = 0.0,
    roll_deg: float = 0.0,
    *,
    iris: tuple[float, float] = (0.0, 0.0),
    looks_along: np.ndarray | None = None,
    openness: float = 0.3,
    chin_deg: float = 0.0,
    centre: tuple[float, float] = (320.0, 200.0),
    size: float = 1.0,
) -> np.ndarray:
    """Landmarks as `vision.landmarks.FaceMesh` gives them, shape (len(topology.FACE), 3), pixels.

    Parameters
    ----------
    iris : tuple of float
        Irises out of the middle between the eye corners, toward the own left and up in the head, in
        distances between the outer eye corners.
    looks_along : ndarray, shape (3,), optional
        Instead: line of sight in camera axes; eyeballs turn that way whatever the head does.
    openness : float
        Lid distance over eye width.
    chin_deg : float
        How far the line from chin to forehead leans back in a level head.
    centre, size
        Where the head's origin is in the picture, and pixels a unit (a face is 150 units high).
    """
    turn = rotation(yaw_deg, pitch_deg, roll_deg)
    head = np.zeros((len(topology.FACE), 3))
    for point, place in _PLACES.items():
        head[point] = place
    lean = rotation(pitch_deg=chin_deg)
    head[[topology.FOREHEAD, topology.CHIN]] = head[[topology.FOREHEAD, topology.CHIN]] @ lean.T
    offset = np.array([*iris, 0.0]) if looks_along is None else _EYEBALL * turn.T @ looks_along
    for lids, outer, inner, iris_points in _LIDS:
        middle, width = (head[outer] + head[inner]) / 2, np.linalg.norm(head[outer] - head[inner])
        for lid, way in zip(lids, (1, -1), strict=True):
            head[lid] = middle + np.array([0, way * openness * width / 2, 0])
        head[iris_points] = middle + _SPAN * offset
    seen = head @ turn.T * size
    return (seen * (1, -1, -1) + (*centre, 0.0)).astype(np.float32)


def no_face() -> np.ndarray:
    """What stands for a face that was not found."""
    return np.full((len(topology.FACE), 3), np.nan, np.float32)
