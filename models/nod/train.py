"""Labels, augmentation and recipe of the nod model: pure functions on arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from models.nod.features import ANGLES, CLASSES, DELAY_S, clock_features, mirrored
from models.nod.simulate import simulate
from models.training import Recipe, Recording, Rows, Trained, linked
from models.training import train as fit_and_export

MIN_RATE_HZ = 12.0
LEAST_DEG = 4.0  # Smaller ones are neither asked for nor held against the model,
NONE_DEG = 3.0  # down to this size; landmarks show about .87 of a nod's true size.
SIMULATED_GAIN = 0.87
BORDER_S = 0.06  # Moments this near to where a movement begins or ends could be called either.
SERIES, COPIES = 300, 16
KEEP_NEITHER = 0.4  # Share of the made rows without nod or shake that is kept.
RECIPE = Recipe(hidden=(48,), alpha=1.0, epochs=20, batch=512, inner_folds=3, outer_folds=7)
POSITIVE = "nod"


def labels(moment_s: np.ndarray, events: Iterable[Mapping[str, Any]], gain: float = 1.0) -> np.ndarray:
    """Position in `CLASSES` at each moment, shape (n,); -1: left out.

    Parameters
    ----------
    moment_s : ndarray, shape (n,)
    events : iterable of mapping
        Those whose ``kind`` is no class are neither.
    gain : float
        Measured size over the size in `events`, relative to that of rendered persons.
    """
    found = np.zeros(len(moment_s), int)
    for event in events:
        if event["kind"] not in CLASSES:
            continue
        inside = (moment_s >= event["start_s"]) & (moment_s < event["end_s"])
        size = event["amplitude_deg"] * gain
        if size >= NONE_DEG:
            found[inside] = CLASSES.index(event["kind"]) if size >= LEAST_DEG else -1
        for border in (event["start_s"], event["end_s"]):
            found[np.abs(moment_s - border) < BORDER_S] = -1
    return found


def rows(recordings: Sequence[Recording]) -> tuple[Rows, np.ndarray, np.ndarray]:
    """Measurable windows; which recording each one is of and the moment (s) it speaks of."""
    parts = []
    group = linked(recordings)
    for number, recording in enumerate(recordings):
        time_s = recording.signals["time_s"]
        if np.median(np.diff(time_s)) * MIN_RATE_HZ > 1.01:
            continue
        clock_s, table = clock_features(time_s, _angles(recording), DELAY_S)
        at = np.flatnonzero(np.isfinite(table).all(axis=1) & (clock_s >= DELAY_S + time_s[0]))
        moment_s = clock_s[at] - DELAY_S
        parts.append((table[at], labels(moment_s, recording.events),
                      np.full(len(at), group[recording.person]), np.full(len(at), number), moment_s))
    x, y, person, number, moment = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Rows(x, y, person), number, moment


def _angles(recording: Recording) -> np.ndarray:
    return np.stack([recording.signals[name] for name in ANGLES], axis=1).astype(float)


def made(recordings: Sequence[Recording]) -> Rows:
    """Rows of simulated series and of the recordings' own, changed in size, speed, side and noise."""
    rng = np.random.default_rng(RECIPE.seed)
    parts = []
    for seed in range(SERIES):
        series = simulate(RECIPE.seed * 100_000 + seed)
        gain = 1 / SIMULATED_GAIN
        parts.append(_thinned(rng, series.time_s, series.angles_deg, series.events, "made", gain))
    group = linked(recordings)
    for recording in recordings:
        time_s = recording.signals["time_s"]
        if np.median(np.diff(time_s)) * MIN_RATE_HZ > 1.01:
            continue
        for _ in range(COPIES):
            gain, stretch = rng.uniform(0.6, 1.2), rng.uniform(0.8, 1.25)
            side = rng.choice([-1, 1])
            angles = _angles(recording) * gain * np.array([1, side, side])
            angles += rng.normal(0, rng.uniform(0, 0.3), angles.shape)
            events = [
                {**event, "start_s": event["start_s"] * stretch, "end_s": event["end_s"] * stretch}
                for event in recording.events
            ]
            parts.append(_thinned(rng, time_s * stretch, angles, events, group[recording.person], gain))
    x, y, person = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Rows(x, y, person)


def _thinned(rng, time_s, angles, events, person, gain) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    clock_s, table = clock_features(time_s, angles, DELAY_S)
    found = labels(clock_s - DELAY_S, events, gain)
    keep = np.isfinite(table).all(axis=1) & (found >= 0) & (clock_s >= DELAY_S + time_s[0])
    keep &= (found > 0) | (rng.random(len(found)) < KEEP_NEITHER)
    return table[keep], found[keep], np.full(int(keep.sum()), person)


def train(recordings: Sequence[Recording], held_out: bool = True) -> Trained:
    """The classifier; its held-out predictions are in the order of `rows`."""
    real = rows(recordings)[0]
    return fit_and_export(real, CLASSES, mirrored, RECIPE, extra=made(recordings), held_out=held_out)
