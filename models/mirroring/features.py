"""Two people's movements side by side: the channels on a common clock, and what the model sees of them.

The channels serve the session's statistics (`scoring.mirroring`) and the classifier alike.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.ndimage import gaussian_filter1d

from models.windows import at_clock

RATE_HZ = 10.0
MAX_GAP_S = 0.5
SMOOTH_S = 0.15  # Standard deviation: takes the landmarks' jitter, leaves nods of 3 Hz half their size.

CHANNELS = (
    "head_speed", "head_pitch", "head_roll_mirror", "head_roll_same", "lean", "arms_apart", "arms_height",
    "motion",
)  # fmt: skip
"""What is compared. Who mirrors tilts the head to the side that is the same in space, not in the body: my
left is your right. ``head_roll_mirror`` has the second person's roll with its sign turned; people who sit
side by side may do the same in the body's own sense, ``head_roll_same``."""

TOGETHER = ("all_mirror", "all_same")
"""Sums of the channels: with the roll as in a mirror, and in the body's own sense."""

RAW = (
    "head_yaw_deg", "head_pitch_deg", "head_roll_deg", "lean_deg", "wrist_separation", "arms_height",
    "motion_energy",
)  # fmt: skip
"""What the channels are made of, on the clock; ``arms_height`` is the mean of both wrists' heights."""

_PARTS = ("head_speed", "head_pitch", "head_roll", "lean", "arms_apart", "arms_height", "motion")
FEATURES = (
    *(f"{name}_at_lag" for name in _PARTS), "together_at_lag", "together_best", "together_best_rise",
    "session_at_lag", "session_rise", "measured", "activity_least", "activity_most",
)  # fmt: skip
CLASSES = ("apart", "mirroring")

WINDOW_S = 8.0  # What is compared around each moment: three or four movements ...
LAG_S = 3.0  # ... and how much later the other's may come.
LAG_STEP_S = 0.2
DELAY_S = WINDOW_S / 2 + LAG_S / 2 + 0.7  # All of a moment's window is seen, and smoothed, this much later.
LEAST_SEEN = 0.5  # Share of a window in which both must have been measured.
# How fast landmarks of somebody who sits still seem to move. Speeds are compared as logarithms of so many of
# these: a few large movements would otherwise decide every correlation.
STILL_DEG_S, STILL_WIDTHS_S = 5.0, 0.1
_ARMS_SEEN = 0.5
# Variances below these say nothing (landmarks' jitter): they pull the correlations of people who sit still
# toward 0. In the order of `CHANNELS`: (deg/s)^2, deg^2 four times, shoulder widths^2 twice, (widths/s)^2.
_JITTER = np.array([0.3, 0.7, 0.7, 0.7, 1.0, 0.05, 0.05, 0.3]) ** 2


def clock(start_s: float, end_s: float) -> np.ndarray:
    """Times of the common clock, shape (m,)."""
    return start_s + np.arange(max(0, int((end_s - start_s) * RATE_HZ + 1e-6))) / RATE_HZ


def raw_movements(columns: Mapping[str, np.ndarray], clock_s: np.ndarray) -> np.ndarray:
    """One person's `RAW` on the clock, smoothed, shape (len(RAW), m); NaN where not measured.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n,)
        The person's signals with ``time_s``.
    clock_s : ndarray, shape (m,)
    """
    time_s = np.asarray(columns["time_s"], float)
    given = {name: np.asarray(columns[name], float) for name in RAW if name in columns}
    height = (np.asarray(columns["left_wrist_up"], float) + np.asarray(columns["right_wrist_up"], float)) / 2
    hidden = ~(np.asarray(columns["arms_visible"], float) >= _ARMS_SEEN)
    given["arms_height"] = np.where(hidden, np.nan, height)
    given["wrist_separation"] = np.where(hidden, np.nan, given["wrist_separation"])
    even = [at_clock(time_s, given[name][:, None], clock_s, MAX_GAP_S)[:, 0] for name in RAW]
    return _smooth(np.stack(even))


def channels(raw: np.ndarray, second: bool) -> np.ndarray:
    """The channels, shape (len(CHANNELS), m), of one person's `RAW`, shape (len(RAW), m).

    `second`: the second of the two, whose roll is turned for ``head_roll_mirror``.
    """
    yaw, pitch, roll, lean, apart, height, motion = raw
    speed = np.full(raw.shape[1], np.nan)
    if raw.shape[1] > 1:
        speed = np.sqrt(sum(np.gradient(angle) ** 2 for angle in (yaw, pitch, roll))) * RATE_HZ
    return np.stack([
        np.log1p(speed / STILL_DEG_S), pitch, -roll if second else roll, roll, lean, apart, height,
        np.log1p(np.maximum(motion, 0.0) / STILL_WIDTHS_S),
    ])  # fmt: skip


def pair_channels(
    first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray], clock_s: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Both people's `channels` on the clock, from their signals (see `raw_movements`)."""
    return channels(raw_movements(first, clock_s), False), channels(raw_movements(second, clock_s), True)


