"""Recordings that were cut short, for the dashboard: which there are, and how one becomes a session."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attune import InputError
from scoring.access import LOCAL, User, may_see
from scoring.files import read_json
from scoring.jobs import Job, Jobs
from scoring.unfinished import KEY, NOTE, PATIENCE_S, PREFIX, described, held, pictured, waiting

GONE = "There is no such recording that was cut short."


@dataclass(frozen=True)
class CutShort:
    """A recording that can be finished.

    Attributes
    ----------
    key : str
    title, person, started : str
        Empty where nobody said.
    seconds : float or None
        None where that can't be told.
    size : int
        Bytes.
    """

    key: str
    title: str
    person: str
    started: str
    seconds: float | None
    size: int


def cut_short(library: Path, user: User = LOCAL) -> tuple[CutShort, ...]:
    """Those that a user may see, the newest first; not those that are being recorded or analysed."""
    found = []
    for folder in reversed(_folders(library, user)):
        note, one = _note(folder), described(folder)
        options = note.get("options") or {}
        found.append(
            CutShort(
                folder.name.removeprefix(PREFIX), str(options.get("title") or ""),
                str(note.get("person") or ""), one.started, one.seconds, one.size,
            )
        )  # fmt: skip
    return tuple(found)


def how_many(library: Path, user: User = LOCAL) -> int:
    """How many there are, without a look into them."""
    return len(_folders(library, user))


def _folders(library: Path, user: User) -> list[Path]:
    in_use = Jobs(library, user).recordings_in_use()
    free = (folder for folder in waiting(library) if folder.name not in in_use)
    return [folder for folder in free if pictured(folder) is not None and _mine(_note(folder), user)]


def finish(library: Path, key: str, user: User = LOCAL) -> Job:
    """A job that makes a session of it; `LookupError` where there is no such recording."""
    folder = _folder(library, key, user)
    jobs, note = Jobs(library, user), _note(folder)
    title = str((note.get("options") or {}).get("title") or f"Recording of {note.get('started', '')[:10]}")
    video = str(pictured(folder))
    return jobs.add(title, {"recording": folder.name, "video": video, "client": None, "uploads": list[str]()})


def discard(library: Path, key: str, user: User = LOCAL) -> None:
    """Delete it; `LookupError` where there is no such recording."""
    folder = _folder(library, key, user)
    with held(folder, PATIENCE_S) as free:
        if not free:
            raise InputError("it is being recorded or analysed right now: end that first")
        shutil.rmtree(folder, ignore_errors=True)


def _folder(library: Path, key: str, user: User) -> Path:
    folder = library / f"{PREFIX}{key}"
    if not KEY.fullmatch(key) or pictured(folder) is None or not _mine(_note(folder), user):
        raise LookupError(GONE)
    if folder.name in Jobs(library, user).recordings_in_use():
        raise InputError("it is being analysed already: wait for that, or cancel it")
    return folder


def _note(folder: Path) -> dict[str, Any]:
    with contextlib.suppress(InputError):
        note = read_json(folder / NOTE)
        return note if isinstance(note, dict) else {}
    return {}


def _mine(note: dict[str, Any], user: User) -> bool:
    return may_see(user, str(note.get("owner") or LOCAL.name))
