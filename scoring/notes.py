"""Notes on a session: what somebody wrote at a moment of it, and everything it once was.

A note is never overwritten unseen: whoever changes one says which version they had before them, and every
version, the deletion too, is kept beside the note.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from attune import AttuneError, InputError
from scoring.access import User
from scoring.annotations import (
    Annotator,
    check_choice,
    check_id,
    check_span,
    check_text,
    extent_of,
    seconds,
    written,
)
from scoring.library import Library, now
from scoring.profile import Profile, RubricItem
from scoring.session import Session

KINDS = {"keep": "Keep", "try": "Try", "question": "Question"}
RATINGS = range(1, 6)


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a note says; every version has its own.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    start_s, end_s : float
        Seconds on the session's clock; the same for a single moment.
    text : str
        1 to 5000 characters; line breaks are kept.
    rubric : str or None
        The item of the profile's rubric it speaks of.
    rating : int or None
        1 to 5, of that item.

    Raises
    ------
    InputError
        A field is not what it should be.
    """

    kind: str
    start_s: float
    end_s: float
    text: str
    rubric: str | None = None
    rating: int | None = None

    def __post_init__(self) -> None:
        check_choice(self.kind, "kind", KINDS)
        check_span(self.start_s, self.end_s)
        check_text(self.text)
        if self.rubric is not None and not isinstance(self.rubric, str):
            raise InputError("'rubric' is not an item of the rubric: name one, or leave it empty")
        if self.rating is not None:
            whole = isinstance(self.rating, int) and not isinstance(self.rating, bool)
            if not whole or self.rating not in RATINGS:
                raise InputError("'rating' is not a whole number from 1 to 5")
            if self.rubric is None:
                raise InputError("'rating' has nothing to rate: choose an item of the rubric")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Content:
        """The content that a request describes; what else it holds is left aside."""
        return Content(
            kind=values.get("kind", ""), text=written(values), rubric=values.get("rubric"),
            rating=values.get("rating"), start_s=seconds(values, "start_s"), end_s=seconds(values, "end_s"),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Note(Content):
    """One note as it is now.

    Attributes
    ----------
    id : str
    author : str
        Who wrote it first, whoever changed it later.
    parent : str or None
        The note it replies to; a reply has no replies of its own and no rating.
    version : int
        1 when it was written, one more with every change.
    created, changed : str
        ISO 8601 in UTC.
    deleted : bool
        A deleted note is shown, without its text, where there are replies to it.
    """

    id: str
    author: str
    created: str
    changed: str
    parent: str | None = None
    version: int = 1
    deleted: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_id(self.id)
        if self.parent is not None:
            check_id(self.parent, "parent")
            if self.rubric is not None:
                raise InputError("'rubric' and 'rating' belong to a note: a reply has neither")

    @property
    def content(self) -> Content:
        return Content(**{field.name: getattr(self, field.name) for field in fields(Content)})


@dataclass(frozen=True)
class Version:
    """What a note once was: who made it so, and when. Without content: they deleted it."""

    version: int
    author: str
    changed: str
    content: Content | None


class Conflict(AttuneError):
    """Somebody else changed a note meanwhile; `note` is what it is now."""

    def __init__(self, sentence: str, note: Note):
        super().__init__(sentence)
        self.note = note


def rubric_of(session: Session) -> Mapping[str, RubricItem]:
    """The rubric of a session's own profile, or the default one where that is gone."""
    try:
        return Profile.load(str(session.info.get("profile") or "default")).rubric
    except (InputError, OSError):
        return Profile.load("default").rubric


def notes_of(library: Library, session_id: str) -> list[Note]:
    """The notes of a session in order of their start, each one's replies behind it; no deleted ones.

    A reply to a note that was deleted stays, at that note's place.
    """
    return [note for note in thread_of(library, session_id) if not note.deleted]


def thread_of(library: Library, session_id: str) -> list[Note]:
    """As `notes_of`, with the deleted notes that somebody replied to."""
    return all_of(library, session_id)[0]


def all_of(library: Library, session_id: str) -> tuple[list[Note], list[Note]]:
    """The notes as `thread_of` gives them, and the deleted ones left out there, the last deleted first."""
    with library.reading() as connection:
        rows = connection.execute("SELECT * FROM notes WHERE session_id = ?", (session_id,)).fetchall()
    notes = {row["id"]: _note(row) for row in rows}
    answered = {note.parent for note in notes.values() if not note.deleted}

    def place(note: Note):
        first = notes[note.parent or note.id]
        return first.start_s, first.created, first.id, note.parent is not None, note.created, note.id

    placed = sorted((note for note in notes.values() if not note.deleted or note.id in answered), key=place)
    gone = [note for note in notes.values() if note.deleted and note.id not in answered]
    return placed, sorted(gone, key=lambda note: (note.changed, note.id), reverse=True)


class Notebook(Annotator):
    """Writes the notes of one session (`Annotator` says how it is made)."""

    def add(self, id: str, content: Content, parent: str | None = None) -> Note:
        """Store a new note; sent again, it is stored once.

        Raises
        ------
        InputError
            It lies outside the session, its rubric item isn't in the profile, or there is no such parent.
        Conflict
            The id is taken by a note that says something else.
        """
        when = now()
        note = Note(
            **asdict(content), id=id, parent=parent, author=self.user.name, created=when, changed=when
        )
        with self.library.writing() as connection:
            before = self._find(connection, id)
            if before is not None:
                return _said_again(connection, before, note)
            self._check(content)
            if parent is not None:
                self._check_parent(connection, parent)
            connection.execute(_ADD, {**asdict(note), "session_id": self.session_id})
            _keep(connection, id, 1, self.user, when, asdict(content))
        return note

    def change(self, id: str, version: int, content: Content) -> Note:
        """Replace what a note says; sent again, it is changed once.

        Parameters
        ----------
        version : int
            The one that was before the writer's eyes.

        Raises
        ------
        LookupError
            The session has no such note.
        Conflict
            Somebody changed or deleted it meanwhile.
        """
        with self.library.writing() as connection:
            note = self._found(connection, id)
            if note.deleted:
                raise Conflict("This note was deleted meanwhile.", note)
            if note.content == content:
                return note
            if isinstance(version, bool) or note.version != version:
                raise Conflict("This note was changed by somebody else meanwhile.", note)
            self._check(content, note.rubric)
            when = now()
            changed = Note(**{**asdict(note), **asdict(content), "version": version + 1, "changed": when})
            connection.execute(_CHANGE, asdict(changed))
            _keep(connection, id, changed.version, self.user, when, asdict(content))
        return changed

    def delete(self, id: str) -> None:
        """Take a note away; its versions are kept. `LookupError` where the session has no such note."""
        with self.library.writing() as connection:
            note = self._found(connection, id)
            if note.deleted:
                return
            when, version = now(), note.version + 1
            connection.execute(
                "UPDATE notes SET deleted = ?, changed = ?, version = ? WHERE id = ?",
                (when, when, version, id),
            )
            _keep(connection, id, version, self.user, when, None)

    def history(self, id: str) -> list[Version]:
        """Every version of a note, the first one first; `LookupError` where the session has no such note."""
        with self.library.reading() as connection:
            self._found(connection, id)
            rows = connection.execute(
                "SELECT * FROM note_versions WHERE note_id = ? ORDER BY version", (id,)
            ).fetchall()
        return [
            Version(row["version"], row["author"], row["changed"], content and Content.of(content))
            for row in rows
            for content in [json.loads(row["content"])]
        ]

    def _find(self, connection: sqlite3.Connection, id: str) -> Note | None:
        row = connection.execute("SELECT * FROM notes WHERE id = ?", (id,)).fetchone()
        if row is not None and row["session_id"] != self.session_id:
            raise InputError("'id' is taken by another note: make a new one")
        return None if row is None else _note(row)

    def _found(self, connection: sqlite3.Connection, id: str) -> Note:
        row = connection.execute(
            "SELECT * FROM notes WHERE id = ? AND session_id = ?", (id, self.session_id)
        ).fetchone()
        if row is None:
            raise LookupError("There is no such note in this session.")
        return _note(row)

    def _check(self, content: Content, known: str | None = None) -> None:
        """What only the session can tell; a note may keep the item it has (`known`)."""
        extent_of(self.session).check(content.start_s, content.end_s)
        if content.rubric is not None and content.rubric != known:
            check_choice(content.rubric, "rubric", rubric_of(self.session))

    def _check_parent(self, connection: sqlite3.Connection, parent: str) -> None:
        # one that was deleted meanwhile is as good: the reply must not get lost
        row = connection.execute(
            "SELECT parent_id FROM notes WHERE id = ? AND session_id = ?", (parent, self.session_id)
        ).fetchone()
        if row is None:
            raise InputError("'parent' is not a note of this session: reply to one that is")
        if row["parent_id"] is not None:
            raise InputError("'parent' is a reply itself: reply to the note above it")


_ADD = """INSERT INTO notes VALUES (:id, :session_id, :parent, :author, :kind, :rubric, :rating, :start_s,
    :end_s, :text, :version, :created, :changed, NULL)"""
_CHANGE = """UPDATE notes SET kind = :kind, rubric = :rubric, rating = :rating, start_s = :start_s,
    end_s = :end_s, text = :text, version = :version, changed = :changed WHERE id = :id"""


def _keep(connection: sqlite3.Connection, id: str, version: int, user: User, when: str, content) -> None:
    row = (id, version, user.name, when, json.dumps(content, ensure_ascii=False))
    connection.execute("INSERT INTO note_versions VALUES (?, ?, ?, ?, ?)", row)


def _said_again(connection: sqlite3.Connection, before: Note, note: Note) -> Note:
    """What is stored of a note that is sent a second time."""
    row = connection.execute(
        "SELECT content FROM note_versions WHERE note_id = ? AND version = 1", (note.id,)
    ).fetchone()
    first = Content.of(json.loads(row["content"]))
    if (first, before.parent) != (note.content, note.parent):
        raise Conflict("A note with this id is there and says something else.", before)
    return before


def _note(row: sqlite3.Row) -> Note:
    values = dict(row)
    values["parent"] = values.pop("parent_id")
    values["deleted"] = values.pop("deleted") is not None
    del values["session_id"]
    return Note(**values)
