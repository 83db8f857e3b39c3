"""Corrections: what people say of the machine's events, kept beside them, and how far both agree."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from attune import InputError
from scoring.access import LOCAL
from scoring.annotations import (
    Annotator,
    check_choice,
    check_id,
    check_span,
    check_text,
    extent_of,
    seconds,
    written,
)
from scoring.library import Library, now
from scoring.timeline import CONTEXT, OF_BOTH, PERSON_LABELS
from scoring.timeline import KINDS as SHOWN

VERDICTS = ("wrong", "missing")
KINDS = {name: kind for name, kind in SHOWN.items() if name not in CONTEXT}
_DECIMALS = 6  # of the times in events.csv

Event = tuple[str, str, float, float]
"""Person, kind, start_s and end_s rounded to the microsecond: what tells one event from another."""


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What somebody said of one event.

    Attributes
    ----------
    id, author, created : str
        ``created`` is ISO 8601 in UTC.
    verdict : str
        ``wrong``: the machine's event is none. ``missing``: there was one that it didn't find.
    person, kind : str
        As in ``events.csv``; what belongs to both has person ``dyad``.
    start_s, end_s : float
        Seconds on the session's clock.
    text : str
        A remark, up to 5000 characters.

    Raises
    ------
    InputError
        A field is not what it should be.
    """

    id: str
    verdict: str
    person: str
    kind: str
    start_s: float
    end_s: float
    text: str = ""
    author: str = LOCAL.name
    created: str = ""

    def __post_init__(self) -> None:
        check_id(self.id)
        check_choice(self.verdict, "verdict", VERDICTS)
        check_choice(self.kind, "kind", KINDS)
        check_choice(self.person, "person", PERSON_LABELS)
        if (self.person == "dyad") != (self.kind in OF_BOTH):
            raise InputError(f"'person' is {self.person}, which doesn't go with the kind {self.kind}")
        check_span(self.start_s, self.end_s)
        if self.start_s == self.end_s:
            raise InputError("'end_s' is not after 'start_s': an event lasts a while")
        check_text(self.text, least=0)

    @classmethod
    def of(cls, values: Mapping[str, Any], author: str) -> Correction:
        """The correction that a request describes; what else it holds is left aside."""
        return cls(
            **{name: values.get(name, "") for name in ("id", "verdict", "person", "kind")},
            text=written({"text": "", **values}), author=author, created=now(),
            start_s=seconds(values, "start_s"), end_s=seconds(values, "end_s"),
        )  # fmt: skip

    @property
    def event(self) -> Event:
        return _event(self.person, self.kind, self.start_s, self.end_s)


@dataclass(frozen=True)
class Agreement:
    """How far the machine and those who looked agree on one kind of event of one person.

    Attributes
    ----------
    person, kind : str
    found : int
        Events of the machine.
    wrong : int
        Of them, marked as wrong.
    missing : int
        Added, because the machine had not found them.

    Notes
    -----
    An event that nobody marked counts as right, so the figures hold as far as somebody looked. With
    ``right = found - wrong``: precision is right / found, recall right / (right + missing), and F1, their
    harmonic mean, 2 right / (2 right + wrong + missing). What has no denominator is None.
    """

    person: str
    kind: str
    found: int
    wrong: int
    missing: int

    @property
    def right(self) -> int:
        return self.found - self.wrong

    @property
    def precision(self) -> float | None:
        return _ratio(self.right, self.found)

    @property
    def recall(self) -> float | None:
        return _ratio(self.right, self.right + self.missing)

    @property
    def f1(self) -> float | None:
        return _ratio(2 * self.right, 2 * self.right + self.wrong + self.missing)

    @property
    def words(self) -> str:
        """The counts and what follows from them, in a sentence."""
        wrong = f"{self.wrong or 'none'} marked as wrong"
        f1 = "" if self.f1 is None else f": agreement F1 {_decimal(self.f1)}"
        return f"Of {self.found} found, {wrong}, {self.missing or 'none'} added{f1}."


def agreement(events: Iterable[Event], corrections: Iterable[Correction]) -> list[Agreement]:
    """The figures for every person and kind that somebody corrected; see `Agreement` for the formulas.

    An event of the machine is the one that a correction speaks of when person, kind and times are the same,
    these to the microsecond. Said by several people, it counts once. What says that an event is wrong which
    the machine no longer finds, or missing which it now finds, doesn't count.

    Parameters
    ----------
    events : iterable of Event
        The machine's, as `events_of` gives them.
    corrections : iterable of Correction
        Those that were not withdrawn.

    Returns
    -------
    list of Agreement
        In the order of persons and kinds on the timeline.
    """
    found = set(events)
    said: dict[str, set[Event]] = {verdict: set() for verdict in VERDICTS}
    for correction in corrections:
        said[correction.verdict].add(correction.event)
    wrong, missing = said["wrong"] & found, said["missing"] - found

    def count(among: set[Event], of: tuple[str, str]) -> int:
        return sum(event[:2] == of for event in among)

    looked = {event[:2] for event in wrong | missing}
    order = [(person, kind) for person in PERSON_LABELS for kind in KINDS]
    return [
        Agreement(*of, count(found, of), count(wrong, of), count(missing, of)) for of in order if of in looked
    ]


