"""Two plain series out of any table, and what `attune synchrony` says of them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from attune import InputError, UsageError
from scoring.correlation import Floats
from scoring.synchrony import Synchrony, scale, smooth, synchrony
from scoring.tables import EMPTY, cells, decimal_points, decoded_text, parquet_table, refuse
from scoring.windowing import Windowing

SPACES = " "
_DELIMITERS = ("\t", ";", ",", SPACES)  # the first of those that read a file equally well
_SAMPLE_LINES = 50
_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?")
_SHOWN_NAMES = 20

FEW_SHIFTS = 20
"""So many times the searched span of lags has to fit into series for circular shifts: a peak that tops k such
spans does so by chance once in k, however many shifts are drawn. Independent AR(1) series of 60 s, where 5
spans are left, had p <= .05 in 11 to 13 % of pairs (with shuffled blocks in 4 to 6 %), those of 300 s in 5 to
6 % (tests/benchmarks/synchrony.py)."""


@dataclass(frozen=True)
class SeriesPair:
    """Two series of the same length.

    Attributes
    ----------
    a, b : ndarray, shape (n,)
        NaN where a cell was empty.
    names : tuple of str
        Their columns, in words.
    notices : tuple of str
        One sentence each: what was left out or taken for granted.
    """

    a: Floats
    b: Floats
    names: tuple[str, str]
    notices: tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    """What a user asked for; None is what suits the length of the series.

    Raises
    ------
    UsageError
        When a value makes no sense for any file.
    """

    rate_hz: float
    window_s: float | None = None
    step_s: float | None = None
    lag_s: float | None = None
    smooth_s: float = 0.0
    scaled: bool = False
    surrogates: int = 1000
    kind: str = "circular"
    seed: int = 0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.rate_hz) and self.rate_hz > 0):
            raise UsageError(f"--rate is {self.rate_hz:g}: give the samples a second, more than 0")
        if not (np.isfinite(self.smooth_s) and self.smooth_s >= 0):
            raise UsageError(f"--smooth is {self.smooth_s:g}: use 0 or more seconds")
        try:
            self.windowing(np.inf)
        except InputError as error:
            raise UsageError(str(error)) from None

    def windowing(self, duration_s: float) -> Windowing:
        """The windows for series of this length: what was asked for, and defaults for the rest."""
        usual = Windowing.for_duration(duration_s)
        window_s = usual.window_s if self.window_s is None else self.window_s
        return Windowing(
            window_s,
            min(usual.step_s, window_s) if self.step_s is None else self.step_s,
            usual.lag_s if self.lag_s is None else self.lag_s,
        )


@dataclass(frozen=True)
class FileSynchrony:
    """What was found in a file; `text` says it to people."""

    found: Synchrony
    names: tuple[str, str]
    notices: tuple[str, ...]

    def text(self) -> str:
        return "".join(f"{line}\n" for line in _lines(self.found, *self.names))


def file_synchrony(path: Path, columns: tuple[str, str], settings: Settings) -> FileSynchrony:
    """Synchrony of two columns of a file.

    Raises
    ------
    InputError
        When the file or a column can't be used, or the series are too short; the message names the file.
    """
    pair = read_pair(path, columns)
    windowing = settings.windowing(len(pair.a) / settings.rate_hz)
    a, b = (smooth(series, settings.rate_hz, settings.smooth_s) for series in (pair.a, pair.b))
    if settings.scaled:
        a, b = scale(a), scale(b)
    try:
        found = synchrony(
            a, b, settings.rate_hz, windowing, settings.surrogates, settings.kind, settings.seed
        )
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None
    return FileSynchrony(found, pair.names, (*pair.notices, *_doubts(found, len(a))))


def read_pair(path: Path, columns: tuple[str, str]) -> SeriesPair:
    """Read two columns.

    Text with tabs, semicolons, commas or spaces between the cells, with or without a header, with decimal
    points or (where the delimiter is not the comma) decimal commas; Parquet by its suffix. A column that
    ends earlier than the other one cuts both.

    Parameters
    ----------
    path : Path
    columns : tuple of str
        Names in the header, or numbers from 1. A name comes first: '2' may be one.

    Raises
    ------
    InputError
        When the file can't be read, has no such column, or one holds text or nothing that varies.
    """
    if not path.is_file():
        raise InputError(f"{path.name}: there is no such file")
    if path.suffix.lower() in (".parquet", ".pq"):
        table = parquet_table(path).reset_index(drop=True)
        places = tuple(
            _place(column, [str(name) for name in table], table.shape[1], path.name) for column in columns
        )
        names = tuple(str(table.columns[place]) for place in places)
        texts = [table.iloc[:, place] for place in places]
    else:
        names, texts = _text_columns(decoded_text(path), columns, path.name)
    series = [_numbers(one, path.name, name) for one, name in zip(texts, names, strict=True)]
    lengths = [_length(one) for one in texts]
    n = min(lengths)
    for one, name in zip(series, names, strict=True):
        _check_varies(one[:n], path.name, name)
    return SeriesPair(
        series[0][:n], series[1][:n], (names[0], names[1]), tuple(_notices(series, names, lengths))
    )


def _text_columns(text: str, columns: tuple[str, str], file: str) -> tuple[tuple[str, ...], list[pd.Series]]:
    """Names and cells of the chosen columns; the index is the number of each row's line in the file."""
    numbered = [
        (number, line)
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip() and not line.startswith("#")
    ]
    sample = [line for _, line in numbered[:_SAMPLE_LINES]]
    delimiter = max(_DELIMITERS, key=lambda sign: _fit(sample, sign))
    rows = [_split(line, delimiter) for line in sample]
    header = _has_header(rows)
    names, width = _names(rows) if header else ([], max(map(len, rows), default=0))
    if len(numbered) <= header:
        raise InputError(f"{file}: the table has no rows")
    places = [_place(column, names, width, file) for column in columns]
    table = _cells_of(numbered[header:], delimiter, width, places, file)
    shown = tuple(names[place] if place < len(names) and names[place] else str(place + 1) for place in places)
    return shown, [table[place] for place in places]


