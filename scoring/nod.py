"""Nods and shakes as events, each with how many cycles it has and how large they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d, median_filter
from scipy.signal import find_peaks

from scoring.events import Event, Hysteresis, detect

MIN_RATE_HZ = 12.0
"""Below this frame rate a nod of two or three cycles a second has too few frames to be told from noise."""

_RATE_SLACK = 0.99  # 12000/1001 frames a second is still "12", and times are rounded
_RATE_FRAMES = 13  # about a second at the lowest rate: the local median step, unmoved by a lost frame

ANGLES = {"nod": "head_pitch_deg", "shake": "head_yaw_deg"}

_GRID_HZ = 60.0
_SMOOTH_S = 0.015  # standard deviation of the smoothing: passes 3 Hz with 96 % of its size
_MARGIN_S = 0.25  # seen on both sides of the event, so that its first and last extreme have a slope
_MIN_CYCLE_DEG = 1.0  # twice the jitter of landmarks
_MIN_CYCLE_SHARE = 0.35  # of the event's largest cycle
_MIN_AMPLITUDE_DEG = 2.0
"""Smaller movements can't be told from the wander of landmarks when a face talks or smiles; nods of 3 degrees
are measured as 2 and more (models/nod/card.md)."""


def fast_enough(time_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where at least `MIN_RATE_HZ` frames a second come in, judged by the local median step; shape (n,)."""
    if len(time_s) < 2:
        return np.zeros(len(time_s), bool)
    steps = np.diff(time_s)
    local = median_filter(np.append(steps, steps[-1]), min(_RATE_FRAMES, len(time_s)), mode="nearest")
    return local * _RATE_SLACK * MIN_RATE_HZ <= 1


def head_prob(table: pd.DataFrame, kind: str) -> NDArray[np.float64]:
    """Probability of ``nod`` or ``shake`` per frame; NaN where not measurable, slow frame rates among it."""
    return np.where(fast_enough(table["time_s"].to_numpy()), table[f"{kind}_prob"].to_numpy(float), np.nan)


def nod_events(table: pd.DataFrame, person: str, hysteresis: Mapping[str, Hysteresis]) -> list[Event]:
    """Events of kinds ``nod`` and ``shake`` with the attributes ``cycles`` and ``amplitude_deg``.

    What the probability takes for one, but whose angle shows no whole cycle of `_MIN_AMPLITUDE_DEG`, is left
    out: a nod is a way down and back.

    Parameters
    ----------
    table : pandas.DataFrame
        One person's rows of `vision.signals.Signals`.
    hysteresis : Mapping
        One per kind.
    """
    time = table["time_s"].to_numpy()
    found = []
    for kind, column in ANGLES.items():
        angle = table[column].to_numpy(float)
        for event in detect(time, head_prob(table, kind), kind, person, hysteresis[kind]):
            cycles, amplitude = head_cycles(time, angle, event)
            if amplitude >= _MIN_AMPLITUDE_DEG:
                found.append(replace(event, attributes={"cycles": cycles, "amplitude_deg": amplitude}))
            elif not np.isfinite(angle).any():  # a foreign table may hold probabilities without angles
                found.append(event)
    return found


def head_cycles(time_s: NDArray, angle_deg: NDArray, event: Event) -> tuple[float, float]:
    """How many cycles a nod or shake has, and how large they are.

    A nod's cycle is one way down and back up, its amplitude the depth below where the head came from.
    A shake's cycle is one swing to each side, its amplitude the swing to one side of the middle: half the
    distance between the extremes.

    Parameters
    ----------
    time_s, angle_deg : ndarray, shape (n,)
        Head pitch for a nod, head yaw for a shake; NaN where not measured.
    event : Event

    Returns
    -------
    cycles, amplitude_deg : float
        0 and NaN where the angle shows no cycle; shakes may count half cycles.
    """
    known = np.isfinite(angle_deg)
    near = known & (time_s >= event.start_s - _MARGIN_S) & (time_s < event.end_s + _MARGIN_S)
    if near.sum() < 3:
        return 0.0, float("nan")
    grid = np.arange(time_s[near][0], time_s[near][-1], 1 / _GRID_HZ)
    curve = CubicSpline(time_s[near], angle_deg[near])  # straight lines would cut the peaks off
    angle = gaussian_filter1d(curve(grid), _SMOOTH_S * _GRID_HZ)
    downs, depths = _extremes(-angle)
    ups, heights = _extremes(angle)
    # The head may turn elsewhere while it nods: only the ways back count, not the whole range.
    least = _MIN_CYCLE_SHARE * max([*depths, *heights], default=0.0)
    downs, depths, ups = downs[depths >= least], depths[depths >= least], ups[heights >= least]
    if event.kind == "nod":
        return (float(len(downs)), float(np.median(depths))) if len(downs) else (0.0, float("nan"))
    turns = np.sort(np.concatenate([downs, ups]))
    if len(turns) < 2:
        return 0.0, float("nan")
    return len(turns) / 2, float(np.median(np.abs(np.diff(angle[turns]))) / 2)


def _extremes(angle: NDArray) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where the angle turns back, and how far it came back on the shorter side."""
    peaks, facts = find_peaks(angle, prominence=_MIN_CYCLE_DEG)
    return peaks, facts["prominences"]
