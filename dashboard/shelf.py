"""The shelf: what a library holds, broken things included, and the one way to a session in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from attune import InputError
from scoring.session import Session

PARTS = ("session.json", "signals.parquet", "events.csv", "scores.json")


@dataclass(frozen=True)
class Entry:
    """One session folder as the list shows it.

    Attributes
    ----------
    id, title : str
    created : datetime or None
    duration_s : float or None
    problem : str
        Why it can't be opened, in a sentence; empty where it can.
    """

    id: str
    title: str
    created: datetime | None = None
    duration_s: float | None = None
    problem: str = ""


def entries(library: Path) -> list[Entry]:
    """All session folders of a library, the newest first, those that can't be opened last."""
    found = [_entry(folder) for folder in _folders(library)]
    oldest = datetime.min
    found.sort(key=lambda entry: entry.title.casefold())
    found.sort(key=lambda entry: (entry.created or oldest).replace(tzinfo=None), reverse=True)
    return sorted(found, key=lambda entry: bool(entry.problem))


def open_session(library: Path, id: str) -> Session:
    """The session with this id.

    Raises
    ------
    LookupError
        There is none, or the id is not a plain folder name in this library.
    InputError
        It is there but can't be read.
    """
    folder = _folder(library, id)
    if folder is None:
        raise LookupError(id)
    return Session.open(folder)


def _folder(library: Path, id: str) -> Path | None:
    # a name, never a path: hidden (half-written) folders and links that lead elsewhere don't count
    if not id or id.startswith(".") or any(sign in id for sign in "/\\\0") or id != Path(id).name:
        return None
    folder = library / id
    try:
        inside = folder.is_dir() and folder.resolve().parent == library.resolve()
        return folder if inside and any((folder / part).exists() for part in PARTS) else None
    except OSError:
        return None


def _folders(library: Path) -> list[Path]:
    try:
        names = sorted(path.name for path in library.iterdir())
    except OSError:
        return []
    return [folder for name in names if (folder := _folder(library, name))]


def _entry(folder: Path) -> Entry:
    try:
        info = Session.open(folder).info
    except InputError as problem:
        return Entry(folder.name, folder.name, problem=str(problem))
    source = info.get("source")
    source = source if isinstance(source, dict) else {}
    return Entry(
        folder.name,
        str(info.get("title") or folder.name),
        _date(info.get("created")),
        _number(source.get("duration_s")),
    )


def _date(text) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00")).astimezone()
    except (ValueError, OverflowError):
        return None


def _number(value) -> float | None:
    return float(value) if isinstance(value, (int, float)) and value == value else None
