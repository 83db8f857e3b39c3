"""Resampling and windowing, shared by training and inference."""

from __future__ import annotations

import numpy as np


def resample(
    time_s: np.ndarray, values: np.ndarray, rate_hz: float, max_gap_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """Values on an even clock, by linear interpolation.

    Parameters
    ----------
    time_s : ndarray, shape (n,)
        Strictly rising.
    values : ndarray, shape (n, k)
        NaN: not measured; a row with any NaN counts as not measured.
    rate_hz : float
    max_gap_s : float
        Longer spans without a measured row stay NaN.

    Returns
    -------
    clock_s : ndarray, shape (m,)
        From the first to the last time, steps of 1 / rate_hz.
    even : ndarray, shape (m, k)
    """
    if not len(time_s):
        return np.empty(0), np.empty((0, values.shape[1]))
    clock_s = time_s[0] + np.arange(int((time_s[-1] - time_s[0]) * rate_hz + 1e-6) + 1) / rate_hz
    return clock_s, at_clock(time_s, values, clock_s, max_gap_s)


def at_clock(time_s: np.ndarray, values: np.ndarray, clock_s: np.ndarray, max_gap_s: float) -> np.ndarray:
    """Values, shape (n, k), at the times of a clock, shape (m, k); see `resample`."""
    known = np.isfinite(values).all(axis=1)
    even = np.full((len(clock_s), values.shape[1]), np.nan)
    if not known.any():
        return even
    known_s = time_s[known]
    after = np.searchsorted(known_s, clock_s - 1e-9)
    inside = (after < len(known_s)) & (clock_s >= known_s[0] - 1e-9)
    right = np.clip(after, 0, len(known_s) - 1)
    left = np.clip(right - 1, 0, None)
    gap = np.where(np.abs(known_s[right] - clock_s) < 1e-6, 0.0, known_s[right] - known_s[left])
    usable = inside & (gap <= max_gap_s + 1e-6)
    for column in range(values.shape[1]):
        even[usable, column] = np.interp(clock_s[usable], known_s, values[known, column])
    return even


def trailing(even: np.ndarray, length: int) -> np.ndarray:
    """The last `length` samples up to each sample, oldest first.

    Before the first sample, and across NaN, the nearest later known sample is repeated, so that half
    a second of data still fills a window; a window that ends in NaN is NaN.

    Parameters
    ----------
    even : ndarray, shape (m, k)
    length : int

    Returns
    -------
    ndarray, shape (m, length, k)
    """
    if not len(even):
        return np.empty((0, length, even.shape[1]))
    padded = np.concatenate([np.full((length - 1, even.shape[1]), np.nan), even])
    windows = np.lib.stride_tricks.sliding_window_view(padded, length, axis=0).transpose(0, 2, 1).copy()
    for step in range(length - 2, -1, -1):
        hole = ~np.isfinite(windows[:, step]).all(axis=1)
        windows[hole, step] = windows[hole, step + 1]
    windows[~np.isfinite(even).all(axis=1)] = np.nan
    return windows
