"""BORIS: its tabular events (a START and a STOP row, or a POINT) and its aggregated events, both ways.

The columns are those that BORIS 8 and 9 export; older files, with a 'Status' column or lines about the
observation above the header, are read too.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from math import isfinite
from pathlib import Path

from attune import InputError
from scoring.coding_names import CUE_OF, NOT_CODABLE, Meaning, fold
from scoring.codings import Collector, milliseconds
from scoring.codings_csv import chosen
from scoring.events import Event, events_from_table, in_order
from scoring.files import replacing, writing
from scoring.session import VIDEO, Session
from scoring.spreadsheet import Rows, cells_at, seconds

_ABOUT = (
    "Observation id", "Observation date", "Description", "Observation duration", "Observation type", "Source",
    "Time offset (s)", "Media duration (s)", "FPS",
)  # fmt: skip
TABULAR = (
    *_ABOUT, "Subject", "Behavior", "Behavioral category", "Modifier #1", "Modifier #2", "Behavior type",
    "Time", "Media file name", "Image index", "Image file path", "Comment",
)  # fmt: skip
AGGREGATED = (
    *_ABOUT, "Subject", "Observation duration by subject by observation", "Behavior", "Behavioral category",
    "Modifier #1", "Modifier #2", "Behavior type", "Start (s)", "Stop (s)", "Duration (s)", "Media file name",
    "Image index start", "Image index stop", "Image file path start", "Image file path stop", "Comment start",
    "Comment stop",
)  # fmt: skip
CATEGORY = {
    "eye_contact": "gaze", "posture": "posture", "nod": "head movement", "mirroring": "mirroring",
    "mutual_eye_contact": "gaze", "speech": "speech",
}  # fmt: skip
_SPAN = ("Start (s)", "Stop (s)")


def is_boris(table: Rows) -> bool:
    """Whether a table is one that BORIS exports."""
    typed = table.column("behavior_type", "status") is not None
    return typed and table.column("subject") is not None and table.column("behavior") is not None


def read_boris(table: Rows, taken: Collector, observation: Sequence[str]) -> None:
    """Hand the codings of a BORIS table to a `Collector`.

    Parameters
    ----------
    observation : sequence of str
        Names that the session may have among the observations of the file.
    """
    place = {name: table.column(fold(name)) for name in (*TABULAR, *AGGREGATED)}
    place["Behavior type"] = table.column("behavior_type", "status")
    rows = list(table.rows)
    if place["Observation id"] is not None:
        names = [cells_at(row, place["Observation id"]) for _, row in rows]
        wanted = chosen(names, observation, taken)
        rows = [row for row, name in zip(rows, names, strict=True) if name == wanted]
    offset_s = _offset_s(table, rows, place["Time offset (s)"])
    if offset_s:
        taken.notices.append(f"{table.file}: the observation's time offset of {offset_s:g} s was taken off")

    def time_s(row: Sequence[str], name: str) -> float:
        return seconds(cells_at(row, place[name])) - offset_s

    taken.on_clock_of(_played(table, rows))
    if place["Start (s)"] is not None:
        for number, row in rows:
            _take(taken, number, row, place, *(time_s(row, name) for name in _SPAN))
    elif place["Time"] is not None:
        modifiers = [k for k, name in enumerate(table.header) if fold(name).startswith("modifier")]
        _pair(taken, [(number, row, time_s(row, "Time")) for number, row in rows], place, modifiers)
    else:
        raise InputError(
            f"{table.file} has neither a column 'Time' nor 'Start (s)': is it an export of BORIS?"
        )


def _offset_s(table: Rows, rows: Sequence[tuple[int, tuple[str, ...]]], place: int | None) -> float:
    """What BORIS has added to all times of an observation: its table says it in a column, or above it."""
    told = [cells_at(row, place) for _, row in rows[:1]]
    told += [cells_at(row, 1) for _, row in table.above if fold(row[0]) == "time_offset_s"]
    offsets = [offset_s for offset_s in map(seconds, told) if isfinite(offset_s)]
    return offsets[0] if offsets else 0.0


def _played(table: Rows, rows: Sequence[tuple[int, tuple[str, ...]]]) -> str:
    """The recording whose clock an observation has: its first player's."""
    source, path = table.column("source"), table.column("media_file_path")
    for _, row in rows[:1]:
        told = re.split(r"player #1:\s*", cells_at(row, source))[-1] or cells_at(row, path)
        return re.split(r"[/\\]", re.split(r"[;,|]?\s*player #2", told)[0])[-1]
    return ""


def _take(
    taken: Collector, number: int, row: Sequence[str], place: dict, start_s: float, end_s: float
) -> None:
    where, behaviour = f"row {number}", cells_at(row, place["Behavior"])
    meaning = _meaning(taken, where, behaviour)
    if meaning is None:
        return
    if cells_at(row, place["Behavior type"]).upper() == "POINT" and end_s != end_s:
        end_s = start_s
    if start_s != start_s:
        taken.problem(where, "has no time")
        return
    cue = fold(cells_at(row, place["Modifier #1"])) if meaning.kind == NOT_CODABLE else ""
    taken.add(where, cells_at(row, place["Subject"]), meaning, start_s, end_s, cue=cue)


