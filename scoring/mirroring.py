"""Mirroring: does one of two people move as the other did a moment before, more than chance would have it?

Windowed lagged cross-correlation of several channels (`models.mirroring.features.CHANNELS`) against
pseudosynchrony (`scoring.synchrony`, `scoring.stretches`). Channels differ in how large a correlation chance
gives: slow ones, as where the arms are, correlate by chance far more than quick ones. So each channel's curve
is divided by the spread that the persistence of its two series makes one expect; who mirrors seldom does it
in one channel only, so their sum counts as a channel too. The largest peak over lags and channels is the
statistic, searched in the same way in every surrogate: p holds for having looked at all channels, lags and
directions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.mirroring.features import CHANNELS, RATE_HZ, TOGETHER, clock, features, pair_channels
from scoring.correlation import mean_defined
from scoring.interval import RESAMPLES
from scoring.peaks import A_FOLLOWS, ANY, B_FOLLOWS, peaks_of
from scoring.stretches import expected_spread, slid_curves, widened
from scoring.synchrony import lag_curves, p_value, z_interval
from scoring.windowing import SHORTEST_WINDOW_S, Windowing

SURROGATES = 1000
ALPHA = 0.05
"""Above it the movement was not coordinated beyond chance, and nothing is said of moments."""

LEAST_DEFINED = 0.5
"""A channel takes part where its correlation is defined in at least this share of the windows."""


@dataclass(frozen=True)
class Moved:
    """Two people's movements on a common clock.

    Attributes
    ----------
    clock_s : ndarray, shape (m,)
    a, b : ndarray, shape (len(CHANNELS), m)
        The staff member's and the client's; NaN where not measured.
    """

    clock_s: NDArray[np.float64]
    a: NDArray[np.float64]
    b: NDArray[np.float64]

    @classmethod
    def of(cls, staff: pd.DataFrame, client: pd.DataFrame, session_s: tuple[float, float]) -> Moved:
        """From both people's rows of `vision.signals.Signals`."""
        clock_s = clock(*session_s)
        first, second = ({name: table[name].to_numpy() for name in table} for table in (staff, client))
        return cls(clock_s, *pair_channels(first, second, clock_s))

    @property
    def measured(self) -> NDArray[np.bool_]:
        """Where the heads of both were measured, shape (m,)."""
        head = CHANNELS.index("head_pitch")
        return np.isfinite(self.a[head]) & np.isfinite(self.b[head])

    def local_lag_s(self) -> NDArray[np.float64]:
        """By how much one follows the other around each moment, shape (m,); positive: the client follows."""
        return features(self.a, self.b)[1]


@dataclass(frozen=True)
class Coordination:
    """What a session's movements say against chance.

    Attributes
    ----------
    channel : str
        In which the two resemble each other most, measured against chance; one of `CHANNELS` or `TOGETHER`.
    z, lag_s : float
        Mean Fisher z there (of the channels in the sum) and its lag; positive: the client follows.
    z_ci95, lag_ci95 : tuple of float or None
        None where there are too few windows.
    p, staff_follows_p, client_follows_p : float
        Over all lags and channels; over lags below 0; over lags above 0.
    windowing : Windowing
        What was used.
    windows : int
    """

    channel: str
    z: float
    lag_s: float
    z_ci95: tuple[float, float] | None
    lag_ci95: tuple[float, float] | None
    p: float
    staff_follows_p: float
    client_follows_p: float
    windowing: Windowing
    windows: int

    @property
    def beyond_chance(self) -> bool:
        return self.p <= ALPHA


