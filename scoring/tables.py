"""Reading a table of signals that any tracker may have written: CSV or Parquet, with the columns it has."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from attune import InputError
from scoring.events import nominal_step
from scoring.files import read_parquet
from scoring.spreadsheet import decoded, without_separator
from vision.signals import COLUMNS, PERSONS, Column, Signals

_DELIMITERS = ("\t", ";", ",")
EMPTY = ("", "nan", "na", "n/a", "null", "none", "-nan", "#n/a")
_TRUTH = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}
_FACE = (
    "head_yaw_deg",
    "head_pitch_deg",
    "head_roll_deg",
    "gaze_yaw_deg",
    "gaze_pitch_deg",
    "eye_contact_prob",
)
_BODY = ("torso_yaw_deg", "lean_deg", "wrist_separation", "open_posture_prob", "closed_posture_prob")
_SLOWEST_S = 5.0


@dataclass(frozen=True)
class TableInput:
    """A table as it was read.

    Attributes
    ----------
    signals : vision.signals.Signals
    missing : tuple of str
        Registered columns the table didn't have; pass them on to `scoring.judge.judge`.
    notices : tuple of str
        One sentence each: what was left out or taken for granted.
    """

    signals: Signals
    missing: tuple[str, ...]
    notices: tuple[str, ...]


def read_table(path: str | Path) -> TableInput:
    """Read and check a table of signals.

    CSV with commas, semicolons or tabs, with or without a byte order mark, with decimal points or (where
    the delimiter is not the comma) decimal commas; Parquet by its suffix. Only ``time_s`` is required.
    Without ``face_found`` and ``pose_found``, a face or body counts as found where something of it was
    measured.

    Raises
    ------
    InputError
        When the file can't be read or a value is wrong; the message names file, column and row.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path.name}: there is no such file")
    parquet = path.suffix.lower() in (".parquet", ".pq")
    raw, first_row = (parquet_table(path), 0) if parquet else (_csv(path), 2)
    table = _typed(raw, path.name, first_row)
    if not len(table):
        raise InputError(f"{path.name}: the table has no rows")
    for name in COLUMNS.keys() & set(table.columns):
        _check_range(table[name], COLUMNS[name], path.name)
    _check_order(table, path.name)
    missing = tuple(name for name in COLUMNS if name not in table.columns)
    for name, columns in (("face_found", _FACE), ("pose_found", _BODY)):
        if name in missing:
            table[name] = table.reindex(columns=list(columns)).notna().any(axis=1)
    try:
        signals = Signals(table)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None
    return TableInput(signals, missing, _notices(raw, signals))


def _notices(raw: pd.DataFrame, signals: Signals) -> tuple[str, ...]:
    notices = []
    unknown = [str(name) for name in raw.columns if name not in COLUMNS]
    if unknown:
        notices.append(f"columns that Attune doesn't know were left out: {', '.join(unknown)}")
    step = nominal_step(signals.person(signals.persons[0])["time_s"])
    if step > _SLOWEST_S:
        notices.append(f"time_s rises by {step:g} from row to row: it must be in seconds")
    return tuple(notices)


def parquet_table(path: Path) -> pd.DataFrame:
    """What a Parquet file holds; an `InputError` says that it can't be read."""
    try:
        return read_parquet(path)
    except InputError:
        raise InputError(f"{path.name}: can't be read as Parquet; is it damaged or another format?") from None


