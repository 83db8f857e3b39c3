"""Events: spans of time in which a cue was seen, and the one hysteresis that finds them.

A frame lasts until the next frame's time, but never longer than `MAX_STEPS` nominal steps; what lies
beyond is time without a picture and counts as not measured. The last frame lasts one nominal step.
Intervals are half-open: an event covers ``start_s <= t < end_s``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from attune import InputError

MAX_STEPS = 3.0
"""A frame stands for at most this many nominal (median) steps."""

DEFAULT_STEP_S = 1 / 30
"""Nominal step where a single frame leaves none to measure."""

KINDS = (
    "eye_contact", "gaze_away", "open_posture", "closed_posture", "nod", "shake",
    "backchannel_nod", "speech", "mirroring", "mutual_eye_contact", "not_measurable",
)  # fmt: skip
ATTRIBUTES = ("cycles", "amplitude_deg", "lag_s", "cue", "reason")
EVENT_COLUMNS = ("person", "kind", "start_s", "end_s", "peak_prob", "coverage", *ATTRIBUTES)

_TEXT = ("person", "kind", "cue", "reason")
_EPSILON_S = 1e-6  # sums of frame durations are a few 1e-12 off; a limit met exactly must count as met


@dataclass(frozen=True)
class Event:
    """One span of time in which one person's cue was seen.

    Attributes
    ----------
    person : str
        ``staff``, ``client`` or ``dyad``.
    kind : str
        One of `KINDS`.
    start_s, end_s : float
        Half-open interval in seconds of the session.
    peak_prob : float
        Largest probability in the event; NaN where the kind has none (``not_measurable``).
    coverage : float
        Share of the event's time in which it was measured, 0 to 1.
    attributes : Mapping
        Named in `ATTRIBUTES`; absent ones are unknown.
    """

    person: str
    kind: str
    start_s: float
    end_s: float
    peak_prob: float = float("nan")
    coverage: float = 1.0
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        if self.kind not in KINDS:
            raise InputError(f"event kind '{self.kind}' is unknown: use one of {', '.join(KINDS)}")
        if not self.start_s < self.end_s:
            raise InputError(
                f"event '{self.kind}' ends at {self.end_s} s, not after its start {self.start_s} s"
            )
        if not 0 <= self.coverage <= 1:
            raise InputError(f"event '{self.kind}' has coverage {self.coverage}, outside 0 to 1")
        if self.peak_prob < 0 or self.peak_prob > 1:
            raise InputError(f"event '{self.kind}' has peak_prob {self.peak_prob}, outside 0 to 1")
        unknown = set(self.attributes) - set(ATTRIBUTES)
        if unknown:
            raise InputError(f"event attribute '{unknown.pop()}' is unknown: use {', '.join(ATTRIBUTES)}")
        object.__setattr__(self, "attributes", MappingProxyType(dict(self.attributes)))

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True)
class Hysteresis:
    """When a probability becomes an event, and when it stops being one.

    Attributes
    ----------
    onset, offset : float
        An event opens where the probability reaches ``onset`` and goes on while it stays at or above
        ``offset``; 0 < offset <= onset <= 1.
    min_duration_on_s : float
        Shorter events are dropped, after gaps were filled.
    min_duration_off_s : float
        A gap is filled while its time below ``offset`` is shorter than this.
    max_gap_s : float
        A gap is filled while its unmeasured time (NaN) is no longer than this; a longer one ends the
        event where it was last measured.
    """

    onset: float
    offset: float
    min_duration_on_s: float = 0.0
    min_duration_off_s: float = 0.0
    max_gap_s: float = 0.0

    def __post_init__(self):
        if not 0 < self.offset <= self.onset <= 1:
            raise InputError(
                f"needs 0 < offset <= onset <= 1, has offset {self.offset} and onset {self.onset}"
            )
        for name in ("min_duration_on_s", "min_duration_off_s", "max_gap_s"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise InputError(f"{name} is {getattr(self, name)}: use seconds, 0 or more")


class EventDetector:
    """Turns one probability, frame by frame or array by array, into events of one kind.

    The same detector serves a live camera and a stored table: how the frames are cut into calls makes
    no difference to the events.

    Parameters
    ----------
    kind, person : str
        Given to every event.
    hysteresis : Hysteresis
    step_s : float
        Nominal time between frames (the median step, see `nominal_step`).

    Raises
    ------
    InputError
        From `push`, when times don't rise or a probability lies outside 0 to 1.
    """

    def __init__(self, kind: str, person: str, hysteresis: Hysteresis, step_s: float):
        if not 0 < step_s < float("inf"):
            raise InputError(f"step_s is {step_s}: use the time between frames in seconds")
        self.kind, self.person, self.hysteresis, self.step_s = kind, person, hysteresis, step_s
        self._frame: tuple[float, float] | None = None  # waits for the next one to know how long it lasts
        self._start: float | None = None
        self._clear_gap()

    @property
    def active(self) -> bool:
        """Whether an event is open (it may still turn out too short)."""
        return self._start is not None

    def push(self, time_s: ArrayLike, prob: ArrayLike) -> list[Event]:
        """Take one frame or many, in order of time; NaN is "not measured". Returns the events that ended."""
        times, probs = np.atleast_1d(np.asarray(time_s, float)), np.atleast_1d(np.asarray(prob, float))
        if times.shape != probs.shape or times.ndim != 1:
            raise InputError(f"{times.size} times for {probs.size} probabilities: push one of each per frame")
        if ((probs < 0) | (probs > 1)).any():
            raise InputError(f"a probability for '{self.kind}' lies outside 0 to 1")
        before = times[:1] - 1 if self._frame is None else [self._frame[0]]
        if times.size and not (np.diff(times, prepend=before) > 0).all():
            raise InputError(f"the times of the frames pushed for '{self.kind}' don't rise")
        ended: list[Event] = []
        for frame in zip(times.tolist(), probs.tolist(), strict=True):
            if self._frame is not None:
                self._end_frame(frame[0], MAX_STEPS * self.step_s, ended)
            self._frame = frame
        return ended

    def finish(self, end_s: float | None = None) -> list[Event]:
        """End the series: the last frame lasts one nominal step, or until ``end_s`` if that is earlier."""
        ended: list[Event] = []
        if self._frame is not None:
            end = self._frame[0] + self.step_s
            self._end_frame(end if end_s is None else min(end, end_s), self.step_s, ended)
            self._frame = None
        self._close(ended)
        return ended

    def _end_frame(self, next_s: float, longest_s: float, ended: list[Event]) -> None:
        start, prob = self._frame  # type: ignore[misc]
        end = min(next_s, start + longest_s)
        if end > start:
            self._advance(start, end, prob, ended)
        if next_s > end:
            self._advance(end, next_s, float("nan"), ended)

    def _advance(self, start: float, end: float, prob: float, ended: list[Event]) -> None:
        limits, duration = self.hysteresis, end - start
        if self._start is None:
            if prob >= limits.onset:
                self._start, self._end, self._peak, self._measured = start, end, prob, duration
            return
        # After time below the offset, only the onset reopens; after mere NaN the event is still open.
        if prob >= limits.onset or (prob >= limits.offset and not self._below):
            self._measured += self._below + duration
            self._end, self._peak = end, max(self._peak, prob)
            self._clear_gap()
            return
        if prob != prob:
            self._unmeasured += duration
        else:
            self._below += duration
        too_long_below = self._below and self._below >= limits.min_duration_off_s - _EPSILON_S
        if too_long_below or self._unmeasured > limits.max_gap_s + _EPSILON_S:
            self._close(ended)

    def _close(self, ended: list[Event]) -> None:
        if self._start is not None:
            duration = self._end - self._start
            if duration >= self.hysteresis.min_duration_on_s - _EPSILON_S:
                coverage = min(1.0, self._measured / duration)
                ended.append(Event(self.person, self.kind, self._start, self._end, self._peak, coverage))
        self._start = None
        self._clear_gap()

    def _clear_gap(self) -> None:
        self._below = self._unmeasured = 0.0


def detect(time_s: ArrayLike, prob: ArrayLike, kind: str, person: str, hysteresis: Hysteresis) -> list[Event]:
    """Events of a whole series: one push and one finish of an `EventDetector`.

    Parameters
    ----------
    time_s, prob : array_like, shape (n,)
        Rising times in seconds; probabilities 0 to 1, NaN where not measured.
    """
    detector = EventDetector(kind, person, hysteresis, nominal_step(time_s))
    return detector.push(time_s, prob) + detector.finish()


def nominal_step(time_s: ArrayLike) -> float:
    """Median time between frames in seconds; `DEFAULT_STEP_S` where there are fewer than two."""
    times = np.asarray(time_s, float)
    return float(np.median(np.diff(times))) if times.size > 1 else DEFAULT_STEP_S


def frame_ends(time_s: ArrayLike) -> NDArray[np.float64]:
    """Time at which each frame ends, shape (n,), in seconds: the rule at the head of this module."""
    times = np.asarray(time_s, float)
    step = nominal_step(times)
    longest = np.full(times.size, MAX_STEPS * step)
    longest[-1:] = step
    return np.minimum(times + longest, np.append(times[1:], np.inf))


def runs(values: NDArray) -> list[tuple[int, int]]:
    """Runs of equal neighbouring values as (first, one past the last) index pairs, in order."""
    if not len(values):
        return []
    edges = np.flatnonzero(values[1:] != values[:-1]) + 1
    bounds = [0, *edges.tolist(), len(values)]
    return list(pairwise(bounds))


class Lasting(Protocol):
    """Anything that has a start and an end, half-open, in seconds."""

    @property
    def start_s(self) -> float: ...

    @property
    def end_s(self) -> float: ...


def inside(time_s: ArrayLike, events: Iterable[Lasting]) -> NDArray[np.bool_]:
    """Which frames begin inside one of the events (or spans), shape (n,)."""
    times = np.asarray(time_s, float)
    change = np.zeros(times.size + 1, int)
    for event in events:
        first, last = np.searchsorted(times, [event.start_s - _EPSILON_S, event.end_s - _EPSILON_S])
        change[first] += 1
        change[last] -= 1
    return np.cumsum(change[:-1]) > 0


def in_order(event: Event) -> tuple:
    """Sorting key: by start, then so that the order of simultaneous events never depends on chance."""
    return event.start_s, event.end_s, event.person, event.kind, event.attributes.get("cue", "")


def events_table(events: Iterable[Event]) -> pd.DataFrame:
    """Events as a table, columns `EVENT_COLUMNS`, in order of start; unknown values are NaN or empty."""
    ordered = sorted(events, key=in_order)
    rows = [
        {
            **{name: getattr(event, name) for name in EVENT_COLUMNS[:6]},
            **{name: event.attributes.get(name) for name in ATTRIBUTES},
        }
        for event in ordered
    ]
    table = pd.DataFrame(rows, columns=list(EVENT_COLUMNS))
    for name in EVENT_COLUMNS:
        text = name in _TEXT
        table[name] = table[name].fillna("").astype(object) if text else table[name].astype("float64")
    return table


def events_from_table(table: pd.DataFrame) -> list[Event]:
    """The events of a table as `events_table` makes it.

    Raises
    ------
    InputError
        When a column is missing or a row is not a valid event.
    """
    missing = [name for name in EVENT_COLUMNS[:6] if name not in table.columns]
    if missing:
        raise InputError(f"column '{missing[0]}' is missing from the table of events")
    known = [name for name in ATTRIBUTES if name in table.columns]
    events = []
    for row in table.to_dict("records"):
        attributes = {name: row[name] for name in known if not (pd.isna(row[name]) or row[name] == "")}
        events.append(Event(**{name: row[name] for name in EVENT_COLUMNS[:6]}, attributes=attributes))
    return events
