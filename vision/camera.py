"""A camera as a stream of pictures with the time at which each came."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from attune import InputError
from vision.source import VideoFile

# What webcams commonly offer at 30 frames a second (over USB 2 only when compressed: MJPG).
_WIDTH, _HEIGHT, _FPS = 1280, 720, 30
_STALE = 4  # Pictures that a driver may have kept from before the first read.


class CameraSource:
    """A camera, or a file or address that stands in for one; iterates (time_s, rgb).

    Times are seconds since the first picture. A camera's and an address's are those at which the
    picture came, by a monotonic clock; a video file is paced at its own presentation times, which it
    keeps, however slow the reader is.

    Parameters
    ----------
    camera : int, str or path-like
        Number of a camera (0 is the first), path of a video file, or a network camera's address.

    Attributes
    ----------
    live : bool
        Pictures that aren't fetched in time are gone; False for a file.
    nominal_fps : float
    loss : str or None
        After the iteration: why it ended early, in one sentence.

    Raises
    ------
    InputError
        When it can't be opened or sends no picture.
    """

    def __init__(self, camera: int | str | os.PathLike[str] = 0):
        self.loss: str | None = None
        self._file: VideoFile | None = None
        self._device: Any = None
        name = os.fspath(camera) if not isinstance(camera, int) else str(camera)
        is_number = name.isascii() and name.isdigit() and not Path(name).exists()
        self.live = is_number or "://" in name
        self.name = f"camera {name}" if is_number else name
        if self.live:
            self._device = _opened(int(name) if is_number else name, self.name)
            fps = self._device.get(cv2.CAP_PROP_FPS)
            self.nominal_fps = fps if 1 <= fps <= 240 else float(_FPS)
        else:
            self._file = VideoFile(name)
            self.nominal_fps = self._file.info.nominal_fps

    def __enter__(self) -> CameraSource:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the camera go; its light goes out."""
        if self._device is not None:
            self._device.release()
        if self._file is not None:
            self._file.close()

    def __iter__(self) -> Iterator[tuple[float, np.ndarray]]:
        return self._from_device() if self._file is None else self._from_file(self._file)

    def _from_device(self) -> Iterator[tuple[float, np.ndarray]]:
        for _ in range(_STALE):
            self._device.grab()
        start: float | None = None
        last_s = 0.0
        while self._device.grab():
            now = time.monotonic()
            start = now if start is None else start
            found, bgr = self._device.retrieve()
            if found:
                last_s = now - start
                yield last_s, cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        self.loss = f"{self.name} stopped sending pictures after {last_s:.1f} s"

    def _from_file(self, file: VideoFile) -> Iterator[tuple[float, np.ndarray]]:
        start = time.monotonic()
        for frame in file:
            time.sleep(max(0.0, start + frame.time_s - time.monotonic()))
            yield frame.time_s, frame.rgb
        self.loss = file.loss


def _opened(camera: int | str, name: str) -> Any:
    level = cv2.getLogLevel()
    cv2.setLogLevel(0)  # The sentence below says what OpenCV's lines of log would.
    try:
        # V4L2 by name on Linux: OpenCV's search through all its backends prints and stalls.
        direct = cv2.CAP_V4L2 if isinstance(camera, int) and sys.platform == "linux" else cv2.CAP_ANY
        device = cv2.VideoCapture(camera, direct)
        if isinstance(camera, int):
            for setting, value in (
                (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
                (cv2.CAP_PROP_FRAME_WIDTH, _WIDTH),
                (cv2.CAP_PROP_FRAME_HEIGHT, _HEIGHT),
                (cv2.CAP_PROP_FPS, _FPS),
            ):
                device.set(setting, value)
        if device.isOpened() and device.grab():
            return device
        device.release()
    finally:
        cv2.setLogLevel(level)
    raise InputError(
        f"{name} can't be opened: plug it in, close other programs that use it, allow this terminal to use "
        "it, or choose another one with --camera"
    )
