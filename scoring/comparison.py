"""What differs between two sessions: each score's difference, with an interval, in words.

The difference is the later (second) session's value minus the first one's. Its 95 % interval is made of the
two scores' own intervals by MOVER, the method of variance estimates recovery (Zou and Donner 2008,
Statistics in Medicine 27, 1693-1702; for Wilson's intervals it is Newcombe's 1998 method 10): it needs
nothing but estimates and intervals, and keeps it where these reach further to one side. Sessions are taken
as independent of each other, which two analyses of one recording are not. Where the interval holds zero
there is "no clear change"; of twenty scores that didn't change, about one will still look as if it had.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from attune import InputError
from scoring.mirroring import ALPHA
from scoring.profile import Band
from scoring.scorecard import GROUPS, OTHERS_LABEL, SCORES, write

SHORT_S = 60.0
"""A shorter session says little: its intervals rest on formulas and a handful of looks."""

SAME_LENGTH = 0.05  # counts of measured times that differ by less than this share are compared as they are
RATES = {"nod_count": "Nods per minute"}
NO_CLEAR_CHANGE = "no clear change"
NOT_COMPARED = "can't be compared"
BY_CHANCE = "In neither session did the two move together beyond chance."
NO_INTERVAL_OF_P = "A p has no interval: look at the strength, and at which side of chance each p lies."

Interval = tuple[float, float]
Sides = tuple[str, str]


@dataclass(frozen=True)
class Difference:
    """A second value minus a first one, in the score's own unit.

    Attributes
    ----------
    value : float
    ci95 : tuple of float
        Its 95 % interval, both ends finite; holds the value.

    Raises
    ------
    InputError
        A number is missing, or the interval doesn't hold the value.
    """

    value: float
    ci95: Interval

    def __post_init__(self) -> None:
        if not all(math.isfinite(number) for number in (self.value, *self.ci95)):
            raise InputError("a difference needs a value and an interval: one of them is not a number")
        if not self.ci95[0] <= self.value <= self.ci95[1]:
            raise InputError(f"the interval {self.ci95} doesn't hold the difference {self.value}")

    @property
    def verdict(self) -> str:
        """``higher``, ``lower``, or ``no clear change`` where the interval holds zero."""
        low, high = self.ci95
        return "higher" if low > 0 else "lower" if high < 0 else NO_CLEAR_CHANGE


@dataclass(frozen=True)
class Change:
    """One score of two sessions, as it is shown.

    Attributes
    ----------
    name, label : str
    before, after : str
        The values in words; "not measurable" or "not scored" where there is none.
    difference : Difference or None
        None: the two can't be compared, `why` says it.
    text, interval : str
        The difference and its interval in words; empty without one.
    verdict : str
        ``higher``, ``lower``, ``no clear change`` or ``can't be compared``.
    toward : str
        What a clear change means for the profile's band; empty without one.
    why : str
        Why they can't be compared, or how they were.
    """

    name: str
    label: str
    before: str
    after: str
    difference: Difference | None = None
    text: str = ""
    interval: str = ""
    verdict: str = NOT_COMPARED
    toward: str = ""
    why: str = ""

    @property
    def style(self) -> str:
        return SCORES[self.name][2]


@dataclass(frozen=True)
class ChangeGroup:
    """The changes of one cue."""

    label: str
    changes: tuple[Change, ...]


def difference(before: float, before_ci95: Interval, after: float, after_ci95: Interval) -> Difference:
    """`after` minus `before` with its 95 % interval, by MOVER from the two values' own 95 % intervals.

    Examples
    --------
    >>> found = difference(0.5, (0.4, 0.6), 0.8, (0.7, 0.85))
    >>> f"{found.value:.2f}: {found.ci95[0]:.3f} to {found.ci95[1]:.3f}, {found.verdict}"
    '0.30: 0.159 to 0.412, higher'
    """
    value = after - before
    down = math.hypot(after - after_ci95[0], before_ci95[1] - before)
    up = math.hypot(after_ci95[1] - after, before - before_ci95[0])
    return Difference(value, (value - down, value + up))


def changes(
    before: Mapping[str, Mapping],
    after: Mapping[str, Mapping],
    bands: Mapping[str, Band] | None = None,
    durations_s: tuple[float | None, float | None] = (None, None),
    sides: Sides = ("A", "B"),
    person: str = "staff",
) -> list[ChangeGroup]:
    """The differences of one person's scores in two sessions, grouped and ordered as scores are.

    Parameters
    ----------
    before, after : mapping
        Name -> {value, unit, ci95, coverage, reason}, as in ``scores.json``.
    bands : mapping, optional
        Name -> the band both sessions were held against.
    durations_s : pair of float or None
        How long the sessions last: what counts rest on.
    sides : pair of str
        What the two sessions are called in sentences.
    person : str
        Whose scores they are.
    """
    result = []
    for cue, label in GROUPS.items():
        known = [name for name, (of, _, _) in SCORES.items() if of == cue and name in {**before, **after}]
        if cue == "speech" and not any(_known(scores, name) for scores in (before, after) for name in known):
            continue  # in neither is it known who spoke
        rows = tuple(
            change(
                name, before.get(name), after.get(name), (bands or {}).get(name), durations_s, sides, person,
                by_chance=name == "mirroring_z" and _by_chance(before) and _by_chance(after),
            )
            for name in known
        )  # fmt: skip
        if rows:
            result.append(ChangeGroup(label, rows))
    return result


def _known(scores: Mapping[str, Mapping], name: str) -> bool:
    return (scores.get(name) or {}).get("value") is not None


def change(
    name: str, before: Mapping | None, after: Mapping | None, band: Band | None = None,
    durations_s: tuple[float | None, float | None] = (None, None), sides: Sides = ("A", "B"),
    person: str = "staff", *, by_chance: bool = False,
) -> Change:  # fmt: skip
    """One score of two sessions; see `changes`. With `by_chance`, it means nothing in either."""
    style = SCORES[name][2]
    scores = (before, after)
    label = OTHERS_LABEL.get((person, name), SCORES[name][1])
    shown = Change(name, label, _written(before, style), _written(after, style))
    obstacle = BY_CHANCE if by_chance else _obstacle(style, scores, sides)
    if obstacle:
        return replace(shown, why=obstacle)
    factors, how = _per_minute(style, scores, durations_s)
    if how and name in RATES:
        return replace(shown, why=f"The measured times differ in length: compare “{RATES[name]}”.")
    found = difference(*_values(before, factors[0]), *_values(after, factors[1]))
    style = "rate" if how else style
    return replace(
        shown, difference=found, text=signed(found.value, style), interval=_range(found.ci95, style),
        verdict=found.verdict, toward=_toward(before, after, band, found), why=how,
    )  # fmt: skip


def signed(value: float, style: str) -> str:
    """A difference with its sign and unit; shares differ by percentage points.

    Examples
    --------
    >>> signed(0.12, "share"), signed(0.01, "share"), signed(0.001, "share"), signed(-1.24, "seconds")
    ('+12 points', '+1 point', '0 points', '−1.2 s')
    """
    factor, digits, unit = _WRITTEN.get(style, (1.0, 2, ""))
    text = f"{abs(value) * factor:.{digits}f}"
    sign = "" if not float(text) else "+" if value > 0 else "−"
    return f"{sign}{text}{unit.removesuffix('s') if unit == ' points' and text == '1' else unit}"


# style: factor, decimals and unit of a difference
_WRITTEN = {
    "share": (100.0, 0, " points"), "seconds": (1.0, 1, " s"), "lag": (1.0, 1, " s"),
    "count": (1.0, 0, ""), "rate": (1.0, 1, ""),
}  # fmt: skip


def unlike(before: Mapping[str, Any], after: Mapping[str, Any], sides: Sides = ("A", "B")) -> list[str]:
    """What was not the same when two sessions were measured: short phrases, empty where all was.

    Parameters
    ----------
    before, after : mapping
        What their ``session.json`` holds.
    """
    first, second = aspects(before), aspects(after)
    found = [
        f"{name} ({first[name]} in {sides[0]}, {second[name]} in {sides[1]})"
        for name in first if first[name] != second[name]
    ]  # fmt: skip
    models = [_models(info) for info in (before, after)]
    changed = sorted(name for name in {*models[0], *models[1]} if models[0].get(name) != models[1].get(name))
    if changed:
        found.append(f"model for {', '.join(name.replace('_', ' ') for name in changed)}")
    return found


def short(before: Mapping[str, Any], after: Mapping[str, Any], sides: Sides = ("A", "B")) -> str:
    """Which of two sessions last less than `SHORT_S`, in a sentence; empty where none does."""
    found = [side for side, info in zip(sides, (before, after), strict=True) if _is_short(info)]
    lasts = "lasts" if len(found) == 1 else "last"
    return f"{' and '.join(found)} {lasts} less than a minute, which says little." if found else ""


def aspects(info: Mapping[str, Any]) -> dict[str, str]:
    """How a session was measured, by what it may differ in: profile, target, versions, order of time."""
    versions = _mapping(info.get("versions"))
    target = str(info.get("target") or "lens")
    return {
        "profile": str(info.get("profile") or "default"),
        "target": "a calibrated direction" if target.startswith("calibrated") else f"the {target}",
        "Attune": str(versions.get("attune") or "unknown"),
        "MediaPipe": str(versions.get("mediapipe") or "unknown"),
        "analysis": "live" if _mapping(info.get("parameters")).get("causal") else "afterwards",
    }


def measured_alike(infos: list[Mapping[str, Any]]) -> list[str]:
    """The names of what differs anywhere among several sessions, empty where nothing does."""
    known = [aspects(info) for info in infos]
    names = [name for name in (known[0] if known else {}) if len({one[name] for one in known}) > 1]
    return names + (["models"] if len({tuple(sorted(_models(info).items())) for info in infos}) > 1 else [])


def same_recording(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether two sessions were made of one recording, so that they are not independent."""
    hashes = [_mapping(info.get("source")).get("sha256") for info in (before, after)]
    return bool(hashes[0]) and hashes[0] == hashes[1]


