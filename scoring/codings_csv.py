"""Codings in a table: CSV as spreadsheets of any country write it, one coding a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attune import InputError, UsageError
from scoring.coding_names import fold
from scoring.codings import Collector
from scoring.spreadsheet import Rows, cells_at, seconds

# Our column -> what others call it, and by what its numbers are multiplied to be seconds.
COLUMNS: dict[str, dict[str, float]] = {
    "person": dict.fromkeys(("person", "subject", "participant", "role", "speaker"), 1.0),
    "kind": dict.fromkeys(
        ("kind", "behavior", "behaviour", "code", "label", "event", "annotation", "tier", "cue"), 1.0
    ),
    "start_s": {
        **dict.fromkeys(("start_s", "start", "onset", "onset_s", "start_time", "begin", "begin_s",
                         "begin_time_ss_msec", "time_s"), 1.0),
        **dict.fromkeys(("start_ms", "begin_ms", "onset_ms", "begin_time_msec"), 1e-3),
    },
    "end_s": {
        **dict.fromkeys(("end_s", "end", "offset", "offset_s", "stop", "stop_s", "end_time",
                         "end_time_ss_msec"), 1.0),
        **dict.fromkeys(("end_ms", "stop_ms", "offset_ms", "end_time_msec"), 1e-3),
    },
    "duration_s": {
        **dict.fromkeys(("duration_s", "duration", "duration_ss_msec"), 1.0),
        **dict.fromkeys(("duration_ms", "duration_msec"), 1e-3),
    },
    "coder": dict.fromkeys(("coder", "annotator", "rater", "observer"), 1.0),
    "cue": {"cue": 1.0},
    "session": dict.fromkeys(("session", "observation_id", "observation", "session_id"), 1.0),
}  # fmt: skip
CODINGS = (
    "codings need kind, start_s and end_s (and person where there are two); name yours with --column {}=NAME"
)


def read_table(
    table: Rows, taken: Collector, columns: Mapping[str, str], observation: Sequence[str], own_coder: bool
) -> None:
    """Hand a table's codings to a `Collector`.

    Parameters
    ----------
    columns : mapping
        Our name of a column -> the table's.
    observation : sequence of str
        Names of the session, where the table has a column of sessions.
    own_coder : bool
        Whether the table's own column of coders counts.
    """
    places, scales = places_of(table, columns)
    wanted = None
    if "session" in places:
        wanted = chosen([cells_at(row, places["session"]) for _, row in table.rows], observation, taken)
    for number, row in table.rows:
        cell = {name: cells_at(row, place) for name, place in places.items()}
        if wanted is not None and cell["session"] != wanted:
            continue
        where = f"row {number}"
        if too_wide(table, row, taken, where):
            continue
        meaning = taken.names.meaning(cell["kind"])
        if meaning is None or (meaning.kind is None and not meaning.left_out):
            taken.unknown(where, "kind", cell["kind"])
            continue
        start, end = span_of(row, places, scales)
        coder = cell.get("coder", "") if own_coder else ""
        taken.add(where, cell.get("person", ""), meaning, start, end, coder, fold(cell.get("cue", "")))


def span_of(
    row: Sequence[str], places: Mapping[str, int], scales: Mapping[str, float]
) -> tuple[float, float]:
    """Start and end of a row in seconds, the end by the duration where no column has ends; NaN: none."""

    def value(name: str) -> float:
        return seconds(cells_at(row, places.get(name))) * scales.get(name, 1.0)

    start = value("start_s")
    return start, value("end_s") if "end_s" in places else start + value("duration_s")


def too_wide(table: Rows, row: Sequence[str], taken: Collector, where: str) -> bool:
    """Whether a row has more cells than the header has names; that is noted as a problem."""
    wide = len(row) > len(table.header) and any(row[len(table.header) :])
    if wide:
        taken.problem(where, f"has {len(row)} cells, the header {len(table.header)}: quote commas in cells")
    return wide


def chosen(found: Sequence[str], names: Sequence[str], taken: Collector) -> str:
    """Which of a file's sessions is meant: the only one, if it isn't known for another, or the one of these
    names."""
    file, known = taken.file, list(dict.fromkeys(name for name in found if name))
    ours, others = ({fold(name) for name in some} for some in (names, taken.others))
    if len(known) == 1 and fold(known[0]) in others - ours:
        raise InputError(f"{file} holds codings of session {known[0]} alone, and {names[0]} is meant")
    if len(known) <= 1:
        return known[0] if known else ""
    for name in names:
        for one in known:
            if fold(one) == fold(name):
                return one
    raise InputError(
        f"{file} holds {len(known)} sessions ({', '.join(known[:5])}{', …' if len(known) > 5 else ''}), and "
        f"none is named {' or '.join(names) if names else 'yet'}: choose one with --observation, of a study "
        "in its column 'observation'"
    )


def places_of(
    table: Rows, columns: Mapping[str, str], needed: Sequence[str] = ("kind", "start_s"), help: str = CODINGS
) -> tuple[dict[str, int], dict[str, float]]:
    """Where each of our columns stands, and what its numbers are multiplied by.

    Raises
    ------
    InputError
        One that is `needed` (or end and duration both) is not there; `help` says how to go on.
    """
    unknown = set(columns) - set(COLUMNS)
    if unknown:
        raise UsageError(f"--column {unknown.pop()}=… is no column of codings: use {', '.join(COLUMNS)}")
    folded = [fold(name) for name in table.header]
    places, scales = {}, {}
    for ours, theirs in COLUMNS.items():
        name = (
            fold(columns[ours]) if ours in columns else next((one for one in theirs if one in folded), None)
        )
        if ours in columns and name not in folded:
            raise InputError(
                f"{table.file} has no column '{columns[ours]}': it has {', '.join(table.header)}"
            )
        if name is None:
            continue
        if folded.count(name) > 1:
            raise InputError(f"{table.file}: column '{name}' is there twice: rename one")
        places[ours] = folded.index(name)
        scales[ours] = theirs.get(name, 1e-3 if name.endswith(("_ms", "_msec")) else 1.0)
    if places.get("cue") == places.get("kind"):  # without a column of kinds, that of cues holds them
        places.pop("cue", None)
    lacking = [name for name in needed if name not in places]
    if not lacking and not {"end_s", "duration_s"} & set(places):
        lacking = ["end_s"]
    if lacking:
        raise InputError(f"{table.file} has no column '{lacking[0]}': {help.format(lacking[0])}")
    return places, scales
