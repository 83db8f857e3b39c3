"""Tables of text as spreadsheets of any country write them: encodings, separators, times in cells."""

from __future__ import annotations

import contextlib
import csv
import io
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attune import InputError
from scoring.coding_names import fold

_NO_TIMES = ("", "na", "nan", "n_a")
_DELIMITERS = ",;\t"
_SEPARATOR = re.compile(r'\s*"?sep=([,;\t|:])"?[ ,;\t]*(\r\n|\r|\n)', re.IGNORECASE)
_LINE_END = re.compile(r"\r\n?")  # within a cell: written without quotes, a lone one begins a row for readers
_C1 = {chr(code) for code in range(0x80, 0xA0)}  # no text has these: another encoding was taken for latin-1


@dataclass(frozen=True)
class Rows:
    """A table as text.

    Attributes
    ----------
    file : str
    header : tuple of str
    rows : tuple of (int, tuple of str)
        With the number that a spreadsheet shows beside each row; empty rows are not among them.
    notices : tuple of str
    above : tuple of (int, tuple of str)
        The rows above the header.
    """

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    notices: tuple[str, ...] = ()
    above: tuple[tuple[int, tuple[str, ...]], ...] = ()

    def column(self, *names: str) -> int | None:
        """Place of the first of these names (folded) in the header."""
        folded = [fold(name) for name in self.header]
        return next((folded.index(name) for name in names if name in folded), None)


def decoded(path: Path) -> tuple[str, str]:
    """A file's text, and a sentence where its encoding had to be guessed.

    Raises
    ------
    InputError
        It can't be read, or is no text.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif max(data[:200:2].count(0), data[1:200:2].count(0)) > min(25, len(data) // 4):
        encodings = ["utf-16-be" if data[:1] == b"\0" else "utf-16-le"]  # without its mark, plain letters
    else:
        encodings = ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text or (encoding == "latin-1" and _C1 & set(text)):
            break
        guessed = encoding not in ("utf-8-sig", "utf-16")
        return text, f"{path.name} is not UTF-8 and was read as {encoding.upper()}" if guessed else ""
    raise InputError(f"{path.name} is no text that can be read: save it as CSV in UTF-8")


def without_separator(text: str) -> tuple[str, str]:
    """A table's text without the line ``sep=;`` that tells Excel alone what is between cells, and that."""
    told = _SEPARATOR.match(text)
    return (text[told.end() :], told[1]) if told else (text, "")


def read_rows(
    path: Path, *, header_has: Sequence[str] = (), empty: str = "its first row names the columns"
) -> Rows:
    """A table's rows.

    Parameters
    ----------
    path : Path
    header_has : sequence of str
        The header is the first row that has all of these (folded), else the first one: older BORIS writes
        lines about the observation above it.
    empty : str
        What to do about a file that holds nothing.

    Raises
    ------
    InputError
        It can't be read as a table.
    """
    text, notice = decoded(path)
    text, told = without_separator(text)
    lines = [line for line in text.splitlines()[:60] if line.strip()]
    first = next((line for line in lines if _has(line, header_has)), "".join(lines[:1]))
    delimiter = told or max(_DELIMITERS, key=first.count)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    read = []
    try:
        for number, row in enumerate(reader, start=1):
            cells = tuple(_LINE_END.sub("\n", cell.strip()) for cell in row)
            if any(cells):
                read.append((number, cells))
    except csv.Error as error:
        where = f"{path.name}, line {reader.line_num}"
        raise InputError(f"{where}: can't be read as a table: {error}") from None
    if not read:
        raise InputError(f"{path.name} is empty: {empty}")
    header = next((k for k, (_, cells) in enumerate(read) if _names(cells, header_has)), 0)
    notices = (notice,) if notice else ()
    return Rows(path.name, read[header][1], tuple(read[header + 1 :]), notices, tuple(read[:header]))


def _has(line: str, names: Sequence[str]) -> bool:
    return any(_names(tuple(line.split(sign)), names) for sign in _DELIMITERS)


def _names(cells: Sequence[str], names: Sequence[str]) -> bool:
    return set(names) <= {fold(cell) for cell in cells}


def cells_at(row: Sequence[str], place: int | None) -> str:
    """A row's cell, empty where the row is too short or there is no such column."""
    return row[place] if place is not None and place < len(row) else ""


def file_named(text: str, folder: Path) -> Path:
    """The file that a cell of a table in this folder names; an `InputError` where there is none."""
    names = text, text.replace("\\", "/")  # a table may come from Windows
    # A file may come from a Mac, which writes ä as a and its dots.
    others = (unicodedata.normalize(form, name) for form in ("NFC", "NFD") for name in names)
    for name in dict.fromkeys((*names, *others)):
        with contextlib.suppress(OSError, RuntimeError):  # a name that is too long, a home that isn't known
            path = folder / Path(name).expanduser()
            if path.is_file():
                return path
    raise InputError(f"{text} is not there, or is no file (looked for {folder / text})")


def seconds(text: Any) -> float:
    """A time as people write it: 12.5, 12,5 or 1:02:03.25; NaN where there is none, infinite for a word."""
    text = str(text).strip().replace("\N{MINUS SIGN}", "-")
    if fold(text) in _NO_TIMES and not text.startswith("-"):
        return math.nan
    sign, parts = (-1, text[1:].split(":")) if text.startswith("-") else (1, text.split(":"))
    try:
        numbers = [float(part.replace(",", ".")) for part in parts]
    except ValueError:
        return math.inf  # is text, and no span holds it
    if len(numbers) > 3:
        return math.inf
    return sign * sum(number * 60**k for k, number in enumerate(reversed(numbers)))
