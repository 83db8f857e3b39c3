"""Made pairs: two people's own movements, in which one follows the other for known spans.

Only a few minutes of pairs are rendered. Here the measured movements of one person are put together from
pieces of their clips, and so is somebody else's; in some spans a share of the second's movement is replaced
by the first's, later, larger or smaller, in some channels only, as people do (Chartrand and Bargh 1999,
Journal of Personality and Social Psychology 76, 893-910: rarely exactly, rarely everything at once).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy.ndimage import gaussian_filter1d

from models.mirroring.features import RATE_HZ, RAW, channels

LAG_S = (0.3, 3.0)
LENGTH_S = (50.0, 120.0)
_PIECE_S = (4.0, 14.0)
_SPAN_S, _PAUSE_S = (6.0, 24.0), (4.0, 16.0)
_BLEND_S = 0.4
_INDEPENDENT = 0.35  # Share of the pairs in which nobody follows anybody.
_SPEED = RAW.index("motion_energy")
_TURNED = [RAW.index(name) for name in ("head_yaw_deg", "head_roll_deg")]
# What is followed together: head, trunk, arms; motion follows from what is.
_GROUPS = {"head": (0, 1, 2), "trunk": (3,), "arms": (4, 5)}


@dataclass(frozen=True)
class Pair:
    """One made pair.

    Attributes
    ----------
    a, b : ndarray, shape (len(CHANNELS), m)
        Channels of the two.
    mirroring : ndarray of bool, shape (m,)
        Where one follows the other.
    lag_s : float
        Positive: b follows a; NaN where nobody follows anybody.
    """

    a: np.ndarray
    b: np.ndarray
    mirroring: np.ndarray
    lag_s: float


def pair(rng: Generator, first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> Pair:
    """One pair out of two people's pieces of `RAW`, each of shape (len(RAW), n)."""
    m = round(rng.uniform(*LENGTH_S) * RATE_HZ)
    leader, follower = own_movement(rng, first, m), own_movement(rng, second, m)
    mirroring, lag_s = np.zeros(m, bool), float("nan")
    if rng.random() >= _INDEPENDENT:
        mirroring, lag_s = _spans(rng, m), float(rng.uniform(*LAG_S))
        follower = _following(rng, leader, follower, mirroring, lag_s)
    if rng.random() < 0.5:
        return Pair(channels(leader, False), channels(follower, True), mirroring, lag_s)
    return Pair(channels(follower, False), channels(leader, True), mirroring, -lag_s)


def own_movement(rng: Generator, pieces: Sequence[np.ndarray], m: int) -> np.ndarray:
    """One person's movement of m samples, joined from pieces of theirs; shape (len(RAW), m)."""
    parts, length = [], 0
    last: np.ndarray | None = None
    while length < m:
        whole = pieces[rng.integers(len(pieces))]
        n = min(whole.shape[1], round(rng.uniform(*_PIECE_S) * RATE_HZ))
        start = rng.integers(whole.shape[1] - n + 1)
        piece = whole[:, start : start + n].copy()
        if rng.random() < 0.5:
            piece = piece[:, ::-1]
        middle = _mean(piece)
        piece = middle + (piece - middle) * rng.uniform(0.7, 1.3)
        if rng.random() < 0.5:
            piece[_TURNED] = -piece[_TURNED]
        if last is not None:  # Begin where the last one ended, and come back to one's own place.
            step = np.where(np.isfinite(last - piece[:, 0]), last - piece[:, 0], 0.0)
            step[_SPEED] = 0.0
            piece = piece + step[:, None] * np.linspace(1, 0, n)
        last = piece[:, -1]
        parts.append(piece)
        length += n
    return np.concatenate(parts, axis=1)[:, :m]


def _spans(rng: Generator, m: int) -> np.ndarray:
    mirroring = np.zeros(m, bool)
    at = rng.uniform(0, _PAUSE_S[1]) if rng.random() < 0.7 else 0.0
    while at < m / RATE_HZ:
        end = at + rng.uniform(*_SPAN_S)
        mirroring[round(at * RATE_HZ) : round(end * RATE_HZ)] = True
        at = end + rng.uniform(*_PAUSE_S)
    return mirroring


def _following(
    rng: Generator, leader: np.ndarray, follower: np.ndarray, mirroring: np.ndarray, lag_s: float
) -> np.ndarray:
    m = leader.shape[1]
    at = np.arange(m) - round(lag_s * RATE_HZ) - np.round(_wander(rng, m) * RATE_HZ).astype(int)
    copied = leader[:, np.clip(at, 0, m - 1)]
    if rng.random() < 0.85:  # As in a mirror; now and then in the body's own sense.
        copied[_TURNED] = -copied[_TURNED]
    share = gaussian_filter1d(mirroring.astype(float), _BLEND_S * RATE_HZ, mode="nearest")
    followed = [group for group in _GROUPS if rng.random() < 0.75] or [rng.choice(list(_GROUPS))]
    result = follower.copy()
    for group in followed:
        rows = list(_GROUPS[group])
        weight, gain = share * rng.uniform(0.6, 1.0), rng.uniform(0.6, 1.2)
        # Somebody's own place stays theirs: what is followed is the movement about the usual place.
        moved = _mean(follower[rows]) + gain * (copied[rows] - _mean(copied[rows]))
        result[rows] = (1 - weight) * follower[rows] + weight * moved
    weight = share * len(followed) / len(_GROUPS) * rng.uniform(0.6, 1.0)
    result[_SPEED] = (1 - weight) * follower[_SPEED] + weight * copied[_SPEED]
    return result


def _wander(rng: Generator, m: int) -> np.ndarray:
    """How far the delay strays from its mean, seconds, shape (m,)."""
    noise = gaussian_filter1d(rng.normal(size=m), 3 * RATE_HZ, mode="wrap")
    return noise / (noise.std() + 1e-9) * rng.uniform(0.0, 0.15)


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean of what was measured, shape (k, 1); 0 where nothing was."""
    known = np.isfinite(values)
    return np.where(known, values, 0.0).sum(1, keepdims=True) / np.maximum(known.sum(1, keepdims=True), 1)
