"""What people saw in a session: codings from other tools, checked where they come in.

The readers (`scoring.codings_csv`, `codings_boris`, `codings_elan`) know a file's form; what its names mean
and which times can be right is decided here, once, so that each tool's files are held to the same rules.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from attune import InputError
from scoring.coding_names import CUE_OF, NOT_CODABLE, OF_BOTH, PERSONS, Meaning, Names, fold
from scoring.events import KINDS, Event
from scoring.speech import SPEECH

OVERRUN_S = 0.5
"""Coders stop the last event when the video has stopped: this much beyond its end is cut off in silence."""

SHOWN_PROBLEMS = 20
UNKNOWN = (
    "say what it means with --map NAME=MEANING, leave it out with --map NAME=, or leave out all that is "
    "unknown with --ignore-unknown"
)
_NOBODY = ("", "no_focal_subject", "na")


@dataclass(frozen=True)
class Coding:
    """One span of time in which a coder saw something.

    Attributes
    ----------
    person, kind : str
        As in ``events.csv``; ``not_measurable`` is time that the coder could not judge.
    start_s, end_s : float
        On the session's clock; the same for what was coded as a moment without duration.
    coder : str
    cue : str
        Of ``not_measurable``: one of the values of `CUE_OF`; empty means all of them.
    """

    person: str
    kind: str
    start_s: float
    end_s: float
    coder: str
    cue: str = ""

    def __post_init__(self) -> None:
        if self.person not in PERSONS:
            raise InputError(f"person '{self.person}' is unknown: use one of {', '.join(PERSONS)}")
        if self.kind not in KINDS:
            raise InputError(f"kind '{self.kind}' is unknown: use one of {', '.join(KINDS)}")
        if not 0 <= self.start_s <= self.end_s < math.inf:
            raise InputError(f"a coding from {self.start_s} to {self.end_s} s is no span of time")
        if self.cue and (self.kind != NOT_CODABLE or self.cue not in CUE_OF.values()):
            raise InputError(f"cue '{self.cue}' of a coding of '{self.kind}' is unknown")


@dataclass(frozen=True)
class Coded:
    """One coder's work on one session.

    Attributes
    ----------
    coder : str
    codings : tuple of Coding
        In order of their start.
    looked_for : frozenset of (person, kind)
        What the coder watched for. What is among these without a coding was not seen; what is not among
        them is unknown.
    notices : tuple of str
        One sentence each: what was left out or taken for granted.
    """

    coder: str
    codings: tuple[Coding, ...]
    looked_for: frozenset[tuple[str, str]]
    notices: tuple[str, ...] = ()


def named(recording: str) -> set[str]:
    """What a recording's file may be called, with its ending and without (folded)."""
    return {fold(recording), fold(recording.rpartition(".")[0] or recording)}


class CodingError(InputError):
    """A file of codings can't be used; `problems` has one sentence for each reason."""

    def __init__(self, problems: Sequence[str]):
        self.problems = tuple(problems)
        more = len(problems) - SHOWN_PROBLEMS
        shown = "; ".join(problems[:SHOWN_PROBLEMS])
        super().__init__(f"{shown}; and {more} more" if more > 0 else shown)

    def __reduce__(self) -> tuple[type[CodingError], tuple[tuple[str, ...]]]:
        return type(self), (self.problems,)  # the workers of a batch send it by pickle


@dataclass(frozen=True)
class Frame:
    """What codings of one session can be about.

    Attributes
    ----------
    duration_s : float
    persons : tuple of str
        Who was measured.
    others : mapping of str to (float, float)
        Folded name of the other camera's recording -> when it begins on the session's clock, and how long it
        is, in seconds.
    """

    duration_s: float
    persons: tuple[str, ...]
    others: Mapping[str, tuple[float, float]] = field(default_factory=dict)


