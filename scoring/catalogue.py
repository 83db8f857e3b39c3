"""The catalogue: what a library holds, with the person, scenario and tags that people gave each session."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from attune import InputError
from scoring.access import LOCAL, User, may_see
from scoring.files import changed_ns, read_json, replacing, write_json, writing
from scoring.library import Library, now
from scoring.session import INFO, VIDEO, Session
from scoring.session import forget as forget_folder

PARTS = ("session.json", "signals.parquet", "events.csv", "scores.json")
LONGEST = 200  # characters of a title, name, scenario or tag


@dataclass(frozen=True)
class Entry:
    """One session as lists show it.

    Attributes
    ----------
    id, title : str
        ``id`` is the folder's name.
    created : datetime or None
    duration_s : float or None
    person, scenario, owner : str
        Empty where nobody said; `owner` is who added it.
    tags : tuple of str
    notes : int
        How many were left on it; replies don't count.
    pictured : bool
        Whether its video was kept.
    problem : str
        Why it can't be opened, in a sentence; empty where it can.
    """

    id: str
    title: str
    created: datetime | None = None
    duration_s: float | None = None
    person: str = ""
    scenario: str = ""
    owner: str = LOCAL.name
    tags: tuple[str, ...] = field(default=())
    notes: int = 0
    pictured: bool = False
    problem: str = ""


class Catalogue:
    """The sessions of one library that a user may see.

    Parameters
    ----------
    folder : Path
        The library; it may be empty or not exist yet.
    user : User
        Whose view it is.
    """

    def __init__(self, folder: str | Path, user: User = LOCAL):
        self.folder, self.user = Path(folder), user
        self.library = Library(folder)

    def entries(self) -> list[Entry]:
        """All sessions, the newest first, those that can't be opened last."""
        with self.library.reading() as connection:
            given = {row["id"]: dict(row) for row in connection.execute(_SESSIONS)}
            tags: dict[str, list[str]] = {}
            for row in connection.execute("SELECT session_id, tag FROM tags ORDER BY tag"):
                tags.setdefault(row["session_id"], []).append(row["tag"])
            notes = dict(connection.execute(_NOTES).fetchall())
        all_of_it = (
            _entry(f, given.get(f.name), tags.get(f.name, ()), notes.get(f.name, 0)) for f in self._folders()
        )
        found = [entry for entry in all_of_it if may_see(self.user, entry.owner)]
        found.sort(key=lambda entry: entry.title.casefold())
        found.sort(key=lambda entry: (entry.created or datetime.min).replace(tzinfo=None), reverse=True)
        return sorted(found, key=lambda entry: bool(entry.problem))

    def open(self, id: str) -> Session:
        """The session with this id.

        Raises
        ------
        LookupError
            There is none that this user may see, or the id is not a plain folder name in this library.
        InputError
            It is there but can't be read.
        """
        return Session.open(self.folder_of(id))

    def folder_of(self, id: str) -> Path:
        """The folder of a session that this user may see; `LookupError` where there is none."""
        folder = self._folder(id)
        if folder is None or not may_see(self.user, self._owner(id)):
            raise LookupError(id)
        return folder

    def describe(
        self, id: str, *, person: str | None = None, scenario: str | None = None,
        tags: Iterable[str] | None = None,
    ) -> None:  # fmt: skip
        """Say who a session shows, in which scenario, with which tags; what is None stays as it is."""
        self.folder_of(id)
        describe(self.library, id, self.user, person=person, scenario=scenario, tags=tags)

    def rename(self, id: str, title: str) -> None:
        """Give a session another title, in its ``session.json``."""
        folder = self.folder_of(id)
        title = checked(title, "the title")
        if not title:
            raise InputError("the title is empty: give the session a name")
        info = read_json(folder / INFO)
        with writing(folder / INFO), replacing(folder / INFO) as path:
            write_json(path, {**info, "title": title})

    def forget(self, id: str) -> None:
        """Delete a session with every file and every row that belongs to it."""
        forget_folder(self.folder_of(id))
        self.library.forget_session(id)

    def people(self) -> list[str]:
        """Everybody whom a session shows or who has a goal, in order of the alphabet."""
        with self.library.reading() as connection:
            return [row["name"] for row in connection.execute("SELECT name FROM people ORDER BY name")]

    def _owner(self, id: str) -> str:
        with self.library.reading() as connection:
            row = connection.execute("SELECT owner FROM sessions WHERE id = ?", (id,)).fetchone()
        return row["owner"] if row else LOCAL.name

    def _folder(self, id: str) -> Path | None:
        # a name, never a path: hidden (half-written) folders and links that lead elsewhere don't count
        if not id or id.startswith(".") or any(sign in id for sign in "/\\\0") or id != Path(id).name:
            return None
        folder = self.folder / id
        try:
            inside = folder.is_dir() and folder.resolve().parent == self.folder.resolve()
            return folder if inside and any((folder / part).exists() for part in PARTS) else None
        except OSError:
            return None

    def _folders(self) -> list[Path]:
        try:
            names = sorted(path.name for path in self.folder.iterdir())
        except OSError:
            return []
        return [folder for name in names if (folder := self._folder(name))]


