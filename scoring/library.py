"""The library: what people add to sessions, in one SQLite file beside the session folders.

Names of people, tags, notes, corrections, goals and jobs. Measured things stay in the session folders; the
title and the consent stay in ``session.json``, which travels with its folder.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from attune import InputError, OutputError
from scoring.files import size_of

FILE = "library.sqlite"
SCHEMA_VERSION = 1
WAIT_S = 15.0  # for another process's write to end
_NO_PLACE = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL)
ID = re.compile(r"[0-9a-f]{32}")  # of notes, corrections, jobs and uploads: `uuid.uuid4().hex`

# Times are ISO 8601 in UTC, moments of a session are seconds on its clock.
_SCHEMA = """
CREATE TABLE people (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE,
    created TEXT NOT NULL
) STRICT;
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    person_id INTEGER REFERENCES people (id),
    scenario TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE tags (
    session_id TEXT NOT NULL,
    tag TEXT NOT NULL COLLATE NOCASE,
    PRIMARY KEY (session_id, tag)
) STRICT;
CREATE TABLE goals (
    person_id INTEGER NOT NULL REFERENCES people (id),
    score TEXT NOT NULL,
    low REAL,
    high REAL,
    created TEXT NOT NULL,
    PRIMARY KEY (person_id, score)
) STRICT;
CREATE TABLE notes (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    parent_id TEXT REFERENCES notes (id),
    author TEXT NOT NULL,
    kind TEXT NOT NULL,
    rubric TEXT,
    rating INTEGER,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL,
    text TEXT NOT NULL,
    version INTEGER NOT NULL,
    created TEXT NOT NULL,
    changed TEXT NOT NULL,
    deleted TEXT
) STRICT;
CREATE INDEX notes_of_session ON notes (session_id);
CREATE TABLE note_versions (
    note_id TEXT NOT NULL REFERENCES notes (id),
    version INTEGER NOT NULL,
    author TEXT NOT NULL,
    changed TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (note_id, version)
) STRICT;
CREATE TABLE corrections (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    author TEXT NOT NULL,
    verdict TEXT NOT NULL,
    person TEXT NOT NULL,
    kind TEXT NOT NULL,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL,
    text TEXT NOT NULL DEFAULT '',
    created TEXT NOT NULL,
    withdrawn TEXT
) STRICT;
CREATE INDEX corrections_of_session ON corrections (session_id);
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    parameters TEXT NOT NULL,
    session_id TEXT,
    progress REAL,
    attempts INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    created TEXT NOT NULL,
    changed TEXT NOT NULL
) STRICT;
"""
# What belongs to one session, in the order in which it can be deleted.
_OF_SESSION = (
    "DELETE FROM note_versions WHERE note_id IN (SELECT id FROM notes WHERE session_id = ?)",
    "DELETE FROM notes WHERE session_id = ? AND parent_id IS NOT NULL",
    "DELETE FROM notes WHERE session_id = ?",
    "DELETE FROM corrections WHERE session_id = ?",
    "DELETE FROM tags WHERE session_id = ?",
    "DELETE FROM jobs WHERE session_id = ?",
    "DELETE FROM sessions WHERE id = ?",
)
# What belongs to one person, likewise: a name that no session bears any more has no reason to be kept.
_OF_PERSON = (
    "DELETE FROM goals WHERE person_id = ?1 AND NOT EXISTS (SELECT 1 FROM sessions WHERE person_id = ?1)",
    "DELETE FROM people WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM sessions WHERE person_id = ?1)",
)


class Library:
    """The database of one library; every use opens it anew, so that threads and processes can share it.

    Parameters
    ----------
    folder : Path
        The folder of the session folders. Nothing is made in it before something is written.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.path = self.folder / FILE

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with: one consistent view. Empty where nothing was ever written.

        Raises
        ------
        InputError
            When the file can't be read or is of a newer Attune.
        """
        try:
            opened = self._open(reading=True) if self.path.exists() else _empty()
            with contextlib.closing(opened) as connection:
                connection.execute("BEGIN")
                yield connection
        except sqlite3.Error as error:
            raise InputError(f"{self.path} can't be read: {error}") from error

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection to write with: all of the block is stored, on disk, or nothing.

        Raises
        ------
        OutputError
            When it can't be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not os.access(self.folder, os.W_OK):  # SQLite would call it an I/O error
                raise OSError(errno.EROFS, "nothing can be written in its folder")
            with contextlib.closing(self._open()) as connection:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise OutputError(f"{self.path} can't be written: {why}") from error

    def forget_session(self, id: str) -> None:
        """Delete every row that belongs to a session, and the person whom no other session shows.

        The pages of deleted rows are overwritten.
        """
        if not self.path.exists():
            return
        with self.writing() as connection:
            shown = connection.execute("SELECT person_id FROM sessions WHERE id = ?", (id,)).fetchone()
            for statement in _OF_SESSION:
                connection.execute(statement, (id,))
            for statement in _OF_PERSON:
                connection.execute(statement, (shown and shown["person_id"],))
        with contextlib.closing(self._open()) as connection:  # what the log still holds of them goes, too
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _open(self, reading: bool = False) -> sqlite3.Connection:
        """A connection, also where the file that all connections share (-shm) has no place.

        Then what is there can still be read, as it is unless something is left in the log beside it; and on a
        full disk a connection that is alone needs no such file, so that sessions can be deleted to make room.
        """
        log = self.path.with_name(f"{FILE}-wal")
        settled = reading and not size_of(log)
        try:
            return self._connected()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _NO_PLACE:
                raise
        return self._connected("IMMUTABLE" if settled else "EXCLUSIVE")

    def _connected(self, way: str = "SHARED") -> sqlite3.Connection:
        fixed = way == "IMMUTABLE"
        address = f"{self.path.absolute().as_uri()}{'?immutable=1' if fixed else ''}"
        connection = sqlite3.connect(address, timeout=WAIT_S, isolation_level=None, uri=True)
        try:
            connection.row_factory = sqlite3.Row
            if way == "EXCLUSIVE":
                connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            if not fixed:
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")  # stored means on disk, also after a power cut
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            _prepare(connection, self.path)
        except BaseException:
            connection.close()
            raise
        return connection


def now() -> str:
    """The time, as it is stored."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables where there are none yet."""
    if _version(connection) == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    version = _version(connection)  # another process may have been quicker
    if version > SCHEMA_VERSION:
        connection.execute("ROLLBACK")
        raise InputError(f"{path} was written by a newer Attune: update Attune to open this library")
    if version == 0:
        for statement in _SCHEMA.split(";"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _empty() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    _prepare(connection, Path(":memory:"))
    return connection
