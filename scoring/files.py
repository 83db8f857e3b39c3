"""Reading and writing files of a session: errors in one sentence, JSON without NaN, bytes really on disk."""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attune import InputError, OutputError

if TYPE_CHECKING:
    import pandas as pd


SPARE_BYTES = 200_000_000
"""Stays free on the disk, whatever is recorded or sent."""

LEAST_FREE_BYTES = 2_000_000_000
"""A recording needs so much room to begin."""


_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turns what the file system refuses into an `OutputError`."""
    try:
        yield
    except OSError as error:
        where = Path(error.filename or folder)
        if where.name.startswith(f".{folder.name}."):  # A temporary file's name says nothing to anybody.
            where = folder
        raise OutputError(f"{where} can't be written: {_why(error)}") from error


@contextlib.contextmanager
def room(folder: Path) -> Iterator[None]:
    """Turns a full disk, whichever library noticed it, into an `OutputError`; what else goes wrong stays."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise OutputError(f"{folder} can't be written: {_why(error)}") from error


def _why(error: OSError) -> str:
    full = "the disk is full; free some space" if error.errno in _FULL else None
    return full or error.strerror or str(error)


def without_folders(sentence: str, files: Iterable[str | Path | None]) -> str:
    """A sentence with files called by their names alone: where they lie is told to nobody."""
    for path in files:
        if path:
            sentence = sentence.replace(str(path), Path(path).name)
    return sentence


def free_bytes(folder: Path) -> int:
    """Free room where a folder is, or will be made."""
    there = next((one for one in (folder, *folder.absolute().parents) if one.exists()), Path.cwd())
    return shutil.disk_usage(there).free


def size_of(path: Path) -> int:
    """Bytes of a file; 0 where there is none, or none any more: others may remove it at any time."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def changed_ns(path: Path) -> int:
    """When a file was changed last, in nanoseconds since 1970; 0 where none can be looked at."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def link_or_copy(source: Path, target: Path) -> None:
    """The same bytes under another name, without copying them where the file system can do that."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def sync(path: Path) -> None:
    """Have the operating system put a file's (or folder's) content on the disk."""
    try:
        handle = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
    except OSError:
        return  # Windows opens no folders: its file system orders renames itself
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file to write, which becomes `path`, on disk, once that went well."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
    temporary = Path(name)
    try:
        os.close(handle)
        yield temporary
        temporary.chmod(0o644)  # mkstemp's are for the user alone
        sync(temporary)
        temporary.replace(path)
        sync(path.absolute().parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any, digits: int | None = None) -> None:
    """Write `plain` of a value as indented JSON."""
    text = json.dumps(plain(value, digits), ensure_ascii=False, indent=2, allow_nan=False)
    # A file name that isn't UTF-8 reaches Python as lone surrogates, which JSON can only hold escaped.
    path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")


def plain(value: Any, digits: int | None = None) -> Any:
    """The value as JSON has it: NaN is null, numbers are rounded to so many decimals."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item, digits) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, digits) for item in value]
    if hasattr(value, "tolist"):  # numpy
        return plain(value.tolist(), digits)
    if isinstance(value, float):
        return None if not math.isfinite(value) else value if digits is None else round(value, digits)
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def read_json(path: Path) -> Any:
    """What a JSON file holds. What no page, table or report could hold is replaced: halves of surrogate pairs
    are ``?``, and numbers that are none, or infinite, are None.

    Raises
    ------
    InputError
        The file can't be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
        value = json.loads(text, parse_constant=lambda _: None, parse_float=_finite, parse_int=_whole)
        if "\\ud" in text.lower():
            value = json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace"))
        return value
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} can't be read: {error}") from None


def _finite(text: str) -> float | None:
    return value if math.isfinite(value := float(text)) else None


def _whole(text: str) -> int | float | None:
    return int(text) if len(text) < 300 else _finite(text)  # no float holds one of 310 digits


def read_parquet(path: Path) -> pd.DataFrame:
    """What a Parquet file holds; an `InputError` names the file when it can't be read."""
    import pandas as pd  # here, because the worker that waits for jobs reads none

    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's errors are among these
        raise InputError(f"{path} can't be read: {error}") from None
