"""Cameras, and what may stand in for one, as a stream of pictures with the time at which each came."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from attune import InputError
from vision.camera_number import number_of
from vision.device import opened, taken_at
from vision.source import GAP_S, Frame, VideoFile
from vision.stills import Stills

DEFAULT_FPS = 30.0
_LOG_IN = re.compile(r"//[^/?#]*@")  # Name and password in an address are for that camera alone.
_STALE = 4  # Pictures that a driver may have kept from before the first read.
_RETRY_S = 1.0  # How often a camera that went away is looked for.


@dataclass(frozen=True)
class Gap:
    """A span in which the camera sent no picture, in seconds since the first one."""

    start_s: float
    end_s: float


class Camera:
    """A source of pictures that come in their own time; iterates `Frame`, each time from time 0.

    Parameters
    ----------
    name : str
        For sentences: "camera 0", or the file or address.
    nominal_fps : float

    Attributes
    ----------
    live : bool
        Pictures that aren't fetched in time are gone; False for a file or folder.
    started : float or None
        When, by `time.monotonic`, the first picture of this iteration came: its time 0.
    gaps : list of Gap
        Where no picture came for longer than `GAP_S` (and than three pictures).
    waiting : bool
        The camera is gone right now, and is looked for.
    tell : callable or None
        Called with True when the camera goes away and with False when it is back.
    loss : str or None
        After an iteration: why it ended early, in one sentence.
    sound_file : Path or None
        Whose sound track stands in for a microphone.
    """

    live = False
    sound_file: Path | None = None

    def __init__(self, name: str, nominal_fps: float = DEFAULT_FPS):
        self.name, self.nominal_fps = name, nominal_fps
        self.loss: str | None = None
        self.tell: Callable[[bool], None] | None = None
        self._stopped = threading.Event()
        self._restart()

    def _restart(self) -> None:
        self._stopped.clear()
        self.started: float | None = None
        self.gaps: list[Gap] = []
        self.waiting = False

    def __enter__(self) -> Camera:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def stop(self) -> None:
        """End the iteration under way, from any thread."""
        self._stopped.set()

    def close(self) -> None:
        """Let the camera go; its light goes out."""
        self.stop()

    def __iter__(self) -> Iterator[Frame]:
        raise NotImplementedError


def open_camera(camera: int | str | os.PathLike[str] = 0) -> Camera:
    """A camera, or a file, folder or address that stands in for one.

    Parameters
    ----------
    camera : int, str or path-like
        Number of a camera (0 is the first; on Linux also ``/dev/video0``), path of a video file or of a
        folder of pictures, or a network camera's address.

    Raises
    ------
    InputError
        When it can't be opened or sends no picture: one sentence that says what to do.
    """
    name = os.fspath(camera) if not isinstance(camera, int) else str(camera)
    if not name.strip():
        raise InputError("camera is empty: give its number, or a video, folder or address in its place")
    if "://" in name:
        return DeviceCamera(name, _LOG_IN.sub("//", name, count=1))
    number = number_of(name)
    if number is not None and (name.startswith("/dev/") or not Path(name).exists()):
        return DeviceCamera(number, f"camera {number}")
    if Path(name).is_dir():
        return PacedCamera(name, Stills(Path(name)))
    video = VideoFile(name)
    return PacedCamera(name, video, Path(name) if video.info.has_audio else None, video.info.nominal_fps)


class PacedCamera(Camera):
    """A file or folder, each picture given at its own time; one that comes late keeps its time.

    Parameters
    ----------
    name : str
    source : VideoFile or Stills
    sound_file : Path, optional
    nominal_fps : float
    """

    def __init__(
        self, name: str, source: VideoFile | Stills, sound_file: Path | None = None,
        nominal_fps: float = DEFAULT_FPS,
    ):  # fmt: skip
        super().__init__(name, nominal_fps)
        self._source, self.sound_file = source, sound_file

    def close(self) -> None:
        """Let the file go."""
        super().close()
        self._source.close()

    def __iter__(self) -> Iterator[Frame]:
        self._restart()
        last_s = 0.0
        for frame in self._source:
            if self.started is None:
                self.started = time.monotonic()
            if self._stopped.wait(max(0.0, self.started + frame.time_s - time.monotonic())):
                break
            _mark(self, last_s, frame.time_s)
            last_s = frame.time_s
            yield frame
        self.loss = self._source.loss


class DeviceCamera(Camera):
    """A camera of this machine or of the network. One that goes away is waited for.

    Times are the driver's own where it gives them by the monotonic clock, else those at which the
    pictures came.
    """

    live = True

    def __init__(self, camera: int | str, name: str):
        self._camera = camera
        self._device: Any = opened(camera, name)
        fps = self._device.get(cv2.CAP_PROP_FPS)
        # A file behind an address is over when it ends.
        self._ends = isinstance(camera, str) and self._device.get(cv2.CAP_PROP_FRAME_COUNT) > 0
        super().__init__(name, fps if 1 <= fps <= 240 else DEFAULT_FPS)

    def close(self) -> None:
        """Let the camera go; its light goes out."""
        super().close()
        self._device.release()

    def __iter__(self) -> Iterator[Frame]:
        self._restart()
        index, last_s = 0, 0.0
        for _ in range(0 if self._ends else _STALE):
            self._device.grab()
        while not self._stopped.is_set():
            if not self._device.grab():
                if not self._back():
                    break
                continue
            at = taken_at(self._device, self._camera)
            found, bgr = self._device.retrieve()
            if not found:
                continue
            self.started = at if self.started is None else self.started
            time_s = max(at - self.started, last_s + 1e-3 if index else 0.0)
            cut = _mark(self, last_s, time_s)
            last_s = time_s
            yield Frame(index, time_s, cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), cut)
            index += 1
        if not self._stopped.is_set():
            self.loss = f"{self.name} stopped sending pictures after {last_s:.1f} s"

    def _back(self) -> bool:
        """Wait until the camera is there again; False where that is not to be expected, or when stopped."""
        if self._ends:
            return False
        self._device.release()
        self._gone(True)
        while not self._stopped.wait(_RETRY_S):
            try:
                self._device = opened(self._camera, self.name)
            except InputError:
                continue
            self._gone(False)
            return True
        return False

    def _gone(self, gone: bool) -> None:
        self.waiting = gone
        if self.tell is not None:
            self.tell(gone)


def _mark(camera: Camera, last_s: float, time_s: float) -> bool:
    """Note a gap before the picture at `time_s`; whether there is one."""
    gap = time_s - last_s > max(GAP_S, 3 / camera.nominal_fps)
    if gap:
        camera.gaps.append(Gap(last_s, time_s))
    return gap
