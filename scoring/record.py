"""`attune record`: from a camera to a session, losing nothing that was recorded on the way.

What the camera shows goes into a hidden folder of the library (``.recording-…``) as a fragmented MP4,
beside a small JSON with the consent. The folder is removed only once the session is safely written;
whatever comes before that, Ctrl-C, a crash or a full disk, `recover` takes up from there.
"""

from __future__ import annotations

import contextlib
import queue
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attune import AttuneError, InputError, UsageError
from scoring.files import read_json, sync, write_json, writing
from scoring.lock import locked
from scoring.terminal import Progress, clock, say
from vision.camera import CameraSource
from vision.writer import Mp4Recorder, keep_video

PREFIX = ".recording-"
NOTE, VIDEOS = "recording.json", "recording-*.mp4"
_WAITING = 30  # Pictures that may wait for the encoder: a second of video, at 720p some 80 MB.

Analyze = Callable[..., Any]


def record(
    camera: int | str,
    out: Path,
    *,
    max_minutes: float = 60.0,
    consent: str | None = None,
    audio: bool = True,
    countdown_s: int = 3,
    analyze: Analyze | None = None,
    **options: Any,
) -> Any:
    """Record until Ctrl-C, the end of a file or `max_minutes`, then analyse.

    Parameters
    ----------
    camera : int or str
        As `CameraSource` takes it.
    out : Path
        The library.
    consent : str, optional
        The words with which the recorded person agreed; asked for on the terminal when missing.
    audio : bool
        Sound isn't recorded yet, whatever this says.
    analyze : callable, optional
        ``analyze(video, out, consent=…, created=…, progress=…, **options)``, with the consent as
        ``session.json`` has it; `scoring.analyze.analyze_video` by default.
    **options
        For `analyze`; kept with the recording.

    Returns
    -------
    What `analyze` gives.

    Raises
    ------
    InputError
        When the camera can't be opened, the person doesn't agree, or nothing was recorded.
    UsageError
        When nobody can be asked to agree.
    OutputError
        When the recording can't be written.
    """
    with CameraSource(camera) as source:
        agreed = _agreement(consent)
        with _folder(out) as folder:
            note = {"started": _now(), "camera": source.name, "consent": agreed, "options": options}
            write_json(folder / NOTE, note)
            sync(folder)
            _count_down(countdown_s)
            video = folder / f"recording-{datetime.now():%Y-%m-%d-%H%M%S}.mp4"
            frames = _capture(source, video, max_minutes * 60)
            source.close()
            if source.loss:
                say(source.loss)
            if not frames:
                video.unlink(missing_ok=True)
                raise InputError("nothing was recorded: it was stopped before the first picture")
            return _become_session(folder, video, out, analyze)


def recover(out: Path, analyze: Analyze | None = None) -> list[Any]:
    """Finish and analyse recordings that were cut short; those still under way are left alone.

    Returns
    -------
    list
        What `analyze` gave for each. One that fails is named on stderr and kept.
    """
    results = []
    for folder in unfinished(out):
        with locked(_lock(folder)) as free:
            if not free:
                say(f"{folder} is still being recorded or analysed: left alone")
                continue
            video = next(iter(sorted(folder.glob(VIDEOS))), None)
            if video is None or not video.stat().st_size:
                say(f"{folder} ended before the first picture and was removed")
                shutil.rmtree(folder, ignore_errors=True)
                continue
            try:
                keep_video(video, video)
                results.append(_become_session(folder, video, out, analyze))
            except AttuneError as error:
                say(f"{error}; the recording stays in {folder}")
    return results


def unfinished(out: Path) -> list[Path]:
    """Folders of recordings that haven't become sessions, oldest first."""
    return sorted(folder for folder in out.glob(f"{PREFIX}*") if folder.is_dir())