def _csv(path: Path) -> pd.DataFrame:
    """The cells as text; the index counts lines after the header, so that errors can name a row."""
    text = decoded_text(path)
    header = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=lambda sign: ("time_s" in cells(header, sign), header.count(sign)))
    names = cells(header, delimiter)
    doubled = [name for name in names if name and names.count(name) > 1]
    if doubled:
        raise InputError(f"{path.name}: column '{doubled[0]}' stands there twice")
    if "time_s" not in names:
        raise InputError(f"{path.name}: column 'time_s' is missing: every row needs a time in seconds")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
            table = pd.read_csv(
                io.StringIO(text), sep=delimiter, dtype=str, keep_default_na=False, index_col=False,
                header=0, names=names, skip_blank_lines=False, skipinitialspace=True,
            )  # fmt: skip
    except (ValueError, pd.errors.ParserWarning) as error:
        why = str(error).strip().rpartition("error: ")[2]
        raise InputError(f"{path.name}: can't be read as CSV: {why}") from None
    table = table[[name for name in table.columns if name]].fillna("")
    table = table[(table != "").any(axis=1)]
    return table if delimiter == "," else decimal_points(table)


def decimal_points(table: pd.DataFrame) -> pd.DataFrame:
    """Cells of text whose numbers had decimal commas."""
    return table.replace(r"^\s*([-+]?\d*),(\d+)\s*$", r"\1.\2", regex=True)


def decoded_text(path: Path) -> str:
    """A text file's text, with line feeds at the ends of lines; an `InputError` says that it is none."""
    text, _ = without_separator(decoded(path)[0])  # a guessed encoding changes no number
    return text.replace("\r\n", "\n").replace("\r", "\n")


def cells(line: str, delimiter: str) -> list[str]:
    """The cells of one line, without quotes and spaces around them."""
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])]


def _typed(raw: pd.DataFrame, file: str, first_row: int) -> pd.DataFrame:
    """The registered columns as numbers (``person`` as text), indexed by the row's number in the file."""
    table = pd.DataFrame(index=raw.index + first_row)
    for name in (str(name) for name in raw.columns if name in COLUMNS):
        values = pd.Series(raw[name].to_numpy(), index=table.index)
        if name == "person":
            table[name] = values.astype(str).str.strip().str.lower()
            refuse(~table[name].isin(PERSONS), values, file, name, "use staff or client")
        else:
            table[name] = _numbers(values, file, name)
    if "time_s" not in table:
        raise InputError(f"{file}: column 'time_s' is missing: every row needs a time in seconds")
    return table


def _numbers(values: pd.Series, file: str, name: str) -> pd.Series:
    if values.dtype != object:
        numbers = pd.to_numeric(values, errors="coerce").astype("float64")
        wrong = numbers.isna() & values.notna()
    else:
        text = values.astype(str).str.strip().str.lower()
        numbers = pd.to_numeric(text.replace(_TRUTH), errors="coerce").astype("float64")
        wrong = numbers.isna() & ~text.isin(EMPTY)
    refuse(wrong, values, file, name, "use a number, or leave unknown ones empty")
    if COLUMNS[name].dtype not in ("float32", "float64") or name == "time_s":
        refuse(numbers.isna(), values, file, name, "every row needs one")
    return numbers


def _check_range(values: pd.Series, column: Column, file: str) -> None:
    if column.dtype == "object":
        return
    outside = np.isinf(values) | (values < column.low) | (values > column.high)
    refuse(outside, values, file, column.name, f"use {column.low:g} to {column.high:g} {column.unit}".strip())


def _check_order(table: pd.DataFrame, file: str) -> None:
    person = table["person"] if "person" in table else pd.Series("staff", index=table.index)
    for _, times in table["time_s"].groupby(person, sort=False):
        step = times.diff()
        if (step == 0).any():
            refuse(step == 0, times, file, "time_s", "the time of the row before: each needs its own")
        refuse(step < 0, times, file, "time_s", "less than the row before: sort the rows by time")


def refuse(wrong: pd.Series | Sequence[bool], values: pd.Series, file: str, name: str, advice: str) -> None:
    """Raise for the first row that is wrong, if there is one."""
    if np.any(wrong):
        row = values.index[int(np.argmax(wrong))]
        value = values.loc[row]
        shown = "is empty" if str(value).strip().lower() in EMPTY else f"holds '{value}'"
        raise InputError(f"{file}: column '{name}' {shown} in row {row}: {advice}")
