"""Does one movement follow another: windowed lagged cross-correlation against pseudosynchrony.

Windowed cross-correlation as in Boker, Rotondo, Xu & King (2002, Psychological Methods 7, 338-355),
summarised over windows with Fisher's z as in the R package rMEA (Kleinbub & Ramseyer 2021). What two people
who don't react to each other would give by chance comes from the same two recordings put together wrongly:
pseudosynchrony (Ramseyer & Tschacher 2011, Journal of Consulting and Clinical Psychology 79, 284-295), by
the surrogates that Moulder, Boker, Ramseyer & Tschacher (2018, Psychological Methods 23, 757-773) compare.

A positive lag means that B follows A. NaN is what was not measured; it is left out pair by pair.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from attune import InputError
from scoring import surrogates as pseudo
from scoring.correlation import Floats, curves_of, mean_defined, standardised
from scoring.interval import RESAMPLES, Blocks, expanded_tail
from scoring.peaks import A_FOLLOWS, ANY, B_FOLLOWS, peaks_of
from scoring.windowing import Grid, Windowing

Kind = Literal["circular", "shuffle"]
KINDS: tuple[str, ...] = get_args(Kind)

_ROUNDING = 1e-9  # surrogates of a strictly periodic series equal it but for rounding


@dataclass(frozen=True)
class LagCurves:
    """How series correlate at each lag.

    Attributes
    ----------
    lags_s : ndarray, shape (lags,)
        From the largest negative to the largest positive one; positive: B follows A.
    z : ndarray, shape (channels, lags)
        Fisher's z, averaged over the windows in which it is defined; NaN where it is in none.
    windows_z : ndarray, shape (channels, windows, lags)
        Fisher's z of each window; NaN where undefined.
    window_start_s : ndarray, shape (windows,)
    """

    lags_s: Floats
    z: Floats
    windows_z: Floats
    window_start_s: Floats


def lag_curves(a: ArrayLike, b: ArrayLike, rate_hz: float, windowing: Windowing) -> LagCurves:
    """Windowed lagged cross-correlation.

    Window i begins at i steps. For a lag of 0 or more it pairs A from there with B from the lag later; for
    one below 0, B from there with A from that much later.

    Parameters
    ----------
    a, b : array_like, shape (n,) or (channels, n)
    rate_hz : float
        Samples a second.
    windowing : Windowing

    Raises
    ------
    InputError
        When the shapes differ or no window fits.
    """
    pair, grid = _prepared(a, b, rate_hz, windowing)
    windows_z = np.stack([curves_of(one, other, grid) for one, other in pair])
    lags_s = np.arange(-grid.lag, grid.lag + 1) / rate_hz
    return LagCurves(lags_s, mean_defined(windows_z, axis=1), windows_z, grid.starts / rate_hz)


def surrogate_curves(
    a: ArrayLike,
    b: ArrayLike,
    rate_hz: float,
    windowing: Windowing,
    n: int = 1000,
    kind: str = "circular",
    seed: int = 0,
) -> Floats:
    """Mean lag curves of pseudointeractions: of the same series, put together wrongly.

    ``circular`` moves all of B against A by one random time, and its end to its beginning. The time is more
    than twice the largest lag from either end, so that no pair of moments that is searched in the recording
    is searched again in a surrogate. ``shuffle`` cuts B into blocks of about a window's length and puts
    them into a random order in which none keeps its place; windows go over the seams, because leaving out
    those that do would make surrogates more even than the recording. It takes longer.

    All channels are moved alike, so that the largest peak over channels can be compared as well.

    Parameters
    ----------
    a, b, rate_hz, windowing
        As for `lag_curves`.
    n : int
        Number of surrogates.
    kind : {"circular", "shuffle"}
    seed : int

    Returns
    -------
    ndarray, shape (n, channels, lags)
        As `LagCurves.z`.

    Raises
    ------
    InputError
        As `lag_curves`; or when the series are too short for surrogates, or there is no such kind.
    """
    pair, grid = _prepared(a, b, rate_hz, windowing)
    if kind not in KINDS:
        raise InputError(f"there are no surrogates '{kind}': use {' or '.join(KINDS)}")
    rng = np.random.default_rng(seed)
    make = pseudo.circular if kind == "circular" else pseudo.shuffled
    return np.stack(list(make(pair, grid, n, rng)), axis=1)


def surrogate_peaks(
    a: ArrayLike,
    b: ArrayLike,
    rate_hz: float,
    windowing: Windowing,
    n: int = 1000,
    kind: str = "circular",
    seed: int = 0,
) -> Floats:
    """Peaks of `surrogate_curves` as `scoring.peaks.peaks_of` gives them, shape (n, channels, 3).

    NaN where a curve is undefined at every lag.
    """
    curves = surrogate_curves(a, b, rate_hz, windowing, n, kind, seed)
    undefined = np.isnan(curves).all(axis=-1, keepdims=True)
    return np.where(undefined, np.nan, peaks_of(curves, rate_hz))


def p_value(peak: float, surrogates: Floats) -> float:
    """One-sided: (1 + surrogates at least as large) / (1 + surrogates).

    Parameters
    ----------
    peak : float
        Minus infinity where there is none, which gives 1. NaN where nothing was measured, which gives NaN.
    surrogates : ndarray, shape (n,)
        Likewise; NaN counts as large.
    """
    if math.isnan(peak):
        return math.nan
    larger = np.count_nonzero(~(surrogates < peak - _ROUNDING))
    return (1 + larger) / (1 + len(surrogates))


@dataclass(frozen=True)
class Synchrony:
    """How two series go together, against chance.

    Attributes
    ----------
    peak_lag_s, z : float
        Largest value of the mean lag curve and where it is; positive lag: B follows A.
    effect_size : float or None
        (z - mean of the surrogates' peaks) / their standard deviation; None without surrogates.
    ci95 : tuple of float or None
        Of z at this lag, from resampled windows; None where there are too few.
    p : float or None
        Of the largest peak, searched in the same way in every surrogate.
    b_follows_p, a_follows_p : float or None
        Likewise of the highest peak above and below lag 0, not corrected for being two; 1 where there is no
        peak on that side, None without surrogates or such lags.
    surrogate_kind, n_surrogates, n_windows : str, int, int
    n_windows_measured : int
        Windows in which z is defined at the peak.
    mean_lag_curve : list of (lag_s, z)
    window_s, step_s, lag_s, rate_hz : float
        What was used.
    """

    peak_lag_s: float
    z: float
    effect_size: float | None
    ci95: tuple[float, float] | None
    p: float | None
    surrogate_kind: str
    n_surrogates: int
    n_windows: int
    mean_lag_curve: list[tuple[float, float]]
    b_follows_p: float | None
    a_follows_p: float | None
    n_windows_measured: int
    window_s: float
    step_s: float
    lag_s: float
    rate_hz: float

    def as_dict(self) -> dict[str, Any]:
        """As ``attune synchrony --json`` prints it."""
        return asdict(self)


def synchrony(
    a: ArrayLike,
    b: ArrayLike,
    rate_hz: float,
    windowing: Windowing,
    surrogates: int = 1000,
    kind: str = "circular",
    seed: int = 0,
) -> Synchrony:
    """Two single series, shape (n,), against chance; parameters as for `surrogate_peaks`.

    Raises
    ------
    InputError
        As `surrogate_peaks`; or when z is defined at no lag.
    """
    curves = lag_curves(a, b, rate_hz, windowing)
    curve, windows_z = curves.z[0], curves.windows_z[0]
    if not np.isfinite(curve).any():
        raise InputError(
            "in no window do both series vary and have half of their values: check the columns, or use a "
            "longer window"
        )
    at, peaks = int(np.nanargmax(curve)), peaks_of(curve, rate_hz)
    effect_size: float | None = None
    p: list[float | None] = [None] * len(peaks)
    if surrogates:
        chance = surrogate_peaks(a, b, rate_hz, windowing, surrogates, kind, seed)[:, 0]
        effect_size = _effect_size(float(peaks[ANY]), chance[:, ANY])
        p = [p_value(float(peak), chance[:, column]) for column, peak in enumerate(peaks)]
        if len(curve) == 1:  # no lag but 0
            p[B_FOLLOWS] = p[A_FOLLOWS] = None
    return Synchrony(
        peak_lag_s=float(curves.lags_s[at]),
        z=float(curve[at]),
        effect_size=effect_size,
        ci95=z_interval(windows_z[:, at], windowing, seed),
        p=p[ANY],
        surrogate_kind=kind,
        n_surrogates=surrogates,
        n_windows=len(windows_z),
        mean_lag_curve=list(zip(curves.lags_s.tolist(), curve.tolist(), strict=True)),
        b_follows_p=p[B_FOLLOWS],
        a_follows_p=p[A_FOLLOWS],
        n_windows_measured=int(np.isfinite(windows_z[:, at]).sum()),
        window_s=windowing.window_s,
        step_s=windowing.step_s,
        lag_s=windowing.lag_s,
        rate_hz=rate_hz,
    )


def smooth(series: ArrayLike, rate_hz: float, seconds: float) -> Floats:
    """Moving average, shape (n,), as rMEA's ``MEAsmooth`` makes it.

    It spans the whole samples that `seconds` hold, the middle one or the later of two in the middle being the
    one that is replaced. Before and after the recording, the value in the series' range that is nearest to 0
    is taken: 0 for motion energy, as in rMEA, and no jump for an angle or a place. NaN is left out of the
    averages and stays NaN.

    Parameters
    ----------
    series : array_like, shape (n,)
    rate_hz : float
    seconds : float
        Less than two samples change nothing.
    """
    values = np.asarray(series, np.float64)
    span = seconds * rate_hz
    count = math.floor(span + _ROUNDING)
    seen = np.isfinite(values)
    if count < 2 or not seen.any():
        return values
    before = math.ceil((span - 1) / 2 - _ROUNDING)
    outside = float(np.clip(0.0, values[seen].min(), values[seen].max()))
    edges = (before, count - 1 - before)
    total = sliding_window_view(np.pad(np.where(seen, values, 0.0), edges, constant_values=outside), count)
    known = sliding_window_view(np.pad(seen.astype(np.float64), edges, constant_values=1.0), count)
    means = total.sum(axis=1) / np.maximum(known.sum(axis=1), 1.0)
    return np.where(seen, means, np.nan)


def scale(series: ArrayLike) -> Floats:
    """The series over its standard deviation (n - 1), shape (n,); a constant one as it is.

    Correlations don't depend on it: it makes series of different units comparable (rMEA's ``MEAscale``).
    """
    values = np.asarray(series, np.float64)
    known = values[np.isfinite(values)]
    spread = float(known.std(ddof=1)) if len(known) > 1 else 0.0
    return values / spread if spread > 0 else values


def z_interval(windows_z: Floats, windowing: Windowing, seed: int = 0) -> tuple[float, float] | None:
    """Interval of a mean z over windows: circular block bootstrap (Politis & Romano 1992) over windows.

    Windows that overlap are not independent: a block spans two windows' lengths, or one where that left
    fewer than six blocks. Percentiles are expanded for few blocks (`scoring.interval.expanded_tail`); between
    independent series the interval held 0 in 91 to 94 % of pairs. None with fewer than three blocks.

    Parameters
    ----------
    windows_z : ndarray, shape (windows,)
        NaN where undefined.
    """
    count = len(windows_z)
    overlap = math.ceil(windowing.window_s / windowing.step_s - _ROUNDING)
    length = min(2 * overlap, max(overlap, count // 6))
    defined = np.isfinite(windows_z)
    looks = float(defined.sum()) / length
    if looks < 3:
        return None
    starts = np.random.default_rng(seed).integers(0, count, (RESAMPLES, round(count / length)))
    blocks = Blocks(length, starts)
    sums, counts = blocks.sums(np.where(defined, windows_z, 0.0)), blocks.sums(defined.astype(np.float64))
    means = sums[counts > 0] / counts[counts > 0]
    tail = expanded_tail(looks)
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def _prepared(
    a: ArrayLike, b: ArrayLike, rate_hz: float, windowing: Windowing
) -> tuple[list[tuple[Floats, Floats]], Grid]:
    """The two series of each channel, standardised, and the windows on them."""
    one, other = np.atleast_2d(np.asarray(a, np.float64)), np.atleast_2d(np.asarray(b, np.float64))
    if one.shape != other.shape or one.ndim != 2:
        raise InputError(f"series of shapes {one.shape} and {other.shape} are no pair: use the same length")
    pair = [(standardised(x), standardised(y)) for x, y in zip(one, other, strict=True)]
    return pair, windowing.on(one.shape[1], rate_hz)


def _effect_size(peak: float, chance: Floats) -> float | None:
    known = chance[np.isfinite(chance)]
    spread = float(known.std(ddof=1)) if len(known) > 1 else 0.0
    return (peak - float(known.mean())) / spread if spread > _ROUNDING else None