@contextlib.contextmanager
def _folder(out: Path) -> Iterator[Path]:
    """A new folder for a recording, locked against `recover`; what stays in it after an error is named."""
    folder = out / f"{PREFIX}{datetime.now():%Y%m%dT%H%M%S%f}"
    with contextlib.ExitStack() as held:
        with writing(out):
            out.mkdir(parents=True, exist_ok=True)
            folder.mkdir()
            held.enter_context(locked(_lock(folder)))
        try:
            yield folder
        finally:
            if folder.is_dir() and not any(folder.glob(VIDEOS)):
                shutil.rmtree(folder, ignore_errors=True)
            elif folder.is_dir():
                say(f"What was recorded is kept in {folder}: attune recover takes it up again")


def _lock(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _agreement(consent: str | None) -> dict[str, Any]:
    if consent is not None:
        if not consent.strip():
            raise UsageError("--consent is empty: give the words with which the recorded person agreed")
        return {"text": consent.strip(), "by": None, "at": _now()}
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked to agree without a terminal: say --consent TEXT")
    from rich.console import Console
    from rich.prompt import Confirm, Prompt

    console = Console(stderr=True, markup=False, highlight=False)
    text = (
        "I agree that I am recorded and that my eye contact, posture and head movements are measured. "
        "The recording stays on this computer."
    )
    console.print(text)
    try:
        if not Confirm.ask("Does the person in front of the camera agree?", console=console, default=False):
            raise InputError("nothing was recorded: the person did not agree")
        by = Prompt.ask("Name or initials (may stay empty)", console=console, default="", show_default=False)
    except EOFError:
        raise InputError("nothing was recorded: the question for consent was not answered") from None
    return {"text": text, "by": by.strip() or None, "at": _now()}


def _count_down(seconds: int) -> None:
    for left in range(seconds, 0, -1):
        say(f"Recording starts in {left} …")
        time.sleep(1)
    say("Recording. Ctrl-C ends it.")


def _capture(source: CameraSource, video: Path, longest_s: float) -> int:
    """Record pictures until something ends it; the number recorded."""
    encoder = _Encoder(Mp4Recorder(video, source.nominal_fps), drop=source.live)
    time_s = 0.0
    try:
        for time_s, rgb in source:
            if time_s >= longest_s:
                break
            encoder.put(time_s, rgb)
    except KeyboardInterrupt:
        pass  # That is how a recording is ended.
    finally:
        encoder.finish()
    say(f"Recorded {clock(time_s)} ({encoder.frames} pictures).")
    if encoder.dropped:
        say(f"{encoder.dropped} pictures were left out, as this computer was too busy to write them.")
    return encoder.frames


class _Encoder:
    """Writes pictures in a thread of its own, so that the camera is never kept waiting.

    Parameters
    ----------
    recorder : Mp4Recorder
    drop : bool
        When too many wait, leave pictures out instead of waiting.

    Attributes
    ----------
    frames, dropped : int
    """

    def __init__(self, recorder: Mp4Recorder, drop: bool):
        self.frames = self.dropped = 0
        self._recorder, self._drop = recorder, drop
        self._waiting: queue.Queue = queue.Queue(_WAITING)
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="encoder", daemon=True)
        self._thread.start()

    def put(self, time_s: float, rgb: Any) -> None:
        """Hand over a picture; raises what went wrong in writing earlier ones."""
        if self._error is not None:
            raise self._error
        try:
            self._waiting.put((time_s, rgb), block=not self._drop)
        except queue.Full:
            self.dropped += 1

    def finish(self) -> None:
        """Write what waits and close the recording."""
        self._waiting.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error
        if self.frames:
            self._recorder.finish()

    def _run(self) -> None:
        while (item := self._waiting.get()) is not None:
            if self._error is None:  # After an error only make room, so that nobody waits for ever.
                try:
                    self._recorder.write(*item)
                    self.frames += 1
                except Exception as error:  # raised again in the recording thread
                    self._error = error


def _become_session(folder: Path, video: Path, out: Path, analyze: Analyze | None) -> Any:
    """Analyse a finished recording; only when that is done, remove its folder."""
    if analyze is None:
        from scoring.analyze import analyze_video

        analyze = analyze_video
    note = read_json(folder / NOTE)
    with Progress(video.name) as progress:
        result = analyze(
            video, out, consent=note["consent"], created=note["started"], progress=progress, **note["options"]
        )
    shutil.rmtree(folder, ignore_errors=True)
    return result


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
