"""Which codings belong to which session: those named on the command line, or a whole study's in a table."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from attune import AttuneError, InputError
from scoring.agree import UNIT_S, SessionAgreement, Span, compare, frame_of, names_of, narrowed, put_together
from scoring.batch_tasks import folders_of
from scoring.coding_names import Names
from scoring.codings import Coded, CodingError, read_codings
from scoring.session import Session
from scoring.spreadsheet import Rows, cells_at, file_named, read_rows, seconds

MANIFEST = "codings.csv"
_COLUMNS = {
    "session": ("session", "id", "session_id"), "codings": ("codings", "file", "path"),
    "coder": ("coder", "annotator", "rater", "observer"), "start_s": ("start_s", "start"),
    "end_s": ("end_s", "end"), "observation": ("observation", "observation_id"),
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """One file of codings of one session.

    Attributes
    ----------
    path : Path
    coder, observation : str
        Empty: as the file says.
    span : pair of float, or None
        The part of the session that was coded, in seconds.
    session : str
        What a study's table calls the session: a file of several may call it the same.
    """

    path: Path
    coder: str = ""
    observation: str = ""
    span: Span | None = None
    session: str = ""


@dataclass(frozen=True)
class Reading:
    """How files of codings are read and compared.

    Attributes
    ----------
    names : Names
    columns : mapping of str to str
    kinds : sequence of str
        Only these, and every coder watched for them; empty: as the files say.
    unit_s : float
    """

    names: Names = field(default_factory=Names)
    columns: Mapping[str, str] = field(default_factory=dict)
    kinds: Sequence[str] = ()
    unit_s: float = UNIT_S


def agree(
    study: Iterable[tuple[Path, Sequence[Source]]], reading: Reading
) -> tuple[list[SessionAgreement], list[str], list[str]]:
    """Compare sessions with their codings; what fails is named and the rest done all the same.

    Returns
    -------
    tuple
        The comparisons, one for each session that has any; problems; notices.
    """
    found: list[SessionAgreement] = []
    problems: list[str] = []
    notices: list[str] = []
    study = list(study)
    for folder, sources in study:
        others = {source.session for other, more in study if other != folder for source in more}
        try:
            session = Session.open(folder)
            frame, names = frame_of(session), names_of(session)
        except AttuneError as error:
            problems.append(str(error))
            continue
        parts: list[tuple[Span | None, Sequence[Coded], SessionAgreement]] = []
        for span in dict.fromkeys(source.span for source in sources):
            coded: list[Coded] = []
            for source in (source for source in sources if source.span == span):
                called = tuple(dict.fromkeys(filter(None, (source.session, *names))))
                observation = (source.observation,) if source.observation else called
                try:
                    coded += read_codings(
                        source.path, frame, reading.names, coder=source.coder, columns=reading.columns,
                        observation=observation, may_be_empty=bool(reading.kinds), others=others,
                    )  # fmt: skip
                except CodingError as error:
                    problems += error.problems
                except InputError as error:
                    problems.append(str(error))
            if not coded:
                continue
            notices += [notice for one in coded for notice in one.notices]
            if reading.kinds:
                coded = narrowed(coded, reading.kinds, frame.persons)
            try:
                parts.append((span, coded, compare(session, coded, reading.unit_s, span)))
            except InputError as error:
                problems.append(str(error))
        if parts:
            found.append(put_together(session, parts, reading.unit_s))
    return found, problems, notices


def sources_of(
    paths: Sequence[Path], coders: Sequence[str], observation: str, span: Span | None
) -> list[Source]:
    """Files named one after the other; those of the same name are told apart by their folders."""
    stems = [path.stem for path in paths]
    return [
        Source(
            path,
            coders[k] if k < len(coders) else f"{path.absolute().parent.name}/{path.stem}"
            if stems.count(path.stem) > 1 else "",
            observation, span,
        )
        for k, path in enumerate(paths)
    ]  # fmt: skip


def read_study(path: Path) -> tuple[list[tuple[Path, list[Source]]], list[str]]:
    """The sessions of a study with their codings, and a sentence for every row that can't be used.

    Parameters
    ----------
    path : Path
        A table with columns ``session`` (folder, or id of one beside the table or in the user's library, also
        as in a batch's tables) and
        ``codings`` (file), and as you like ``coder``, ``observation``, ``start_s`` and ``end_s`` (the part
        that was coded); or a folder with such a table, ``codings.csv``. Paths are relative to the table.

    Raises
    ------
    InputError
        It can't be read, or lacks a column.
    """
    table_path = path / MANIFEST if path.is_dir() else path
    if not table_path.is_file():
        raise InputError(f"{table_path} is not there: it is a table with the columns session and codings")
    table = read_rows(table_path, header_has=("session", "codings"))
    places = {name: table.column(*names) for name, names in _COLUMNS.items()}
    for name in ("session", "codings"):
        if places[name] is None:
            raise InputError(f"{table_path} has no column '{name}': its first row names the columns")
    study: dict[Path, list[Source]] = {}
    problems = []
    for number, row in table.rows:
        cell = {name: cells_at(row, place) for name, place in places.items()}
        try:
            folder = _session(cell["session"], table_path.parent)
            study.setdefault(folder, []).append(_source(cell, table_path.parent))
        except InputError as error:
            problems.append(f"{table_path.name}, row {number}: {error}")
    if not table.rows:
        raise InputError(f"{table_path} names no session: give one a row, below the header")
    return list(study.items()), problems + _twice(table, places)


def _twice(table: Rows, places: Mapping[str, int | None]) -> list[str]:
    seen: dict[tuple[str, ...], int] = {}
    problems = []
    for number, row in table.rows:
        key = tuple(cells_at(row, place) for place in places.values())
        if key in seen:
            problems.append(f"{table.file}, row {number}: is the same as row {seen[key]}")
        seen.setdefault(key, number)
    return problems


def _source(cell: Mapping[str, str], folder: Path) -> Source:
    if not cell["codings"]:
        raise InputError("column 'codings' is empty")
    path = file_named(cell["codings"], folder)
    span = _span(cell["start_s"], cell["end_s"])
    return Source(path, cell["coder"], cell["observation"], span, cell["session"])


def _span(start: str, end: str) -> Span | None:
    if not start and not end:
        return None
    span = seconds(start) if start else 0.0, seconds(end)
    if not 0 <= span[0] < span[1] < math.inf:
        raise InputError(
            f"the part from '{start}' to '{end}' is none: give start_s and end_s in seconds, the end later"
        )
    return span


def _session(name: str, folder: Path) -> Path:
    """A session's folder by its path or id, by its id in the batch that made the folder it lies in, or by its
    recording's name where only one begins with it."""
    if not name:
        raise InputError("column 'session' is empty")
    from scoring.resources import user_library

    for place in (folder, folder / "sessions", user_library()):
        with contextlib.suppress(OSError, RuntimeError):  # a name that is too long, a home that isn't known
            if (place / Path(name).expanduser()).is_dir():
                return place / Path(name).expanduser()
        if name in (folders := folders_of(place)):
            return place / folders[name]
        begins = re.compile(re.escape(name) + r"-[0-9a-f]{8}")
        found = [one for one in place.glob("*-*") if begins.fullmatch(one.name)] if place.is_dir() else []
        if len(found) > 1:
            raise InputError(f"session '{name}' may be {found[0].name} or {found[1].name}: give the whole id")
        if found:
            return found[0]
    raise InputError(f"session '{name}' is neither beside the table nor in the user's library")
