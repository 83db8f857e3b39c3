"""What the eye contact model sees of one frame."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

FEATURES = ("gaze_angle_deg", "gaze_yaw_deg", "gaze_pitch_deg", "head_yaw_deg", "head_pitch_deg",
            "eye_openness")  # fmt: skip
CLASSES = ("away", "contact")
_SCALE = np.array([10.0, 10.0, 10.0, 30.0, 30.0, 0.3])


def features(
    columns: Mapping[str, np.ndarray],
    target_yaw_deg: float | np.ndarray = 0.0,
    target_pitch_deg: float | np.ndarray = 0.0,
) -> np.ndarray:
    """Features of each frame, shape (n, len(FEATURES)), float32.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n,)
        The named signals, gaze against the line to the lens; NaN: not measurable.
    target_yaw_deg, target_pitch_deg : float or ndarray, shape (n,)
        Direction of the target; the model sees gaze and head against it.
    """
    table = np.stack([np.asarray(columns[name], dtype=np.float64) for name in FEATURES], axis=1)
    table[:, [1, 3]] -= np.reshape(target_yaw_deg, (-1, 1))
    table[:, [2, 4]] -= np.reshape(target_pitch_deg, (-1, 1))
    return (table / _SCALE).astype(np.float32)


def mirrored(table: np.ndarray) -> np.ndarray:
    """The same frames seen in a mirror, for training: left and right must not matter."""
    return table * np.array([1, -1, 1, -1, 1, 1], dtype=np.float32)
