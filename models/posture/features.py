"""What the posture model sees of one frame: where elbows and wrists are, and the trunk's turn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

FEATURES = (
    "wrist_separation",
    "left_elbow_across", "left_elbow_up", "right_elbow_across", "right_elbow_up",
    "left_wrist_across", "left_wrist_up", "right_wrist_across", "right_wrist_up",
    "torso_yaw_deg",
)  # fmt: skip
CLASSES = ("neither", "open", "closed")
_SCALE = np.array([1.0] * 9 + [20.0])
_MIRROR = [0, 3, 4, 1, 2, 7, 8, 5, 6, 9]
_MIRROR_SIGN = np.array([1, -1, 1, -1, 1, -1, 1, -1, 1, -1], dtype=np.float32)


def features(columns: Mapping[str, np.ndarray], target_yaw_deg: float | np.ndarray = 0.0) -> np.ndarray:
    """Features of each frame, shape (n, len(FEATURES)), float32; NaN: not measurable.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n,)
        The named signals.
    target_yaw_deg : float or ndarray, shape (n,)
        Direction of the target; open means turned to it.
    """
    table = np.stack([np.asarray(columns[name], dtype=np.float64) for name in FEATURES], axis=1)
    table[:, -1] -= target_yaw_deg
    return np.clip(table / _SCALE, -4, 4).astype(np.float32)


def mirrored(table: np.ndarray) -> np.ndarray:
    """The same posture seen in a mirror: left and right change places."""
    return table[:, _MIRROR] * _MIRROR_SIGN
