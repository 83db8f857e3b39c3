"""What the nod model sees: the last second and a quarter of head angles."""

from __future__ import annotations

from collections import deque

import numpy as np

from models.windows import at_clock, resample, trailing

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


class RunningWindow:
    """The same windows as `clock_features` without a hold, frame by frame."""

    _KEPT_S = (LENGTH + 1) / RATE_HZ + MAX_GAP_S  # a window, and the frame before it to draw the line from

    def __init__(self) -> None:
        self._start_s: float | None = None
        self._frames: deque[tuple[float, np.ndarray]] = deque()

    def push(self, time_s: float, angles_deg: np.ndarray) -> np.ndarray:
        """The window that ends with the clock's last tick up to a frame, shape (1, len(FEATURES)).

        Parameters
        ----------
        time_s : float
            Rising from call to call.
        angles_deg : ndarray, shape (3,)
            Columns `ANGLES`.
        """
        self._start_s = time_s if self._start_s is None else self._start_s
        self._frames.append((time_s, angles_deg))
        while len(self._frames) > 2 and self._frames[1][0] < time_s - self._KEPT_S:
            self._frames.popleft()
        tick = int((time_s - self._start_s) * RATE_HZ + 1e-6)
        clock_s = self._start_s + np.arange(max(0, tick - LENGTH + 1), tick + 1) / RATE_HZ
        times, angles = np.array([one for one, _ in self._frames]), np.stack([one for _, one in self._frames])
        return table_of(trailing(at_clock(times, angles, clock_s, MAX_GAP_S), LENGTH)[-1:])


def table_of(windows: np.ndarray) -> np.ndarray:
    """Windows, shape (m, LENGTH, 3), as rows of features: each angle about its own median."""
    centred = windows - np.median(windows, axis=1, keepdims=True)
    return (centred.transpose(0, 2, 1).reshape(len(windows), len(FEATURES)) / _SCALE_DEG).astype(np.float32)


def mirrored(table: np.ndarray) -> np.ndarray:
    """The same movement seen in a mirror: yaw and roll change sign."""
    sign = np.repeat([1.0, -1.0, -1.0], LENGTH).astype(np.float32)
    return table * sign