def _obstacle(style: str, scores: tuple[Mapping | None, Mapping | None], sides: Sides) -> str:
    """Why two scores can't be compared; empty where they can."""
    for score, side in zip(scores, sides, strict=True):
        if score is None:
            return f"It was not scored in {side}."
        if score.get("value") is None:
            return f"Not measurable in {side}: {score.get('reason') or 'too little could be seen.'}"
    if style == "p":
        return NO_INTERVAL_OF_P
    for score, side in zip(scores, sides, strict=True):
        if not score or not score.get("ci95"):
            reason = (score or {}).get("reason")
            return f"No interval in {side}, so chance can't be told apart: {reason or 'none was computed.'}"
    return ""


def _per_minute(style: str, scores, durations_s) -> tuple[tuple[float, float], str]:
    """What to multiply each side with, and how that is said: counts of unequal times become rates."""
    if style != "count":
        return (1.0, 1.0), ""
    minutes = [
        (duration or 0.0) * (1.0 if score.get("coverage") is None else score["coverage"]) / 60
        for score, duration in zip(scores, durations_s, strict=True)
    ]
    if not all(minutes) or max(minutes) - min(minutes) <= SAME_LENGTH * max(minutes):
        return (1.0, 1.0), ""
    return (1 / minutes[0], 1 / minutes[1]), "Compared per measured minute: the measured times differ."