_NOTES = """SELECT session_id, count(*) FROM notes WHERE deleted IS NULL AND parent_id IS NULL
    GROUP BY session_id"""
_SESSIONS = """SELECT sessions.id, owner, scenario, people.name AS person
    FROM sessions LEFT JOIN people ON people.id = person_id"""

# A mistyped name that was put right isn't offered for ever; one with goals waits for its next session.
_NAMES_OF_NOBODY = """DELETE FROM people WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE person_id = people.id)
    AND NOT EXISTS (SELECT 1 FROM goals WHERE person_id = people.id)"""


def describe(
    library: Library, id: str, user: User = LOCAL, *, person: str | None = None, scenario: str | None = None,
    tags: Iterable[str] | None = None,
) -> None:  # fmt: skip
    """As `Catalogue.describe`, also for a session that is only about to be there."""
    with library.writing() as connection:
        connection.execute("INSERT OR IGNORE INTO sessions (id, owner) VALUES (?, ?)", (id, user.name))
        if person is not None:
            number = person_number(connection, person)
            before = connection.execute("SELECT person_id FROM sessions WHERE id = ?", (id,)).fetchone()
            if number is not None and number == before["person_id"]:  # whose name is put right
                spelling = checked(person, "the person's name")
                connection.execute("UPDATE people SET name = ? WHERE id = ?", (spelling, number))
            connection.execute("UPDATE sessions SET person_id = ? WHERE id = ?", (number, id))
            connection.execute(_NAMES_OF_NOBODY)
        if scenario is not None:
            scenario = checked(scenario, "the scenario")
            connection.execute("UPDATE sessions SET scenario = ? WHERE id = ?", (scenario, id))
        if tags is not None:
            wanted: dict[str, str] = {}
            for tag in (checked(tag, "a tag") for tag in tags):
                wanted.setdefault(tag.casefold(), tag)
            connection.execute("DELETE FROM tags WHERE session_id = ?", (id,))
            rows = [(id, tag) for tag in wanted.values() if tag]
            connection.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?)", rows)


def person_number(connection: sqlite3.Connection, name: str) -> int | None:
    """The number of a person, who is added where the name is new in any case; None for an empty name."""
    name = checked(name, "the person's name")
    if not name:
        return None
    # SQLite itself takes Å and å for different letters
    for row in connection.execute("SELECT id, name FROM people"):
        if row["name"].casefold() == name.casefold():
            return row["id"]
    return connection.execute("INSERT INTO people (name, created) VALUES (?, ?)", (name, now())).lastrowid


def checked(text: str, what: str) -> str:
    """One line without surrounding space, its letters composed in one way (NFC).

    Raises
    ------
    InputError
        It is longer than `LONGEST`.
    """
    text = " ".join(unicodedata.normalize("NFC", str(text)).split())
    if len(text) > LONGEST:
        raise InputError(f"{what} is longer than {LONGEST} characters: shorten it")
    return text


def _entry(folder: Path, given: dict | None, tags: Iterable[str], notes: int) -> Entry:
    id = folder.name.encode(errors="backslashreplace").decode()
    if id != folder.name:  # no page and no address could name it
        return Entry(id, id, problem="Its folder's name is not UTF-8: give the folder another name.")
    given = given or {}
    known: dict[str, Any] = {
        "person": given.get("person") or "", "scenario": given.get("scenario") or "",
        "owner": given.get("owner") or LOCAL.name, "tags": tuple(tags), "notes": notes,
        "pictured": (folder / VIDEO).is_file(),
    }  # fmt: skip
    try:
        info = _info(folder, changed_ns(folder / INFO))
    except InputError as problem:
        return Entry(folder.name, folder.name, problem=str(problem), **known)
    source = info.get("source")
    source = source if isinstance(source, dict) else {}
    return Entry(
        folder.name,
        str(info.get("title") or folder.name),
        _date(info.get("created")),
        _number(source.get("duration_s")),
        **known,
    )


@lru_cache(maxsize=5000)
def _info(folder: Path, changed_ns: int) -> dict[str, Any]:
    """What ``session.json`` says; read again when it has changed, as lists of hundreds are drawn often."""
    return Session.open(folder).info


def _date(text) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00")).astimezone()
    except (ValueError, OverflowError):
        return None


def _number(value) -> float | None:
    return float(value) if isinstance(value, (int, float)) and value == value else None