def _smooth(values: np.ndarray) -> np.ndarray:
    """Gaussian smoothing along the clock in which NaN counts nothing and stays, shape (k, m)."""
    known = np.isfinite(values)
    width = SMOOTH_S * RATE_HZ
    weight = gaussian_filter1d(known.astype(float), width, axis=1, mode="nearest")
    total = gaussian_filter1d(np.where(known, values, 0.0), width, axis=1, mode="nearest")
    return np.where(known, total / np.where(weight > 0, weight, 1.0), np.nan)


def features(a: np.ndarray, b: np.ndarray, causal: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """What the model sees of each moment, and by how much one follows the other there.

    People who mirror keep about the same delay for a while: beside the best lag of the moment, each moment
    is judged at the lag at which the whole session (causal: what was before) resembles most.

    Parameters
    ----------
    a, b : ndarray, shape (len(CHANNELS), m)
        Both people's channels.
    causal : bool
        Use nothing later than the moment's own window.

    Returns
    -------
    table : ndarray, shape (m, len(FEATURES)), float32
        NaN where too little of the two was measured at once.
    lag_s : ndarray, shape (m,)
        At which the channels resemble each other most around the moment; positive: the second follows.
    """
    lags = np.arange(-round(LAG_S / LAG_STEP_S), round(LAG_S / LAG_STEP_S) + 1) * round(LAG_STEP_S * RATE_HZ)
    found = np.stack([_parts(_local_correlation(a, b, int(lag))) for lag in lags])  # lags, parts, m
    known = np.isfinite(found)
    filled = np.where(known, found, 0.0)
    together = filled.sum(axis=1) / np.maximum(known.sum(axis=1), 1)  # lags, m
    moment = np.arange(a.shape[1])
    if causal:
        session = np.cumsum(together, axis=1) / (moment + 1)
    else:
        session = np.repeat(together.mean(axis=1, keepdims=True), len(moment), axis=1)
    usual, best = session.argmax(axis=0), together.argmax(axis=0)
    at_lag = _around(filled, usual, moment)
    head = known[len(lags) // 2, _PARTS.index("head_pitch")]
    table = np.column_stack([
        *at_lag, at_lag.mean(axis=0), together[best, moment], together[best, moment] - together.mean(axis=0),
        session[usual, moment], session[usual, moment] - session.mean(axis=0),
        known[len(lags) // 2].mean(axis=0), *np.sort(np.stack([_activity(one) for one in (a, b)]), axis=0),
    ]).astype(np.float32)  # fmt: skip
    table[~head] = np.nan
    return table, np.where(head, lags[best] / RATE_HZ, np.nan)


def _parts(correlation: np.ndarray) -> np.ndarray:
    """Channels to `_PARTS`: the roll counts in the sense in which it resembles more."""
    speed, pitch, mirror, same, *rest = correlation
    return np.stack([speed, pitch, np.maximum(mirror, same), *rest])


def _around(filled: np.ndarray, lag: np.ndarray, moment: np.ndarray) -> np.ndarray:
    """The largest of a lag and its two neighbours, shape (parts, m)."""
    near = [np.clip(lag + step, 0, len(filled) - 1) for step in (-1, 0, 1)]
    return np.stack([filled[one, :, moment].T for one in near]).max(axis=0)


def _local_correlation(a: np.ndarray, b: np.ndarray, lag: int) -> np.ndarray:
    """Correlation of each channel around each moment, `a` read half the lag before and `b` half the lag after
    it, shape (channels, m); `lag` in samples, even."""
    first, second = _later(a, -lag // 2), _later(b, lag // 2)
    known = np.isfinite(first) & np.isfinite(second)
    x, y = np.where(known, first, 0.0), np.where(known, second, 0.0)
    n = _window_sum(known.astype(float))
    share = np.maximum(n, 1.0)
    mean_x, mean_y = _window_sum(x) / share, _window_sum(y) / share
    variance = [
        np.maximum(_window_sum(v * v) / share - mean**2, 0.0) + _JITTER[:, None]
        for v, mean in ((x, mean_x), (y, mean_y))
    ]
    r = (_window_sum(x * y) / share - mean_x * mean_y) / np.sqrt(variance[0] * variance[1])
    return np.where(n >= LEAST_SEEN * WINDOW_S * RATE_HZ, np.clip(r, -1, 1), np.nan)


def _later(values: np.ndarray, samples: int) -> np.ndarray:
    moved = np.full_like(values, np.nan)
    m = values.shape[1]
    a, b = max(0, samples), min(m, m + samples)
    if a < b:
        moved[:, a - samples : b - samples] = values[:, a:b]
    return moved


def _window_sum(values: np.ndarray) -> np.ndarray:
    """Sum over the window around each sample, what is beyond the ends counting nothing; shape as given."""
    half, m = round(WINDOW_S * RATE_HZ / 2), values.shape[1]
    total = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    moment = np.arange(m)
    return total[:, np.minimum(moment + half + 1, m)] - total[:, np.maximum(moment - half, 0)]


def _activity(one: np.ndarray) -> np.ndarray:
    """How much somebody moves around each moment: mean of the logarithm of the head speed, shape (m,)."""
    speed = one[CHANNELS.index("head_speed")][None]
    known = np.isfinite(speed)
    mean = _window_sum(np.where(known, speed, 0.0)) / np.maximum(_window_sum(known.astype(float)), 1.0)
    return mean[0]
