"""Uploads: recordings that reach a library piece by piece, in a hidden folder, until a job has used them.

``.uploads/<32 hex digits>/upload.json`` says what is expected; what has arrived is the file in ``data``
beside it, under the recording's own name, as long as it has become so far. So nothing is lost when the server
ends, however it ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import threading
import time
import uuid
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from attune import InputError, OutputError
from scoring.access import LOCAL
from scoring.files import SPARE_BYTES, changed_ns, free_bytes, sync, writing
from scoring.library import ID

FOLDER = ".uploads"
NOTE, DATA = "upload.json", "data"
CHUNK_BYTES = 8 * 2**20
KEPT_S = 7 * 86400.0  # how long an unfinished one waits to be resumed
LONGEST_NAME = 255
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}")
GONE = "There is no such upload in this library."

_changing = threading.Lock()


@dataclass(frozen=True)
class Upload:
    """One recording on its way.

    Attributes
    ----------
    id, owner : str
    name : str
        As the sender's file is called; data, never a path.
    size : int
        Bytes in all.
    modified : int
        When the sender's file was last changed, in milliseconds: tells two of one name apart.
    file : str
        The name made safe for any file system: how the recording is called here, and the session after it.
    received : int
        Bytes that have arrived.
    """

    id: str
    owner: str
    name: str
    size: int
    modified: int
    file: str
    received: int = 0

    def __post_init__(self) -> None:
        if not _is_text(self.name) or not self.name.strip() or len(self.name) > LONGEST_NAME:
            raise InputError(f"the file's name has to be a text of 1 to {LONGEST_NAME} characters")
        if not _whole(self.size) or self.size < 1:
            raise InputError(f"'{self.name}' is empty: choose a recording")
        if not _whole(self.modified):
            raise InputError("modified has to be the time of the file's last change, in milliseconds")
        if self.file != Path(self.file).name or self.file in ("", ".", ".."):
            raise InputError(f"'{self.file}' is not a plain file name")

    @property
    def complete(self) -> bool:
        return self.received == self.size

    @property
    def title(self) -> str:
        """What a session of it is called unless somebody says otherwise: the name without its suffix."""
        return _stem(self.name)


class Mismatch(Exception):
    """A piece doesn't begin where the last one ended; `received` says where it has to."""

    def __init__(self, received: int):
        super().__init__(received)
        self.received = received


