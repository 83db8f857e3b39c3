"""A recording under way: capture, encoding, sound and measures in threads of their own, queues bounded.

The recording comes first: when the encoder falls behind, the measures skip pictures until it has caught up.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from attune import InputError, OutputError
from scoring.breaks import Breaks
from scoring.files import SPARE_BYTES, free_bytes
from scoring.measures import Measures, Pace
from vision.camera import Camera, Gap
from vision.measure import Measured
from vision.source import Frame
from vision.writer import Mp4Recorder

_WAITING = 60  # Pictures that may wait for the encoder: two seconds of video, at 720p some 160 MB.
_BEHIND = 6  # With so many waiting the measures make room.
_ITEMS = 2000  # Pictures and pieces of sound that may wait.
_JOIN_S = 15.0  # OpenCV gives a camera that sends nothing ten seconds.
NOTHING = "nothing was recorded: it was stopped before the first picture"


class SoundSource(Protocol):
    """`vision.microphone.Microphone` or `FileSound`."""

    def run(self, zero: Any) -> Any: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Taken:
    """What a recording gave.

    Attributes
    ----------
    frames, lost : int
        Pictures recorded; pictures that came and could not be.
    time_s : float
        Of the last picture.
    gaps : tuple of Gap
        Where the camera sent none.
    measured : Measured or None
        None: the measures failed, and the video has to be analysed.
    faces_seen : int
    pace : Pace
    sound : bool
    ended : str or None
        Why it ended by itself, in a sentence.
    """

    frames: int
    lost: int
    time_s: float
    gaps: tuple[Gap, ...]
    measured: Measured | None
    faces_seen: int
    pace: Pace
    sound: bool
    ended: str | None = field(default=None)

    def not_empty(self) -> Taken:
        """The same; an `InputError` where there is no picture."""
        if not self.frames:
            raise InputError(f"nothing was recorded: {self.ended}" if self.ended else NOTHING)
        return self


class Recorder:
    """Records until `stop`, the camera's end, `longest_s`, or the disk is nearly full.

    Parameters
    ----------
    camera : Camera
    video : Path
    measures : Measures
    sound : SoundSource, optional
    longest_s : float

    Attributes
    ----------
    newest : Frame or None
        The picture that came last.
    level : float
        How loud the sound is right now, 0 (silence, -60 dB and less) to 1.
    breaks : Breaks
        The pauses.
    """

    def __init__(
        self, camera: Camera, video: Path, measures: Measures, sound: SoundSource | None = None,
        longest_s: float = 3600.0,
    ):  # fmt: skip
        self.newest: Frame | None = None
        self.level = 0.0
        self.breaks = Breaks(1 / camera.nominal_fps)
        self._camera, self._sound, self._longest_s = camera, sound, longest_s
        self._ended: str | None = None
        self._stop = threading.Event()
        self._zero: float | None = None
        self._encoder = _Encoder(Mp4Recorder(video, camera.nominal_fps, sound is not None), not camera.live)
        self._video = video
        self.measures = measures
        measures.now = self.elapsed_s
        self._capturing = threading.Thread(target=self._capture, name="capture", daemon=True)
        self._hearing = threading.Thread(target=self._hear, name="sound", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._capturing.start()
        if self._sound is not None:
            self._hearing.start()

    @property
    def running(self) -> bool:
        """Whether pictures are being recorded, or waited for."""
        return self._capturing.is_alive() and not self._stop.is_set()

    @property
    def waiting(self) -> bool:
        """The camera is gone right now."""
        return self._camera.waiting

    @property
    def ended(self) -> str | None:
        """Why it ended by itself, in a sentence."""
        return self._ended

    def elapsed_s(self) -> float:
        """Seconds recorded since the first picture; 0 before it."""
        if self._zero is None:
            return 0.0
        return self.breaks.last_s if self.breaks.paused else time.monotonic() - self._zero - self.breaks.out_s

    def pause(self) -> None:
        """Record nothing until `resume`: what comes then follows at once on what came before."""
        self.breaks.pause()

    def resume(self) -> None:
        """Go on."""
        self.breaks.resume()

    def wait(self, seconds: float) -> None:
        """Sleep for so long, or until it is stopped; notices when it has to end by itself."""
        if self._camera.waiting and self.elapsed_s() >= self._longest_s:
            self.stop()
        self._watch_disk()
        self._stop.wait(seconds)

    def stop(self) -> None:
        """End it, from any thread."""
        self._stop.set()
        self._camera.stop()
        if self._sound is not None:
            self._sound.stop()

    def finish(self) -> Taken:
        """End it and write what waits; the video is then whole.

        Raises
        ------
        OutputError
            The video couldn't be written to its end; what is there can be played.
        """
        self.stop()
        self._capturing.join(_JOIN_S)
        if self._sound is not None and self._hearing.is_alive():
            self._hearing.join(1.0)
        try:
            self._encoder.finish()
        finally:
            measured = self.measures.finish()
        gone = f"{self._camera.name} sent no more pictures" if self._camera.waiting else None
        return Taken(
            self._encoder.frames, self._encoder.lost, self._encoder.time_s, tuple(self.breaks.gaps),
            measured, self.measures.faces_seen, self.measures.pace, self._encoder.sounds > 0,
            self._ended or self._camera.loss or gone,
        )  # fmt: skip

    def _capture(self) -> None:
        try:
            for seen in self._camera:
                frame = self.breaks.place(seen, self._camera.gaps)
                if self._stop.is_set() or self._encoder.error is not None:
                    break
                if frame is None:
                    self.newest = seen
                    continue
                if frame.time_s >= self._longest_s:
                    break
                self._encoder.picture(frame)
                self._zero = self._camera.started
                self.measures.offer(frame, busy=self._encoder.waiting > _BEHIND)
                self.newest = frame
        except Exception as error:  # What was recorded so far is kept and measured.
            self._ended = f"the camera failed: {error}"
        finally:
            self._stop.set()

    def _hear(self) -> None:
        assert self._sound is not None
        for time_s, samples in self._sound.run(lambda: self._zero):
            if self._stop.is_set():
                break
            self.level = level_of(samples)
            if not self.breaks.paused:
                self._encoder.sound(time_s - self.breaks.out_s, samples)

    def _watch_disk(self) -> None:
        if self._ended is not None or not self._video.exists():
            return
        # Beside what is spared, room for another copy of the recording, to finish it.
        if free_bytes(self._video.parent) < SPARE_BYTES + self._video.stat().st_size:
            self._ended = "the disk is nearly full, so the recording ended here: free some space"
            self.stop()


def level_of(samples: np.ndarray) -> float:
    """How loud samples from -1 to 1 are: 0 at -60 dB and less, 1 at most."""
    power = float(np.mean(np.square(samples))) if samples.size else 0.0
    return float(np.clip(1 + np.log10(power + 1e-9) / 6, 0, 1))


class _Encoder:
    """Writes pictures and sound in a thread of its own, so that the camera is never kept waiting.

    Parameters
    ----------
    recorder : Mp4Recorder
    patient : bool
        When too many pictures wait, wait too, instead of losing one.

    Attributes
    ----------
    frames, lost, sounds : int
    time_s : float
        Of the last picture written.
    error : Exception or None
    """

    def __init__(self, recorder: Mp4Recorder, patient: bool):
        self.frames = self.lost = self.sounds = 0
        self.time_s = 0.0
        self.error: Exception | None = None
        self._recorder, self._patient = recorder, patient
        self._room = threading.Semaphore(_WAITING)
        self._items: queue.Queue = queue.Queue(_ITEMS)
        self._thread = threading.Thread(target=self._run, name="encoder", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Pictures and pieces of sound that wait."""
        return self._items.qsize()

    def picture(self, frame: Frame) -> None:
        """Hand over a picture."""
        if self._room.acquire(blocking=self._patient):
            self._items.put(frame)
        else:
            self.lost += 1

    def sound(self, time_s: float, samples: np.ndarray) -> None:
        """Hand over a piece of sound."""
        with contextlib.suppress(queue.Full):  # The track gets silence in its place.
            self._items.put_nowait((time_s, samples))

    def finish(self) -> None:
        """Write what waits and close the recording; raises what went wrong in writing."""
        self._items.put(None)
        self._thread.join()
        if self.error is not None:
            self._recorder.abandon()
            raise self.error
        if self.frames:
            self._recorder.finish()

    def _run(self) -> None:
        while (item := self._items.get()) is not None:
            try:
                if self.error is None:  # After an error only make room, so that nobody waits for ever.
                    self._write(item)
            except OutputError as error:
                self.error = error
            except Exception as error:
                self.error = OutputError(f"the video can't be written: {error}")
            finally:
                if isinstance(item, Frame):
                    self._room.release()

    def _write(self, item: Any) -> None:
        if isinstance(item, Frame):
            self._recorder.write(item.time_s, item.rgb)
            self.frames += 1
            self.time_s = item.time_s
        elif self.frames:
            self._recorder.write_sound(*item)
            self.sounds += 1
