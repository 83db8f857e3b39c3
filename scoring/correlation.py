"""Pearson correlation of windows with every stretch of a series, by FFT and running sums."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from scoring.windowing import Grid

LEAST_PRESENT = 0.5
"""A correlation of fewer than this share of a window's pairs is undefined."""

Z_LIMIT = 10.0
"""Fisher's z of a perfect correlation, which would be infinite (rMEA's limit as well)."""

_STILL = 1e-13  # variance under which a stretch is still: rounding, next to the whole series' variance of 1
_STILL_WITH_GAPS = 1e-11  # with gaps the sums come from an FFT, whose rounding is larger
_CELLS = 2**19  # numbers per array while working through windows: 4 MB

Floats = NDArray[np.float64]


def standardised(series: Floats) -> Floats:
    """The series with mean 0 and variance 1, which keeps sums exact; what is not finite becomes NaN.

    A series without variance or without any value becomes NaN as a whole: nothing correlates with it.

    Parameters
    ----------
    series : ndarray, shape (n,)
    """
    values = np.asarray(series, np.float64)
    values = np.where(np.isfinite(values), values, np.nan)
    present = values[~np.isnan(values)]
    if not len(present) or present.min() == present.max():
        return np.full(len(values), np.nan)
    values = values / np.abs(present).max()  # squares of very large or small numbers would leave float64
    values = values - np.nanmean(values)
    spread = np.nanstd(values)
    return values / spread if spread > 1e-14 else np.full(len(values), np.nan)


def fisher_z(windows: Floats, stretches: Floats) -> Floats:
    """Fisher's z of the correlation of each window with every stretch of its length.

    Parameters
    ----------
    windows : ndarray, shape (windows, m)
    stretches : ndarray, shape (windows, s) or (1, s), with s >= m
        What each window is laid along; one row serves all windows. Both are of a size near 1 (see
        `standardised`); NaN is what was not measured.

    Returns
    -------
    ndarray, shape (windows, s - m + 1)
        Column d: with the stretch that begins at sample d. Correlations are pairwise complete; NaN where
        fewer than `LEAST_PRESENT` of the pairs were measured or one side doesn't vary. Within `Z_LIMIT`.
    """
    gaps = np.isnan(windows).any() or np.isnan(stretches).any()
    with np.errstate(divide="ignore", invalid="ignore"):
        r = _pairwise(windows, stretches) if gaps else _complete(windows, stretches)
    limit = np.tanh(Z_LIMIT)
    return np.arctanh(np.clip(r, -limit, limit))


def curves_of(a: Floats, b: Floats, grid: Grid) -> Floats:
    """Fisher's z by window and lag, from the largest negative lag to the largest positive one.

    Parameters
    ----------
    a, b : ndarray, shape (n,)
    grid : Grid

    Returns
    -------
    ndarray, shape (windows, 2 * lag + 1)
    """
    parts = []
    for starts in _chunks(grid.starts, grid.window + grid.lag):
        windows = starts[:, None] + np.arange(grid.window)
        longer = starts[:, None] + np.arange(grid.window + grid.lag)
        a_follows, b_follows = fisher_z(b[windows], a[longer]), fisher_z(a[windows], b[longer])
        parts.append(np.concatenate([a_follows[:, :0:-1], b_follows], axis=1))
    return np.concatenate(parts)


def around_z(series: Floats, other: Floats, grid: Grid) -> Iterator[Floats]:
    """Fisher's z of windows of a series with every stretch of another, which goes round in a circle.

    Parameters
    ----------
    series, other : ndarray, shape (n,)
    grid : Grid
        Where the windows of `series` are.

    Yields
    ------
    ndarray, shape (n,)
        One per window; element d: with the stretch of `other` that begins d samples after the window.
    """
    circle = np.concatenate([other, other[: grid.window - 1]])[None]
    for chunk in _chunks(grid.starts, grid.samples):
        z = fisher_z(series[chunk[:, None] + np.arange(grid.window)], circle)
        for start, row in zip(chunk, z, strict=True):
            yield np.concatenate([row[start:], row[:start]])


