"""Feedback: at most two things to keep and two to try, each with the moments that show it.

An item says what was seen and what to do next time. It claims no more than the interval of its score
supports: where that reaches over the edge of the band, the item says so, and where most of it lies on the
other side, there is no item.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.dyad import Dyad
from scoring.events import Event, inside, runs
from scoring.measurable import CUES
from scoring.profile import COVERAGE_CASES, Band, Profile, top_of
from scoring.score import WHILE, Found, Score, cue_of, main_reason

MOST = 2
"""Items of each type: experts ask for few, carefully selected points."""

MOST_SPANS = 3
TOGETHER_S = 0.2  # A smaller delay than this is none.
Span = tuple[float, float]


@dataclass(frozen=True)
class _Candidate:
    score: str
    value: float
    side: str  # inside, below or above the band
    distance: float  # from the band's edge, as a share of the way to the worst (or best) possible value
    certainty: float  # share of the interval that lies on the same side of the edge as the value
    spans: list[Span]

    @property
    def rank(self) -> tuple[bool, float, bool]:
        # Of two that are as far off, what is said of listening says more.
        return self.certainty == 1, self.distance * self.certainty, self.score in WHILE


def feedback(
    found: Found, scores: dict[str, Score], target: str = "lens", dyad: Dyad | None = None
) -> list[dict[str, Any]]:
    """Feedback items on one person, things to keep first.

    Parameters
    ----------
    found : Found
    scores : dict of str to Score
    target : str
        What the gaze was compared with.
    dyad : Dyad, optional
        What was found of this person together with another: one of the items is about that.

    Returns
    -------
    list of dict
        ``type`` (keep or try), ``cue``, ``title``, ``seen``, ``spans`` ([[start_s, end_s], ...]), ``why``,
        ``try_next``, ``score`` (None where the item is about the recording itself, cue ``coverage``).
    """
    recording = _recording_items(found)
    if _measured_s(found) < found.profile.min_feedback_s:
        return recording[:MOST]
    candidates = [made for name in found.profile.bands if (made := _candidate(found, name, scores[name]))]
    keep = _best([one for one in candidates if one.side == "inside"])
    change = _best([one for one in candidates if one.side != "inside"])
    toward = found.profile.sentence(f"toward_{target.partition(':')[0]}")
    items = [_item(found.profile, one, scores[one.score], toward) for one in keep + change]
    items += recording[: min(1, MOST - len(change))]
    return _with_mirroring(items, found.profile, dyad)


def _with_mirroring(items: list[dict[str, Any]], profile: Profile, dyad: Dyad | None) -> list[dict[str, Any]]:
    """The items with the one on mirroring in the last place of its type; things to keep stay first."""
    about = _mirroring_item(profile, dyad) if dyad is not None and dyad.coordination is not None else None
    if about is None:
        return items
    same = [*[item for item in items if item["type"] == about["type"]][: MOST - 1], about]
    others = [item for item in items if item["type"] != about["type"]]
    return same + others if about["type"] == "keep" else others + same


def _mirroring_item(profile: Profile, dyad: Dyad) -> dict[str, Any]:
    """Who follows whom and when; where p is above .05 that it was chance, and no moments."""
    tested, share = dyad.coordination, dyad.scores["mirroring_share"].value
    assert tested is not None, "what wasn't tested has no item"
    if not tested.beyond_chance:
        case, texts, events = "chance", {"share": "", "lag": ""}, []
    else:
        case = "together" if abs(tested.lag_s) < TOGETHER_S else (
            "client_follows" if tested.lag_s > 0 else "staff_follows"
        )  # fmt: skip
        lag = profile.number(abs(tested.lag_s), "s")
        texts = {"share": profile.number(share or 0.0, "share"), "lag": lag}
        events = [event for event in dyad.events if event.kind == "mirroring"]
    words = profile.words("mirroring", case, **texts)
    return {
        "type": "keep" if case in ("staff_follows", "together") else "try", "cue": "mirroring",
        "title": words.title, "seen": words.seen, "spans": [list(span) for span in _longest(events)],
        "why": words.why, "try_next": words.try_next, "score": "mirroring_p",
    }  # fmt: skip


def _best(candidates: list[_Candidate]) -> list[_Candidate]:
    """The highest-ranking ones, one per cue."""
    chosen: dict[str, _Candidate] = {}
    for one in sorted(candidates, key=lambda one: one.rank, reverse=True):
        chosen.setdefault(cue_of(one.score), one)
    return list(chosen.values())[:MOST]


def _candidate(found: Found, name: str, score: Score) -> _Candidate | None:
    if score.value is None:
        return None
    band = found.profile.bands[name]
    side = band.side(score.value)
    certainty = _certainty(score, band, side)
    spans = _EVIDENCE[name, side](found, score.value)
    if certainty < 0.5 or not spans or side not in found.profile.wording[name]:
        return None
    return _Candidate(name, score.value, side, _distance(score.value, band, top_of(name)), certainty, spans)


def _certainty(score: Score, band: Band, side: str) -> float:
    if score.ci95 is None:
        return 0.5  # an observation: it holds for the moments it names, and is ranked after what is certain
    low, high = score.ci95
    start, end = {
        "below": (low, min(high, band.low)),
        "above": (max(low, band.high), high),
        "inside": (max(low, band.low), min(high, band.high)),
    }[side]
    return 1.0 if (start, end) == (low, high) else (end - start) / (high - low)


def _distance(value: float, band: Band, top: float) -> float:
    if value < band.low:
        return (band.low - value) / band.low
    if value > band.high:
        return min(1.0, (value - band.high) / ((top if np.isfinite(top) else 2 * band.high) - band.high))
    # Inside, an edge that is also the end of the scale can't be crossed and doesn't count.
    half = (band.high - band.low) / 2
    to_low = (value - band.low) / half if band.low > 0 else 2.0
    to_high = (band.high - value) / half if band.high < top else 2.0
    return min(1.0, to_low, to_high)


def _item(profile: Profile, one: _Candidate, score: Score, toward: str) -> dict[str, Any]:
    band = profile.bands[one.score]
    numbers = {"value": one.value, "band_low": band.low, "band_high": band.high}
    texts = {name: profile.number(number, score.unit) for name, number in numbers.items()}
    words = profile.words(one.score, one.side, toward=toward, **texts)
    seen = words.seen
    if one.certainty < 1 and score.ci95 is not None:
        low, high = (profile.number(limit, score.unit) for limit in score.ci95)
        seen += " " + profile.sentence("unsure", ci_low=low, ci_high=high)
    return {
        "type": "keep" if one.side == "inside" else "try",
        "cue": cue_of(one.score),
        "title": words.title,
        "seen": seen,
        "spans": [list(span) for span in one.spans],
        "why": words.why,
        "try_next": words.try_next,
        "score": one.score,
    }


def _measured_s(found: Found) -> float:
    """Measured time of the cue seen longest, in seconds."""
    return max(found.times.measured_s(found.times.measured[cue]) for cue in CUES)


def _recording_items(found: Found) -> list[dict[str, Any]]:
    """What to change about the recording itself: first what hid most cues, then its length."""
    profile, times = found.profile, found.times
    hidden = found.events.get("not_measurable", [])
    coverage = {cue: times.coverage(times.measured[cue]) for cue in CUES}
    cues_of: dict[str, list[str]] = {}
    for cue in CUES:
        reason = main_reason(hidden, cue)
        if coverage[cue] < profile.min_coverage[cue] and reason in COVERAGE_CASES:
            cues_of.setdefault(reason, []).append(cue)
    items = []
    for reason, cues in sorted(cues_of.items(), key=lambda pair: -len(pair[1])):
        names = ", ".join(profile.cue_names[cue] for cue in cues)
        least = profile.number(min(coverage[cue] for cue in cues), "share")
        shown = [e for e in hidden if e.attributes["reason"] == reason and e.attributes["cue"] in cues]
        spans = _longest(shown, one_per_span=True)
        case = {"cues": names[:1].upper() + names[1:], "coverage": least}
        if spans:
            items.append(_recording_item(profile, reason, spans, case))
    if 0 < times.duration_s < profile.min_feedback_s:
        items.append(_recording_item(profile, "too_short", [times.session_s], {"cues": "", "coverage": ""}))
    return items


def _recording_item(profile: Profile, case: str, spans: list[Span], texts: dict[str, str]) -> dict[str, Any]:
    words = profile.words("coverage", case, **texts)
    return {
        "type": "try",
        "cue": "coverage",
        "title": words.title,
        "seen": words.seen,
        "spans": [list(span) for span in spans],
        "why": words.why,
        "try_next": words.try_next,
        "score": None,
    }


def _longest(events: list[Event], most: int = MOST_SPANS, one_per_span: bool = False) -> list[Span]:
    spans = [(event.start_s, event.end_s) for event in events]
    if one_per_span:  # two cues hidden by the same thing give the same span twice
        spans = list(dict.fromkeys(spans))
    return sorted(sorted(spans, key=lambda span: span[0] - span[1])[:most])


def _of(*kinds: str, most: int = MOST_SPANS) -> Callable[[Found, float], list[Span]]:
    """The longest events of the first of these kinds that happened."""

    def spans(found: Found, value: float) -> list[Span]:
        return next((_longest(found.events[kind], most) for kind in kinds if found.events.get(kind)), [])

    return spans


def _typical(found: Found, value: float) -> list[Span]:
    """The eye contacts whose length is nearest to the mean."""
    bouts = found.events.get("eye_contact", [])
    return _longest(sorted(bouts, key=lambda bout: abs(bout.duration_s - value))[:MOST_SPANS])


def _without(kind: str) -> Callable[[Found, float], list[Span]]:
    """The longest measured stretches in which nothing of this kind happened."""

    def spans(found: Found, value: float) -> list[Span]:
        measured = found.measured("nods_per_min" if kind == "nod" else f"{kind}_share")
        return _stretches(found, measured & ~inside(found.times.start_s, found.events.get(kind, [])))

    return spans


def _facing(facing: float) -> Callable[[Found, float], list[Span]]:
    return lambda found, value: _stretches(found, found.facing == facing)


def _stretches(found: Found, shown: NDArray[np.bool_]) -> list[Span]:
    start, end = found.times.start_s, found.times.end_s
    # A gap in the recording ends a stretch: numbering the parts between gaps makes it a change of value.
    part = np.concatenate([[0], np.cumsum(start[1:] - end[:-1] > 1e-6)])[: len(start)]
    spans = [(float(start[a]), float(end[b - 1])) for a, b in runs(np.where(shown, part, -1)) if shown[a]]
    return sorted(sorted(spans, key=lambda span: span[0] - span[1])[:MOST_SPANS])


def _while(kind: str, shown: bool) -> Callable[[Found, float], list[Span]]:
    """The longest measured stretches of listening in which something of this kind happened, or didn't."""

    def spans(found: Found, value: float) -> list[Span]:
        name = "listening_nods_per_min" if kind == "nod" else f"listening_{kind}_share"
        there = inside(found.times.start_s, found.events.get(kind, []))
        return _stretches(found, found.measured(name) & (there == shown))

    return spans


