"""Line of sight from both irises, compensated for the head's rotation.

Eyeball model: the middle between an eye's corners moves with the head, the iris with the line of
sight. In head axes, with the distance between the outer eye corners as the unit, the iris stands
`offset` away from the middle of the corners; the line of sight is then

    head_axes @ (GAIN_ACROSS * offset_across, GAIN_UP * offset_up + REST_UP, FORWARD)

whose image components are the sines of gaze yaw and pitch. The gains absorb the eyeball's radius
and FaceMesh's habit of drawing irises toward the middle of the eye.
"""

from __future__ import annotations

import numpy as np

from vision import topology
from vision.geometry import to_camera_axes, unit
from vision.head import head_axes

# Least squares over the training persons: `attune retrain gaze`, models/eye_contact/card.md.
GAIN_ACROSS = 10.96
GAIN_UP = 12.50
REST_UP = -0.09
FORWARD = 1.10

_EYES = (
    (topology.RIGHT_EYE_OUTER, topology.RIGHT_EYE_INNER, topology.RIGHT_LIDS, topology.RIGHT_IRIS),
    (topology.LEFT_EYE_OUTER, topology.LEFT_EYE_INNER, topology.LEFT_LIDS, topology.LEFT_IRIS),
)


def iris_offset(face: np.ndarray) -> np.ndarray:
    """Offset of the irises from the middles between the eye corners, mean of both eyes.

    Parameters
    ----------
    face : ndarray, shape (n, len(topology.FACE), 3)
        Landmarks in pixels, MediaPipe's axes.

    Returns
    -------
    ndarray, shape (n, 3)
        In head axes (left, up, forward), in distances between the outer eye corners.
    """
    points = to_camera_axes(face)
    axes = head_axes(face)
    span = np.linalg.norm(
        points[:, topology.LEFT_EYE_OUTER] - points[:, topology.RIGHT_EYE_OUTER], axis=-1, keepdims=True
    )
    offsets = [
        points[:, iris].mean(axis=1) - (points[:, outer] + points[:, inner]) / 2
        for outer, inner, _, iris in _EYES
    ]
    return np.einsum("nij,ni->nj", axes, sum(offsets) / (2 * span))


def eye_openness(face: np.ndarray) -> np.ndarray:
    """Lid distance over eye width, mean of both eyes, shape (n,)."""
    ratios = []
    for outer, inner, (upper, lower), _ in _EYES:
        width = np.linalg.norm(face[:, outer] - face[:, inner], axis=-1)
        ratios.append(np.linalg.norm(face[:, upper] - face[:, lower], axis=-1) / width)
    return sum(ratios) / 2


def eye_direction(face: np.ndarray) -> np.ndarray:
    """Direction of the eyes in the head, shape (n, 3), head axes, length not normalised."""
    offset = iris_offset(face)
    return np.stack(
        [GAIN_ACROSS * offset[:, 0], GAIN_UP * offset[:, 1] + REST_UP, np.full(len(face), FORWARD)], axis=-1
    )


def gaze_deg(face: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Measured yaw and pitch of the line of sight against the line to the lens, degrees, shape (n,).

    The person's own offset is still in it (`vision.bias` estimates it).
    """
    sight = np.einsum("nij,nj->ni", head_axes(face), eye_direction(face))
    across, up = np.clip(sight[:, 0], -0.98, 0.98), np.clip(sight[:, 1], -0.98, 0.98)
    return np.degrees(np.arcsin(across)), np.degrees(np.arcsin(up))


def eyes_in_head_deg(face: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Measured yaw and pitch of the eyes in the head, degrees, shape (n,)."""
    across, up, _ = np.moveaxis(unit(eye_direction(face)), -1, 0)
    return np.degrees(np.arcsin(across)), np.degrees(np.arcsin(up))