def coordination(moved: Moved, seed: int = 0, surrogates: int = SURROGATES) -> Coordination | None:
    """Test a session against pseudosynchrony.

    Returns
    -------
    Coordination or None
        None where no channel varies in both people for long enough.

    Raises
    ------
    InputError
        When the session is too short for windows or for surrogates.
    """
    windowing = Windowing.for_duration(len(moved.clock_s) / RATE_HZ)
    grid = windowing.on(len(moved.clock_s), RATE_HZ)
    curves = lag_curves(moved.a, moved.b, RATE_HZ, windowing)
    defined = np.isfinite(curves.windows_z).any(axis=2).mean(axis=1)
    used = np.flatnonzero(defined >= LEAST_DEFINED)
    if not len(used):
        return None
    a, b = moved.a[used], moved.b[used]
    spread = np.array([expected_spread(*pair, grid) for pair in zip(a, b, strict=True)])
    unit = (spread / np.sqrt(defined[used]))[:, None]
    sums = _sums(used)
    strength = peaks_of(_with_sums(curves.z[used] / unit, sums), RATE_HZ)  # channels and sums, 3
    chance = slid_curves(a, b, grid, surrogates, seed)
    by_chance = widened(peaks_of(_with_sums(chance / unit, sums), RATE_HZ).max(axis=1), grid)  # surrogates, 3
    p = [p_value(float(strength[:, column].max()), by_chance[:, column]) for column in range(3)]
    best = int(strength[:, ANY].argmax())
    channel = [*(CHANNELS[k] for k in used), *TOGETHER][best]
    members = [*used[:, None], *(used[rows] for rows in sums)][best]
    windows_z = mean_defined(curves.windows_z[members], axis=0)
    return _described(windows_z, channel, curves.lags_s, p, windowing, seed)


def _described(
    windows_z: NDArray, channel: str, lags_s: NDArray, p: list[float], windowing: Windowing, seed: int
) -> Coordination:
    """`windows_z`, shape (windows, lags): of the channel, or the mean of those in the sum."""
    curve = mean_defined(windows_z, axis=0)
    at = int(np.nanargmax(curve))
    return Coordination(
        channel=channel,
        z=float(curve[at]),
        lag_s=float(lags_s[at]),
        z_ci95=z_interval(windows_z[:, at], windowing, seed),
        lag_ci95=_lag_interval(windows_z, lags_s, windowing, seed),
        p=p[ANY],
        staff_follows_p=p[A_FOLLOWS],
        client_follows_p=p[B_FOLLOWS],
        windowing=windowing,
        windows=len(windows_z),
    )


def _sums(used: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Rows of the channels in each of `TOGETHER`: all but the roll in the other sense."""
    left_out = (CHANNELS.index("head_roll_same"), CHANNELS.index("head_roll_mirror"))
    return [np.flatnonzero(used != other) for other in left_out]


def _with_sums(strength: NDArray, sums: list[NDArray[np.int64]]) -> NDArray:
    """Curves, shape (..., channels, lags), followed by their sums, each of the same spread as one of them."""
    known = np.where(np.isnan(strength), 0.0, strength)
    together = [known[..., rows, :].sum(axis=-2) / np.sqrt(max(1, len(rows))) for rows in sums]
    return np.concatenate([strength, np.stack(together, axis=-2)], axis=-2)


def _lag_interval(
    windows_z: NDArray, lags_s: NDArray, windowing: Windowing, seed: int
) -> tuple[float, float] | None:
    """95 % interval of the peak's lag: windows resampled in blocks, the peak searched each time."""
    count = len(windows_z)
    block = max(1, int(np.ceil(windowing.window_s / windowing.step_s)))
    if count < 3 * block:
        return None
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, count, (RESAMPLES // 4, max(1, round(count / block))))
    drawn = (starts[:, :, None] + np.arange(block)).reshape(len(starts), -1) % count
    weights = np.zeros((len(starts), count))
    for row, windows in zip(weights, drawn, strict=True):
        np.add.at(row, windows, 1.0)
    known = np.isfinite(windows_z)
    total, defined = weights @ np.where(known, windows_z, 0.0), weights @ known.astype(float)
    means = np.where(defined > 0, total / np.maximum(defined, 1e-9), -np.inf)
    low, high = np.quantile(lags_s[means.argmax(axis=1)], [0.025, 0.975])
    at = float(lags_s[int(np.nanargmax(mean_defined(windows_z, axis=0)))])
    return min(float(low), at), max(float(high), at)


def least_seconds() -> float:
    """Sessions shorter than this have no score: a window and the lags, slid along each other."""
    short = Windowing.for_duration(SHORTEST_WINDOW_S)
    return max(short.window_s + short.lag_s, 4 * short.lag_s + 1)
