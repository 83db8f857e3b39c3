"""What a session's events and people's codings say of the same time, laid side by side; then pooled.

Attune's part is what it shows to users, ``events.csv``. Time that it could not measure, and time that a coder
marked as not codable, is left out of the comparison, and its share is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attune import InputError, UsageError
from scoring import agreement
from scoring.agreement import Floats
from scoring.agreement_interval import Summed, binned, block_s
from scoring.batch_tasks import folders_of
from scoring.coding_names import CUE_OF, NOT_CODABLE, PERSONS, judged_of_both
from scoring.codings import Coded, Frame, named
from scoring.events import frame_ends
from scoring.measurable import timeline
from scoring.session import SECOND_VIDEO, Session, speech_of
from scoring.speech import BACKCHANNEL, SPEECH

UNIT_S = 0.1
"""Length of a time unit: shorter than any movement that is measured (a nod lasts half a second), and than
people are exact to at the key (two or three tenths), so that neither is rounded away."""

THRESHOLDS = (0.3, 0.5)
PAIRED_AT = 0.3
"""Onsets and durations are compared in pairs of events that overlap by this much (intersection over
union)."""

Span = tuple[float, float]


@dataclass(frozen=True)
class Says:
    """What one observer says of one person's cue.

    Attributes
    ----------
    known : ndarray of bool, shape (n,)
        The units that this observer could judge.
    series : ndarray, shape (n,)
        1 in the units that are covered to the half at least, 0 in the others, NaN in those not known.
    spans : list of (start_s, end_s)
    """

    known: NDArray[np.bool_]
    series: Floats
    spans: list[Span]

    @property
    def moments(self) -> bool:
        """Whether all that was coded are moments without duration: how long a thing was is not known then."""
        return bool(self.spans) and all(end <= start for start, end in self.spans)


@dataclass(frozen=True)
class Compared:
    """One coder's codings of one person's cue in one session, against Attune's events.

    Attributes
    ----------
    session, person, kind, coder : str
    unit_s, watched_s, compared_s : float
        ``watched_s`` was to be compared, ``compared_s`` of it both could judge.
    time : Summed
        Sums for kappa; empty where the coder coded moments.
    events : dict of float to Summed
        Threshold of overlap -> sums of hits, false alarms and misses.
    shares : pair of float, or None
        Of the compared time, as the coder and as Attune say.
    pairs : ndarray, shape (m, 4)
        Start and end of matched events, the coder's and Attune's, in seconds.
    left_out : pair of int
        Events of the coder's and of Attune's that lie mostly in time the other one could not judge.
    moments : bool
    """

    session: str
    person: str
    kind: str
    coder: str
    unit_s: float
    watched_s: float
    compared_s: float
    time: Summed
    events: dict[float, Summed]
    shares: tuple[float, float] | None
    pairs: Floats
    left_out: tuple[int, int]
    moments: bool


@dataclass(frozen=True)
class Together:
    """All observers of one person's cue in one session, for Krippendorff's alpha.

    Attributes
    ----------
    session, person, kind : str
    coders : tuple of str
    humans, everybody : Summed or None
        Sums for alpha among the people (None for fewer than two), and with Attune as one more observer.
    """

    session: str
    person: str
    kind: str
    coders: tuple[str, ...]
    humans: Summed | None
    everybody: Summed | None


@dataclass(frozen=True)
class SessionAgreement:
    """All comparisons of one session."""

    session: str
    compared: tuple[Compared, ...]
    together: tuple[Together, ...] = field(default=())


def frame_of(session: Session) -> Frame:
    """What codings of a session can be about."""
    signals = session.signals()
    ends = [frame_ends(signals.person(person)["time_s"])[-1] for person in signals.persons]
    if not ends:
        raise InputError(f"{session.path} holds no frame to compare anything with")
    known = session.source(1).get("duration_s") or 0.0
    return Frame(max(float(known), *map(float, ends)), signals.persons, _others(session))


def _others(session: Session) -> dict[str, tuple[float, float]]:
    """As `Frame.others`: what a second camera recorded, which somebody may have coded by itself."""
    second = session.source(2)
    if not second:
        return {}
    clock = float(second.get("offset_s") or 0.0), float(second.get("duration_s") or 0.0)
    names = SECOND_VIDEO, str(second.get("name") or "")
    own = {one for name in names_of(session) for one in named(name)}
    return {one: clock for name in names for one in named(name) - own if one}


def names_of(session: Session) -> tuple[str, ...]:
    """Names by which a file of many sessions may mean this one; in a batch, what its tables call it."""
    ids = [id for id, folder in folders_of(session.path.parent).items() if folder == session.path.name]
    source = str(session.source(1).get("name") or "")
    title = str(session.info.get("title") or "")
    return tuple(
        dict.fromkeys(name for name in (session.id, *ids, title, source, source.rpartition(".")[0]) if name)
    )


def narrowed(coded: Iterable[Coded], kinds: Sequence[str], persons: Sequence[str]) -> list[Coded]:
    """Codings of these kinds only, which their coders are then known to have watched for: where there is none
    of a kind, none was seen."""
    wanted = {
        (person, kind)
        for kind in kinds
        for person in (("dyad",) if CUE_OF[kind] in ("mirroring", "mutual_eye_contact") else persons)
    }
    return [
        Coded(
            one.coder,
            tuple(c for c in one.codings if c.kind == NOT_CODABLE or (c.person, c.kind) in wanted),
            frozenset(wanted), one.notices,
        )
        for one in coded
    ]  # fmt: skip


def compare(
    session: Session, coded: Sequence[Coded], unit_s: float = UNIT_S, span: Span | None = None
) -> SessionAgreement:
    """Compare all codings of one session with its events.

    Parameters
    ----------
    unit_s : float
        Length of a time unit in seconds.
    span : pair of float, optional
        Only this part of the session was coded, in seconds.

    Raises
    ------
    InputError
        The session can't be read, the span is not inside it, or two coders have the same name.
    """
    frame = frame_of(session)
    names = [one.coder for one in coded]
    doubled = [name for name in names if names.count(name) > 1]
    if doubled:
        both = f"{session.id}: two files are the work of coder '{doubled[0]}'"
        raise InputError(f"{both}: name one of them with --coder, of a study in its column 'coder'")
    edges = _edges(frame.duration_s, unit_s, span, session)
    table = session.events()
    compared, together = [], []
    for person, kind in sorted({one for coder in coded for one in coder.looked_for}):
        machine = _machine(session, table, person, kind, edges)
        people = {
            one.coder: _coder(one, person, kind, edges) for one in coded if (person, kind) in one.looked_for
        }
        for coder, human in people.items():
            compared.append(_compared(session.id, person, kind, coder, human, machine, edges))
        timed = {coder: says for coder, says in people.items() if not says.moments}
        if timed:
            together.append(_together(session.id, person, kind, timed, machine, edges))
    return SessionAgreement(session.id, tuple(compared), tuple(together))


def put_together(
    session: Session, parts: Sequence[tuple[Span | None, Sequence[Coded], SessionAgreement]], unit_s: float
) -> SessionAgreement:
    """One session's comparisons from parts that were coded by different people: whoever coded the same time
    is compared in it, wherever each one's part begins and ends.

    Parameters
    ----------
    parts : sequence of (span, codings, comparison)
        As `compare` took and gave them.
    """
    if len(parts) == 1:
        return parts[0][2]
    duration_s, table = frame_of(session).duration_s, session.events()
    ends = [span or (0.0, duration_s) for span, *_ in parts]
    hull = min(start for start, _ in ends), max(end for _, end in ends)
    edges = _edges(duration_s, unit_s, hull, session)
    together = []
    for person, kind in sorted({one for _, coded, _ in parts for coder in coded for one in coder.looked_for}):
        people: dict[str, Says] = {}
        for span, (_, coded, _) in zip(ends, parts, strict=True):
            for one in (one for one in coded if (person, kind) in one.looked_for):
                says = _within_part(_coder(one, person, kind, edges), span, edges)
                people[one.coder] = _both(people[one.coder], says) if one.coder in people else says
        if timed := {coder: says for coder, says in people.items() if not says.moments}:
            machine = _machine(session, table, person, kind, edges)
            together.append(_together(session.id, person, kind, timed, machine, edges))
    return SessionAgreement(
        session.id, tuple(one for *_, found in parts for one in found.compared), tuple(together)
    )


def _within_part(says: Says, span: Span, edges: Floats) -> Says:
    there = (edges[:-1] >= span[0] - 1e-9) & (edges[1:] <= span[1] + 1e-9)
    spans = [(start, end) for start, end in says.spans if end >= span[0] and start <= span[1]]
    return Says(says.known & there, np.where(there, says.series, np.nan), spans)


def _both(one: Says, other: Says) -> Says:
    """What one observer says of two parts of a session."""
    series = np.where(one.known, one.series, other.series)
    return Says(one.known | other.known, series, one.spans + other.spans)


def _edges(duration_s: float, unit_s: float, span: Span | None, session: Session) -> Floats:
    start, end = span or (0.0, duration_s)
    if not 0 <= start < end or start >= duration_s:
        raise InputError(
            f"{session.id} lasts {duration_s:.2f} s: the span {start:g} to {end:g} s is not in it"
        )
    if not 0 < unit_s <= (end - start) / 2:
        raise UsageError(f"a time unit of {unit_s:g} s is too long for {end - start:g} s, or no length")
    count = int((min(end, duration_s) - start) / unit_s + 1e-6)
    return start + unit_s * np.arange(count + 1)


def _says(spans: list[Span], known: NDArray[np.bool_], edges: Floats) -> Says:
    inside = [
        (max(start, float(edges[0])), min(end, float(edges[-1])))
        for start, end in spans
        if (end > edges[0] or start >= edges[0]) and start < edges[-1]  # what ends there is no moment there
    ]
    series = (agreement.covered(inside, edges) >= 0.5 - 1e-9).astype(float)
    return Says(known, np.where(known, series, np.nan), inside)


def _machine(session: Session, table: pd.DataFrame, person: str, kind: str, edges: Floats) -> Says:
    own = table[table["person"] == person]
    spans = _spans(own[own["kind"] == kind])
    cue = CUE_OF[kind]
    unheard = kind in (SPEECH, BACKCHANNEL) and speech_of(session) is None
    if unheard or (person == "dyad" and kind not in judged_of_both(session)):
        seen = np.zeros(len(edges) - 1)
    elif kind == "mutual_eye_contact":
        each = [agreement.covered(_frames(session, one, "eye_contact"), edges) for one in ("staff", "client")]
        seen = np.maximum(np.minimum(*each), agreement.covered(spans, edges))
    elif person == "dyad" or cue == SPEECH:
        unseen = _spans(own[(own["kind"] == NOT_CODABLE) & (own["cue"] == cue)])
        seen = 1 - agreement.covered(unseen, edges)
    else:
        # A gap that an event bridges is part of what Attune says.
        seen = agreement.covered(_frames(session, person, cue) + spans, edges)
        if kind == BACKCHANNEL:  # whether a nod is one can't be told where who speaks can't
            unclear = _spans(own[(own["kind"] == NOT_CODABLE) & (own["cue"] == SPEECH)])
            unknown = agreement.covered(unclear, edges) >= 0.5
            seen = np.where(unknown, agreement.covered(spans, edges), seen)
    return _says(spans, seen >= 0.5 - 1e-9, edges)


def _frames(session: Session, person: str, cue: str) -> list[Span]:
    """The frames in which a person's cue was measured."""
    times = timeline(session.signals().person(person), person)
    measured = times.measured[cue]
    return list(zip(times.start_s[measured].tolist(), times.end_s[measured].tolist(), strict=True))


