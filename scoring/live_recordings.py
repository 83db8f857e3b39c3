"""The recordings that are under way in a dashboard: one object of its server, asked by its routes.

What has arrived is in the recording's folder and nowhere else, so that nothing is lost when the server ends:
the next one takes a recording up again as soon as its page goes on sending. One whose page is silent for
`SILENT_S` is left as it is, to be offered as cut short.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attune import InputError, OutputError
from scoring.access import LOCAL, User
from scoring.files import LEAST_FREE_BYTES, SPARE_BYTES, free_bytes, read_json, size_of
from scoring.intake import on_this_machine
from scoring.live_process import LiveProcess
from scoring.recording_note import add_note, add_pause, note_of
from scoring.unfinished import ENDED, FILE_TYPES, NOTE, PATIENCE_S, held, make_folder, new_video, unfinished
from scoring.uploads import CHUNK_BYTES, Mismatch
from vision.camera_number import camera_numbers, number_of

SILENT_S = 20.0
LONGEST_S = 3600.0
MOST_BYTES = 4_000_000_000  # an hour of a lively picture
REMEMBERED = 20  # of those that ended
_LOOK_S = 1.0
_CAMERAS = 10
_PATIENCE_S = 20.0  # for a camera's process to close what it has recorded
_STARTS = 2  # A process that crashes is started once more, and once more after the end.
_LET_GO = ("measuring", "done", "failed")  # A process that says so has closed its camera.
GONE = "There is no such recording under way."


class Live:
    """One recording under way, or one that ended a while ago.

    Attributes
    ----------
    id : str
    folder : Path or None
        None while a camera is only looked through.
    camera : str or None
        Of this machine; None: the browser's.
    process : LiveProcess or None
        What measures it.
    ended : bool
        Its end was asked for.
    """

    def __init__(self, id: str, camera: str | None = None):
        self.id, self.camera = id, camera
        self.folder: Path | None = None
        self.file: Path | None = None
        self.process: LiveProcess | None = None
        self.ended = False
        self.writing = threading.Lock()
        self.heard_s = time.monotonic()
        self.starts = 0
        self._hold = contextlib.ExitStack()

    def hold(self, folder: Path, note: Mapping[str, Any], stack: contextlib.ExitStack) -> None:
        """This is its folder from now on."""
        self.folder, self._hold = folder, stack
        self.file = folder / note["file"]
        self.ended = (folder / ENDED).exists()

    def release(self) -> None:
        """Let go of the folder: whoever wants to finish it may."""
        self._hold.close()

    @property
    def size(self) -> int:
        """Bytes that have arrived."""
        return size_of(self.file) if self.file is not None else 0

    @property
    def state(self) -> dict[str, Any]:
        """How it is, for the page: state is looking, recording, paused, measuring, done or failed."""
        told = self.process.state if self.process is not None else {}
        state = told.get("state") or ("measuring" if self.ended else "recording")
        if not self.ended and state == "failed" and self.camera is None:
            state = "recording"  # the measures failed, which the recording needn't know
        return {"live": None, **told, "id": self.id, "state": state, "received": self.size}


class LiveRecordings:
    """The recordings under way in one library.

    Parameters
    ----------
    library : Path
    user : User
        Who records.
    """

    def __init__(self, library: Path, user: User = LOCAL):
        self.library, self.user = library, user
        self._known: dict[str, Live] = {}
        self._changing = threading.RLock()
        self._watching = False

    @property
    def at_work(self) -> bool:
        """Whether something is being recorded, or measured after its end: the processor belongs to that."""
        with self._changing:
            return any(live.folder is not None and _running(live) for live in self._known.values())

    def look(self, camera: str, sound: bool = True) -> Live:
        """Show what a camera of this machine sees; nothing is stored.

        Parameters
        ----------
        camera : str
            As `vision.camera.open_camera` takes it.

        Raises
        ------
        InputError
            A recording here has it already.
        """
        with self._changing:
            for one in self._known.values():
                if one.camera == camera and one.process is not None and not one.process.says(*_LET_GO):
                    raise InputError("camera is in use by another page of this dashboard: end that first")
            live = Live(uuid.uuid4().hex, camera)
            live.process = LiveProcess(
                "scoring.capture", self.library, camera, "sound" if sound else "silent"
            )
            return self._remember(live)

    def begin(self, fields: Mapping[str, Any]) -> Live:
        """Make the folder of a new recording; whoever is recorded has agreed.

        Parameters
        ----------
        fields : mapping
            As `scoring.recording_note.note_of` takes them, and ``type``, the MIME type of what the browser
            will send, or ``looking``, the id of a camera of this machine that is looked through.

        Raises
        ------
        InputError
            A field can't be.
        OutputError
            The disk has too little room, or can't be written.
        """
        with self._changing:
            looking = fields.get("looking")
            live = self.get(looking) if looking else Live(uuid.uuid4().hex)
            if live.folder is not None:
                return live  # asked twice
            if looking and not _running(live):
                raise InputError("the camera is off: turn it on again")
            suffix = ".mp4" if looking else FILE_TYPES.get(str(fields.get("type")).partition(";")[0])
            if suffix is None:
                raise InputError(f"type is none of {', '.join(FILE_TYPES)}: use another browser")
            note = note_of(fields, live.camera or "browser", self.user)
            self._check_room()
            note |= {"id": live.id, "file": new_video(suffix)}
            live.hold(*_made(self.library, note))
            if live.process is not None:
                live.process.tell(do="prepare", folder=str(live.folder))
            else:
                self._follow(live)
            return self._remember(live)

    def get(self, id: Any) -> Live:
        """One that is under way, or was a moment ago; `LookupError` where there is none."""
        with self._changing:
            live = self._known.get(id) if isinstance(id, str) else None
            live = live or self._taken_up(id)
            live.heard_s = time.monotonic()
            return live

    def append(self, id: str, offset: int, block: bytes) -> int:
        """Store the piece that begins `offset` bytes into the recording; how many have arrived by then.

        A piece that is there already is left out: it may be sent again and again.

        Raises
        ------
        LookupError
            There is no such recording.
        Mismatch
            A piece before it is missing.
        InputError
            It is too long, or the recording has ended.
        OutputError
            It can't be written.
        """
        live = self.get(id)
        with live.writing:
            size = live.size
            if offset > size or live.file is None or live.camera is not None:
                raise Mismatch(size)
            new = block[size - offset :]
            if not new:
                return size
            if live.ended:
                raise InputError("the recording has ended: nothing can be added")
            if len(block) > CHUNK_BYTES or size + len(new) > MOST_BYTES:
                raise InputError("the recording is too long: end it here, and begin another one")
            self._write(live.file, new)
        self._follow(live)
        return size + len(new)

    def pause(self, id: str, at_s: Any) -> None:
        """The recording is paused at this time of its own."""
        live = self.get(id)
        if live.camera is not None:
            self._tell(live, do="pause")
        elif live.folder is not None:
            with live.writing:
                add_pause(live.folder, at_s)

    def resume(self, id: str) -> None:
        """The recording goes on; with a camera of this machine it also begins so."""
        live = self.get(id)
        if live.camera is not None:
            self._tell(live, do="resume")

    def note(self, id: str, fields: Mapping[str, Any]) -> None:
        """Write down a note to oneself: see `scoring.recording_note.add_note`."""
        live = self.get(id)
        if live.folder is None or not live.folder.is_dir():
            raise LookupError(GONE)
        with live.writing:
            add_note(live.folder, fields)

    def end(self, id: str, size: int) -> Live:
        """Nothing will be added any more: have the rest measured and a session stored.

        Parameters
        ----------
        size : int
            Bytes that the browser sent in all; 0 for a camera of this machine.
        """
        live = self.get(id)
        if live.folder is None:
            raise LookupError(GONE)
        with live.writing:
            if live.ended:
                return live
            if live.camera is None and live.size != size:
                raise Mismatch(live.size)
            if live.camera is None:
                (live.folder / ENDED).touch()
            live.ended = True
        if live.camera is not None:
            self._tell(live, do="stop")
            assert live.process is not None
            live.process.says(*_LET_GO, patience_s=_PATIENCE_S)  # another take may follow at once
        else:
            self._follow(live)
        return live

    def discard(self, id: str) -> None:
        """Forget a recording, or stop looking through a camera; none where there is none."""
        try:
            live = self.get(id)
        except LookupError:
            return
        with self._changing, live.writing:
            self._known.pop(live.id, None)
            if live.process is not None:
                live.process.end(0)
            if live.folder is not None:
                shutil.rmtree(live.folder, ignore_errors=True)
            live.release()

    def _remember(self, live: Live) -> Live:
        self._known[live.id] = live
        if not self._watching:
            self._watching = True
            threading.Thread(target=self._watch, name="recordings", daemon=True).start()
        return live

    def _taken_up(self, id: Any) -> Live:
        """A browser's recording that another server began, or that was silent for a while."""
        for folder in unfinished(self.library) if isinstance(id, str) and id else ():
            with contextlib.suppress(InputError):
                note = read_json(folder / NOTE)
                if note.get("id") != id or note.get("owner") != self.user.name or note["camera"] != "browser":
                    continue
                with contextlib.ExitStack() as stack:
                    if not stack.enter_context(held(folder, PATIENCE_S)):
                        raise InputError("the recording is being analysed already: nothing can be added")
                    live = Live(id)
                    live.hold(folder, note, stack.pop_all())
                self._follow(live)
                return self._remember(live)
        raise LookupError(GONE)

    def _follow(self, live: Live) -> None:
        """See that a browser's recording is being measured."""
        with self._changing:
            at_work = live.process is not None and live.process.running
            done = live.process is not None and live.process.state.get("state") == "done"
            if live.camera is None and not (at_work or done) and live.starts < _STARTS + live.ended:
                live.starts += 1
                live.process = LiveProcess("scoring.follow_recording", live.folder, self.library)

    def _tell(self, live: Live, **command: Any) -> None:
        if live.process is None or not live.process.tell(**command):
            raise InputError("the camera's process has ended: what was recorded is kept")

    def _check_room(self) -> None:
        free = free_bytes(self.library)
        if free < LEAST_FREE_BYTES:
            raise OutputError(
                f"the disk of the library has {free / 1e9:.1f} GB free and a recording may need "
                f"{LEAST_FREE_BYTES / 1e9:.0f} GB: free some space"
            )

    def _write(self, file: Path, block: bytes) -> None:
        if free_bytes(file.parent) < SPARE_BYTES + size_of(file) + len(block):  # it is copied at the end
            raise OutputError("the disk is nearly full, so the recording ends here: free some space")
        try:
            with file.open("ab") as out:
                out.write(block)
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise OutputError(f"the recording can't be stored: {error.strerror or error}") from error

    def _watch(self) -> None:
        """Again and again, let go of those that ended and those whose page has gone."""
        while True:
            time.sleep(_LOOK_S)
            with self._changing:
                left = [live for live in self._known.values() if self._left(live)]
                for live in left:
                    del self._known[live.id]
                for live in list(self._known.values())[:-REMEMBERED]:
                    if live.process is None or not live.process.running:
                        del self._known[live.id]
                for live in self._known.values():
                    if (live.ended or live.camera is not None) and not _running(live):
                        live.release()  # a session, or what can be finished another time
            for live in left:
                if live.process is not None:
                    live.process.end(_PATIENCE_S if live.camera else 0.0)
                if live.folder is not None and not live.size:
                    shutil.rmtree(live.folder, ignore_errors=True)
                live.release()

    def _left(self, live: Live) -> bool:
        return not live.ended and time.monotonic() - live.heard_s > SILENT_S


def named_camera(text: str) -> str:
    """A camera as `LiveRecordings.look` takes it: its number, or the path of a file that stands in for it."""
    number = number_of(text)
    return str(on_this_machine(text, "camera").path) if number is None else str(number)


def offered_cameras() -> list[str]:
    """What this machine's cameras may be called."""
    return [str(number) for number in camera_numbers()[:_CAMERAS]]


def _running(live: Live) -> bool:
    return live.process is not None and live.process.running


def _made(library: Path, note: dict[str, Any]) -> tuple[Path, dict[str, Any], contextlib.ExitStack]:
    folder, stack = make_folder(library, note)
    return folder, note, stack
