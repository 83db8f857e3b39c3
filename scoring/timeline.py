"""The timeline as data: which lanes there are, what is drawn in them, in which words and colours.

The report draws it as SVG and the dashboard on a canvas; both read it from here, so that a cue has one
name, one colour and one place everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from scoring.mirroring import ALPHA

PERSON_LABELS = {"staff": "Staff", "client": "Client", "dyad": "Both"}

# Okabe & Ito's palette (Color Universal Design, 2008): told apart by colour-blind readers. Every kind
# also has its own row and its own word, so that nothing is said by colour alone.
BLUE, SKY, GREEN = "#0072B2", "#56B4E9", "#009E73"
ORANGE, VERMILLION, PURPLE = "#E69F00", "#D55E00", "#CC79A7"
YELLOW = "#F0E442"
GREY = "#8A8F98"
DARK_INK, LIGHT_INK = "#14181D", "#FFFFFF"


@dataclass(frozen=True)
class Kind:
    """How one kind of event is shown.

    Attributes
    ----------
    kind, label : str
        Its name in ``events.csv`` and in words.
    short : str
        A word that fits into a narrow block.
    colour, ink : str
        Of the block and of the text on it.
    row : int
        0 for the upper row of its lane, 1 for the lower.
    line : str
        The column of the signals table drawn as its probability; empty for none.
    """

    kind: str
    label: str
    short: str
    colour: str
    ink: str
    row: int
    line: str = ""


@dataclass(frozen=True)
class Block:
    """One event in a lane: half-open [start_s, end_s), with the words that explain it."""

    kind: str
    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True)
class Gap:
    """A span of a lane in which the cue could not be measured, and why."""

    start_s: float
    end_s: float
    reason: str


@dataclass(frozen=True)
class Lane:
    """One cue of one person, or of both.

    Attributes
    ----------
    cue, person, label : str
    kinds : tuple of Kind
    blocks : tuple of Block
    gaps : tuple of Gap
    note : str
        Why there are no moments in this lane; empty text where there can be some. Then there is no curve
        either, for its hills would be taken for moments.
    """

    cue: str
    person: str
    label: str
    kinds: tuple[Kind, ...]
    blocks: tuple[Block, ...] = ()
    gaps: tuple[Gap, ...] = ()
    note: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw but the note."""
        return bool(self.note) and not self.gaps

    @property
    def rows(self) -> int:
        """How many rows of blocks it has."""
        return len(self.kinds)

    @property
    def curves(self) -> tuple[Kind, ...]:
        """The kinds whose probability is drawn."""
        return () if self.note else tuple(kind for kind in self.kinds if kind.line)

    @property
    def rows_text(self) -> str:
        """What stands in which row, where there are two."""
        above, *below = (kind.label.lower() for kind in self.kinds)
        return f"above: {above}, below: {below[0]}" if below else ""


CUES: dict[str, tuple[str, tuple[Kind, ...]]] = {
    "eye_contact": (
        "Eye contact",
        (
            Kind("eye_contact", "Eye contact", "contact", BLUE, LIGHT_INK, 0, "eye_contact_prob"),
            Kind("gaze_away", "Looking away", "away", GREY, DARK_INK, 1),
        ),
    ),
    "posture": (
        "Posture",
        (
            Kind("open_posture", "Open posture", "open", GREEN, DARK_INK, 0, "open_posture_prob"),
            Kind("closed_posture", "Arms crossed", "crossed", VERMILLION, DARK_INK, 1, "closed_posture_prob"),
        ),
    ),
    "nod": (
        "Nods and shakes",
        (
            Kind("nod", "Nod", "nod", ORANGE, DARK_INK, 0, "nod_prob"),
            Kind("shake", "Head shake", "shake", PURPLE, DARK_INK, 1, "shake_prob"),
        ),
    ),
    "speech": (
        "Speech",
        (
            Kind("speech", "Speaks", "speaks", YELLOW, DARK_INK, 0),
            Kind("backchannel_nod", "Nod while listening", "nod", ORANGE, DARK_INK, 1),
        ),
    ),
    "mirroring": (
        "Mirroring",
        (Kind("mirroring", "Mirroring", "mirroring", SKY, DARK_INK, 0, "mirroring_prob"),),
    ),
    "mutual_eye_contact": (
        "Mutual eye contact",
        (Kind("mutual_eye_contact", "Mutual eye contact", "mutual", BLUE, LIGHT_INK, 0),),
    ),
}
OF_BOTH = ("mirroring", "mutual_eye_contact")
SPOKEN = "speech"
CONTEXT = tuple(kind.kind for kind in CUES[SPOKEN][1])
"""What is not found in the picture but follows from who speaks: not for correcting."""
KINDS: dict[str, Kind] = {kind.kind: kind for _, kinds in CUES.values() for kind in kinds}
NEEDS_TWO = "Needs two people in the picture."
NOT_TESTED = "It was not tested against chance."


