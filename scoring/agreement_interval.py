"""Intervals for agreement: over sessions where there are several, over blocks of time where there is one.

Neighbouring time units resemble each other, and so do disagreements: a look that the machine ends late is a
run of wrong units. The textbook standard error of kappa takes each unit for an independent look and is
several times too small. Here whole sessions are drawn again and again, or, in a single one, circular blocks
of time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from scoring.agreement import Floats, Parts, value
from scoring.interval import (
    BIN_S,
    BLOCK_RUNS,
    BLOCK_S,
    LEVEL,
    MIN_BLOCKS,
    RESAMPLES,
    Blocks,
    Interval,
    expanded_tail,
    wilson,
)  # fmt: skip

SEED = 0
MIN_SESSIONS = 10
"""With fewer sessions a bootstrap has too little to draw from."""


@dataclass(frozen=True)
class Summed:
    """What one session has to say of one coefficient.

    Attributes
    ----------
    bins : ndarray, shape (bins, c)
        The coefficient's sums in each `BIN_S` seconds.
    block_s : float
        Length of a block of time that says little about the next one.
    looks : float
        How many independent looks the session is worth.
    """

    bins: Floats
    block_s: float
    looks: float

    @property
    def total(self) -> Floats:
        return self.bins.sum(axis=0)


def interval(sessions: Sequence[Summed], parts: Parts, seed: int = SEED) -> Interval | None:
    """95 % interval of a coefficient over sessions, or in a single one.

    Expanded percentiles (`scoring.interval.expanded_tail`) of a bootstrap over sessions, or over blocks of
    time where there is a single session of `MIN_BLOCKS` blocks and more. For fewer than `MIN_SESSIONS`
    sessions Student's t with the jackknife's standard error: a bootstrap of three can't reach beyond the
    three. Where all agreed, or a single session is shorter, a Wilson interval of the agreement that counts
    each session or block for one look, with chance as it was observed (as Cohen 1960 took it): wide, as it
    must be. On simulated codings (`tests/benchmarks/agreement.py`) it held the true kappa in 91 % and more of
    the studies of one to ten sessions, Cohen's own interval in 20 to 53 %.

    None where nothing bears on the coefficient.
    """
    sessions = [one for one in sessions if one.total.any()]
    if not sessions:
        return None
    total = np.sum([one.total for one in sessions], axis=0)
    at = float(value(parts, total))
    if np.isnan(at):
        return None
    observed = float(parts(total)[0])
    looks = float(len(sessions)) if len(sessions) > 1 else sessions[0].looks
    found: Interval | None = None
    if 1e-9 < observed < 1 - 1e-9:
        if len(sessions) == 1:
            found = _percentiles(parts, _over_blocks(sessions[0], seed), looks)
        elif len(sessions) < MIN_SESSIONS:
            found = _jackknife(sessions, parts, at)
        else:
            found = _percentiles(parts, _over_sessions(sessions, seed), looks)
    if found is None or found[1] - found[0] < 1e-9:  # nothing varies between the looks that there are
        found = _wilson(parts, total, observed, looks)
    low = max(min(found[0], at), -1.0) + 0.0  # no coefficient goes below -1, nor to a zero with a minus
    return low, max(found[1], at)


def _percentiles(parts: Parts, sums: Floats | None, looks: float) -> Interval | None:
    if sums is None:
        return None
    drawn = value(parts, sums)
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < RESAMPLES / 2:  # it is so rare that most resamples lack it
        return None
    tail = expanded_tail(max(looks, 2.0))
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(low), float(high)


def _over_sessions(sessions: Sequence[Summed], seed: int) -> Floats:
    n = len(sessions)
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    totals = np.stack([one.total for one in sessions])
    return np.asarray(drawn @ totals, np.float64)


def _jackknife(sessions: Sequence[Summed], parts: Parts, at: float) -> Interval:
    """Each session left out once; kept inside what the coefficient can be."""
    totals = np.stack([one.total for one in sessions])
    n, chance = len(totals), float(parts(totals.sum(axis=0))[1])
    without = value(parts, totals.sum(axis=0) - totals)
    without = np.where(np.isfinite(without), without, at)
    error = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    half = float(stats.t.ppf(1 - (1 - LEVEL) / 2, n - 1) * error)
    return max(at - half, -chance / (1 - chance)), min(at + half, 1.0)


def _over_blocks(session: Summed, seed: int) -> Floats | None:
    if session.looks < MIN_BLOCKS:
        return None
    blocks = Blocks.draw(len(session.bins), seed, session.block_s)
    return np.stack([blocks.sums(column) for column in session.bins.T], axis=1)


def _wilson(parts: Parts, total: Floats, observed: float, looks: float) -> Interval:
    chance = float(parts(total)[1])
    low, high = wilson(observed, max(looks, 1.0))
    return (low - chance) / (1 - chance), (high - chance) / (1 - chance)


def block_s(series: Sequence[NDArray], unit_s: float) -> float:
    """Length of a block of time for these observers' series of one cue, shape (n,) each; NaN: not judged.

    `scoring.interval.BLOCK_RUNS` mean lengths of what the slowest of them says, but `BLOCK_S` at least and a
    `MIN_BLOCKS`th of the time at most.
    """
    longest = BLOCK_S
    total_s = 0.0
    for one in series:
        known = one[np.isfinite(one)] > 0
        total_s = max(total_s, known.size * unit_s)
        changes = np.count_nonzero(known[1:] != known[:-1])
        longest = max(longest, BLOCK_RUNS * known.size * unit_s / (changes + 1))
    return float(np.clip(longest, BLOCK_S, max(BLOCK_S, total_s / MIN_BLOCKS)))


def binned(cells: Floats, time_s: Floats) -> Floats:
    """Cells at these times, shape (n, c), summed into bins of `BIN_S` seconds, shape (bins, c)."""
    if not len(time_s):
        return np.zeros((1, cells.shape[1]))
    place = (np.asarray(time_s) / BIN_S).astype(int)
    result = np.zeros((int(place.max()) + 1, cells.shape[1]))
    np.add.at(result, place, cells)
    return result