_EVIDENCE: dict[tuple[str, str], Callable[[Found, float], list[Span]]] = {
    ("eye_contact_share", "inside"): _of("eye_contact"),
    ("eye_contact_share", "below"): _of("gaze_away"),
    ("eye_contact_share", "above"): _of("eye_contact"),
    ("eye_contact_mean_bout_s", "inside"): _typical,
    ("eye_contact_mean_bout_s", "below"): _typical,
    ("eye_contact_mean_bout_s", "above"): _typical,
    ("longest_gaze_away_s", "inside"): _of("gaze_away", "eye_contact", most=1),
    ("longest_gaze_away_s", "below"): _of("gaze_away", "eye_contact", most=1),
    ("longest_gaze_away_s", "above"): _of("gaze_away", most=1),
    ("open_posture_share", "inside"): _of("open_posture"),
    ("open_posture_share", "below"): _without("open_posture"),
    ("open_posture_share", "above"): _of("open_posture"),
    ("closed_posture_share", "inside"): _of("open_posture"),
    ("closed_posture_share", "below"): _without("closed_posture"),
    ("closed_posture_share", "above"): _of("closed_posture"),
    ("facing_share", "inside"): _facing(1),
    ("facing_share", "below"): _facing(0),
    ("facing_share", "above"): _facing(1),
    ("nods_per_min", "inside"): _of("nod"),
    ("nods_per_min", "below"): _without("nod"),
    ("nods_per_min", "above"): _of("nod"),
    ("listening_eye_contact_share", "inside"): _while("eye_contact", True),
    ("listening_eye_contact_share", "below"): _while("eye_contact", False),
    ("listening_eye_contact_share", "above"): _while("eye_contact", True),
    ("listening_nods_per_min", "inside"): _of("backchannel_nod"),
    ("listening_nods_per_min", "below"): _while("nod", False),
    ("listening_nods_per_min", "above"): _of("backchannel_nod"),
}
"""The moments that show why a score lies where it lies."""