def _split(line: str, delimiter: str) -> list[str]:
    return cells(" ".join(line.split()) if delimiter == SPACES else line, delimiter)


def _fit(lines: list[str], delimiter: str) -> float:
    """How well a delimiter reads lines: the share of them with as many cells as most, times that of numbers.

    0 when it separates nothing.
    """
    rows = [_split(line, delimiter) for line in lines[1:] or lines]
    widths = [len(row) for row in rows if len(row) > 1]
    width = max(set(widths), key=lambda one: (widths.count(one), one), default=0)
    numbers = [_is_number(cell, delimiter != ",") for row in rows if len(row) == width for cell in row]
    return widths.count(width) / len(rows) * (0.01 + sum(numbers) / len(numbers)) if widths else 0.0


def _is_number(cell: str, decimal_comma: bool = True) -> bool:
    text = cell.lower()
    return text in EMPTY or (bool(_NUMBER.fullmatch(text)) and (decimal_comma or "," not in text))


def _has_header(rows: list[list[str]]) -> bool:
    """Whether the first row names the columns: it has text above numbers, or nothing but text."""
    if not rows:
        return False
    first, rest = rows[0], rows[1:]
    named = [not _is_number(cell) for cell in first]
    if not rest or all(named):
        return any(named)
    names, _ = _names(rows)
    shift = len(names) > len(first) and not names[0]

    def numeric(place: int) -> bool:
        below = [row[place] for row in rest if place < len(row)]
        return sum(map(_is_number, below)) > len(below) / 2

    return any(text and numeric(place + shift) for place, text in enumerate(named))


def _names(rows: list[list[str]]) -> tuple[list[str], int]:
    """Names of the columns from a header, and how many columns there are.

    R names the rows, and not the column of their names; others end each row with a delimiter.
    """
    header, rest = rows[0], rows[1:]
    if not rest or any(len(row) != len(header) + 1 for row in rest):
        return header, len(header)
    ended = all(not row[-1] for row in rest)
    return ([*header, ""] if ended else ["", *header]), len(header) + 1


def _place(column: str, names: list[str], width: int, file: str) -> int:
    """Index of a column by its name, or by its number from 1."""
    found = [place for place, name in enumerate(names) if name == column]
    if len(found) > 1:
        raise InputError(f"{file}: column '{column}' stands there twice: give its number, from 1 to {width}")
    if found:
        return found[0]
    if re.fullmatch(r"\d{1,9}", column) and 1 <= int(column) <= width:
        return int(column) - 1
    known = [name for name in names if name]
    more = ", …" if len(known) > _SHOWN_NAMES else ""
    named = f" or one of {', '.join(known[:_SHOWN_NAMES])}{more}" if known else ""
    raise InputError(f"{file}: there is no column '{column}': use a number from 1 to {width}{named}")


