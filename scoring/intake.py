"""Intake: what somebody asks to have analysed, checked field by field before it becomes a job."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from attune import InputError, UsageError
from scoring.access import LOCAL, User
from scoring.catalogue import checked
from scoring.jobs import Job, Jobs
from scoring.manifest import AUTO
from scoring.options import Options
from scoring.profile import profile_names
from scoring.uploads import GONE, Uploads

MOST_TAGS = 50
LARGEST_TABLE = 10_000_000  # bytes; an hour's turns are some thousand rows
_asking = threading.Lock()


@dataclass(frozen=True)
class Source:
    """A recording to analyse: where it is, what its session would be called, and its upload's id if any."""

    path: Path
    title: str
    upload: str | None = None


def request(folder: str | Path, fields: Mapping[str, Any], user: User = LOCAL) -> Job:
    """Make a job of what was asked for.

    Parameters
    ----------
    folder : Path
        The library.
    fields : mapping
        ``upload`` (id of a complete one) or ``path`` (a file of this machine); for a second camera
        ``client_upload`` or ``client_path``, and ``offset_s`` (seconds; None: found from the sound);
        who speaks when: ``speech`` (``auto``: by the sound, or a table of this machine) or ``speech_upload``;
        ``title``, ``person``, ``scenario``, ``tags``; ``people``, ``staff``, ``target``, ``profile`` as in
        `Options`; ``keep_video``; ``consent``: {by, at, purpose}, none of them empty, `at` an ISO date.
    user : User
        Who asks and will own the session.

    Raises
    ------
    InputError
        A field can't be; the sentence names it.
    LookupError
        There is no such upload.
    """
    fields = {key: None if value == "" else value for key, value in fields.items()}
    jobs = Jobs(folder, user)
    with _asking:  # so that an upload serves one job, also when the button was pressed twice
        recording = _source(jobs, fields, "")
        if recording is None:
            raise InputError("no recording was chosen: upload one, or give a path on this machine")
        client = _source(jobs, fields, "client_")
        sources = [source for source in (recording, client) if source is not None]
        if len({source.path for source in sources}) < len(sources):
            raise InputError("the client's recording is the same as the first: choose the second camera's")
        table = _table(jobs, fields)
        sources += [table] if table else []
        parameters = {
            "video": str(recording.path),
            "client": str(client.path) if client else None,
            "uploads": [source.upload for source in sources if source.upload],
            "offset_s": _offset(fields, client),
            "speech": str(table.path) if table else text_of(fields, "speech"),
            "keep_video": _flag(fields, "keep_video", True),
            "person": line_of(fields, "person"),
            "scenario": line_of(fields, "scenario"),
            "tags": _tags(fields),
            "consent": consent_of(fields.get("consent")),
            "options": options_of(fields, client is not None),
        }
        return jobs.add(line_of(fields, "title") or checked(recording.title[:200], "title"), parameters)


def _source(jobs: Jobs, fields: Mapping[str, Any], prefix: str) -> Source | None:
    """The recording named in ``{prefix}upload`` or ``{prefix}path``; None where neither is given."""
    upload, path = text_of(fields, f"{prefix}upload"), text_of(fields, f"{prefix}path")
    if upload and path:
        raise InputError(f"{prefix}upload and {prefix}path are both given: choose one of them")
    if upload:
        return _uploaded(jobs, upload)
    return on_this_machine(path, f"{prefix}path") if path else None


def _uploaded(jobs: Jobs, id: str) -> Source:
    uploads = Uploads(jobs.folder)
    upload = uploads.get(id)
    if upload.owner != jobs.user.name:
        raise LookupError(GONE)
    if not upload.complete:
        raise InputError(f"'{upload.name}' has not arrived as a whole yet: let its upload finish first")
    if id in jobs.uploads_in_use():
        raise InputError(f"'{upload.name}' is being analysed already: upload it again for another analysis")
    return Source(uploads.file(id).absolute(), upload.title, id)


