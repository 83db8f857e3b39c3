"""The scores in words: which belong together, how each is written, and where it lies in its band.

Read by the report and the dashboard, so that both say the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from scoring.mirroring import ALPHA
from scoring.profile import Band

GROUPS = {
    "eye_contact": "Eye contact",
    "posture": "Posture",
    "nod": "Nods and shakes",
    "speech": "While listening and speaking",
    "mirroring": "Mirroring",
}
# name: cue, label, how it is written
SCORES = {
    "eye_contact_share": ("eye_contact", "Time in eye contact", "share"),
    "eye_contact_mean_bout_s": ("eye_contact", "Length of one look, mean", "seconds"),
    "longest_gaze_away_s": ("eye_contact", "Longest look away", "seconds"),
    "mutual_eye_contact_share": ("eye_contact", "Time in mutual eye contact", "share"),
    "open_posture_share": ("posture", "Open posture", "share"),
    "closed_posture_share": ("posture", "Arms crossed", "share"),
    "facing_share": ("posture", "Facing the client", "share"),
    "nod_count": ("nod", "Nods", "count"),
    "nods_per_min": ("nod", "Nods per minute", "rate"),
    "shake_count": ("nod", "Head shakes", "count"),
    "listening_eye_contact_share": ("speech", "Eye contact while listening", "share"),
    "speaking_eye_contact_share": ("speech", "Eye contact while speaking", "share"),
    "listening_nods_per_min": ("speech", "Nods per minute of listening", "rate"),
    "speaking_nods_per_min": ("speech", "Nods per minute of speaking", "rate"),
    "mirroring_p": ("mirroring", "Moving together", "p"),
    "staff_follows_p": ("mirroring", "Staff follows client", "p"),
    "client_follows_p": ("mirroring", "Client follows staff", "p"),
    "mirroring_share": ("mirroring", "Time in mirroring", "share"),
    "mirroring_lag_s": ("mirroring", "Delay", "lag"),
    "mirroring_z": ("mirroring", "Strength (mean Fisher z)", "number"),
}
# what staff do toward the client, the client does toward the staff member
OTHERS_LABEL = {("client", "facing_share"): "Facing the staff member"}
DRAWN = ("share", "seconds", "rate")
SIGNS = {"in": "●", "edge": "◐", "below": "▼", "above": "▲", "none": ""}
P_MEANS = (
    "p is how often chance alone would give movements that go together this much: "
    f"up to {ALPHA:g} ({ALPHA * 100:.0f} times in 100) counts as beyond chance."
)
HOW_TO_READ = (
    "The dot is what was measured, the line its 95 % interval, the green field the band of the profile. "
    "A wide line means that the recording says little: look at several sessions."
)


@dataclass(frozen=True)
class Row:
    """One score as it is shown.

    Attributes
    ----------
    name, label, text : str
        ``text`` is the value in words, or "not measurable".
    value : float or None
        None: not measurable.
    ci95, band : pair of float, or None
        An end at which the band is open is None.
    scale : float or None
        Right end of the drawing, which starts at 0; None where the score isn't drawn.
    state : str
        One of `SIGNS`: where the value lies against the band.
    verdict : str
        The same in words; empty without a band.
    notes : tuple of str
        Interval, band, coverage, or the reason why there is no value or no interval.
    source : str
        Where the band comes from; empty without one.
    """

    name: str
    label: str
    text: str
    value: float | None
    ci95: tuple[float, float] | None
    band: tuple[float | None, float | None] | None
    scale: float | None
    state: str
    verdict: str
    notes: tuple[str, ...]
    source: str = ""

    @property
    def sign(self) -> str:
        return SIGNS[self.state]

    @property
    def said(self) -> str:
        """The verdict behind its sign."""
        return f"{self.sign} {self.verdict}".strip()

    @property
    def spoken(self) -> str:
        """The drawing in one sentence, for those who don't see it."""
        parts = (f"{self.label}: {self.text}", self.verdict, *self.notes)
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Group:
    """The scores of one cue; ``notes`` says once what holds for several of them."""

    cue: str
    label: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def groups(scores: Mapping[str, Mapping], bands: Mapping[str, Band], person: str = "staff") -> list[Group]:
    """One person's scores, or those of both, grouped by cue in a fixed order.

    Parameters
    ----------
    scores : mapping
        Name -> {value, unit, ci95, coverage, reason}, as in ``scores.json``.
    bands : mapping
        Name -> the profile's band.
    person : str
        Whose they are.
    """
    result = []
    for cue, label in GROUPS.items():
        known = [name for name, (group, _, _) in SCORES.items() if group == cue and name in scores]
        if not known:
            continue
        rows = [
            replace(one, label=OTHERS_LABEL.get((person, one.name), one.label))
            for one in (row(name, scores[name], bands.get(name)) for name in known)
        ]
        repeated = _repeated(known, scores)
        notes = [_about(reason, rows, names) for reason, names in repeated.items()]
        if cue == "speech" and len(rows) == len(next(iter(repeated.values()), ())):
            rows = []  # who spoke is unknown: one sentence says it of all
        if any(SCORES[one.name][2] == "p" and one.value is not None for one in rows):
            rows = _against_chance(rows)
            notes = [P_MEANS, *notes]
        plain = (replace(one, notes=tuple(n for n in one.notes if n not in repeated)) for one in rows)
        result.append(Group(cue, label, tuple(plain), tuple(notes)))
    return result


