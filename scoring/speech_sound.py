"""Who speaks when, by the sound: somebody, by one microphone; who, by two, one near each person.

A voice activity detector says when somebody speaks. Each person's own recording hears them louder than the
other one does; how much louder tells whose turn it is, whatever the microphones' gains, as long as both
people speak: the differences of loudness then gather around two values. Where they don't, and in between,
who speaks is unclear. While both speak at once, the louder one may be taken to speak alone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from attune import InputError
from scoring.events import Hysteresis, detect
from scoring.files import without_folders
from scoring.speech import SOUND, SPEECH, Speech, Turn, merged
from vision.voice import STEP_S, Voice, voice_of

ONE_MICROPHONE = (
    "the sound of one recording tells that somebody speaks, not who: what belongs to listening is not "
    "measurable (a table of turns would tell, or the client's own recording)"
)
NOT_APART = (
    "the two recordings hear both people about equally loud, or only one of them speaks: who speaks could "
    "not be told (a table of turns would tell)"
)
LIMITS = Hysteresis(0.5, 0.35, min_duration_on_s=0.25, min_duration_off_s=0.3, max_gap_s=0.1)
"""Onset, offset and the shortest turn are the detector's own recommendation; pauses within a turn up to 0.3 s
are left in it."""

_SMOOTH = 9  # steps (0.29 s): a syllable's loudness, not a single sound's
_LEAST_DB = 6.0  # apart: one is twice as far from the other's microphone as from their own
_LEAST_SPREADS = 4.0  # and so many times the spread within: one heap cut in two has 2.7
_LEAST_S = 1.0  # that each one speaks
_MARGIN = 0.15  # of the distance of the two: around the middle it is unclear
_FOREVER = float("inf")


def speech_heard(
    staff: Path, client: Path | None = None, offset_s: float = 0.0, duration_s: float | None = None
) -> tuple[Speech, tuple[str, ...]]:
    """Who speaks when, on the staff recording's clock, and what to say about it.

    Parameters
    ----------
    staff : Path
        The recording; of both people where there is no other.
    client : Path, optional
        The client's own recording.
    offset_s : float
        When the client's recording begins.
    duration_s : float, optional
        Of the staff recording's pictures.
    """
    end_s = _FOREVER if duration_s is None else duration_s
    try:
        near = voice_of(staff)
        far = None if client is None else _moved(voice_of(client), offset_s, near.time_s)
    except InputError as problem:
        told = without_folders(str(problem), (staff, client))
        return Speech(unclear=(Turn(0.0, end_s),), source=SOUND), (f"{told}: who speaks is not known",)
    if far is None:
        turns = _turns(near.time_s, near.prob)
        return Speech(unclear=merged([*_unheard(near, end_s), *turns]), source=SOUND), (ONE_MICROPHONE,)
    return who_speaks(near, far, end_s)


def who_speaks(near: Voice, far: Voice, end_s: float) -> tuple[Speech, tuple[str, ...]]:
    """Who speaks by the staff member's microphone and the client's, on one clock; see `speech_heard`."""
    prob = np.fmax(near.prob, far.prob)
    prob[np.isnan(near.prob) | np.isnan(far.prob)] = np.nan
    louder = near.level_db - far.level_db
    known = np.isfinite(louder)
    louder[known] = median_filter(louder[known], _SMOOTH, mode="nearest")
    heard = _turns(near.time_s, prob)
    silent = _unheard(Voice(near.time_s, prob, louder), end_s)
    ends = _two_heaps(louder[known & (prob >= LIMITS.onset)])
    if ends is None:
        return Speech(unclear=merged([*silent, *heard]), source=SOUND), (NOT_APART,)
    middle, margin = sum(ends) / 2, _MARGIN * (ends[1] - ends[0])
    staff, client = (
        _turns(near.time_s, np.where(mine, prob, np.where(np.isnan(prob), np.nan, 0.0)))
        for mine in (louder > middle + margin, louder < middle - margin)
    )
    open_ = [rest for turn in heard for rest in _without(turn, merged([*staff, *client]))]
    return Speech(staff, client, merged([*silent, *open_]), SOUND), ()


def _two_heaps(values: NDArray[np.float64]) -> tuple[float, float] | None:
    """Around which two values they gather (two means); None where they are one heap, or one is tiny."""
    if len(values) < 2:
        return None
    low, high = np.percentile(values, (5, 95))
    for _ in range(50):
        upper = values > (low + high) / 2
        if upper.all() or not upper.any():
            return None
        low, high = values[~upper].mean(), values[upper].mean()
    least = min(upper.sum(), (~upper).sum()) * STEP_S
    spread = np.sqrt(np.mean((values - np.where(upper, high, low)) ** 2))
    apart = high - low
    if apart < _LEAST_DB or apart < _LEAST_SPREADS * spread or least < _LEAST_S:
        return None
    return float(low), float(high)


def _moved(voice: Voice, offset_s: float, time_s: NDArray[np.float64]) -> Voice:
    """The same at the times of another clock; NaN where it had not begun, or was over."""
    place = np.round((time_s - offset_s) / STEP_S).astype(int)
    there = (place >= 0) & (place < len(voice.prob))
    place = np.clip(place, 0, max(0, len(voice.prob) - 1))
    columns = (
        np.where(there, column[place] if len(column) else np.nan, np.nan)
        for column in (voice.prob, voice.level_db)
    )
    return Voice(time_s, *columns)


def _turns(time_s: NDArray[np.float64], prob: NDArray[np.float64]) -> tuple[Turn, ...]:
    return tuple(Turn(e.start_s, e.end_s) for e in detect(time_s, prob, SPEECH, "staff", LIMITS))


def _unheard(voice: Voice, end_s: float) -> tuple[Turn, ...]:
    """Where there is no sound, the time after its end among it; without gaps too short for a turn."""
    last = float(voice.time_s[-1] + STEP_S) if len(voice.time_s) else 0.0
    starts = voice.time_s[np.isnan(voice.prob)].tolist()
    gaps = [Turn(start, start + STEP_S + 1e-6) for start in starts]  # a little more, so that neighbours touch
    return _long(merged([*gaps, *([Turn(last, end_s)] if end_s > last else [])]))


def _without(turn: Turn, taken: tuple[Turn, ...]) -> list[Turn]:
    """What of a turn lies in no other, but for slivers."""
    edges = [turn.start_s]
    for start, end in taken:
        if start < turn.end_s and end > turn.start_s:
            edges += [max(start, turn.start_s), min(end, turn.end_s)]
    edges.append(turn.end_s)
    return list(_long(tuple(Turn(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True))))


def _long(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    return tuple(turn for turn in turns if turn.end_s - turn.start_s >= LIMITS.min_duration_on_s)