def _table(jobs: Jobs, fields: Mapping[str, Any]) -> Source | None:
    """The table of who speaks when; None where nobody says it, or the sound is to tell."""
    upload, path = text_of(fields, "speech_upload"), text_of(fields, "speech")
    if upload and path:
        raise InputError("speech and speech_upload are both given: choose one of them")
    if not upload and path in (None, AUTO):
        return None
    table = _uploaded(jobs, upload) if upload else on_this_machine(str(path), "speech")
    if table.path.stat().st_size > LARGEST_TABLE:
        raise InputError(f"speech: {table.path.name} is too large for a table of turns: choose the CSV")
    from scoring.speech_csv import read_speech

    try:
        read_speech(table.path)
    except InputError as error:
        raise InputError(f"speech: {error}") from None
    return table


def on_this_machine(text: str, field: str) -> Source:
    """The file that somebody names by its path, also in the quotes that file managers copy it with."""
    text = text.strip()
    if len(text) > 2 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    try:
        path = Path(text).expanduser()
        if not path.is_absolute():
            root = Path.home().anchor
            raise InputError(f"{field} '{text}' doesn't say where the file is: begin with {root} or ~")
        if not path.is_file():
            raise InputError(f"{field} '{text}' is not a file on this machine: check the path")
        if not os.access(path, os.R_OK):
            raise InputError(f"{field} '{text}' may not be read by Attune: change its permissions")
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"{field} '{text}' can't be opened: {error}") from None
    return Source(path, path.stem)


def _offset(fields: Mapping[str, Any], client: Source | None) -> float | None:
    value = fields.get("offset_s")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError("offset_s has to be a number of seconds, or empty to find it from the sound")
    if client is None:
        raise InputError("offset_s says when the client's recording begins: add that one too")
    return float(value)


def options_of(fields: Mapping[str, Any], two: bool) -> dict[str, Any]:
    people = fields.get("people")
    names = ("staff", "target", "profile")
    given: dict[str, Any] = {name: text for name in names if (text := text_of(fields, name)) is not None}
    given["people"] = "auto" if people is None else str(people)
    if given.get("profile", "default") not in profile_names():
        raise InputError(f"profile '{given['profile']}' is not known: use {', '.join(profile_names())}")
    if two and (given["people"] == "2" or "staff" in given):
        raise InputError("with two recordings each shows one person: leave out people and staff")
    if two and given.get("target") == "partner":
        raise InputError("target partner needs both faces in one picture: with two recordings use lens")
    try:
        return asdict(Options(**given))
    except UsageError as error:
        raise InputError(without_flags(str(error))) from None


def consent_of(given: Any) -> dict[str, str]:
    """As ``session.json`` has it."""
    if not isinstance(given, Mapping):
        raise InputError("consent is missing: say who agreed to the recording, when, and for what")
    by, at, purpose = (line_of(given, name) for name in ("by", "at", "purpose"))
    if not by:
        raise InputError("consent: say who agreed to the recording")
    if not purpose:
        raise InputError("consent: say what the recording may be used for")
    try:
        day = datetime.fromisoformat(at).date().isoformat()
    except ValueError:
        raise InputError("consent: say when it was given, as a date like 2025-03-12") from None
    return {"text": f"Agreed by {by} on {day} for {purpose}", "by": by, "at": at, "purpose": purpose}


def _tags(fields: Mapping[str, Any]) -> list[str]:
    tags = fields.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise InputError("tags has to be a list of texts")
    if len(tags) > MOST_TAGS:
        raise InputError(f"these are more than {MOST_TAGS} tags: choose fewer")
    return [tag for tag in (line_of({"tag": tag}, "tag") for tag in tags) if tag]


def _flag(fields: Mapping[str, Any], name: str, default: bool) -> bool:
    value = fields.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise InputError(f"{name} has to be true or false")
    return value


def line_of(fields: Mapping[str, Any], name: str) -> str:
    return checked(text_of(fields, name) or "", name)


def text_of(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or "\0" in value or not _encodable(value):
        raise InputError(f"{name} has to be a text")
    return value


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON lets through
        return False
    return True


def without_flags(sentence: str) -> str:
    """A sentence that was written for the command line, with its flags as plain names of fields.

    Examples
    --------
    >>> without_flags("--people '3' is not known: use auto, 1 or 2")
    "people '3' is not known: use auto, 1 or 2"
    """
    return " ".join(word.removeprefix("--") for word in sentence.split(" "))