def _repeated(names: Sequence[str], scores: Mapping[str, Mapping]) -> dict[str, list[str]]:
    """Reason -> the scores that give it, where these are several."""
    told = {name: str(scores[name].get("reason") or "") for name in names}
    count = Counter(reason for reason in told.values() if reason)
    return {reason: [n for n in names if told[n] == reason] for reason, times in count.items() if times > 1}


def _about(reason: str, rows: Sequence[Row], names: Sequence[str]) -> str:
    """A repeated reason, with what it speaks of where that isn't the whole group or how it was measured."""
    concerned = [one for one in rows if one.name in names]
    if len(concerned) == len(rows) or any(one.value is not None for one in concerned):
        return reason
    return f"{', '.join(one.label for one in concerned)}: {reason}"


def _against_chance(rows: Sequence[Row]) -> list[Row]:
    """Each p in words. Who follows whom is a question only where the two move together beyond chance."""
    p = {one.name: one.value for one in rows if SCORES[one.name][2] == "p"}
    together = p.get("mirroring_p")
    if together is None:
        return list(rows)
    if together <= ALPHA:
        verdicts = {name: _chance(value) for name, value in p.items()}
    else:  # an interval of the strength that leaves out 0 would be taken for a finding
        verdicts = {"mirroring_p": _chance(together), "mirroring_z": "no more than chance gives"}
    return [replace(one, verdict=verdicts.get(one.name, one.verdict)) for one in rows]


def _chance(p: float | None) -> str:
    return "" if p is None else ("beyond chance" if p <= ALPHA else "not beyond chance")


def row(name: str, score: Mapping, target: Band | None = None) -> Row:
    """One score in words; see `Row`."""
    _, label, style = SCORES[name]
    value, ci95 = score.get("value"), score.get("ci95")
    reason = str(score.get("reason") or "")
    band, source = (_ends(target, style), target.source) if target else (None, "")
    if value is None:
        why = reason or "Too little could be seen."
        return Row(name, label, "not measurable", None, None, band, None, "none", "", (why,), source)
    value = float(value)
    ci95 = (float(ci95[0]), float(ci95[1])) if ci95 and None not in ci95 else None
    state, verdict = compare(value, ci95, band)
    notes = []
    if ci95:
        notes.append(f"95 %: {_range(*ci95, style)}")
    if band:
        notes.append(f"band {_band(band, style)}")
    coverage = score.get("coverage")
    if coverage is not None and style != "p":
        notes.append(f"seen {write(coverage, 'share')} of the time")
    if reason:
        notes.append(reason)
    scale = _scale(value, ci95, band, style) if band or (ci95 and style in DRAWN) else None
    text = write(value, style)
    return Row(name, label, text, value, ci95, band, scale, state, verdict, tuple(notes), source)


def compare(
    value: float, ci95: tuple[float, float] | None, band: tuple[float | None, float | None] | None
) -> tuple[str, str]:
    """Where a value lies against a band: state and words.

    Only what the whole interval supports is said plainly; where the interval crosses the band's edge the
    answer is that it is not clear, however far the value itself is from it.
    """
    if not band:
        return "none", ""
    low, high = (-inf if band[0] is None else band[0]), (inf if band[1] is None else band[1])
    left, right = ci95 or (value, value)
    if low <= left and right <= high:
        return "in", "in the band"
    if right < low:
        return "below", "below the band"
    if left > high:
        return "above", "above the band"
    return "edge", "not clear whether in the band"


def write(value: float, style: str) -> str:
    """A value with its unit."""
    if style == "share":
        return f"{100 * value:.0f} %"
    if style == "seconds":
        return f"{value:.1f} s"
    if style == "count":
        return f"{value:.0f}"
    if style == "rate":
        return f"{value:.1f}"
    if style == "p":
        digits = 2 if value >= 0.1 else 3
        return "p < .001" if value < 0.001 else f"p = {value:.{digits}f}".replace("0.", ".")
    if style == "lag":
        return f"{abs(value):.1f} s, {_follower(value)}"
    return f"{value:.2f}"


def _follower(lag_s: float) -> str:
    return "together" if lag_s == 0 else ("client after staff" if lag_s > 0 else "staff after client")


def _range(low: float, high: float, style: str) -> str:
    if style == "lag" and low < 0:  # a sign would need explaining: say who follows instead
        if high > 0:
            return " to ".join(write(end, style) for end in (low, high))
        low, high = -high, -low
    unit = {"share": " %", "seconds": " s", "lag": " s"}.get(style, "")
    plain = {"lag": "seconds", "p": "number"}.get(style, style)
    numbers = [write(end, plain).removesuffix(unit) for end in (low, high)]
    return f"{numbers[0]} to {numbers[1]}{unit}"


def _ends(band: Band, style: str) -> tuple[float | None, float | None]:
    """A band's ends; None where it ends where the score itself can't go further."""
    top = 1.0 if style == "share" else inf
    return (band.low if band.low > 0 else None), (band.high if band.high < top else None)


def _band(band: tuple[float | None, float | None], style: str) -> str:
    low, high = band
    if high is None:
        return "any" if low is None else f"from {write(low, style)}"
    if low is None:
        return f"up to {write(high, style)}"
    return _range(low, high, style)


def _scale(value: float, ci95, band, style: str) -> float:
    if style == "share":
        return 1.0
    ends = [value, *(ci95 or ()), *(end for end in band or () if end is not None)]
    return max(max(ends) * 1.15, 1.0)
