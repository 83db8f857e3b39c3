"""The scores in words: which belong together, how each is written, and where it lies in its band.

Read by the report and the dashboard, so that both say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from scoring.profile import Band

GROUPS = {
    "eye_contact": "Eye contact",
    "posture": "Posture",
    "nod": "Nods and shakes",
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
    "mirroring_share": ("mirroring", "Time in mirroring", "share"),
    "mirroring_lag_s": ("mirroring", "Delay", "lag"),
    "mirroring_z": ("mirroring", "Strength (mean Fisher z)", "number"),
    "mirroring_p": ("mirroring", "By chance", "p"),
    "staff_follows_p": ("mirroring", "Staff follows client, by chance", "p"),
    "client_follows_p": ("mirroring", "Client follows staff, by chance", "p"),
}
DRAWN = ("share", "seconds", "rate")
SIGNS = {"in": "●", "edge": "◐", "below": "▼", "above": "▲", "none": ""}
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
    def spoken(self) -> str:
        """The drawing in one sentence, for those who don't see it."""
        parts = (f"{self.label}: {self.text}", self.verdict, *self.notes)
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Group:
    """The scores of one cue."""

    cue: str
    label: str
    rows: tuple[Row, ...]


def groups(scores: Mapping[str, Mapping], bands: Mapping[str, Band]) -> list[Group]:
    """One person's scores, grouped by cue in a fixed order.

    Parameters
    ----------
    scores : mapping
        Name -> {value, unit, ci95, coverage, reason}, as in ``scores.json``.
    bands : mapping
        Name -> the profile's band.
    """
    result = []
    for cue, label in GROUPS.items():
        known = [name for name, (group, _, _) in SCORES.items() if group == cue and name in scores]
        if known:
            rows = tuple(row(name, scores[name], bands.get(name)) for name in known)
            result.append(Group(cue, label, rows))
    return result


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
    if coverage is not None:
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
    answer is that it is close to it.
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
    return "edge", "close to the band's edge"


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
        return "p < .001" if value < 0.001 else f"p = {value:.3f}".replace("0.", ".")
    if style == "lag":
        who = "together" if value == 0 else ("client after staff" if value > 0 else "staff after client")
        return f"{abs(value):.1f} s, {who}"
    return f"{value:.2f}"


def _range(low: float, high: float, style: str) -> str:
    unit = {"share": " %", "seconds": " s", "lag": " s"}.get(style, "")
    plain = style if style in ("share", "seconds", "count", "rate") else "number"
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
