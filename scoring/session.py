"""The session folder: written whole or not at all, read lazily, listed, forgotten.

A session is written in a hidden folder beside its final place (``.ID.partial``), synced to disk and renamed.
What a crash leaves behind is recognised by its name and settled by `remove_partial`; a lock that the
operating system drops with the process tells it from a folder still being written.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from attune import InputError, OutputError
from scoring.events import EVENT_COLUMNS, events_from_table, events_table
from scoring.files import plain, read_json, read_parquet, sync, write_json, writing
from scoring.judge import Judgement
from scoring.lock import locked
from scoring.speech import Speech
from vision.signals import COLUMNS, Signals

SCHEMA_VERSION = 1

INFO, VIDEO, SIGNALS, LANDMARKS = "session.json", "video.mp4", "signals.parquet", "landmarks.parquet"
SECOND_VIDEO = "video2.mp4"  # the second camera's, where there were two
EVENTS, SCORES, FEEDBACK = "events.csv", "scores.json", "feedback.json"
PARTS = (SIGNALS, EVENTS, SCORES, FEEDBACK, INFO)
"""Every session has these; the last is written last."""

_PARTIAL, _OLD, _GONE = ".partial", ".old", ".gone"
_DECIMALS = {"start_s": 6, "end_s": 6, "lag_s": 4, "peak_prob": 4, "coverage": 4, "amplitude_deg": 2}
_LONGEST_STEM = 120  # bytes; leaves room for the suffixes within the 255 that file systems allow


def session_id(source_name: str, source_sha256: str, parameters: Mapping[str, Any]) -> str:
    """File stem, made safe for any file system, and 8 hex digits of source hash and parameters.

    The same recording with the same parameters always has the same id.
    """
    text = json.dumps([source_sha256, plain(parameters)], sort_keys=True)
    return f"{safe_name(Path(source_name).stem)}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def safe_name(stem: str) -> str:
    """The name made safe for any file system, and never hidden, empty or reserved."""
    stem = unicodedata.normalize("NFC", stem)
    stem = "".join("_" if c in '<>:"/\\|?*' or unicodedata.category(c)[0] == "C" else c for c in stem)
    # A leading dot would hide the folder, a leading dash make it look like a flag.
    stem = stem.strip(". ").lstrip("-") or "session"
    stem = stem.encode("utf-8")[:_LONGEST_STEM].decode("utf-8", "ignore").rstrip(". ")
    reserved = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
    return f"_{stem}" if stem.split(".")[0].lower() in reserved else stem


@dataclass(frozen=True)
class Session:
    """A session folder opened for reading; its files are read when asked for.

    Attributes
    ----------
    path : Path
    info : dict
        What ``session.json`` holds.
    """

    path: Path
    info: dict[str, Any]

    @classmethod
    def open(cls, path: str | Path) -> Session:
        """Open a session folder.

        Raises
        ------
        InputError
            When it isn't one, is half-written, or was written by a newer Attune.
        """
        path = Path(path)
        if not path.is_dir():
            raise InputError(f"{path} is not a session folder")
        if path.name.startswith(".") or not (path / INFO).is_file():
            raise InputError(f"{path} is not a whole session: it has no {INFO}")
        info = read_json(path / INFO)
        version = info.get("schema_version") if isinstance(info, dict) else None
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            raise InputError(f"{path / INFO} has no schema_version: it is not a session's")
        if version > SCHEMA_VERSION:
            raise InputError(
                f"{path} was written by a newer Attune (schema_version {version}, this one reads up to "
                f"{SCHEMA_VERSION}): update Attune to open it"
            )
        return cls(path, info)

    @property
    def id(self) -> str:
        return str(self.info.get("id") or self.path.name)

    @property
    def video(self) -> Path | None:
        """The recording, where it was kept."""
        return self.path / VIDEO if (self.path / VIDEO).is_file() else None

    @property
    def second_video(self) -> Path | None:
        """The second camera's recording, where there were two and it was kept."""
        return self.path / SECOND_VIDEO if (self.path / SECOND_VIDEO).is_file() else None

    def camera_of(self, person: str) -> int:
        """Whose picture shows a person: 1, or 2 where there were two cameras."""
        return int(((self.info.get("roles") or {}).get(person) or {}).get("camera") or 1)

    def source_of(self, person: str) -> dict[str, Any]:
        """What ``session.json`` says of the recording that shows a person."""
        return self.source(self.camera_of(person))

    def source(self, camera: int) -> dict[str, Any]:
        """What ``session.json`` says of a camera's recording, 1 or 2."""
        return self.info.get("source" if camera == 1 else "second_source") or {}

    def signals(self) -> Signals:
        """The signals, checked; columns that a newer minor version added are left unread."""
        return self._signals

    # Frozen, but read once: a dashboard asks for the same table again and again.
    @cached_property
    def _signals(self) -> Signals:
        table = read_parquet(self.path / SIGNALS)
        try:
            return Signals(table[[name for name in table.columns if name in COLUMNS]])
        except InputError as error:
            raise InputError(f"{self.path / SIGNALS}: {error}") from None

    def landmarks(self) -> pd.DataFrame | None:
        """What the overlay draws, one row per frame and person; None where it was not kept."""
        return read_parquet(self.path / LANDMARKS) if (self.path / LANDMARKS).is_file() else None

    def events(self) -> pd.DataFrame:
        """The events, columns `scoring.events.EVENT_COLUMNS`; unknown texts are empty, numbers NaN."""
        path = self.path / EVENTS
        try:
            table = pd.read_csv(path, keep_default_na=False, na_values=[""], encoding="utf-8")
        except (OSError, ValueError) as error:
            raise InputError(f"{path} can't be read: {error}") from None
        lacking = [name for name in EVENT_COLUMNS[:6] if name not in table.columns]
        if lacking:
            raise InputError(f"{path} has no column '{lacking[0]}'")
        wrong = [name for name in EVENT_COLUMNS[2:6] if len(table) and table[name].dtype == object]
        if wrong:
            raise InputError(f"{path}: column '{wrong[0]}' holds a value that is not a number")
        table = table.reindex(columns=list(EVENT_COLUMNS))
        for name in ("person", "kind", "cue", "reason"):
            table[name] = table[name].fillna("").astype(object)
        return table

    def scores(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Person -> name -> {value, unit, ci95, coverage, reason}."""
        return read_json(self.path / SCORES)

    def feedback(self) -> list[dict[str, Any]]:
        """The items in order, as `scoring.feedback.feedback` describes them."""
        return read_json(self.path / FEEDBACK)


def speech_of(session: Session) -> Speech | None:
    """Who speaks when, as far as the session was told; None where that is unknown."""
    source = (session.info.get("speech") or {}).get("source")
    return Speech.of_events(events_from_table(session.events()), str(source)) if source else None


class SessionWriter:
    """Writes one session; a context manager.

    Put large files (video, landmarks) straight into `folder`, then call `commit`. Left without a commit,
    by an error or Ctrl-C, nothing stays behind.

    Parameters
    ----------
    library : path
        Folder of sessions, made when missing.
    id : str
        As `session_id` gives it.

    Raises
    ------
    OutputError
        When the library can't be written, or another process is writing the same session.
    """

    def __init__(self, library: str | Path, id: str):
        self.library, self.id = Path(library), id
        self.folder = self.library / f".{id}{_PARTIAL}"
        self._held = contextlib.ExitStack()

    def __enter__(self) -> SessionWriter:
        with writing(self.library), contextlib.ExitStack() as stack:
            self.library.mkdir(parents=True, exist_ok=True)
            if not stack.enter_context(locked(_lock_path(self.folder))):
                raise OutputError(f"session {self.id} is being written by another process: let it finish")
            _settle(self.library, self.id)
            stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.folder.mkdir()
            self._held = stack.pop_all()  # everything went well: folder and lock stay until __exit__
        return self

    def __exit__(self, *exc: object) -> None:
        self._held.close()

    def commit(self, info: Mapping[str, Any], signals: Signals, judgement: Judgement) -> Session:
        """Write the rest and move the folder to its place; a session of the same id is replaced.

        Parameters
        ----------
        info : Mapping
            For ``session.json``; ``schema_version``, ``id`` and, when absent, ``created`` are filled in.
        signals : Signals
        judgement : Judgement
        """
        with writing(self.library):
            signals.table.to_parquet(self.folder / SIGNALS, index=False)
            _write_events(self.folder / EVENTS, judgement)
            write_json(self.folder / SCORES, judgement.scores, digits=6)
            write_json(self.folder / FEEDBACK, judgement.feedback, digits=6)
        return self._place(info)

    def adopt(self, info: Mapping[str, Any], parts: Mapping[str, Path]) -> Session:
        """As `commit`, with a session's files as they are: by their name in the folder."""
        with writing(self.library):
            for name, source in parts.items():
                shutil.copyfile(source, self.folder / name)
        return self._place(info)

    def _place(self, info: Mapping[str, Any]) -> Session:
        fixed = {"schema_version": SCHEMA_VERSION, "id": self.id}
        known = {**fixed, "title": self.id, "created": _now()}
        with writing(self.library):
            write_json(self.folder / INFO, {**known, **info, **fixed})
            for path in self.folder.iterdir():
                sync(path)
            sync(self.folder)
            final = self.library / self.id
            _replace(self.folder, final)
            sync(self.library)
        return Session.open(final)


def write_session(
    library: str | Path,
    id: str,
    info: Mapping[str, Any],
    signals: Signals,
    judgement: Judgement,
    files: Mapping[str, str | Path] | None = None,
) -> Session:
    """Write a whole session at once; see `SessionWriter`.

    Parameters
    ----------
    files : Mapping of str to path
        Further files to copy in, by their name in the folder (``video.mp4``).
    """
    with SessionWriter(library, id) as writer:
        for name, source in (files or {}).items():
            with writing(writer.library):
                shutil.copyfile(source, writer.folder / name)
        return writer.commit(info, signals, judgement)


def list_sessions(library: str | Path, problems: list[str] | None = None) -> list[Session]:
    """The sessions of a library, the newest first; half-written ones are not among them.

    ``problems``, when given, gets a sentence for each folder that looks like a session and can't be opened.
    """
    sessions = []
    for folder in _folders(Path(library)):
        if folder.name.startswith(".") or not (folder / INFO).is_file():
            continue
        try:
            sessions.append(Session.open(folder))
        except InputError as error:
            if problems is not None:
                problems.append(str(error))
    sessions.sort(key=lambda session: session.path.name)
    return sorted(sessions, key=lambda session: str(session.info.get("created") or ""), reverse=True)


def remove_partial(library: str | Path) -> list[str]:
    """Settle what crashes left in a library: a folder whose every part is there is put in its place, an
    unfinished one removed. Returns the ids that were settled; one being written right now is left alone.
    """
    settled = []
    library = Path(library)
    with writing(library):
        for folder in _folders(library):
            id = folder.name.removeprefix(".").rpartition(".")[0]
            if not folder.name.startswith(".") or folder.suffix not in (_PARTIAL, _OLD, _GONE) or not id:
                continue
            with locked(_lock_path(library / f".{id}{_PARTIAL}")) as free:
                if free and folder.exists():
                    _settle(library, id)
                    settled.append(id)
    return sorted(set(settled))


def forget(path: str | Path) -> None:
    """Delete a session with everything in it.

    Raises
    ------
    InputError
        When the folder is not a session's: nothing is deleted then.
    OutputError
        When it can't be deleted.
    """
    path = Path(path)
    info = None
    if not path.is_symlink():
        with contextlib.suppress(InputError):  # none there, or damaged
            info = read_json(path / INFO)
    if not isinstance(info, dict) or not {"schema_version", "id"} <= set(info):
        raise InputError(
            f"{path} has no {INFO} that says it is a session, so nothing was deleted: if it was one, delete "
            "the folder yourself"
        )
    path = path.resolve()
    gone = path.with_name(f".{path.name}{_GONE}")
    with writing(path.parent):
        if gone.exists():
            shutil.rmtree(gone)
        path.rename(gone)  # a deletion cut short must not leave half a session to be listed
        shutil.rmtree(gone)
        sync(path.parent)


def _settle(library: Path, id: str) -> None:
    """Finish or undo what was under way for one id; its lock is held."""
    partial, old, gone = (library / f".{id}{suffix}" for suffix in (_PARTIAL, _OLD, _GONE))
    final = library / id
    if partial.is_dir():
        if _is_whole(partial):
            _replace(partial, final)
        else:
            shutil.rmtree(partial)
    if old.is_dir() and not final.exists():
        old.rename(final)
    for leftover in (old, gone):
        if leftover.is_dir():
            shutil.rmtree(leftover)


def _is_whole(folder: Path) -> bool:
    """Every part is there and the last one, session.json, is readable."""
    with contextlib.suppress(InputError):
        return all((folder / part).is_file() for part in PARTS) and bool(read_json(folder / INFO))
    return False


def _replace(new: Path, final: Path) -> None:
    old = final.with_name(f".{final.name}{_OLD}")
    if old.is_dir():
        shutil.rmtree(old)
    if final.exists():
        final.rename(old)
    new.rename(final)
    if old.is_dir():
        shutil.rmtree(old)


def _folders(library: Path) -> list[Path]:
    try:
        return sorted(path for path in library.iterdir() if path.is_dir() and not path.is_symlink())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InputError(f"{library} can't be read: {error.strerror}") from None


def _lock_path(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.lock")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _write_events(path: Path, judgement: Judgement) -> None:
    table = events_table(judgement.events).round(_DECIMALS)
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