def _spans(table: pd.DataFrame) -> list[Span]:
    return list(zip(table["start_s"].tolist(), table["end_s"].tolist(), strict=True))


def _coder(coded: Coded, person: str, kind: str, edges: Floats) -> Says:
    cues = ("", CUE_OF[kind], {BACKCHANNEL: SPEECH, "mutual_eye_contact": "eye_contact"}.get(kind, ""))
    whose = PERSONS if person == "dyad" else (person, "dyad")  # what both do takes both to be seen
    spans = [(c.start_s, c.end_s) for c in coded.codings if (c.person, c.kind) == (person, kind)]
    hidden = [
        (c.start_s, c.end_s)
        for c in coded.codings
        if c.kind == NOT_CODABLE and c.person in whose and c.cue in cues
    ]
    return _says(spans, agreement.covered(hidden, edges) < 0.5, edges)


def _compared(
    session: str, person: str, kind: str, coder: str, human: Says, machine: Says, edges: Floats
) -> Compared:
    unit_s = float(edges[1] - edges[0])
    known = human.known & machine.known
    compared_s, moments = float(known.sum() * unit_s), human.moments
    cells = agreement.confusions(human.series, machine.series)
    block = block_s([human.series, machine.series], unit_s)
    empty = np.zeros((1, 4))
    time = Summed(empty if moments else binned(cells, edges[:-1] - edges[0]), block, compared_s / block)
    shares = None
    if known.any() and not moments:
        shares = float(human.series[known].mean()), float(machine.series[known].mean())
    kept = [[span for span in says.spans if _within(span, known, edges)] for says in (human, machine)]
    overlap = agreement.overlaps(*kept)
    events = {least: _event_sums(kept, overlap, least, edges, compared_s, block) for least in THRESHOLDS}
    rows, columns = agreement.matched(overlap, PAIRED_AT)
    one, other = (np.asarray(spans, float).reshape(-1, 2) for spans in kept)
    left_out = len(human.spans) - len(kept[0]), len(machine.spans) - len(kept[1])
    return Compared(
        session, person, kind, coder, unit_s, float(edges[-1] - edges[0]), compared_s, time, events, shares,
        np.concatenate([one[rows], other[columns]], axis=1), left_out, moments,
    )  # fmt: skip


