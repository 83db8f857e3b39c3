"""Scores: what a session says about one person's eye contact, posture and nods, and how surely.

Shares are shares of measured time; those of what somebody does while listening or speaking, of that time.
A score has no value where its cue was measured for less than the profile's minimum coverage; then, and where
it has no interval, its ``reason`` says why.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attune import InputError
from scoring.events import Event, inside
from scoring.interval import BIN_S, Interval, mean_interval, rate_interval, share_interval
from scoring.measurable import Timeline
from scoring.posture import facing
from scoring.profile import Profile
from scoring.speech import LISTENING, SPEAKING, UNCLEAR, Speech, Turn, begun_within


@dataclass(frozen=True)
class Score:
    """One number about one person, or about two (``dyad``).

    Attributes
    ----------
    value : float or None
        None: not measurable, see `reason`.
    unit : str
        ``share`` (0 to 1), ``s``, ``count``, ``per_min``, ``z`` (Fisher's) or ``p``.
    ci95 : tuple of float or None
        95 % interval of what sessions like this one would show; holds the value.
    coverage : float
        Share of the session in which it could be measured, 0 to 1; of a score of what somebody does while
        listening or speaking, the share of that time (where who speaks is unclear counts as not measured).
    reason : str or None
        One sentence: why there is no value, or no interval.
    """

    value: float | None
    unit: str
    ci95: Interval | None
    coverage: float
    reason: str | None = None

    def __post_init__(self):
        if self.value is None and (self.ci95 is not None or not self.reason):
            raise InputError("a score without a value needs a reason and has no interval")
        if self.ci95 is not None and not self.ci95[0] <= self.value <= self.ci95[1]:
            raise InputError(f"the interval {self.ci95} doesn't hold the score's value {self.value}")
        if not 0 <= self.coverage <= 1:
            raise InputError(f"a score's coverage is {self.coverage}, outside 0 to 1")


@dataclass(frozen=True)
class Found:
    """All that the scores of one person are made of.

    Attributes
    ----------
    times : Timeline
    events : dict of str to list of Event
        By kind; absent kinds didn't happen.
    facing : ndarray, shape (n,)
        1 facing the target, 0 turned away, NaN not measured; per frame.
    profile : Profile
    seed : int
        Of the bootstrap.
    speech : Speech or None
        None: unknown.
    """

    times: Timeline
    events: dict[str, list[Event]]
    facing: NDArray[np.float64]
    profile: Profile
    seed: int
    speech: Speech | None = None

    def by_bin(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Seconds per frame, summed by bin; shape (bins,)."""
        return self._sum_by_bin(self.times.start_s, seconds)

    def events_by_bin(self, name: str, weigh: Callable[[Event], float]) -> NDArray[np.float64]:
        """Weights of the events a score is made of, summed by the bin they begin in; shape (bins,)."""
        events = self.events.get(kind_of(name), [])
        if name in WHILE:
            events = begun_within(events, self.spans(WHILE[name]))
        starts = np.array([event.start_s for event in events])
        return self._sum_by_bin(starts, np.array([weigh(event) for event in events]))

    def _sum_by_bin(self, times: NDArray, weights: NDArray) -> NDArray[np.float64]:
        bins = max(1, math.ceil(self.times.duration_s / BIN_S - 1e-9))
        index = np.floor((times - self.times.session_s[0]) / BIN_S + 1e-9).astype(int)
        return np.bincount(np.clip(index, 0, bins - 1), weights, minlength=bins).astype(float)

    def measured(self, name: str) -> NDArray[np.bool_]:
        """The frames in which what a score needs was measured, shape (n,)."""
        seen = np.isfinite(self.facing) if name == "facing_share" else self.times.measured[cue_of(name)]
        return seen & inside(self.times.start_s, self.spans(WHILE[name])) if name in WHILE else seen

    def coverage(self, name: str) -> float:
        """Share of the time a score is about in which it could be measured, 0 to 1."""
        measured = self.measured(name)
        if name not in WHILE:
            return self.times.coverage(measured)
        whole = sum(end - start for state in (WHILE[name], UNCLEAR) for start, end in self.spans(state))
        return min(1.0, self.times.measured_s(measured) / whole) if whole > 0 else 0.0

    def spans(self, state: str) -> list[Turn]:
        """Where this person listens or speaks, or where that is unclear; none where speech is unknown."""
        if self.speech is None:
            return []
        return self.speech.spans(self.times.person, state, self.times.session_s)


def find(
    table: pd.DataFrame, times: Timeline, events: Iterable[Event], profile: Profile, seed: int = 0,
    speech: Speech | None = None,
) -> Found:  # fmt: skip
    """Gather what the scores of one person need; see `Found`."""
    by_kind: dict[str, list[Event]] = {}
    for event in events:
        by_kind.setdefault(event.kind, []).append(event)
    return Found(times, by_kind, facing(table), profile, seed, speech)


def _share(found: Found, name: str, shown: NDArray[np.bool_]) -> Score:
    return share_score(found, found.measured(name), shown, found.coverage(name))


def share_score(
    found: Found, measured: NDArray[np.bool_], shown: NDArray[np.bool_], coverage: float
) -> Score:
    """Share of the measured time in which something was shown; one value a frame each, shape (n,)."""
    seconds = found.times.lasts_s * measured
    part, whole = found.by_bin(seconds * shown), found.by_bin(seconds)
    value = min(1.0, float(part.sum() / whole.sum()))
    interval = share_interval(part, whole, found.seed)
    return Score(value, "share", holding(interval, value), coverage)


def _event_share(found: Found, name: str) -> Score:
    return _share(found, name, inside(found.times.start_s, found.events.get(kind_of(name), [])))


def _facing_share(found: Found, name: str) -> Score:
    return _share(found, name, found.facing == 1)


def _mean_bout(found: Found, name: str) -> Score:
    measured = found.measured(name)
    coverage = found.times.coverage(measured)
    bouts = found.events.get("eye_contact", [])
    if not bouts:
        return Score(None, "s", None, coverage, found.profile.sentence("none_seen"))
    totals = found.events_by_bin(name, lambda bout: bout.duration_s)
    counts = found.events_by_bin(name, lambda bout: 1)
    value = float(totals.sum() / counts.sum())
    interval = mean_interval(totals, counts, found.seed, found.times.measured_s(measured))
    return Score(value, "s", holding(interval, value), coverage)


def _longest_away(found: Found, name: str) -> Score:
    # The longest of a sample tells nothing about how long the next one may be: no bootstrap can either.
    value = max((event.duration_s for event in found.events.get("gaze_away", [])), default=0.0)
    reason = found.profile.sentence("one_observation")
    return Score(value, "s", None, found.times.coverage(found.measured(name)), reason)


def _count(found: Found, name: str) -> Score:
    measured = found.measured(name)
    counts = found.events_by_bin(name, lambda event: 1)
    whole = found.by_bin(found.times.lasts_s * measured)
    interval = rate_interval(counts, whole, found.seed)
    value = float(counts.sum())
    scaled = interval and (interval[0] * whole.sum(), interval[1] * whole.sum())
    return Score(value, "count", holding(scaled, value), found.times.coverage(measured))


def _per_minute(found: Found, name: str) -> Score:
    measured = found.measured(name)
    coverage, seconds = found.coverage(name), found.times.measured_s(measured)
    least = found.profile.min_rate_s
    if seconds < least:
        reason = found.profile.sentence("short_for_rate", seconds=seconds, least=least)
        return Score(None, "per_min", None, coverage, reason)
    counts = found.events_by_bin(name, lambda event: 1)
    interval = rate_interval(counts, found.by_bin(found.times.lasts_s * measured), found.seed)
    value = float(60 * counts.sum() / seconds)
    scaled = interval and (60 * interval[0], 60 * interval[1])
    return Score(value, "per_min", holding(scaled, value), coverage)


def holding(interval: Interval | None, value: float) -> Interval | None:
    """The interval, stretched by a rounding error where that keeps the value out."""
    return interval and (min(interval[0], value), max(interval[1], value))


_Make = Callable[[Found, str], Score]
PERSON_SCORES: dict[str, tuple[str, str, _Make]] = {
    "eye_contact_share": ("eye_contact", "share", _event_share),
    "eye_contact_mean_bout_s": ("eye_contact", "s", _mean_bout),
    "longest_gaze_away_s": ("eye_contact", "s", _longest_away),
    "open_posture_share": ("posture", "share", _event_share),
    "closed_posture_share": ("posture", "share", _event_share),
    "facing_share": ("posture", "share", _facing_share),
    "nod_count": ("nod", "count", _count),
    "nods_per_min": ("nod", "per_min", _per_minute),
    "shake_count": ("nod", "count", _count),
    "listening_eye_contact_share": ("eye_contact", "share", _event_share),
    "speaking_eye_contact_share": ("eye_contact", "share", _event_share),
    "listening_nods_per_min": ("nod", "per_min", _per_minute),
    "speaking_nods_per_min": ("nod", "per_min", _per_minute),
}
"""Every score of one person: its cue, its unit and what makes it of `Found`."""

WHILE = {
    name: state for name in PERSON_SCORES for state in (LISTENING, SPEAKING) if name.startswith(f"{state}_")
}
"""Scores of what somebody does in a part of the session only, and in which."""

_KINDS = {"eye_contact_mean_bout_s": "eye_contact", "nods_per_min": "nod"}


def kind_of(name: str) -> str:
    """The kind of events that a score counts or sums up."""
    name = name.removeprefix(f"{WHILE[name]}_") if name in WHILE else name
    return _KINDS.get(name) or name.removesuffix("_share").removesuffix("_count")


def cue_of(name: str) -> str:
    """The cue a score belongs to."""
    return PERSON_SCORES[name][0]


def person_scores(found: Found) -> dict[str, Score]:
    """All of `PERSON_SCORES`, in that order."""
    return {name: _covered(found, name) for name in PERSON_SCORES}


def _covered(found: Found, name: str) -> Score:
    cue, unit, make = PERSON_SCORES[name]
    measured = found.measured(name)
    coverage, least = found.coverage(name), found.profile.min_coverage[cue]
    unheard = _unheard(found, name)
    if unheard:
        return Score(None, unit, None, coverage, found.profile.sentence(unheard))
    if measured.any() and coverage >= least:
        return make(found, name)
    hidden = found.events.get("not_measurable", [])
    if name == "facing_share":  # the shoulders tell it, whatever the arms do
        hidden = [event for event in hidden if event.attributes["reason"] != "arms_not_visible"]
    why = _speaker_or_cue(found, name, hidden)
    reason = found.profile.sentence(
        "low_coverage", coverage=coverage, least=least, reason=found.profile.reasons[why]
    )
    return Score(None, unit, None, coverage, reason)


def _unheard(found: Found, name: str) -> str:
    """The sentence for a score about a state that is unknown, or that there was none of; else empty."""
    if name not in WHILE:
        return ""
    if found.speech is None:
        return "no_speech"
    return "" if found.spans(WHILE[name]) or found.spans(UNCLEAR) else f"no_{WHILE[name]}"


def _speaker_or_cue(found: Found, name: str, hidden: Iterable[Event]) -> str:
    """Why a score was measured for too little of its time: who spoke was unclear, or what hid its cue."""
    if name in WHILE:
        known_s, unclear_s = (
            sum(end - start for start, end in found.spans(state)) for state in (WHILE[name], UNCLEAR)
        )
        if unclear_s > known_s - found.times.measured_s(found.measured(name)):
            return UNCLEAR
    return main_reason(hidden, cue_of(name))


def main_reason(not_measurable: Iterable[Event], cue: str) -> str:
    """The reason (a key of `scoring.measurable.REASONS`) that held longest for a cue."""
    seconds: dict[str, float] = {}
    for event in not_measurable:
        if event.attributes.get("cue") == cue:
            reason = event.attributes["reason"]
            seconds[reason] = seconds.get(reason, 0.0) + event.duration_s
    return max(seconds, key=seconds.__getitem__, default="too_uncertain")