def _values(score, factor: float) -> tuple[float, Interval]:
    low, high = score["ci95"]
    return score["value"] * factor, (low * factor, high * factor)


def _written(score: Mapping | None, style: str) -> str:
    if score is None:
        return "not scored"
    return "not measurable" if score.get("value") is None else write(float(score["value"]), style)


def _range(ci95: Interval, style: str) -> str:
    low, high = (signed(end, style).partition(" ")[0] for end in ci95)
    return f"{low} to {high}{_WRITTEN.get(style, (1.0, 2, ''))[2]}"


def _toward(before, after, band: Band | None, found: Difference) -> str:
    """Whether a clear change leads to the band or away from it."""
    if band is None or found.verdict == NO_CLEAR_CHANGE:
        return ""
    values = (score["value"] for score in (before, after))
    first, second = (max(band.low - value, value - band.high, 0.0) for value in values)
    if first == second:
        return "inside the band both times" if not first else ""
    return "toward the band" if second < first else "away from the band"


def _by_chance(scores: Mapping[str, Mapping]) -> bool:
    p = (scores.get("mirroring_p") or {}).get("value")
    return p is not None and p > ALPHA


def _is_short(info: Mapping[str, Any]) -> bool:
    duration = _mapping(info.get("source")).get("duration_s")
    return isinstance(duration, int | float) and duration < SHORT_S


def _models(info: Mapping[str, Any]) -> dict[str, str]:
    models = _mapping(_mapping(info.get("versions")).get("models"))
    return {str(name): str(digest) for name, digest in models.items()}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