def _within(span: Span, known: NDArray[np.bool_], edges: Floats) -> bool:
    """Whether at least half of an event lies in time that both could judge."""
    first = int(np.clip(np.searchsorted(edges, span[0], side="right") - 1, 0, len(known) - 1))
    last = int(np.clip(np.searchsorted(edges, span[1], side="left"), first + 1, len(known)))
    return bool(known[first:last].mean() >= 0.5)


def _event_sums(
    kept: Sequence[list[Span]], overlap: Floats, least: float, edges: Floats, compared_s: float, block: float
) -> Summed:
    rows, columns = agreement.matched(overlap, least)
    human, machine = (np.asarray(spans, float).reshape(-1, 2).mean(axis=1) for spans in kept)
    of_human, of_machine = np.zeros((len(human), 3)), np.zeros((len(machine), 3))
    of_human[:, 2] = 1
    of_human[rows] = (1, 0, 0)
    of_machine[:, 1] = 1
    of_machine[columns] = 0  # counted with the coder's event
    middles = np.clip(np.concatenate([human, machine]) - edges[0], 0, edges[-1] - edges[0] - 1e-6)
    looks = min(compared_s / block, len(human) + len(machine) - len(rows))
    return Summed(binned(np.concatenate([of_human, of_machine]), middles), block, looks)


def _together(
    session: str, person: str, kind: str, people: dict[str, Says], machine: Says, edges: Floats
) -> Together:
    unit_s = float(edges[1] - edges[0])

    def summed(observers: Sequence[Says]) -> Summed | None:
        if len(observers) < 2:
            return None
        values = np.stack([says.series for says in observers])
        cells = agreement.coincidences(values)
        block = block_s(list(values), unit_s)
        known_s = float((cells.sum(axis=1) > 0).sum() * unit_s)
        return Summed(binned(cells, edges[:-1] - edges[0]), block, known_s / block)

    humans = list(people.values())
    # Where Attune could not measure, people may still agree: that is theirs to say, and not compared here.
    seen = [_only(says, machine.known) for says in humans]
    return Together(session, person, kind, tuple(people), summed(humans), summed([*seen, machine]))


def _only(says: Says, known: NDArray[np.bool_]) -> Says:
    both = says.known & known
    return Says(both, np.where(both, says.series, np.nan), says.spans)
