"""What a session says of two people together: mirroring and mutual eye contact, events and scores."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.mirroring.features import RATE_HZ
from scoring.events import MAX_STEPS, Event, detect, frame_ends, inside, nominal_step, runs
from scoring.eye_contact import eye_contact_prob
from scoring.measurable import Timeline
from scoring.mirroring import Coordination, Moved, coordination, least_seconds
from scoring.profile import Profile
from scoring.score import Found, Score, find, holding, share_score

PERSON = "dyad"
UNITS = {
    "mirroring_z": "z", "mirroring_p": "p", "mirroring_share": "share", "mirroring_lag_s": "s",
    "staff_follows_p": "p", "client_follows_p": "p", "mutual_eye_contact_share": "share",
}  # fmt: skip
"""Every score of a dyad, and its unit."""

ONE_NOT_SEEN = "one_not_seen"


@dataclass(frozen=True)
class Dyad:
    """What was found of two people together.

    Attributes
    ----------
    events : list of Event
    scores : dict of str to Score
        All of `UNITS`.
    coordination : Coordination or None
        None where it could not be tested.
    """

    events: list[Event]
    scores: dict[str, Score]
    coordination: Coordination | None


def alone(profile: Profile) -> dict[str, Score]:
    """The scores where two people were looked for and one was seen."""
    return {name: Score(None, unit, None, 0.0, profile.sentence("alone")) for name, unit in UNITS.items()}


def judge_dyad(
    staff: pd.DataFrame, client: pd.DataFrame, session_s: tuple[float, float], profile: Profile,
    mutual: bool, seed: int = 0,
) -> Dyad:  # fmt: skip
    """Events and scores of two people.

    Parameters
    ----------
    staff, client : pandas.DataFrame
        Their rows of `vision.signals.Signals`.
    session_s : tuple of float
        First moment and end of the session.
    profile : Profile
    mutual : bool
        Whether each one's eye contact is with the other: mutual eye contact is spoken of only then.
    seed : int
        Of surrogates and bootstrap.
    """
    moved = Moved.of(staff, client, session_s)
    tested, why = _tested(moved, profile, seed)
    events = _mirroring_events(staff, moved, profile) if tested and tested.beyond_chance else []
    scores = _mirroring_scores(moved, tested, why, events, session_s, profile, seed)
    events += _hidden(moved.clock_s, moved.measured, session_s, "mirroring", profile)
    found, share = _mutual(staff, client, session_s, profile, mutual, seed)
    scores["mutual_eye_contact_share"] = share
    return Dyad(events + found, {name: scores[name] for name in UNITS}, tested)


def _tested(moved: Moved, profile: Profile, seed: int) -> tuple[Coordination | None, str]:
    """The test against chance, or the sentence that says why there is none."""
    seconds, least = len(moved.clock_s) / RATE_HZ, least_seconds()
    if seconds < least:
        return None, profile.sentence("short_for_mirroring", seconds=seconds, least=least)
    coverage, wanted = float(moved.measured.mean()), profile.min_coverage["mirroring"]
    if coverage < wanted:
        reason = profile.reasons[ONE_NOT_SEEN]
        return None, profile.sentence("low_coverage", coverage=coverage, least=wanted, reason=reason)
    tested = coordination(moved, seed)
    return tested, "" if tested else profile.sentence("still")


def _mirroring_events(table: pd.DataFrame, moved: Moved, profile: Profile) -> list[Event]:
    """Where to look, each with how much later one follows the other there."""
    lag_s = moved.local_lag_s()
    found = []
    limits = profile.hysteresis["mirroring"]
    for event in detect(table["time_s"], table["mirroring_prob"], "mirroring", PERSON, limits):
        there = (moved.clock_s >= event.start_s) & (moved.clock_s < event.end_s) & np.isfinite(lag_s)
        facts = {"lag_s": float(np.median(lag_s[there]))} if there.any() else {}
        found.append(replace(event, attributes=facts))
    return found


def _mirroring_scores(
    moved: Moved, tested: Coordination | None, why: str, events: list[Event],
    session_s: tuple[float, float], profile: Profile, seed: int,
) -> dict[str, Score]:  # fmt: skip
    names = [name for name in UNITS if name != "mutual_eye_contact_share"]
    coverage = float(moved.measured.mean()) if len(moved.clock_s) else 0.0
    if tested is None:
        return {name: Score(None, UNITS[name], None, coverage, why) for name in names}
    used = profile.sentence(
        "mirroring_used", window=tested.windowing.window_s, step=tested.windowing.step_s,
        lag=tested.windowing.lag_s, channel=profile.channels[tested.channel],
    )  # fmt: skip
    scores = {
        "mirroring_z": Score(tested.z, "z", holding(tested.z_ci95, tested.z), coverage, used),
        **{
            name: Score(value, "p", None, coverage, used)
            for name, value in (
                ("mirroring_p", tested.p), ("staff_follows_p", tested.staff_follows_p),
                ("client_follows_p", tested.client_follows_p),
            )
        },
    }  # fmt: skip
    if not tested.beyond_chance:
        chance = profile.sentence("by_chance")
        others = [name for name in names if name not in scores]
        return scores | {name: Score(None, UNITS[name], None, coverage, chance) for name in others}
    frames = _frames(moved.clock_s, moved.measured, session_s, "mirroring")
    found = find_dyad(frames, events, profile, seed)
    seen = frames.measured["mirroring"]
    share = share_score(found, seen, inside(frames.start_s, events), frames.coverage(seen))
    lag = Score(tested.lag_s, "s", tested.lag_ci95, coverage, None if tested.lag_ci95 else used)
    return scores | {"mirroring_share": share, "mirroring_lag_s": lag}


def find_dyad(frames: Timeline, events: list[Event], profile: Profile, seed: int) -> Found:
    """What shares are made of; a dyad faces nothing."""
    empty = pd.DataFrame({"target_yaw_deg": [], "torso_yaw_deg": []}, dtype=float)
    return find(empty, frames, events, profile, seed)


def _frames(
    time_s: NDArray[np.float64], measured: NDArray[np.bool_], session_s: tuple[float, float], cue: str
) -> Timeline:
    ends = np.minimum(frame_ends(time_s), session_s[1])
    return Timeline(PERSON, time_s, ends, session_s, {cue: measured})


def _mutual(
    staff: pd.DataFrame, client: pd.DataFrame, session_s: tuple[float, float], profile: Profile,
    mutual: bool, seed: int,
) -> tuple[list[Event], Score]:  # fmt: skip
    if not mutual:
        return [], Score(None, "share", None, 0.0, profile.sentence("no_mutual"))
    time_s = staff["time_s"].to_numpy()
    theirs = _at(time_s, client["time_s"].to_numpy(), eye_contact_prob(client))
    both = np.minimum(eye_contact_prob(staff), theirs)
    events = detect(time_s, both, "mutual_eye_contact", PERSON, profile.hysteresis["eye_contact"])
    frames = _frames(time_s, np.isfinite(both), session_s, "mutual_eye_contact")
    coverage, least = frames.coverage(np.isfinite(both)), profile.min_coverage["eye_contact"]
    hidden = _hidden(time_s, np.isfinite(both), session_s, "mutual_eye_contact", profile)
    if not np.isfinite(both).any() or coverage < least:
        reason = profile.sentence(
            "low_coverage", coverage=coverage, least=least, reason=profile.reasons[ONE_NOT_SEEN]
        )
        return events + hidden, Score(None, "share", None, coverage, reason)
    found = find_dyad(frames, events, profile, seed)
    return events + hidden, share_score(found, np.isfinite(both), inside(time_s, events), coverage)


def _at(time_s: NDArray, others_s: NDArray, values: NDArray) -> NDArray[np.float64]:
    """Values of the other camera's last frame up to each time, NaN where that is long ago."""
    if not len(others_s):
        return np.full(len(time_s), np.nan)
    last = np.searchsorted(others_s, time_s + 1e-6, side="right") - 1
    fresh = (last >= 0) & (time_s - others_s[np.clip(last, 0, None)] <= MAX_STEPS * nominal_step(others_s))
    return np.where(fresh, values[np.clip(last, 0, None)], np.nan)


def _hidden(
    time_s: NDArray, measured: NDArray[np.bool_], session_s: tuple[float, float], cue: str, profile: Profile
) -> list[Event]:
    """Events of kind ``not_measurable`` for spans in which one of the two could not be measured."""
    frames = _frames(time_s, measured, session_s, cue)
    least = min(profile.min_not_measurable_s, frames.duration_s)
    facts = {"cue": cue, "reason": ONE_NOT_SEEN}
    spans = [
        (float(frames.start_s[a]), float(frames.end_s[b - 1])) for a, b in runs(measured) if not measured[a]
    ]
    return [
        Event(PERSON, "not_measurable", start, end, coverage=0.0, attributes=facts)
        for start, end in spans if end - start >= least - 1e-6 and end > start
    ]  # fmt: skip
