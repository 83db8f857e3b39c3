"""Pseudosynchrony: what two series give when they are put together wrongly.

After Moulder, Boker, Ramseyer & Tschacher (2018, Psychological Methods 23, 757-773), who compare such
surrogates: series that slide along each other, and windows in another order, as Ramseyer & Tschacher (2011,
Journal of Consulting and Clinical Psychology 79, 284-295) shuffle them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from attune import InputError
from scoring.correlation import Floats, around_z, curves_of, mean_defined
from scoring.windowing import Grid

MIN_SHUFFLED = 4
"""Fewer blocks than this have too few orders: 4 have 9 in which none keeps its place."""

Pair = list[tuple[Floats, Floats]]
Curves = Iterator[Floats]


def circular(pair: Pair, grid: Grid, n: int, rng: np.random.Generator) -> Curves:
    """Mean lag curves of `n` circular shifts, one array of shape (n, lags) for each channel.

    Moving B by s makes a lag of l one of s + l on the circle, so one curve around it holds all surrogates.
    """
    nearest = grid.nearest_shift
    least_s, given_s = 2 * nearest / grid.rate_hz, grid.samples / grid.rate_hz
    if given_s <= least_s:
        raise InputError(
            f"circular shifts need series of more than {least_s:g} s, four times the largest lag, and these "
            f"have {given_s:g} s: use a shorter lag or no surrogates"
        )
    shift = rng.integers(nearest, grid.samples - nearest, n, endpoint=True)[:, None]
    lags = np.arange(grid.lag + 1)
    for a, b in pair:
        forward, backward = (
            _mean_of_rows(around_z(one, other, grid), grid.samples) for one, other in ((a, b), (b, a))
        )
        b_follows, a_follows = (shift + lags) % grid.samples, (lags[:0:-1] - shift) % grid.samples
        yield np.concatenate([backward[a_follows], forward[b_follows]], axis=1)


def shuffled(pair: Pair, grid: Grid, n: int, rng: np.random.Generator) -> Curves:
    """As `circular`, of `n` orders of B's blocks, which are as equal as whole samples allow."""
    count = round(grid.samples / grid.window)
    if count < MIN_SHUFFLED:
        raise InputError(
            f"shuffling needs {MIN_SHUFFLED} blocks of a window's length, and the series have {count}: use a "
            "shorter window, circular surrogates or none"
        )
    blocks = np.array_split(np.arange(grid.samples), count)
    orders = _derangements(count, n, rng)
    for a, b in pair:
        curves = np.empty((n, 2 * grid.lag + 1))
        for curve, order in zip(curves, orders, strict=True):
            other = b[np.concatenate([blocks[block] for block in order])]
            curve[:] = mean_defined(curves_of(a, other, grid), axis=0)
        yield curves


def _mean_of_rows(z: Iterator[Floats], length: int) -> Floats:
    """Mean of what is defined in rows which come one by one and together would be large."""
    total, count = np.zeros(length), np.zeros(length)
    for row in z:
        defined = np.isfinite(row)
        total += np.where(defined, row, 0.0)
        count += defined
    with np.errstate(invalid="ignore"):
        return total / count


def _derangements(size: int, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`n` random orders of `size` things in which none keeps its place, all equally likely."""
    found = np.empty((0, size), np.int64)
    while len(found) < n:
        orders = rng.permuted(np.tile(np.arange(size), (n + 10, 1)), axis=1)
        found = np.concatenate([found, orders[(orders != np.arange(size)).all(axis=1)]])
    return found[:n]
