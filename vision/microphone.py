"""Sound while recording: from a microphone, or from the sound track of a file that stands in for a camera."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError

from attune import InputError
from vision.sound import no_sound, runs_of
from vision.soundtrack import RATE

_WINDOW_S = 2.0  # The earliest arrival within so long tells when sound was really made.

Sound = tuple[float, np.ndarray]
"""Seconds since the first picture at which it begins, and mono samples at `RATE`, float32."""

Zero = Callable[[], float | None]
"""When, by `time.monotonic`, the first picture came; None before it has."""


class Microphone:
    """Sound of this machine's microphone.

    A piece's time is worked out from when pieces arrive and from how many samples came before: a piece
    may be late, but never early, so the earliest arrival of the last two seconds is right. That also
    follows a sound card whose clock runs at another speed than the camera's.

    Parameters
    ----------
    name : str, optional
        The system's name of the device; its default one when not given.

    Raises
    ------
    InputError
        When there is none, or it can't be used.
    """

    def __init__(self, name: str | None = None):
        self._container = _opened(name)
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End the iteration under way, from any thread."""
        self._stopped.set()

    def close(self) -> None:
        """Let the microphone go."""
        self.stop()
        self._container.close()

    def run(self, zero: Zero) -> Iterator[Sound]:
        """The pieces that were made after the first picture came."""
        clock, resampler = ArrivalClock(), av.AudioResampler("flt", "mono", RATE)
        try:
            for heard in self._container.decode(audio=0):
                now = time.monotonic()
                if self._stopped.is_set():
                    return
                heard.pts = None  # Only the order counts; the clock places it.
                for piece in resampler.resample(heard):
                    samples = piece.to_ndarray().reshape(-1)
                    begins, started = clock.place(len(samples), now), zero()
                    if started is not None:
                        yield begins - started, samples
        except FFmpegError:  # It was unplugged: the recording goes on without.
            return


class ArrivalClock:
    """Tells from when pieces of sound arrive when they began."""

    def __init__(self) -> None:
        self._count = 0
        self._starts: deque[tuple[float, float]] = deque()  # arrival, and what it says of sample 0

    def place(self, samples: int, arrived: float) -> float:
        """When the piece began that has just arrived, in seconds on the clock of `arrived`."""
        begins_s = self._count / RATE
        self._count += samples
        start = arrived - self._count / RATE
        while self._starts and self._starts[-1][1] >= start:
            self._starts.pop()
        self._starts.append((arrived, start))
        while self._starts[0][0] < arrived - _WINDOW_S:
            self._starts.popleft()
        return self._starts[0][1] + begins_s


class FileSound:
    """The sound track of a file that stands in for a camera, each piece at its own time.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path):
        self._path = path
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End the iteration under way, from any thread."""
        self._stopped.set()

    def close(self) -> None:
        """Let the file go."""
        self.stop()

    def run(self, zero: Zero) -> Iterator[Sound]:
        """The pieces from the first picture on."""
        try:
            for samples, place in runs_of(self._path, RATE, no_sound(self._path)):
                if not self._wait_until((place + len(samples)) / RATE, zero):
                    return
                yield place / RATE, samples
        except InputError:  # It was removed meanwhile: the recording goes on without.
            return

    def _wait_until(self, time_s: float, zero: Zero) -> bool:
        while (started := zero()) is None:
            if self._stopped.wait(0.01):
                return False
        return not self._stopped.wait(max(0.0, started + time_s - time.monotonic()))


def _opened(name: str | None) -> Any:
    format_name, device = _device(name)
    level = av.logging.get_level()
    av.logging.set_level(None)  # The sentence below says what FFmpeg's lines of log would.
    try:
        container = av.open(device, format=format_name)
        if not container.streams.audio:
            raise InputError(_absent(name))
        return container
    except (FFmpegError, OSError, ValueError):
        raise InputError(_absent(name)) from None
    finally:
        av.logging.set_level(level)


def _device(name: str | None) -> tuple[str, str]:
    """FFmpeg's input format of this system, and its name of the device."""
    if sys.platform == "darwin":
        return "avfoundation", f":{name or 'default'}"
    if sys.platform == "win32":
        return "dshow", f"audio={name or _first_on_windows()}"
    return "alsa", name or "default"


def _first_on_windows() -> str:
    try:
        found = av.enumerate_input_devices("dshow")
        return next(one.description for one in found if "audio" in one.media_types)
    except (FFmpegError, OSError, StopIteration, AttributeError):
        raise InputError(_absent(None)) from None


def _absent(name: str | None) -> str:
    which = f"microphone '{name}'" if name else "no microphone"
    what = "can't be used" if name else "was found that can be used"
    return f"{which} {what}: plug one in, allow this terminal to use it, or name one with --microphone"
