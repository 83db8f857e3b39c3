"""Pure angles and distances. Camera axes here: x image right, y up, z from the face to the lens.

For a subject who faces the lens, image right is the subject's own left, so that positive yaw is
toward the own left, positive pitch up and positive roll toward the own left shoulder.
"""

from __future__ import annotations

import numpy as np


def to_camera_axes(points_px: np.ndarray) -> np.ndarray:
    """Turn MediaPipe's axes (x right, y down, z away from the lens) into the camera axes above."""
    return points_px * np.array([1.0, -1.0, -1.0])


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length 1 along the last axis; NaN where the length is 0."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.divide(vectors, length, out=np.full_like(vectors, np.nan, dtype=float), where=length > 0)


def axes_from(across: np.ndarray, upward: np.ndarray) -> np.ndarray:
    """Rotation matrices from two measured directions.

    Parameters
    ----------
    across, upward : ndarray, shape (..., 3)
        Toward the own left, and up; `upward` is made perpendicular to `across`.

    Returns
    -------
    ndarray, shape (..., 3, 3)
        Columns: left, up, forward of the body part in camera axes.
    """
    left = unit(across)
    up = unit(upward - np.sum(upward * left, axis=-1, keepdims=True) * left)
    return np.stack([left, up, np.cross(left, up)], axis=-1)


def yaw_pitch_deg(direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Yaw and pitch in degrees of directions, shape (..., 3), in camera axes."""
    x, y, z = np.moveaxis(unit(direction), -1, 0)
    return np.degrees(np.arctan2(x, z)), np.degrees(np.arcsin(np.clip(y, -1, 1)))


def yaw_pitch_roll_deg(rotation: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Angles in degrees of rotation matrices, shape (..., 3, 3), columns left, up, forward."""
    forward, left = rotation[..., :, 2], rotation[..., :, 0]
    yaw, pitch = yaw_pitch_deg(forward)
    cos_yaw, sin_yaw = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    level = np.stack([cos_yaw, np.zeros_like(cos_yaw), -sin_yaw], axis=-1)
    upright = np.cross(forward, level)
    roll = -np.degrees(np.arctan2(np.sum(left * upright, -1), np.sum(left * level, -1)))
    return yaw, pitch, roll


def angle_between_deg(
    yaw_a_deg: np.ndarray, pitch_a_deg: np.ndarray, yaw_b_deg: float, pitch_b_deg: float
) -> np.ndarray:
    """Angle in degrees, 0 to 180, between two directions given by yaw and pitch."""
    ya, pa, yb, pb = (np.radians(v) for v in (yaw_a_deg, pitch_a_deg, yaw_b_deg, pitch_b_deg))
    cosine = np.sin(pa) * np.sin(pb) + np.cos(pa) * np.cos(pb) * np.cos(ya - yb)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))