def _meaning(taken: Collector, where: str, behaviour: str) -> Meaning | None:
    meaning = taken.names.meaning(behaviour)
    if meaning is None or (meaning.kind is None and not meaning.left_out):
        taken.unknown(where, "behaviour", behaviour)
        return None
    return meaning


def _pair(
    taken: Collector, rows: Sequence[tuple[int, Sequence[str], float]], place: dict, modifiers: Sequence[int]
) -> None:
    """START with the next STOP of the same subject, behaviour and modifiers."""
    open_: dict[tuple[str, ...], tuple[int, float]] = {}
    for number, row, time_s in rows:
        key = tuple(cells_at(row, k) for k in (place["Subject"], place["Behavior"], *modifiers))
        type_ = cells_at(row, place["Behavior type"]).upper()
        if type_ == "POINT":
            _take(taken, number, row, place, time_s, time_s)
        elif type_ == "START":
            if key in open_:
                _unpaired(taken, open_[key][0], key, "START", "STOP")
            open_[key] = number, time_s
        elif type_ == "STOP":
            if key not in open_:
                _unpaired(taken, number, key, "STOP", "START")
                continue
            _take(taken, number, row, place, open_.pop(key)[1], time_s)
        else:
            taken.problem(f"row {number}", f"is a '{type_}': BORIS writes START, STOP or POINT")
    for key, (number, _) in open_.items():
        _unpaired(taken, number, key, "START", "STOP")


def _unpaired(taken: Collector, number: int, key: Sequence[str], has: str, lacks: str) -> None:
    meaning = _meaning(taken, f"row {number}", key[1])
    if meaning is not None and not meaning.left_out:
        taken.problem(f"row {number}", f"is a {has} of '{key[1]}' without its {lacks}")


def write_boris(session: Session, target: Path, aggregated: bool = False) -> Path:
    """Write a session's events as BORIS exports them: tabular events, or aggregated ones.

    A ``.tsv`` has tabs, anything else commas. What could not be measured is the behaviour ``not_measurable``
    with cue and reason as its modifiers.
    """
    header = AGGREGATED if aggregated else TABULAR
    rows = [row for span in _spans(session) for row in _rows(session, *span, aggregated)]
    if not aggregated:
        # At the same moment what stops comes before what starts, as somebody coding would press the keys.
        rows.sort(key=lambda row: (float(row["Time"]), row["Behavior type"] == "START"))
    with writing(target), replacing(target) as path, path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(
            file, header, restval="NA", delimiter="\t" if target.suffix.lower() == ".tsv" else ","
        )
        table.writeheader()
        table.writerows(rows)
    return target


def _spans(session: Session) -> list[tuple[int, int, Event]]:
    """The events with start and end in milliseconds, in order of start."""
    tracks: dict[tuple[str, ...], list[Event]] = {}
    for event in sorted(events_from_table(session.events()), key=in_order):
        track = event.person, event.kind, str(event.attributes.get("cue", ""))
        tracks.setdefault(track, []).append(event)
    spans = [span for track in tracks.values() for span in milliseconds(track)]
    return sorted(spans, key=lambda span: (span[0], in_order(span[2])))


def _rows(
    session: Session, start_ms: int, end_ms: int, event: Event, aggregated: bool
) -> list[dict[str, str]]:
    start, stop = start_ms / 1000, end_ms / 1000
    cue, reason = (str(event.attributes.get(name, "")) for name in ("cue", "reason"))
    common = _about(session) | {
        "Subject": event.person, "Behavior": event.kind,
        "Behavioral category": CATEGORY.get(CUE_OF.get(event.kind, ""), "not measurable"),
        "Modifier #1": cue, "Modifier #2": reason,
        "Media file name": _media(session, session.camera_of(event.person)),
    }  # fmt: skip
    if aggregated:
        end = {"Behavior type": "STATE", "Start (s)": f"{start:.3f}", "Stop (s)": f"{stop:.3f}"}
        return [
            common | end | {"Duration (s)": f"{stop - start:.3f}", "Comment start": "", "Comment stop": ""}
        ]
    return [
        common | {"Behavior type": type_, "Time": f"{time_s:.3f}", "Comment": ""}
        for type_, time_s in (("START", start), ("STOP", stop))
    ]


def _about(session: Session) -> dict[str, str]:
    source = session.info.get("source") or {}
    length = f"{float(source.get('duration_s') or 0):.3f}"
    return {
        "Observation id": session.id,
        "Observation date": str(session.info.get("created") or "")[:19].replace("T", " "),
        "Description": " ".join(str(session.info.get("title") or "").split()),
        "Observation duration": length, "Observation type": "Media file(s)",
        "Source": f"player #1:{_media(session, 1)}", "Time offset (s)": "0.0",
        "Media duration (s)": length, "FPS": f"{float(source.get('nominal_fps') or 0):.3f}",
    }  # fmt: skip


def _media(session: Session, camera: int) -> str:
    if session.video is None:
        return str(session.source(camera).get("name") or "NA")
    second = session.second_video
    return second.name if second is not None and camera == 2 else VIDEO
