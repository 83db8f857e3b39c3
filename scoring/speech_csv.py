"""Who speaks when, from a table: a row for each turn, columns start, end and person."""

from __future__ import annotations

import math
from pathlib import Path

from attune import InputError
from scoring.coding_names import Meaning, Names
from scoring.codings import Collector, Frame
from scoring.codings_csv import places_of, span_of, too_wide
from scoring.speech import OTHER, SPEECH, Speech, Turn, merged
from scoring.spreadsheet import cells_at, read_rows

COLUMNS = "speech needs the columns start, end and person (staff or client), one turn a row"


def read_speech(path: Path, duration_s: float | None = None) -> tuple[Speech, tuple[str, ...]]:
    """The turns in a table, as spreadsheets of any country write it, and what to say about it.

    Who is named in no row is taken to be silent; ``dyad`` speaks with both voices. Of a table of codings the
    rows of speech count. Encodings, separators, decimal commas and the names of columns are those of codings
    (`scoring.codings_csv`).

    Parameters
    ----------
    path : Path
    duration_s : float, optional
        Of the recording; where it is known, no turn may lie beyond it.

    Raises
    ------
    InputError
        The file can't be read, has no turn, or something in it is wrong; each problem is named with its row.
    """
    if not path.is_file():
        raise InputError(
            f"{path} is not there: --speech names a CSV (columns start, end, person), or is auto"
        )
    table = read_rows(path, empty=COLUMNS)
    frame = Frame(math.inf if duration_s is None else duration_s, tuple(OTHER))
    taken = Collector(path.name, frame, Names(), coder=path.stem)
    taken.notices.extend(table.notices)
    taken.hint, taken.may_be_empty = "use staff or client", True
    places, scales = places_of(table, {}, ("start_s", "person"), COLUMNS)
    kinds = [_kind(taken.names, cells_at(row, places.get("kind"))) for _, row in table.rows]
    for (number, row), kind in zip(table.rows, kinds, strict=True):
        if kind != SPEECH and any(kinds):
            continue
        where = f"row {number}"
        if too_wide(table, row, taken, where):
            continue
        start, end = span_of(row, places, scales)
        if math.isnan(start) and math.isnan(end):
            taken.problem(where, "has neither a start nor an end")
            continue
        taken.add(where, cells_at(row, places["person"]), Meaning(kind=SPEECH), start, end)
    turns = [turn for coded in taken.finish() for turn in coded.codings if turn.end_s > turn.start_s]
    if not turns:
        raise InputError(f"{path.name} has no turn: {COLUMNS}")
    staff, client = (
        merged(Turn(turn.start_s, turn.end_s) for turn in turns if turn.person in (person, "dyad"))
        for person in OTHER
    )
    return Speech(staff, client), tuple(taken.notices)


def _kind(names: Names, text: str) -> str | None:
    """The kind of event that a cell names; None where it says something else, as what was said."""
    meaning = names.meaning(text)
    return meaning.kind if meaning is not None else None
