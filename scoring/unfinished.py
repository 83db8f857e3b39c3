"""Folders of recordings that haven't become sessions (yet): made, locked while in use, found again.

What the camera shows goes into a hidden folder of the library (``.recording-…``) as a fragmented MP4, or as
a browser sends it, beside a small JSON with the consent. The folder is removed only once the session is
safely written.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attune import InputError
from scoring.files import read_json, size_of, sync, write_json, writing
from scoring.lock import locked
from scoring.terminal import say

if TYPE_CHECKING:
    from vision.source import VideoFile

PREFIX, KEY = ".recording-", re.compile(r"\d{8}T\d{12}")
NOTE, VIDEOS = "recording.json", "recording-*.*"
ENDED = "ended"  # this file says that nothing will be added any more
FILE_TYPES = {"video/mp4": ".mp4", "video/webm": ".webm", "video/x-matroska": ".mkv"}  # what browsers send

PATIENCE_S = 1.0  # for those that look for what is unfinished and hold each for a moment
_LOOK_S = 0.05
_HEAD_BYTES = 16_384  # What is shorter and can't be decoded has no picture yet, only what precedes it.


@dataclass(frozen=True)
class Unfinished:
    """A recording that was cut short.

    Attributes
    ----------
    folder : Path
    video : Path or None
        None: it ended before the first picture.
    started : str
        ISO time; empty where the note can't be read.
    size : int
        Bytes of the video.
    seconds : float or None
        Its length; None where nothing can be decoded.
    """

    folder: Path
    video: Path | None
    started: str
    size: int
    seconds: float | None


def unfinished(library: Path) -> list[Path]:
    """Folders of recordings that haven't become sessions, oldest first; those under way are among them."""
    # A session that is being written is a hidden folder, too, and may be called after its recording.
    found = (folder for folder in library.glob(f"{PREFIX}*") if KEY.fullmatch(folder.name[len(PREFIX) :]))
    return sorted(folder for folder in found if folder.is_dir())


def waiting(library: Path) -> list[Path]:
    """The unfinished ones that nobody is recording or analysing right now."""
    found = []
    for folder in unfinished(library):
        with contextlib.suppress(OSError), held(folder) as free:
            if free:
                found.append(folder)
    return found


def described(folder: Path) -> Unfinished:
    """What is known of an unfinished recording."""
    video, started = pictured(folder), ""
    with contextlib.suppress(InputError, AttributeError):
        started = str(read_json(folder / NOTE).get("started") or "")
    return Unfinished(folder, video, started, size_of(video) if video else 0, _seconds(video))


def new_video(suffix: str = ".mp4") -> str:
    """What a recording that begins now is called."""
    return f"recording-{datetime.now():%Y-%m-%d-%H%M%S}{suffix}"


def video_of(folder: Path) -> Path | None:
    """The recording in the folder; None where there is no picture.

    Of one that was being finished when that was cut short, what can be played: MP4 comes first.
    """
    video = next(iter(sorted(folder.glob(VIDEOS), key=lambda path: path.suffix != ".mp4")), None)
    return video if video is not None and size_of(video) else None


def pictured(folder: Path) -> Path | None:
    """As `video_of`; None also where the recording ended before its first picture was on the disk."""
    video = video_of(folder)
    if video is None or size_of(video) >= _HEAD_BYTES:
        return video
    try:
        next(iter(_opened(video)))
        return video
    except (InputError, StopIteration):
        return None


@contextlib.contextmanager
def held(folder: Path, patience_s: float = 0.0) -> Iterator[bool]:
    """Hold an unfinished recording while inside; False where somebody else does.

    Parameters
    ----------
    folder : Path
    patience_s : float
        Wait so long for somebody who may only be looking.
    """
    until = time.monotonic() + patience_s
    while True:
        with locked(folder.with_name(f"{folder.name}.lock")) as free:
            if free or time.monotonic() >= until:
                yield free
                return
        time.sleep(_LOOK_S)


def make_folder(library: Path, note: dict[str, Any]) -> tuple[Path, contextlib.ExitStack]:
    """A new folder for a recording with its note, and what holds it until it is closed.

    Raises
    ------
    OutputError
        When the library can't be written.
    """
    folder = library / f"{PREFIX}{datetime.now():%Y%m%dT%H%M%S%f}"
    with contextlib.ExitStack() as stack, writing(library):
        library.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
        stack.enter_context(held(folder))
        write_json(folder / NOTE, note)
        sync(folder / NOTE)
        sync(folder)
        return folder, stack.pop_all()


@contextlib.contextmanager
def new_folder(library: Path, note: dict[str, Any]) -> Iterator[Path]:
    """As `make_folder`, held while inside; what stays in it after an error is named."""
    folder, stack = make_folder(library, note)
    with stack:
        try:
            yield folder
        finally:
            if folder.is_dir() and pictured(folder) is None:
                shutil.rmtree(folder, ignore_errors=True)
            elif folder.is_dir():
                say(f"What was recorded is kept in {folder}: attune recover takes it up again")


def _seconds(video: Path | None) -> float | None:
    if video is None:
        return None
    try:
        return _opened(video).info.duration_s
    except InputError:
        return None


def _opened(video: Path) -> VideoFile:
    from vision.source import VideoFile

    return VideoFile(video, sha256="")