def events_of(table: pd.DataFrame) -> list[Event]:
    """The machine's events that can be corrected: all of ``events.csv`` but what was not measurable."""
    sound = table[(table["start_s"] < table["end_s"]) & table["kind"].isin(list(KINDS))]
    columns = (sound[name] for name in ("person", "kind", "start_s", "end_s"))
    return [_event(*row) for row in zip(*columns, strict=True)]


def corrections_of(library: Library, session_id: str) -> list[Correction]:
    """The corrections of a session in order of their start, without those that were withdrawn."""
    with library.reading() as connection:
        rows = connection.execute(
            "SELECT * FROM corrections WHERE session_id = ? AND withdrawn IS NULL "
            "ORDER BY start_s, created, id",
            (session_id,),
        ).fetchall()
    return [_correction(row) for row in rows]


class Corrector(Annotator):
    """Writes the corrections of one session (`Annotator` says how it is made)."""

    def kinds(self) -> list[tuple[str, str]]:
        """Person and kind of every event that the session could have."""
        persons = extent_of(self.session).persons
        both = [("dyad", kind) for kind in OF_BOTH] if len(persons) > 1 else []
        return [(person, kind) for person in persons for kind in KINDS if kind not in OF_BOTH] + both

    def add(self, values: Mapping[str, Any]) -> Correction:
        """Store what a request says of an event; said again by the same person, it is stored once.

        Raises
        ------
        InputError
            A field is wrong, the time is outside the session, nobody of that name was measured, or the
            machine's events don't bear it out: wrong can only be one that is there, missing one that isn't.
        """
        correction = Correction.of(values, self.user.name)
        with self.library.writing() as connection:
            row = connection.execute("SELECT * FROM corrections WHERE id = ?", (correction.id,)).fetchone()
            if row is None:
                self._check(correction)
                values = {**asdict(correction), "session_id": self.session_id}
                said = connection.execute(_SAID, values).fetchone()
                if said is not None:  # in another window: taken back, neither may stay behind
                    return _correction(said)
                connection.execute(_ADD, values)
                return correction
        before = _correction(row)
        same = (before.verdict, before.event, before.text)
        if row["session_id"] != self.session_id or same != (
            correction.verdict, correction.event, correction.text
        ):  # fmt: skip
            raise InputError("'id' is taken by another correction: make a new one")
        return before

    def withdraw(self, id: str) -> None:
        """Take a correction back. `LookupError` where the session has no such one."""
        with self.library.writing() as connection:
            where = "WHERE id = ? AND session_id = ?"
            row = connection.execute(f"SELECT id FROM corrections {where}", (id, self.session_id)).fetchone()
            if row is None:
                raise LookupError("There is no such correction in this session.")
            connection.execute(
                f"UPDATE corrections SET withdrawn = coalesce(withdrawn, ?) {where}",
                (now(), id, self.session_id),
            )

    def _check(self, correction: Correction) -> None:
        extent_of(self.session).check(correction.start_s, correction.end_s)
        if (correction.person, correction.kind) not in self.kinds():
            raise InputError(f"'person' is {correction.person}, who was not measured in this session")
        there = correction.event in events_of(self.session.events())
        if there != (correction.verdict == "wrong"):
            problem = "was found already" if there else "is none of the machine's events"
            raise InputError(f"this {KINDS[correction.kind].label.lower()} {problem}: load the page again")


_ADD = """INSERT INTO corrections VALUES
    (:id, :session_id, :author, :verdict, :person, :kind, :start_s, :end_s, :text, :created, NULL)"""


_SAID = """SELECT * FROM corrections WHERE session_id = :session_id AND author = :author
    AND verdict = :verdict AND person = :person AND kind = :kind AND start_s = :start_s AND end_s = :end_s
    AND text = :text AND withdrawn IS NULL"""


def _event(person: str, kind: str, start_s: float, end_s: float) -> Event:
    return str(person), str(kind), round(float(start_s), _DECIMALS), round(float(end_s), _DECIMALS)


def _correction(row: sqlite3.Row) -> Correction:
    values = {name: row[name] for name in tuple(row.keys()) if name not in ("session_id", "withdrawn")}
    return Correction(**values)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _decimal(share: float) -> str:
    """A share with two decimals and no leading zero, as papers write it: .87, 1.00."""
    return f"{share:.2f}".removeprefix("0")