class Collector:
    """Takes a file's rows as they are, and gives what is right in them or names all that is wrong.

    Parameters
    ----------
    file : str
        Its name, for the sentences.
    frame : Frame
    names : Names
    coder : str
        Who coded where the file doesn't say.
    """

    def __init__(self, file: str, frame: Frame, names: Names, coder: str):
        self.file, self.frame, self.names, self.coder = file, frame, names, coder
        self.hint = UNKNOWN  # what to do about a name that means nothing
        self.may_be_empty = False  # whether a file may say nothing at all: its coder saw nothing
        self.others: Collection[str] = ()  # what sessions other than this one are called
        self._begins_s: float | None = None  # of the other camera's recording, where it was coded
        self._duration_s = frame.duration_s  # of the recording that was coded
        self.problems: list[str] = []
        self.notices: list[str] = []
        self._codings: dict[str, list[Coding]] = {coder: []}
        self._looked: dict[str, set[tuple[str, str]]] = {coder: set()}
        self._unknown: dict[str, list[str]] = {}

    def on_clock_of(self, recording: str) -> None:
        """The file's times are this recording's own: those of the client's camera are moved to the session's
        clock, and what lies before or after the session is cut off."""
        for name in named(recording) & set(self.frame.others):
            self._begins_s, self._duration_s = self.frame.others[name]
            moved = f"moved by {self._begins_s:+.2f} s to the session's clock"
            self.notices.append(f"{self.file}: it is of {recording}, and its times were {moved}")
            return

    def problem(self, where: str, what: str) -> None:
        sentence = f"{self.file}, {where}: {what}"
        if sentence not in self.problems:
            self.problems.append(sentence)

    def unknown(self, where: str, what: str, name: str) -> None:
        """A name that means nothing here: refused, or left out where the user says so."""
        self._unknown.setdefault(f"{what} '{name}'", []).append(where)

    def add(
        self, where: str, person: str, meaning: Meaning, start_s: float, end_s: float,
        coder: str = "", cue: str = "",
    ) -> None:  # fmt: skip
        """One coding. NaN for both times: the coder looked for it and saw none.

        Parameters
        ----------
        where : str
            Such as ``row 7``.
        person : str
            As the file says; empty: as the meaning says, or the only one there is.
        meaning : Meaning
            Of the kind.
        """
        if meaning.left_out or meaning.kind is None:
            return  # whoever it may be about
        cue = (meaning.cue or cue) if meaning.kind == NOT_CODABLE else ""
        who = self.who(where, person, replace(meaning, cue=cue))
        if who is None:
            return
        coder = coder or self.coder
        if meaning.kind != NOT_CODABLE:
            self.looked_for(who, meaning.kind, coder)
        if math.isnan(start_s) and math.isnan(end_s):
            return
        wrong = self._wrong_times(start_s, end_s)
        if wrong:
            self.problem(where, wrong)
            return
        if cue and cue not in CUE_OF.values():
            self.unknown(where, "cue", cue)
            return
        end_s = min(end_s, self._duration_s)
        start_s = min(start_s, end_s)
        if self._begins_s is not None:
            start_s, end_s = start_s + self._begins_s, end_s + self._begins_s
            if end_s <= 0 or start_s >= self.frame.duration_s:
                return  # the other camera ran before or after this one
            start_s, end_s = max(start_s, 0.0), min(end_s, self.frame.duration_s)
        self._codings.setdefault(coder, []).append(Coding(who, meaning.kind, start_s, end_s, coder, cue))

    def looked_for(self, person: str, kind: str, coder: str = "") -> None:
        """Note that a coder watched for this, seen or not."""
        self._looked.setdefault(coder or self.coder, set()).add((person, kind))

    def who(self, where: str, person: str, meaning: Meaning) -> str | None:
        """Whom a coding is about; None after saying why that can't be told."""
        if meaning.kind in OF_BOTH:
            found: str | None = "dyad"
        elif fold(person) in _NOBODY:
            found = meaning.person
        else:
            said = self.names.meaning(person)
            if said is not None and said.left_out:
                return None
            found = said.person if said is not None else None
            if found is None:
                self.unknown(where, "person", person)
                return None
        if found is None and len(self.frame.persons) == 1:
            found = self.frame.persons[0]
        if found is None:
            self.problem(where, "names no person, and the session has two: say staff or client")
        elif found == "dyad" and meaning.kind not in (*OF_BOTH, NOT_CODABLE, SPEECH):
            self.problem(where, f"is a {meaning.kind} of the dyad, and such are one person's: say whose")
            return None
        elif found not in ("dyad", *self.frame.persons) and SPEECH not in (meaning.kind, meaning.cue):
            self.problem(where, f"is about the {found}, and only {self.frame.persons[0]} was measured")
            return None
        return found

    def _wrong_times(self, start_s: float, end_s: float) -> str:
        if not (math.isfinite(start_s) and math.isfinite(end_s)):
            return "has a start or an end without the other one, or a time that is no number"
        if start_s < 0:
            return f"starts at {start_s:g} s, before the video does"
        if end_s < start_s:
            return f"ends at {end_s:g} s, before its start at {start_s:g} s"
        if end_s > self._duration_s + OVERRUN_S:
            return (
                f"ends at {end_s:g} s, and the video at {self._duration_s:.2f} s: is it the right "
                "video, and are the times in seconds?"
            )
        return ""

    def finish(self) -> list[Coded]:
        """The coders' work, one item each.

        Raises
        ------
        CodingError
            Something in the file is wrong.
        """
        for name, places in self._unknown.items():
            times = f" (and {len(places) - 1} more)" if len(places) > 1 else ""
            if self.names.ignore_unknown:
                self.notices.append(f"{self.file}: {name} is unknown and was left out, {places[0]}{times}")
            else:
                self.problem(f"{places[0]}{times}", f"{name} is unknown: {self.hint}")
        if not self.problems and not any(self._looked.values()) and not self.may_be_empty:
            self.problems.append(f"{self.file} holds no coding of anything that is measured here")
        if self.problems:
            raise CodingError(self.problems)
        self._share_out()
        return [
            Coded(
                coder, tuple(sorted(self._codings.get(coder, ()), key=lambda one: (one.start_s, one.end_s))),
                frozenset(looked), tuple(self.notices) if k == 0 else (),
            )
            for k, (coder, looked) in enumerate(sorted(self._looked.items()))
            if looked or self._codings.get(coder) or (self.may_be_empty and len(self._looked) == 1)
        ]  # fmt: skip

    def _share_out(self) -> None:
        """Not codable time that is nobody's, beside the work of coders with names, is theirs."""
        named = [coder for coder, looked in self._looked.items() if looked]
        unnamed = self._codings[self.coder]
        if not named or self.coder in named or not unnamed:
            return
        for coder in named:
            own = self._codings.setdefault(coder, [])
            own.extend(replace(one, coder=coder) for one in unnamed)
        self.notices.append(f"{self.file}: not codable time without a coder's name counts for all of them")
        self._codings[self.coder] = []


