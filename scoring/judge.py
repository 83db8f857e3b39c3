"""Judging: from the table of signals to events, scores and feedback."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scoring.dyad import alone, judge_dyad
from scoring.events import Event, frame_ends, in_order
from scoring.eye_contact import eye_contact_events
from scoring.feedback import feedback
from scoring.measurable import not_measurable_events, timeline
from scoring.nod import nod_events
from scoring.posture import posture_events
from scoring.profile import Profile
from scoring.score import Found, Score, find, person_scores
from scoring.speech import Speech, backchannel_nods
from vision.signals import Signals


@dataclass(frozen=True)
class Setting:
    """How a session was recorded, as far as it bears on what can be said of two people.

    Attributes
    ----------
    people : int
        Who were measured: 1 or 2.
    cameras : int
        1, or 2 where each person was recorded by a camera of their own.
    target : str
        What eye contact was measured against.
    asked : int
        How many people were looked for.
    """

    people: int = 1
    cameras: int = 1
    target: str = "lens"
    asked: int = 1

    @property
    def mutual(self) -> bool:
        """Whether two people's eye contact is with each other: two who look at one lens don't meet eyes."""
        return self.cameras == 2 or self.target != "lens"


@dataclass(frozen=True)
class Judgement:
    """What a session says.

    Attributes
    ----------
    events : list of Event
        Of all people, in order of start.
    scores : dict of str to dict of str to Score
        Person, then name of the score.
    feedback : list of dict
        Items as `scoring.feedback.feedback` makes them, for the staff member.
    """

    events: list[Event]
    scores: dict[str, dict[str, Score]]
    feedback: list[dict[str, Any]]


def judge(
    signals: Signals,
    profile: Profile,
    seed: int = 0,
    missing: Collection[str] = (),
    setting: Setting | None = None,
    speech: Speech | None = None,
    recorded_s: tuple[float, float] | None = None,
) -> Judgement:
    """Judge a whole session; the same input gives the same answer.

    Parameters
    ----------
    signals : vision.signals.Signals
        With the probabilities the models gave; NaN is "not measurable".
    profile : Profile
    seed : int
        Of the bootstrap.
    missing : collection of str
        Columns the input table didn't have, to tell "not in the table" from "not seen".
    setting : Setting, optional
        By default one camera, and as many people looked for as there are.
    speech : Speech, optional
        Who speaks when; without it what people do while listening and speaking is not measurable.
    recorded_s : tuple of float, optional
        Times of the first and the last picture, where not all of them have rows.
    """
    tables = {person: signals.person(person) for person in signals.persons or ("staff",)}
    session_s = _session_span(tables, recorded_s or ())
    found = {
        person: _find(table, person, session_s, profile, seed, missing, speech)
        for person, table in tables.items()
    }
    scores = {person: person_scores(one) for person, one in found.items()}
    events = [event for one in found.values() for kind in one.events.values() for event in kind]
    events += speech.events(session_s) if speech is not None else []
    setting = setting or Setting(people=len(tables), asked=len(tables))
    dyad = None
    if len(tables) == 2:
        dyad = judge_dyad(tables["staff"], tables["client"], session_s, profile, setting.mutual, seed)
        events += dyad.events
        scores["dyad"] = dyad.scores
    elif setting.asked == 2:
        scores["dyad"] = alone(profile)
    items = feedback(found["staff"], scores["staff"], setting.target, dyad) if "staff" in found else []
    return Judgement(sorted(events, key=in_order), scores, items)


def _find(table, person, session_s, profile, seed, missing, speech) -> Found:
    times = timeline(table, person, session_s)
    limits = profile.hysteresis
    moves = nod_events(table, person, limits)
    nods = [event for event in moves if event.kind == "nod"]
    events = [
        *eye_contact_events(table, person, limits["eye_contact"], limits["gaze_away"]),
        *posture_events(table, person, limits),
        *moves,
        *(backchannel_nods(nods, person, speech, session_s) if speech is not None else ()),
        # A recording shorter than the shortest reported span may still be one whole blank.
        *not_measurable_events(table, times, min(profile.min_not_measurable_s, times.duration_s), missing),
    ]
    return find(table, times, events, profile, seed, speech)


def _session_span(tables: dict[str, pd.DataFrame], recorded_s: tuple[float, ...]) -> tuple[float, float]:
    times = [table["time_s"].to_numpy() for table in tables.values() if len(table)]
    if not times:
        return 0.0, 0.0
    starts, ends = [time[0] for time in times], [frame_ends(time)[-1] for time in times]
    return float(min([*starts, *recorded_s])), float(max([*ends, *recorded_s]))
