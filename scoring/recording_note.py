"""What is written down beside a recording from before its first picture on: consent, whom it shows, notes.

It is the JSON in the recording's folder (`scoring.unfinished`). Once there is a session, the consent goes
into that, and the rest into the library.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from attune import InputError
from scoring.access import LOCAL, User
from scoring.annotations import check_choice, check_id, check_span, check_text, seconds, written
from scoring.files import read_json, replacing, write_json, writing
from scoring.intake import consent_of, line_of, options_of
from scoring.library import Library, now
from scoring.notes import KINDS, Content, Notebook
from scoring.session import Session
from scoring.unfinished import NOTE

MOST_NOTES, MOST_PAUSES = 200, 1000


def note_of(fields: Mapping[str, Any], camera: str, user: User = LOCAL) -> dict[str, Any]:
    """The note of a recording that begins now.

    Parameters
    ----------
    fields : mapping
        ``consent``: {by, at, purpose}, none of them empty; ``title``, ``person``, ``scenario``; ``target``,
        ``profile``, as in `scoring.options.Options`.
    camera : str
        What it is recorded with, for people to read.
    user : User
        Who records, and will own the session.

    Raises
    ------
    InputError
        A field can't be; the sentence names it.
    """
    fields = {key: None if value == "" else value for key, value in fields.items()}
    options = options_of({**fields, "people": "1"}, False)
    if options["target"] == "partner":
        raise InputError("target partner needs two people in the picture: a recording here shows one")
    return {
        "consent": consent_of(fields.get("consent")),
        "started": now(),
        "camera": camera,
        "options": {
            "target": options["target"], "profile": options["profile"], "people": "1",
            "title": line_of(fields, "title") or f"Practice of {datetime.now():%Y-%m-%d %H:%M}",
        },
        "owner": user.name,
        "person": line_of(fields, "person"),
        "scenario": line_of(fields, "scenario"),
        "notes": [],
        "pauses": [],
    }  # fmt: skip


def add_note(folder: Path, fields: Mapping[str, Any]) -> None:
    """Write down a note to oneself: {id, kind, text, time_s}; sent again, it is written once.

    Raises
    ------
    InputError
        A field can't be.
    """
    id, kind, time_s, text = fields.get("id"), fields.get("kind"), seconds(fields, "time_s"), written(fields)
    check_id(id)
    check_choice(kind, "kind", KINDS)
    check_span(time_s, time_s)
    check_text(text)
    note = read_json(folder / NOTE)
    if any(one["id"] == id for one in note["notes"]):
        return
    if len(note["notes"]) >= MOST_NOTES:
        raise InputError(f"these are more than {MOST_NOTES} notes: write the others in the review")
    note["notes"].append({"id": id, "kind": kind, "time_s": time_s, "text": text})
    _rewrite(folder, note)


def add_pause(folder: Path, at_s: float) -> None:
    """Write down that the recording was paused at a time of its own: no movement leads across it."""
    check_span(at_s, at_s)
    note = read_json(folder / NOTE)
    if len(note["pauses"]) < MOST_PAUSES and at_s not in note["pauses"]:
        note["pauses"] = sorted([*note["pauses"], at_s])
        _rewrite(folder, note)


def put_into_library(folder: Path, session: str, note: Mapping[str, Any]) -> None:
    """Say in the library whose session it is, whom it shows, and what was noted; what nobody said stays."""
    from scoring.catalogue import describe

    given = {name: note[name] for name in ("person", "scenario") if note.get(name)}
    if not given and not note.get("notes") and "owner" not in note:
        return
    library, owner = Library(folder), User(str(note.get("owner") or LOCAL.name), "staff")
    describe(library, session, owner, **given)
    author = User(str(note.get("person") or owner.name), "staff")
    stored = Session.open(folder / session)
    notebook, end_s = Notebook(library, stored, author), float(stored.info["source"]["duration_s"])
    for one in note.get("notes", ()):
        at_s = min(float(one["time_s"]), end_s)
        with contextlib.suppress(InputError):  # a note can't keep a session from being there
            notebook.add(one["id"], Content(kind=one["kind"], start_s=at_s, end_s=at_s, text=one["text"]))


def _rewrite(folder: Path, note: dict[str, Any]) -> None:
    with writing(folder), replacing(folder / NOTE) as path:
        write_json(path, note)
