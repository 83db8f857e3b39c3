"""How far two or more observers agree: chance-corrected coefficients, matched events, limits of agreement.

Pure statistics on arrays. Every chance-corrected coefficient here is ``(observed - chance) / (1 - chance)``,
and each of its two parts comes from sums over time units; so one resampling of sums serves them all.

References
----------
Cohen 1960, Educational and Psychological Measurement 20: kappa.
Byrt, Bishop and Carlin 1993, Journal of Clinical Epidemiology 46: prevalence- and bias-adjusted kappa.
Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, University of Pennsylvania.
Bland and Altman 1986, The Lancet 327: limits of agreement.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.optimize import linear_sum_assignment

Floats = NDArray[np.float64]
Parts = Callable[[Floats], tuple[Any, Any]]
"""Sums, shape (..., c) -> observed agreement and agreement by chance, shape (...,); 0 to 1, NaN undefined."""

POINT_S = 0.5
"""A moment coded without duration belongs to an event that it lies in, or up to so many seconds beside."""

LEAST_PAIRS = 3
"""Fewer pairs have no correlation and no limits of agreement."""


def value(parts: Parts, sums: ArrayLike) -> Any:
    """A coefficient, shape (...,): 1 all agreed, 0 as by chance; NaN where chance alone agrees always."""
    observed, chance = parts(np.asarray(sums, float))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(chance < 1 - 1e-12, (observed - chance) / (1 - chance), np.nan)


def kappa_parts(sums: Floats) -> tuple[Any, Any]:
    """Of Cohen's kappa.

    Parameters
    ----------
    sums : ndarray, shape (..., k * k)
        How often (or for how long) one said the row's category and the other the column's.
    """
    table = _square(sums)
    total = table.sum(axis=(-1, -2))
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = np.trace(table, axis1=-2, axis2=-1) / total
        chance = (table.sum(axis=-1) * table.sum(axis=-2)).sum(axis=-1) / total**2
    return observed, chance


def pabak_parts(sums: Floats) -> tuple[Any, Any]:
    """Of the prevalence- and bias-adjusted kappa: chance is one in k, whatever is rare or who says more."""
    observed, _ = kappa_parts(sums)
    return observed, np.full(np.shape(observed), 1 / _square(sums).shape[-1])


def alpha_parts(sums: Floats) -> tuple[Any, Any]:
    """Of Krippendorff's alpha for nominal values.

    Parameters
    ----------
    sums : ndarray, shape (..., k * k)
        Summed `coincidences`.
    """
    table = _square(sums)
    count = table.sum(axis=-1)
    n = count.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = np.trace(table, axis1=-2, axis2=-1) / n
        chance = (count * (count - 1)).sum(axis=-1) / (n * (n - 1))
    return observed, chance


def precision_parts(sums: Floats) -> tuple[Any, Any]:
    """Of precision; sums of hits, false alarms and misses, shape (..., 3). Nothing is put down to chance."""
    return _share(sums[..., 0], sums[..., 0] + sums[..., 1])


def recall_parts(sums: Floats) -> tuple[Any, Any]:
    """Of recall; sums as for `precision_parts`."""
    return _share(sums[..., 0], sums[..., 0] + sums[..., 2])


def f1_parts(sums: Floats) -> tuple[Any, Any]:
    """Of F1; sums as for `precision_parts`."""
    return _share(2 * sums[..., 0], 2 * sums[..., 0] + sums[..., 1] + sums[..., 2])


def _share(part: Floats, whole: Floats) -> tuple[Any, Any]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.nan), np.zeros(np.shape(whole))


def _square(sums: Floats) -> Floats:
    sums = np.asarray(sums, float)
    k = math.isqrt(sums.shape[-1])
    return sums.reshape(*sums.shape[:-1], k, k)


def confusions(one: ArrayLike, other: ArrayLike) -> Floats:
    """Each unit's cell of the table of two observers, shape (n, 4): both not, only the other, only the one,
    both. A unit that either of them could not judge (NaN) is in none."""
    one, other = np.asarray(one, float), np.asarray(other, float)
    cells = np.zeros((one.size, 4))
    known = np.flatnonzero(np.isfinite(one) & np.isfinite(other))
    cells[known, (2 * (one[known] > 0) + (other[known] > 0)).astype(int)] = 1
    return cells


def coincidences(values: ArrayLike, categories: int = 2) -> Floats:
    """Each unit's share of Krippendorff's coincidence matrix.

    Parameters
    ----------
    values : array_like, shape (observers, n)
        Categories from 0; NaN: this observer has no value there.
    categories : int

    Returns
    -------
    ndarray, shape (n, categories ** 2)
        All zero where fewer than two observers have a value.
    """
    values = np.asarray(values, float)
    counts = np.stack([(values == category).sum(axis=0) for category in range(categories)], axis=1).astype(
        float
    )
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(categories)
    others = counts.sum(axis=1) - 1
    pairs = np.where(others[:, None, None] > 0, pairs / np.maximum(others, 1)[:, None, None], 0.0)
    return pairs.reshape(len(counts), categories**2)


def overlaps(one: ArrayLike, other: ArrayLike) -> Floats:
    """Intersection over union of every two spans, shape (n, m).

    Parameters
    ----------
    one, other : array_like, shapes (n, 2) and (m, 2)
        Start and end in seconds. A span without duration is a moment: it counts as wholly overlapping (1)
        where it lies in the other or up to `POINT_S` seconds beside it.
    """
    a, b = (np.asarray(spans, float).reshape(-1, 2) for spans in (one, other))
    start_a, end_a, start_b, end_b = a[:, None, 0], a[:, None, 1], b[None, :, 0], b[None, :, 1]
    both = np.minimum(end_a, end_b) - np.maximum(start_a, start_b)
    moment = (end_a <= start_a) | (end_b <= start_b)
    either = np.maximum(end_a, end_b) - np.minimum(start_a, start_b)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(moment, both >= -POINT_S, np.clip(both, 0, None) / either).astype(float)


def matched(overlap: Floats, least: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One-to-one pairs that overlap by ``least`` or more: as many as possible, and of all such matchings the
    one with the largest sum of overlaps.

    (`scoring.truth.match` has another rule, for movements whose true size is known.)

    Returns
    -------
    tuple of ndarray of int
        Rows and columns of the pairs.
    """
    if not overlap.size:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    enough = overlap >= least - 1e-9
    # One pair more outweighs whatever all the others could gain in overlap.
    gain = np.where(enough, 1 + overlap / (min(overlap.shape) + 1), 0.0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    kept = enough[rows, columns]
    return rows[kept], columns[kept]


@dataclass(frozen=True)
class Limits:
    """Limits of agreement of two ways to measure, in the measurements' unit.

    Attributes
    ----------
    n : int
    bias, sd : float
        Mean and standard deviation of the differences.
    low, high : float
        95 % limits: ``bias -+ 1.96 sd``, between which 95 % of differences lie if they spread normally.
    bias_ci95, low_ci95, high_ci95 : tuple of float
        By Student's t, the limits' with standard error ``sqrt(3 / n) sd`` as in the paper.
    """

    n: int
    bias: float
    sd: float
    low: float
    high: float
    bias_ci95: tuple[float, float]
    low_ci95: tuple[float, float]
    high_ci95: tuple[float, float]


def limits_of_agreement(differences: ArrayLike, width: float = 1.96) -> Limits | None:
    """Bland and Altman's; None for fewer than `LEAST_PAIRS` differences.

    Differences of one session resemble each other: the intervals hold for pairs that are independent.
    """
    d = np.asarray(differences, float)
    if d.size < LEAST_PAIRS:
        return None
    bias, sd, t = float(d.mean()), float(d.std(ddof=1)), float(stats.t.ppf(0.975, d.size - 1))
    low, high = bias - width * sd, bias + width * sd
    of_bias, of_limit = t * sd / math.sqrt(d.size), t * sd * math.sqrt(3 / d.size)
    around = [(at - half, at + half) for at, half in ((bias, of_bias), (low, of_limit), (high, of_limit))]
    return Limits(d.size, bias, sd, low, high, *around)


def correlation(one: ArrayLike, other: ArrayLike) -> float | None:
    """Pearson's; None for fewer than `LEAST_PAIRS` pairs or where one doesn't vary."""
    a, b = np.asarray(one, float), np.asarray(other, float)
    if a.size < LEAST_PAIRS or np.ptp(a) < 1e-12 or np.ptp(b) < 1e-12:
        return None
    return float(np.corrcoef(a, b)[0, 1])


def covered(spans: Sequence[tuple[float, float]], edges: Floats) -> Floats:
    """Share of each unit that the union of the spans covers, shape (n,), for n + 1 edges in seconds."""
    union: list[list[float]] = []
    for start, end in sorted(spans):
        if union and start <= union[-1][1]:
            union[-1][1] = max(union[-1][1], end)
        elif end > start:
            union.append([start, end])
    if not union:
        return np.zeros(len(edges) - 1)
    starts, ends = np.array(union).T
    # Covered seconds before each edge: whole spans that ended, and the part of the one under way.
    done = np.concatenate([[0.0], np.cumsum(ends - starts)])
    k = np.searchsorted(starts, edges, side="right")
    before = done[k] - np.clip(np.append(0.0, ends)[k] - edges, 0, None)
    return np.diff(before) / np.diff(edges)
