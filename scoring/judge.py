"""Judging: from the table of signals to events, scores and feedback."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scoring.events import Event, frame_ends, in_order
from scoring.eye_contact import eye_contact_events
from scoring.feedback import feedback
from scoring.measurable import not_measurable_events, timeline
from scoring.nod import nod_events
from scoring.posture import posture_events
from scoring.profile import Profile
from scoring.score import Found, Score, find, person_scores
from vision.signals import Signals


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
    target_yaw_deg: float = 0.0,
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
    target_yaw_deg : float
        Direction of the target against the line to the lens, for facing it; 0 is the lens.
    """
    tables = {person: signals.person(person) for person in signals.persons or ("staff",)}
    session_s = _session_span(tables)
    found = {
        person: _find(table, person, session_s, profile, seed, missing, target_yaw_deg)
        for person, table in tables.items()
    }
    scores = {person: person_scores(one) for person, one in found.items()}
    events = [event for one in found.values() for kind in one.events.values() for event in kind]
    items = feedback(found["staff"], scores["staff"]) if "staff" in found else []
    return Judgement(sorted(events, key=in_order), scores, items)


def _find(table, person, session_s, profile, seed, missing, target_yaw_deg) -> Found:
    times = timeline(table, person, session_s)
    limits = profile.hysteresis
    events = [
        *eye_contact_events(table, person, limits["eye_contact"], limits["gaze_away"]),
        *posture_events(table, person, limits),
        *nod_events(table, person, limits),
        # A recording shorter than the shortest reported span may still be one whole blank.
        *not_measurable_events(table, times, min(profile.min_not_measurable_s, times.duration_s), missing),
    ]
    return find(table, times, events, profile, seed, target_yaw_deg)


def _session_span(tables: dict[str, pd.DataFrame]) -> tuple[float, float]:
    times = [table["time_s"].to_numpy() for table in tables.values() if len(table)]
    if not times:
        return 0.0, 0.0
    return float(min(time[0] for time in times)), float(max(frame_ends(time)[-1] for time in times))