def _cells_of(
    numbered: list[tuple[int, str]], delimiter: str, width: int, places: list[int], file: str
) -> pd.DataFrame:
    """The chosen columns as text, "" where a row has no such cell; columns are named by their places."""
    try:
        table = pd.read_csv(
            io.StringIO("\n".join(line for _, line in numbered)), header=None, names=range(width),
            sep=r"\s+" if delimiter == SPACES else delimiter, dtype=dict.fromkeys(places, str),
            keep_default_na=False, index_col=False, skip_blank_lines=False, skipinitialspace=True,
            low_memory=False,
        )  # fmt: skip
    except ValueError as error:
        longer = re.search(r"in line (\d+), saw (\d+)", str(error))
        if longer:
            row = numbered[int(longer[1]) - 1][0]
            raise InputError(
                f"{file}: row {row} has {longer[2]} cells and the rows before it {width}: repair that row"
            ) from None
        raise InputError(f"{file}: can't be read as a table: is a quotation mark left open?") from None
    if len(table) != len(numbered):
        raise InputError(f"{file}: a cell goes over several rows: is a quotation mark left open?")
    table.index = pd.Index([number for number, _ in numbered])
    table = table[sorted(set(places))].fillna("")
    return table if delimiter == "," else decimal_points(table)


def _numbers(cells_: pd.Series, file: str, name: str) -> Floats:
    """A column as numbers, NaN where it is empty; the first cell that is neither is refused."""
    if pd.api.types.is_numeric_dtype(cells_.dtype):
        numbers = cells_.astype("float64")
        wrong = np.isinf(numbers)
    else:
        text = cells_.where(cells_.notna(), "").astype(str).str.strip().str.lower()
        numbers = pd.to_numeric(text, errors="coerce").astype("float64")
        wrong = (numbers.isna() & ~text.isin(EMPTY)) | np.isinf(numbers)
    refuse(wrong, cells_, file, name, "use numbers, and leave unknown ones empty")
    return numbers.to_numpy(np.float64)


def _length(cells_: pd.Series) -> int:
    """Rows up to the last one that holds something; an explicit NaN in a text file is something."""
    filled = cells_.notna() & (cells_.astype(str).str.strip() != "")
    return int(np.flatnonzero(filled)[-1]) + 1 if filled.any() else 0


def _check_varies(values: Floats, file: str, name: str) -> None:
    known = values[~np.isnan(values)]
    if not len(known):
        raise InputError(f"{file}: column '{name}' has no numbers: choose another column")
    if known.min() == known.max():
        raise InputError(
            f"{file}: column '{name}' is {known[0]:g} throughout: choose one that varies, because nothing "
            "goes together with a constant"
        )


def _notices(series: list[Floats], names: tuple[str, ...], lengths: list[int]) -> Iterator[str]:
    n = min(lengths)
    if lengths[0] != lengths[1]:
        short, long = (0, 1) if lengths[0] < lengths[1] else (1, 0)
        yield (
            f"column '{names[short]}' ends after {n} rows and '{names[long]}' after {lengths[long]}: only "
            f"the first {n} rows of both were used"
        )
    for one, name in zip(series, names, strict=True):
        gaps = int(np.isnan(one[:n]).sum())
        if gaps:
            yield f"column '{name}' is empty in {gaps} of {n} rows: these were left out"


def _doubts(found: Synchrony, samples: int) -> Iterator[str]:
    """What to know before believing the result."""
    missing = found.n_windows - found.n_windows_measured
    if missing:
        yield (
            f"{missing} of {found.n_windows} windows were left out at the peak: there a series doesn't "
            "change, or less than half of it is known"
        )
    duration_s, searched_s = samples / found.rate_hz, 2 * found.lag_s
    if found.n_surrogates and found.surrogate_kind == "circular" and duration_s < FEW_SHIFTS * searched_s:
        yield (
            f"{duration_s:.4g} s are short for circular shifts when {searched_s:g} s of lags are searched: p "
            "is often too small; use a shorter --lag or --kind shuffle"
        )


def _lines(found: Synchrony, *names: str) -> Iterator[str]:
    a, b = (f"column {name}" if name.isdigit() else name for name in names)
    yield (
        f"A: {a}, B: {b}; {found.n_windows} windows of {found.window_s:.4g} s every {found.step_s:.4g} s, "
        f"lags up to {found.lag_s:g} s, {found.rate_hz:g} samples a second"
    )
    if found.peak_lag_s == 0:
        who = "both at once"
    else:
        who = f"{b} follows {a}" if found.peak_lag_s > 0 else f"{a} follows {b}"
    interval = f" (95 % interval {found.ci95[0]:.3f} to {found.ci95[1]:.3f})" if found.ci95 else ""
    yield f"Largest mean Fisher z: {found.z:.3f}{interval} at a lag of {found.peak_lag_s:+.3g} s: {who}"
    if found.p is None:
        return
    size = "" if found.effect_size is None else f", effect size {found.effect_size:.2f}"
    yield f"Against {found.n_surrogates} {found.surrogate_kind} surrogates: p = {found.p:.3g}{size}"
    for p, one, other, sign in ((found.b_follows_p, b, a, "above"), (found.a_follows_p, a, b, "below")):
        if p is not None:
            yield f"  {one} follows {other} (lags {sign} 0): p = {p:.3g}"