class Uploads:
    """The uploads of one library.

    Parameters
    ----------
    folder : Path
        The library.
    """

    def __init__(self, folder: str | Path):
        self.library = Path(folder)
        self.folder = self.library / FOLDER

    def begin(
        self, name: str, size: int, modified: int = 0, owner: str = LOCAL.name,
        taken: Collection[str] = (),
    ) -> Upload:  # fmt: skip
        """An upload of this file: the owner's earlier one that was cut off, or a new one.

        Parameters
        ----------
        taken : collection of str
            Ids that belong to a job already.

        Raises
        ------
        InputError
            The name or size can't be, or the disk is too full.
        OutputError
            The library can't be written.
        """
        wanted = Upload(uuid.uuid4().hex, owner, name, size, modified, _file_name(name))
        with _changing:
            for upload in self.list():
                if upload.id not in taken and _of_same_file(upload, wanted):
                    return upload
            with writing(self.library):
                self.folder.mkdir(parents=True, exist_ok=True)
                self._check_room(wanted)
                self._make(wanted)
        return wanted

    def list(self) -> tuple[Upload, ...]:
        """All uploads, whoever's; one that can't be read is left out."""
        found = []
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            with contextlib.suppress(LookupError):
                found.append(self.get(path.name))
        return tuple(found)

    def get(self, id: str) -> Upload:
        """One upload; `LookupError` where there is none."""
        if not ID.fullmatch(id):
            raise LookupError(GONE)
        try:
            note = json.loads((self.folder / id / NOTE).read_text("utf-8"))
            upload = Upload(id, **note)
            received = self._file(upload).stat().st_size
        except (OSError, ValueError, TypeError, InputError):
            raise LookupError(GONE) from None
        return Upload(id, **note, received=min(received, upload.size))

    def file(self, id: str) -> Path:
        """Where the recording is; `LookupError` where there is no such upload."""
        return self._file(self.get(id))

    def append(self, id: str, offset: int, block: bytes, last: bool = False) -> int:
        """Store a block that begins `offset` bytes into the file; how many bytes have arrived by then.

        Parameters
        ----------
        last : bool
            Have what has arrived put on the disk.

        Raises
        ------
        LookupError
            There is no such upload.
        Mismatch
            The block begins elsewhere than where the file ends by now.
        OutputError
            It can't be written.
        """
        with _changing:  # two senders of one file must not both write the same piece
            upload = self.get(id)
            if offset != upload.received or offset + len(block) > upload.size:
                raise Mismatch(upload.received)
            try:
                with self._file(upload).open("r+b") as file:
                    file.seek(offset)
                    file.write(block)
                    if last:
                        file.flush()
                        os.fsync(file.fileno())
            except FileNotFoundError:
                raise LookupError(GONE) from None
            except OSError as error:
                raise OutputError(f"'{upload.name}' can't be stored: {error.strerror or error}") from error
        return offset + len(block)

    def remove(self, id: str) -> None:
        """Delete an upload; none where there is none."""
        if ID.fullmatch(id) and (self.folder / id).is_dir():
            with writing(self.library):
                gone = self.folder / f".{id}"
                shutil.rmtree(gone, ignore_errors=True)
                (self.folder / id).rename(gone)  # at once, so that nobody finds half of it
                shutil.rmtree(gone, ignore_errors=True)

    def tidy(self, taken: Collection[str]) -> None:
        """Remove what no job uses and nobody has gone on with for a week, and what deleting left behind."""
        if not self.folder.is_dir():
            return
        for path in sorted(self.folder.iterdir()):
            if path.name in taken or time.time() - _last_change(path) < KEPT_S:
                continue
            shutil.rmtree(path, ignore_errors=True)

    def _check_room(self, upload: Upload) -> None:
        free = max(0, free_bytes(self.folder) - SPARE_BYTES)
        if upload.size > free:
            raise InputError(
                f"'{upload.name}' has {_amount(upload.size)}, but only {_amount(free)} are free for it: make "
                "room on the disk of the library"
            )

    def _make(self, upload: Upload) -> None:
        """Its folder, which has its name only once everything is in it."""
        part = self.folder / f".{upload.id}"
        (part / DATA).mkdir(parents=True)
        (part / DATA / upload.file).touch()
        note = {key: value for key, value in asdict(upload).items() if key not in ("id", "received")}
        (part / NOTE).write_text(json.dumps(note), "utf-8")
        sync(part / NOTE)
        part.rename(self.folder / upload.id)
        sync(self.folder)

    def _file(self, upload: Upload) -> Path:
        return self.folder / upload.id / DATA / upload.file


def _stem(name: str) -> str:
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    return " ".join(Path(last).stem.split()) or "Recording"


def _file_name(name: object) -> str:
    from scoring.session import safe_name

    name = name if isinstance(name, str) else ""
    suffix = Path(name).suffix
    return safe_name(_stem(name)) + (suffix if _SUFFIX.fullmatch(suffix) else "")


def _of_same_file(one: Upload, other: Upload) -> bool:
    keys = ("owner", "name", "size", "modified")
    return all(getattr(one, key) == getattr(other, key) for key in keys)


def _last_change(folder: Path) -> float:
    return max(changed_ns(path) for path in (folder, *folder.rglob("*"))) / 1e9


def _is_text(value: object) -> bool:
    # JSON lets through halves of surrogate pairs, which are no text
    return isinstance(value, str) and value.encode("utf-8", "replace").decode() == value


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _amount(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
