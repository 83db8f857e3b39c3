"""What the nod model sees: the last second and a quarter of head angles."""

from __future__ import annotations

import numpy as np

from models.windows import resample, trailing

RATE_HZ = 20.0
LENGTH = 25  # Samples a window.
DELAY_S = 0.4  # The window ends this long after the moment it speaks of.
MAX_GAP_S = 0.3
ANGLES = ("head_pitch_deg", "head_yaw_deg", "head_roll_deg")
FEATURES = tuple(f"{angle}[{i - LENGTH + 1}]" for angle in ANGLES for i in range(LENGTH))
CLASSES = ("neither", "nod", "shake")
_SCALE_DEG = 5.0


def clock_features(
    time_s: np.ndarray, angles_deg: np.ndarray, hold_s: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Windows on the model's own clock.

    Parameters
    ----------
    time_s : ndarray, shape (n,)
    angles_deg : ndarray, shape (n, 3)
        Columns `ANGLES`; any constant offset is taken out. A missing yaw or roll column may be zeros.
    hold_s : float
        The last measured angles stand this much longer, so that a movement right before a gap or the
        end can be spoken of (`DELAY_S`; 0 when live).

    Returns
    -------
    clock_s : ndarray, shape (m,)
        End of each window.
    table : ndarray, shape (m, len(FEATURES)), float32
        NaN where the window's end was not measured.
    """
    clock_s, even = resample(time_s, angles_deg, RATE_HZ, MAX_GAP_S)
    steps = round(hold_s * RATE_HZ)
    if steps and len(clock_s):
        clock_s = np.append(clock_s, clock_s[-1] + np.arange(1, steps + 1) / RATE_HZ)
        even = np.concatenate([even, np.full((steps, even.shape[1]), np.nan)])
        for _ in range(steps):
            hole = ~np.isfinite(even[1:]).all(axis=1)
            even[1:][hole] = even[:-1][hole]
    return clock_s, table_of(trailing(even, LENGTH))


def table_of(windows: np.ndarray) -> np.ndarray:
    """Windows, shape (m, LENGTH, 3), as rows of features: each angle about its own median."""
    centred = windows - np.median(windows, axis=1, keepdims=True)
    return (centred.transpose(0, 2, 1).reshape(len(windows), len(FEATURES)) / _SCALE_DEG).astype(np.float32)


def mirrored(table: np.ndarray) -> np.ndarray:
    """The same movement seen in a mirror: yaw and roll change sign."""
    sign = np.repeat([1.0, -1.0, -1.0], LENGTH).astype(np.float32)
    return table * sign