def _chunks(starts: NDArray[np.int64], length: int) -> list[NDArray[np.int64]]:
    """Few enough windows at a time for arrays of `_CELLS` when each takes so many samples."""
    each = max(1, _CELLS // length)
    return [starts[first : first + each] for first in range(0, len(starts), each)]


def _complete(windows: Floats, stretches: Floats) -> Floats:
    m = windows.shape[1]
    x = windows - windows.mean(axis=1, keepdims=True)
    y = stretches - stretches.mean(axis=1, keepdims=True)
    size = fft.next_fast_len(y.shape[1], real=True)
    products = _lagged_sums(fft.rfft(x, size), fft.rfft(y, size), size, y.shape[1] - m + 1)
    xx = (x * x).sum(axis=1, keepdims=True)
    sums = _running_sums(y, m)
    yy = _running_sums(y * y, m) - sums * sums / m
    # Rounding hides whether a stretch is quite still; counting its changes of value doesn't.
    varies = _running_sums(y[:, 1:] != y[:, :-1], m - 1) > 0
    moves = (windows[:, 1:] != windows[:, :-1]).any(axis=1, keepdims=True)
    defined = moves & varies & (xx > m * _STILL) & (yy > m * _STILL)
    return np.where(defined, products / np.sqrt(xx * yy), np.nan)


def _pairwise(windows: Floats, stretches: Floats) -> Floats:
    """As `_complete`, over the pairs of which both were measured."""
    m, s = windows.shape[1], stretches.shape[1]
    size = fft.next_fast_len(s, real=True)
    x_seen, x, y_seen, y = *_seen(windows), *_seen(stretches)
    x_of = [fft.rfft(one, size) for one in (x_seen, x, x * x)]
    y_of = [fft.rfft(one, size) for one in (y_seen, y, y * y)]

    def sums(i: int, j: int) -> Floats:
        if i == 0 and x_seen.all():  # the same for every window, and exact
            return _running_sums((y_seen, y, y * y)[j], m)
        return _lagged_sums(x_of[i], y_of[j], size, s - m + 1)

    count = np.rint(sums(0, 0))
    mean_x, mean_y = sums(1, 0) / count, sums(0, 1) / count
    xx = sums(2, 0) / count - mean_x**2
    yy = sums(0, 2) / count - mean_y**2
    covariance = sums(1, 1) / count - mean_x * mean_y
    defined = (count >= LEAST_PRESENT * m) & (xx > _STILL_WITH_GAPS) & (yy > _STILL_WITH_GAPS)
    return np.where(defined, covariance / np.sqrt(xx * yy), np.nan)


def _seen(rows: Floats) -> tuple[Floats, Floats]:
    """Where the rows were measured (1 or 0), and their values less each row's mean, 0 where not measured."""
    seen = ~np.isnan(rows)
    values = np.where(seen, rows, 0.0)
    mean = values.sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    return seen.astype(np.float64), np.where(seen, values - mean, 0.0)


def _lagged_sums(x: NDArray, y: NDArray, size: int, count: int) -> Floats:
    """Sums of products of x with y from sample 0, 1, ... `count` - 1 on, out of their spectra."""
    return fft.irfft(np.conj(x) * y, size)[:, :count]


def _running_sums(rows: NDArray, length: int) -> NDArray:
    """Sums of every `length` neighbours in each row; shape (rows, s - length + 1)."""
    total = np.cumsum(rows, axis=1)
    total = np.concatenate([np.zeros((len(rows), 1), total.dtype), total], axis=1)
    return total[:, length:] - total[:, : total.shape[1] - length]


def mean_defined(values: Floats, axis: int) -> Floats:
    """Mean of what is not NaN along an axis; NaN where nothing is."""
    defined = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(defined, values, 0.0).sum(axis=axis) / defined.sum(axis=axis)