def milliseconds(events: Sequence[Event]) -> list[tuple[int, int, Event]]:
    """Start and end of events of one kind and person, in order, for tools that count in milliseconds.

    Each lasts 1 ms at least and begins when the one before has ended.
    """
    spans: list[tuple[int, int, Event]] = []
    for event in events:
        start = max(round(event.start_s * 1000), spans[-1][1] if spans else 0)
        spans.append((start, max(round(event.end_s * 1000), start + 1), event))
    return spans


def read_codings(
    path: Path, frame: Frame, names: Names | None = None, *, coder: str = "",
    columns: Mapping[str, str] | None = None, observation: Sequence[str] = (), may_be_empty: bool = False,
    others: Collection[str] = (),
) -> list[Coded]:  # fmt: skip
    """The codings in a file of ELAN (.eaf), of BORIS (its tabular or aggregated events) or in a table.

    Parameters
    ----------
    path : Path
    frame : Frame
        Of the session that was coded.
    names : Names, optional
        What the file's names mean.
    coder : str
        Who coded; empty: as the file says, or its name without the ending.
    columns : mapping of str to str, optional
        Our name of a column -> the table's own name.
    observation : sequence of str
        Names the session may have in a file with several, of which only its rows are read, and among the
        videos that an ELAN file links.
    may_be_empty : bool
        Whether a file without any coding is right: the coder saw nothing.
    others : collection of str
        Names of other sessions: a file of one of them alone is refused.

    Returns
    -------
    list of Coded
        One for each coder.

    Raises
    ------
    CodingError
        Something in the file is wrong; each problem is named with its row.
    InputError
        It can't be read.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} is not there")
    taken = Collector(path.name, frame, names or Names(), coder or path.stem)
    taken.may_be_empty, taken.others = may_be_empty, others
    if path.suffix.lower() == ".eaf":
        from scoring.codings_elan import read_elan

        read_elan(path, taken, not coder, observation)
    else:
        from scoring.codings_boris import is_boris, read_boris
        from scoring.codings_csv import read_table
        from scoring.spreadsheet import read_rows

        saw_nothing = "a coder who saw nothing names a kind in a row without times"
        table = read_rows(path, header_has=("subject", "behavior"), empty=saw_nothing)
        taken.notices.extend(table.notices)
        if is_boris(table) and not columns:
            read_boris(table, taken, observation)
        else:
            read_table(table, taken, columns or {}, observation, own_coder=not coder)
    return taken.finish()
