"""Made head movements: nods and shakes of many kinds, and what could be taken for them.

Rendered clips hold a few dozen nods of nine persons; people nod faster and slower, larger and smaller,
once or many times, while talking, turning and looking down. Each series here is a sum of such movements
with known times, sampled as a camera would and with the noise of measured landmarks. Ranges follow what
is reported of conversational head movements (Hadar, Steiner, Grant and Rose 1983, Human Movement Science
2, 35-46: nods and shakes at 1.8 to 3.7 Hz, slower ordinary movement below that) and are widened.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

FINE_HZ = 120.0
LENGTH_S = 20.0
PITCH, YAW, ROLL = 0, 1, 2  # Columns, as in models.nod.features.ANGLES.


@dataclass(frozen=True)
class Series:
    """One made series.

    Attributes
    ----------
    time_s : ndarray, shape (n,)
        Frame times, evenly spaced or not, 12 to 60 a second.
    angles_deg : ndarray, shape (n, 3)
        Pitch, yaw, roll.
    events : list of dict
        ``kind`` (nod, shake, or what else was done), ``start_s``, ``end_s``, ``amplitude_deg``.
    """

    time_s: NDArray
    angles_deg: NDArray
    events: list[dict]


def simulate(seed: int, length_s: float = LENGTH_S) -> Series:
    """One series; the same seed gives the same series."""
    rng = np.random.default_rng(seed)
    clock = np.arange(0, length_s, 1 / FINE_HZ)
    angles = np.zeros((len(clock), 3))
    events = []
    start = rng.uniform(0.0, 1.5)
    while start < length_s - 0.3:
        kind = rng.choice(list(_MOVES), p=_SHARES)
        moved, amplitude = _MOVES[kind](rng)
        _add(angles, moved, start)
        end = start + len(moved) / FINE_HZ
        events.append({"kind": kind, "start_s": start, "end_s": end, "amplitude_deg": amplitude})
        # Now and then the next movement begins before the last is over.
        start = end + (rng.uniform(-0.3, 0.0) if rng.random() < 0.1 else rng.exponential(1.0))
    angles += _drift(rng, len(clock)) + _talking(rng, len(clock))
    time_s = _frame_times(rng, length_s)
    seen = np.stack([np.interp(time_s, clock, angle) for angle in angles.T], axis=1)
    return Series(time_s, seen + _noise(rng, len(time_s)), events)


def _add(angles: NDArray, moved: NDArray, start_s: float) -> None:
    """Put a movement into a series; where it ends elsewhere than it began, the head stays there."""
    first = round(start_s * FINE_HZ)
    last = min(first + len(moved), len(angles))
    angles[first:last] += moved[: last - first]
    angles[last:] += moved[-1]


def _log_uniform(rng: Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _ramp(n: int) -> NDArray:
    """From 0 to 1 with a soft start and end."""
    return (1 - np.cos(np.pi * np.arange(1, n + 1) / n)) / 2


def _spread(rng: Generator, angle: NDArray, axis: int, share: float) -> NDArray:
    """The movement along one axis, with a little of it in the others."""
    moved = np.outer(angle, np.clip(rng.normal(0, share, 3), -2.5 * share, 2.5 * share))
    moved[:, axis] = angle
    return moved


def _nod(rng: Generator) -> tuple[NDArray, float]:
    cycles = int(rng.choice([1, 2, 3, 4, 5], p=[0.38, 0.27, 0.2, 0.1, 0.05]))
    # One slow way down and up is a look down; only when it is repeated is it a nod.
    hz = rng.uniform(1.3, 3.4) if cycles == 1 else _log_uniform(rng, 0.9, 3.4)
    amplitude = _log_uniform(rng, 2.0, 18.0)
    down_share, decay = rng.uniform(0.35, 0.6), rng.uniform(0.6, 1.05)
    size, parts, level = amplitude, [], 0.0
    for cycle in range(cycles):
        n = max(4, round(FINE_HZ / hz * rng.uniform(0.9, 1.1)))
        down = round(n * down_share)
        # The last way up goes back to where the head came from, those before need not go all the way.
        bottom = -size
        top = 0.0 if cycle == cycles - 1 else -size * rng.uniform(0.0, 0.3)
        parts += [level + (bottom - level) * _ramp(down), bottom + (top - bottom) * _ramp(n - down)]
        level, size = top, size * decay
    angle = np.concatenate(parts)
    if rng.random() < 0.12:  # An up-nod: the chin first goes up, or only up.
        angle = -angle * rng.uniform(0.7, 1.0)
    elif rng.random() < 0.2:  # Drawing breath for it: a little up before the first way down.
        before = _ramp(round(FINE_HZ * rng.uniform(0.1, 0.2))) * rng.uniform(0.1, 0.3) * amplitude
        angle = np.concatenate([before, angle + before[-1] * np.linspace(1, 0, len(angle))])
    rest = rng.normal(0, 0.1) * amplitude  # It may come to rest a little lower or higher.
    angle = angle + rest * _ramp(len(angle))
    return _spread(rng, angle, PITCH, 0.15), amplitude


def _shake(rng: Generator) -> tuple[NDArray, float]:
    cycles = float(rng.choice([1, 1.5, 2, 2.5, 3, 4]))
    hz = _log_uniform(rng, 0.8 if cycles >= 2 else 1.3, 3.4)
    amplitude = _log_uniform(rng, 2.0, 25.0)
    n = round(cycles / hz * FINE_HZ)
    phase = np.arange(1, n + 1) / FINE_HZ * hz
    decay = rng.uniform(0.6, 1.05) ** phase
    edge = np.minimum(1, np.minimum(np.arange(1, n + 1), np.arange(n, 0, -1)) / (0.2 * FINE_HZ / hz))
    angle = rng.choice([-1, 1]) * amplitude * np.sin(2 * np.pi * phase) * decay * edge
    return _spread(rng, angle, YAW, 0.15), amplitude


def _bump(rng: Generator, axis: int, low: float, high: float, sign: float, hz: tuple) -> tuple:
    """There and back once, slowly, perhaps with a stay."""
    amplitude, n = rng.uniform(low, high), round(FINE_HZ / rng.uniform(*hz) / 2)
    stay = round(FINE_HZ * rng.exponential(0.4)) if rng.random() < 0.5 else 0
    angle = sign * amplitude * np.concatenate([_ramp(n), np.ones(stay), 1 - _ramp(n)])
    return _spread(rng, angle, axis, 0.15), amplitude


def _dip(rng: Generator) -> tuple[NDArray, float]:
    return _bump(rng, PITCH, 3, 22, -1 if rng.random() < 0.85 else 1, (0.2, 0.75))


def _tilt(rng: Generator) -> tuple[NDArray, float]:
    return _bump(rng, ROLL, 3, 20, rng.choice([-1, 1]), (0.3, 1.2))


def _turn_away(rng: Generator) -> tuple[NDArray, float]:
    return _bump(rng, YAW, 4, 30, rng.choice([-1, 1]), (0.2, 0.75))


def _wobble(rng: Generator) -> tuple[NDArray, float]:
    """Roll to and fro: neither nod nor shake, whatever little it carries along."""
    moved, amplitude = _shake(rng)
    return moved[:, [PITCH, ROLL, YAW]], amplitude


def _look_down(rng: Generator) -> tuple[NDArray, float]:
    """Down to something, reading there for a while, and up again."""
    amplitude = rng.uniform(4, 25)
    down, up = (round(FINE_HZ * rng.uniform(0.2, 0.8)) for _ in range(2))
    stay = round(FINE_HZ * rng.uniform(0.8, 4.0))
    angle = -amplitude * np.concatenate([_ramp(down), np.ones(stay), 1 - _ramp(up)])
    return _spread(rng, angle, PITCH, 0.2), amplitude


def _gaze_shift(rng: Generator) -> tuple[NDArray, float]:
    """To another place and staying there, often with a dip or a rise of the chin on the way."""
    amplitude, n = _log_uniform(rng, 2, 40), round(FINE_HZ * rng.uniform(0.1, 0.7))
    settle = round(FINE_HZ * rng.uniform(0.1, 0.3))
    way = rng.uniform(0, 2 * np.pi)
    across = 1.0 if rng.random() < 0.5 else 0.3  # Half of them mostly up or down.
    aims = {YAW: across * np.cos(way), PITCH: np.sin(way), ROLL: rng.normal(0, 0.1)}
    moved = np.zeros((n + settle, 3))
    for axis, share in aims.items():
        beyond = 1 + (rng.uniform(0, 0.15) if rng.random() < 0.5 else 0)
        moved[:n, axis] = share * amplitude * beyond * _ramp(n)
        moved[n:, axis] = share * amplitude * (beyond + (1 - beyond) * _ramp(settle))
    half = np.sin(np.pi * np.arange(1, n + 1) / n)
    moved[:n, PITCH] += rng.normal(0, 0.08) * amplitude * half
    return moved, amplitude


_MOVES = {
    "nod": _nod, "shake": _shake, "dip": _dip, "tilt": _tilt, "turn": _turn_away, "wobble": _wobble,
    "look_down": _look_down, "gaze_shift": _gaze_shift,
}  # fmt: skip
_SHARES = (0.28, 0.14, 0.10, 0.06, 0.06, 0.06, 0.08, 0.22)


def _band_noise(rng: Generator, n: int, low_hz: float, high_hz: float) -> NDArray:
    """Noise between two frequencies, three columns, each of standard deviation 1."""
    spectrum = np.fft.rfft(rng.normal(size=(n, 3)), axis=0)
    hz = np.fft.rfftfreq(n, 1 / FINE_HZ)
    spectrum[(hz < low_hz) | (hz > high_hz)] = 0
    noise = np.fft.irfft(spectrum, n, axis=0)
    return noise / noise.std(axis=0)


def _drift(rng: Generator, n: int) -> NDArray:
    return _band_noise(rng, n, 0.02, 0.35) * np.abs(rng.normal(0, 1.5, 3))


def _talking(rng: Generator, n: int) -> NDArray:
    """Small irregular movement in all axes, coming and going, as of a head that talks."""
    if rng.random() < 0.3:
        return np.zeros((n, 3))
    size = rng.uniform([0.2, 0.2, 0.1], [1.1, 1.3, 0.6])
    loud = np.clip(_band_noise(rng, n, 0.02, 0.3)[:, :1] * 1.5 + 0.5, 0, 1)
    low = rng.uniform(0.4, 1.2)
    return _band_noise(rng, n, low, low + rng.uniform(1.0, 4.0)) * size * loud


def _frame_times(rng: Generator, length_s: float) -> NDArray:
    fps = float(rng.choice([12, 15, 20, 24, 25, 29.97, 30, 30, 30, 50, 60]))
    time_s = np.arange(0, length_s - 1 / FINE_HZ, 1 / fps)
    kind = rng.random()
    if kind < 0.25:  # Variable rate.
        time_s = time_s + rng.uniform(-0.3, 0.3, len(time_s)) / fps
    elif kind < 0.4:  # Pictures lost.
        time_s = time_s[rng.random(len(time_s)) > 0.08]
    return np.clip(time_s, 0, None) if len(time_s) < 2 else np.maximum.accumulate(np.abs(time_s))


def _noise(rng: Generator, n: int) -> NDArray:
    """Landmarks jitter from frame to frame, and are off for a few frames together."""
    white, slow = _log_uniform(rng, 0.05, 0.7), _log_uniform(rng, 0.05, 0.6)
    wander = rng.normal(size=(n + 8, 3))
    kernel = np.ones(6) / np.sqrt(6)
    together = np.stack([np.convolve(w, kernel, "same")[4 : n + 4] for w in wander.T], axis=1)
    return white * rng.normal(size=(n, 3)) + slow * together
