"""Peaks of lag curves: the largest of all, and the largest by which one or the other follows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

ANY, B_FOLLOWS, A_FOLLOWS = range(3)
"""Columns of peaks: over all lags, over those above 0, over those below 0."""

PEAK_S = 0.5
"""A peak in one direction is higher than everything within this time: the slope of a peak on the other side
of lag 0 reaches across it and is none."""


def peaks_of(curves: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """Height of the highest peaks.

    Parameters
    ----------
    curves : ndarray, shape (..., lags)
        Fisher's z by lag, an odd number of them around 0; positive: B follows. NaN: undefined.
    rate_hz : float
        Lags a second.

    Returns
    -------
    ndarray, shape (..., 3)
        See `ANY`; minus infinity where there is no peak.
    """
    z = np.where(np.isnan(curves), -np.inf, curves)
    reach = 2 * max(1, round(PEAK_S * rate_hz)) + 1
    top = np.where(z >= maximum_filter1d(z, reach, axis=-1, mode="constant", cval=-np.inf), z, -np.inf)
    middle = z.shape[-1] // 2
    b_follows = top[..., middle + 1 :].max(axis=-1, initial=-np.inf)
    a_follows = top[..., :middle].max(axis=-1, initial=-np.inf)
    return np.stack([z.max(axis=-1), b_follows, a_follows], axis=-1)
