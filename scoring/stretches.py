"""Pseudosynchrony for sessions too short to slide along each other often enough.

Sliding one series along the other (`scoring.surrogates`) gives few independent surrogates where a session is
not much longer than the range of lags: one of 60 s, searched over 10 s of lags, holds four. Here the windows
of a short session are cut into a few stretches, each of which slides by a time of its own, so that there are
enough combinations; within a stretch everything stays as it was. On simulated pairs who move independently
(`python tests/benchmarks/mirroring.py`) p is then below .05 about as often as it should be.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from attune import InputError
from scoring.correlation import Floats, around_z, standardised
from scoring.windowing import Grid

ENOUGH = 250.0  # Independent surrogates that are wanted, for p to be told down to a few thousandths.


def stretches(grid: Grid) -> int:
    """Into how many stretches a session is cut: 4 for a minute, 2 for five minutes, 1 from ten on."""
    return max(1, round(math.log(ENOUGH) / math.log(max(_independent(grid), 2.0))))


def _independent(grid: Grid) -> float:
    """How many shifts there are whose lags don't overlap."""
    return (grid.samples - 2 * grid.nearest_shift) / (2 * grid.lag + 1)


def widened(by_chance: Floats, grid: Grid) -> Floats:
    """Surrogates' statistics, shape (n, ...), spread about their mean as new sessions' would be.

    They are put together from few independent parts of one session, and so spread less than the sessions of
    which it is one: by what Student's t, n / (n - 1) and 1 + 1 / n make up for (the interval in which one
    more observation will lie). n is taken as half of independent shifts times stretches: with that, simulated
    independent pairs were below .05 in 4 to 5 of 100 at 60 s. Infinite ones stay.
    """
    parts = max(_independent(grid) * stretches(grid) / 2, 3.0)
    wider = math.sqrt(parts / (parts - 1) * (1 + 1 / parts)) * float(
        stats.t.ppf(0.95, parts - 1) / stats.norm.ppf(0.95)
    )
    known = np.isfinite(by_chance)
    mean = np.where(known, by_chance, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known, mean + wider * (np.where(known, by_chance, 0.0) - mean), by_chance)


def slid_curves(a: Floats, b: Floats, grid: Grid, n: int, seed: int = 0) -> Floats:
    """Mean curves over lags of pseudointeractions.

    Parameters
    ----------
    a, b : ndarray, shape (channels, samples)
        NaN: not measured.
    grid : Grid
    n : int
        Number of surrogates.
    seed : int

    Returns
    -------
    ndarray, shape (n, channels, 2 * grid.lag + 1)
        Mean Fisher z from the largest negative to the largest positive lag; NaN: undefined. All channels are
        shifted alike.

    Raises
    ------
    InputError
        When the series are too short to slide.
    """
    nearest, windows = grid.nearest_shift, len(grid.starts)
    if grid.samples <= 2 * nearest:
        raise InputError(
            f"series of {grid.samples / grid.rate_hz:g} s are too short to slide: they need more than "
            f"{2 * nearest / grid.rate_hz:g} s"
        )
    rng = np.random.default_rng(seed)
    count = stretches(grid)
    cuts = rng.random((n, 1, count - 1)) * windows
    stretch: NDArray[np.int64] = (np.arange(windows)[None, :, None] >= cuts).sum(axis=2)
    shifts = rng.integers(nearest, grid.samples - nearest, (n, count), endpoint=True)
    shift = shifts[np.arange(n)[:, None], stretch]  # n, windows
    return np.stack([_curves(x, y, grid, shift) for x, y in zip(a, b, strict=True)], axis=1)


def _curves(x: Floats, y: Floats, grid: Grid, shift: NDArray[np.int64]) -> Floats:
    """Curves of one channel, shape (n, lags), with each window slid by its shift."""
    one, other = standardised(x), standardised(y)
    lags = np.arange(grid.lag + 1)
    forward = _mean(around_z(one, other, grid), shift, lags)
    backward = _mean(around_z(other, one, grid), -shift, lags)
    return np.concatenate([backward[:, :0:-1], forward], axis=1)


def _mean(rows, shift: NDArray[np.int64], lags: NDArray[np.int64]) -> Floats:
    total, defined = np.zeros((2, len(shift), len(lags)))
    for window, row in enumerate(rows):
        z = row[(shift[:, window, None] + lags) % len(row)]
        known = np.isfinite(z)
        total += np.where(known, z, 0.0)
        defined += known
    return np.where(defined > 0, total / np.maximum(defined, 1.0), np.nan)


def expected_spread(x: Floats, y: Floats, grid: Grid) -> float:
    """How widely independent series as persistent as these two correlate by chance, up to a factor.

    Bartlett's formula (1935, Journal of the Royal Statistical Society 98, 536-543): the variance of a sample
    correlation grows with the sum of the products of both autocorrelations; here within a window.
    """
    own = [_autocorrelation(series, grid.window) for series in (x, y)]
    lags = np.arange(1, grid.window)
    weight = 1 - lags / grid.window
    return math.sqrt(max(1.0, 1 + 2 * float((own[0][1:] * own[1][1:] * weight).sum())))


def _autocorrelation(series: Floats, length: int) -> Floats:
    """At lags 0 to length - 1; of what was measured."""
    known = np.isfinite(series)
    if known.sum() < 2 or np.ptp(series[known]) == 0:
        return np.zeros(length)
    centred = np.where(known, series - series[known].mean(), 0.0)
    size = 2 * len(series)
    sums, counts = (
        np.fft.irfft(np.abs(np.fft.rfft(values, size)) ** 2, size)[:length]
        for values in (centred, known.astype(float))
    )
    products = sums / np.maximum(counts, 1.0)
    return products / products[0]
