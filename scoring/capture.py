"""``python -m scoring.capture LIBRARY CAMERA sound|silent``: a camera of this machine for the dashboard.

It shows what the camera sees, and stores nothing until a line on its standard input says so:
``{"do": "prepare", "folder": ...}``, then ``resume`` (which begins, too), ``pause``, ``stop``. When the input
closes, the camera is let go; what was recorded by then is an unfinished recording like any other.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from attune import InputError
from scoring.cue import Cue
from scoring.files import read_json
from scoring.finishing import become_session
from scoring.live_picture import LivePicture
from scoring.live_recordings import LONGEST_S
from scoring.live_report import Reporter, for_pages
from scoring.measures import Measures
from scoring.positioning import sentences
from scoring.profile import Profile
from scoring.record import sound_of
from scoring.recorder import Recorder, Taken
from scoring.recording_note import add_pause
from scoring.session import LANDMARKS
from scoring.unfinished import NOTE
from vision.camera import Camera, open_camera
from vision.extract import Extractor
from vision.source import Frame
from vision.target import Target

PICTURES_HZ = 15.0
_LOOK_S = 0.4  # how often the position is looked at
_GONE = "The camera sends no pictures: plug it in again."


class Commands:
    """What standard input says, line by line, read in a thread of its own.

    Attributes
    ----------
    ended : bool
        Nobody will say anything any more.
    at_end : callable
        Called then.
    finishing : bool
        What was recorded is being closed and measured.
    """

    def __init__(self) -> None:
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.ended = False
        self.finishing = False
        self.at_end: Callable[[], None] = lambda: None
        threading.Thread(target=self._read, name="commands", daemon=True).start()

    def next(self) -> dict[str, Any] | None:
        """What is to be done now; None where nothing was said since the last time."""
        try:
            return self._lines.get_nowait()
        except queue.Empty:
            return None

    def _read(self) -> None:
        with os.fdopen(os.dup(0), "rb") as lines:
            for line in lines:
                self._lines.put(json.loads(line))
        self.ended = True
        self.at_end()
        if self.finishing:  # for nobody: the recording is whole, and is finished another time
            os._exit(1)


def main(library: Path, camera: str, sound: bool) -> int:
    """Show the camera, record, store; exit status 0 where the reporter said how it ended."""
    commands = Commands()
    with Reporter() as reporter, open_camera(camera) as source:
        source.tell = partial(_tell, reporter)
        commands.at_end = source.stop
        folder = _look(source, commands, reporter)
        if folder is None:
            return 0
        taken = _record(source, folder, commands, reporter, sound)
        source.close()
        if taken is not None:
            reporter.progress(None)
            file = folder / read_json(folder / NOTE)["file"]
            result = become_session(folder, file, library, taken, reporter.analysed)
            reporter.done(result.session.name)
    return 0


def _tell(reporter: Reporter, gone: bool) -> None:
    said = _GONE if gone else ""
    reporter.state(advice=said, trouble=said)


def _look(source: Camera, commands: Commands, reporter: Reporter) -> Path | None:
    """Show the camera and help with the position until there is a folder to record into."""
    reporter.state(state="looking")
    picture, looked_s = LivePicture(reporter), -1.0
    with Extractor(pose_hz=30) as extractor:
        for frame in _pictures(source, commands):
            command = commands.next()
            if command is not None and command["do"] == "prepare":
                return Path(command["folder"])
            picture.show(frame)
            if time.monotonic() - looked_s >= _LOOK_S:
                reporter.state(advice=sentences(frame.rgb, extractor.see(frame)))
                looked_s = time.monotonic()
    return None


def _pictures(source: Camera, commands: Commands) -> Iterator[Frame]:
    """What the camera sees while nothing is recorded; a file that stands in for one begins anew at its end.

    Times rise, so that whoever follows a face can go on.
    """
    begun, count = time.monotonic(), 0
    while not commands.ended:
        before = count
        for frame in source:
            if commands.ended:
                return
            count += 1
            yield Frame(count, time.monotonic() - begun, frame.rgb, count == before + 1, frame.scale)
        if commands.ended:  # while the camera was waited for
            return
        if source.live or count == before:
            raise InputError(source.loss or "the camera sends no pictures: plug it in again")


def _record(
    source: Camera, folder: Path, commands: Commands, reporter: Reporter, sound: bool
) -> Taken | None:
    """What was recorded; None where nobody waits for it any more."""
    note = read_json(folder / NOTE)
    profile = Profile.load(note["options"]["profile"])
    measures = Measures(folder / LANDMARKS, profile, Target.parse(note["options"]["target"]))
    heard = sound_of(source, None, lambda why: reporter.state(trouble=for_pages(why))) if sound else None
    try:
        reporter.state(state="ready", advice="", sound=heard is not None)
        if not _begun(source, commands, reporter):
            return None
        source.stop()
        recorder = Recorder(source, folder / note["file"], measures, heard, LONGEST_S)
        cue = Cue(profile.bands["longest_gaze_away_s"].high)
        try:
            recorder.start()
            _watch(recorder, folder, commands, reporter, cue)
        finally:
            commands.finishing = not commands.ended
            taken = recorder.finish()
        if commands.ended:
            return None
        return taken.not_empty()
    finally:
        measures.close()
        if heard is not None:
            heard.close()


def _begun(source: Camera, commands: Commands, reporter: Reporter) -> bool:
    """Show the camera until the recording shall begin; False where nobody waits for it any more."""
    picture = LivePicture(reporter)
    for frame in _pictures(source, commands):
        picture.show(frame)
        command = commands.next()
        if command is not None and command["do"] in ("resume", "stop"):
            return True
    return False


def _watch(recorder: Recorder, folder: Path, commands: Commands, reporter: Reporter, cue: Cue) -> None:
    """Show how it goes until it is to end."""
    picture, paused, before = LivePicture(reporter), None, None
    while not commands.ended:
        command = commands.next()
        what = None if command is None else command["do"]
        if what == "stop":
            return
        if what == "pause":
            recorder.pause()
            add_pause(folder, recorder.breaks.last_s)
        elif what == "resume":
            recorder.resume()
        if (now := recorder.breaks.paused) != paused:
            paused = now
            reporter.state(state="paused" if paused else "recording")
        latest = recorder.measures.latest
        if latest is not None and latest[0] is not before:
            before = latest[0]
            reporter.measured(before, cue.push(before))
        ended = for_pages(recorder.ended) if recorder.ended else None
        over = not recorder.running
        reporter.state(elapsed_s=recorder.elapsed_s(), level=recorder.level, over=over, ended=ended)
        if recorder.newest is not None:
            picture.show(recorder.newest, None if paused else latest)
        recorder.wait(1 / PICTURES_HZ) if recorder.running else time.sleep(1 / PICTURES_HZ)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "sound"))