def lanes(
    events: pd.DataFrame,
    persons: tuple[str, ...],
    reasons: Mapping[str, str],
    both: Mapping[str, Mapping] | None = None,
) -> list[Lane]:
    """The lanes of a session, in the order in which they are drawn.

    Parameters
    ----------
    events : pandas.DataFrame
        As in ``events.csv``: ``person``, ``kind``, ``start_s``, ``end_s``, ``peak_prob``, ``coverage``
        and attributes.
    persons : tuple of str
        Those who were measured.
    reasons : mapping
        What the reasons of ``not_measurable`` are called; unknown ones are shown as they are.
    both : mapping, optional
        The scores of the dyad, as in ``scores.json``: moments of mirroring are shown only where the test
        against chance allows it.

    Returns
    -------
    list of Lane
        Eye contact, posture, nods for each person, speech where that is known, then what belongs to both;
        one line for these where there is one person.
    """
    several = len(persons) > 1
    result = []
    for cue, (label, kinds) in CUES.items():
        if cue == SPOKEN:
            result += _spoken(label, kinds, events, reasons)
        elif cue not in OF_BOTH:
            for person in persons:
                name = f"{label} · {PERSON_LABELS.get(person, person).lower()}" if several else label
                result.append(_lane(cue, person, name, kinds, events, reasons))
    if not several:
        (label, kinds), (other, _) = (CUES[cue] for cue in OF_BOTH)
        return [*result, Lane(OF_BOTH[0], "dyad", f"{label}, {other.lower()}", kinds, note=NEEDS_TWO)]
    for cue in OF_BOTH:
        lane = _lane(cue, "dyad", *CUES[cue], events, reasons)
        note = (_no_mirroring if cue == "mirroring" else _no_mutual)(lane, both or {})
        result.append(replace(lane, blocks=(), note=note) if note else lane)
    return result


def _spoken(label, kinds, events: pd.DataFrame, reasons: Mapping[str, str]) -> list[Lane]:
    """A lane for everybody of whom speech is known, also off camera; none where it is unknown."""
    told = events[(events["kind"] == SPOKEN) | (events["cue"] == SPOKEN)]
    return [
        _lane(SPOKEN, person, f"{label} · {name.lower()}", kinds, events, reasons)
        for person, name in PERSON_LABELS.items()
        if (told["person"] == person).any()
    ]


def _no_mirroring(lane: Lane, both: Mapping[str, Mapping]) -> str:
    """Why no moment of mirroring may be shown; empty where the session's movements beat chance."""
    tested = both.get("mirroring_p") or {}
    p = tested.get("value")
    if p is None:
        return str(tested.get("reason") or NOT_TESTED)
    return "" if p <= ALPHA else "Not beyond chance, so no moments are shown."


def _no_mutual(lane: Lane, both: Mapping[str, Mapping]) -> str:
    """Why there is no mutual eye contact to show; empty where it was looked for."""
    share = both.get("mutual_eye_contact_share") or {}
    looked = lane.blocks or lane.gaps or share.get("value") is not None
    return "" if looked else str(share.get("reason") or "")


def _lane(cue, person, label, kinds, events, reasons) -> Lane:
    sound = events["start_s"] < events["end_s"]
    mine = events[sound & (events["person"] == person)].sort_values("start_s", kind="stable")
    names = {kind.kind for kind in kinds}
    blocks = tuple(
        Block(row["kind"], float(row["start_s"]), float(row["end_s"]), describe(row))
        for row in mine[mine["kind"].isin(names)].to_dict("records")
    )
    missing = mine[(mine["kind"] == "not_measurable") & (mine["cue"] == cue)]
    gaps = tuple(
        Gap(float(row["start_s"]), float(row["end_s"]), reason_text(row.get("reason"), reasons))
        for row in missing.to_dict("records")
    )
    return Lane(cue, person, label, kinds, blocks, gaps)


def describe(row: dict) -> str:
    """One line for an event (a row of ``events.csv``): what, for how long, and what is known of it."""
    kind = KINDS[row["kind"]]
    parts = [kind.label, f"{row['end_s'] - row['start_s']:.1f} s"]
    cycles, amplitude, lag = (_number(row, name) for name in ("cycles", "amplitude_deg", "lag_s"))
    if cycles is not None:
        parts.append("once" if cycles <= 1 else f"{cycles:g} times")
    if amplitude is not None:
        parts.append(f"{amplitude:.0f}°")
    if lag is not None:
        parts.append(f"{'client' if lag > 0 else 'staff'} follows by {abs(lag):.1f} s" if lag else "together")
    return ", ".join(parts)


def reason_text(reason, reasons: Mapping[str, str]) -> str:
    """Why a span is not measurable, as a short phrase."""
    if not isinstance(reason, str) or not reason.strip():
        return "could not be seen"
    return reasons.get(reason, reason.replace("_", " "))


def _number(row: dict, name: str) -> float | None:
    try:
        value = float(row.get(name, "nan"))
    except (TypeError, ValueError):
        return None
    return None if value != value else value


def clock(seconds: float, tenths: bool = False) -> str:
    """Seconds as ``m:ss`` (``h:mm:ss`` from an hour on), with tenths when asked.

    Examples
    --------
    >>> clock(65.25), clock(65.25, tenths=True), clock(3605)
    ('1:05', '1:05.2', '1:00:05')
    """
    units = int(seconds * 10 + 1e-6)
    whole, tenth = divmod(units, 10)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    text = f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"
    return f"{text}.{tenth}" if tenths else text
