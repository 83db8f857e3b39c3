"""Opens a camera with OpenCV, each system's own way, and says in one sentence why one can't be opened."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import cv2

from attune import InputError
from vision.camera_number import camera_numbers

# What webcams commonly offer at 30 frames a second (over USB 2 only when compressed: MJPG).
_SETTINGS = (
    (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
    (cv2.CAP_PROP_FRAME_WIDTH, 1280),
    (cv2.CAP_PROP_FRAME_HEIGHT, 720),
    (cv2.CAP_PROP_FPS, 30),
)
_ADDRESS_WAIT_MS = 5000  # A network camera that sends nothing for so long is gone.
# By name: OpenCV's search through all its back ends prints and stalls.
_BACK_ENDS = {
    "linux": (cv2.CAP_V4L2,),
    "darwin": (cv2.CAP_AVFOUNDATION,),
    "win32": (cv2.CAP_MSMF, cv2.CAP_DSHOW),
}
# Media Foundation's converters take up to a minute to open some webcams.
os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")


def opened(camera: int | str, name: str) -> Any:
    """A `cv2.VideoCapture` that gives pictures.

    Raises
    ------
    InputError
        When there is none.
    """
    level = cv2.getLogLevel()
    cv2.setLogLevel(0)  # The sentence below says what OpenCV's lines of log would.
    try:
        for back_end in _BACK_ENDS.get(sys.platform, (cv2.CAP_ANY,)) if isinstance(camera, int) else (None,):
            device = _from_address(camera) if back_end is None else _from_number(camera, back_end)
            if device.isOpened() and device.grab():
                return device
            device.release()
    finally:
        cv2.setLogLevel(level)
    raise InputError(f"{name} {_why(camera)}")


def taken_at(device: Any, camera: int | str) -> float:
    """When, by `time.monotonic`, the picture just grabbed was taken."""
    now = time.monotonic()
    if sys.platform == "linux" and isinstance(camera, int):
        stamp = device.get(cv2.CAP_PROP_POS_MSEC) / 1000  # the driver's, by the same clock
        if now - 1 < stamp <= now:
            return stamp
    return now


def _from_number(camera: Any, back_end: int) -> Any:
    device = cv2.VideoCapture(camera, back_end)
    for setting, value in _SETTINGS:
        device.set(setting, value)
    return device


def _from_address(camera: Any) -> Any:
    patience = [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _ADDRESS_WAIT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _ADDRESS_WAIT_MS,
    ]  # fmt: skip
    return cv2.VideoCapture(camera, cv2.CAP_FFMPEG, patience)


def _why(camera: int | str) -> str:
    """What is wrong with a camera that can't be opened, and what to do."""
    if isinstance(camera, str):
        return "can't be reached: switch that camera on, and check the address and the network"
    if sys.platform == "linux":
        return _why_on_linux(Path(f"/dev/video{camera}"))
    allow = {
        "darwin": "allow this terminal to use it (System Settings, Privacy & Security, Camera)",
        "win32": "let desktop apps use it (Settings, Privacy & security, Camera)",
    }.get(sys.platform, "allow this terminal to use it")
    return (
        f"can't be opened: plug it in, close other programs that use it, {allow}, or choose another one with "
        "--camera"
    )


def _why_on_linux(path: Path) -> str:
    if not path.exists():
        there = camera_numbers()
        others = f" (there are: {', '.join(map(str, there))})" if there else ""
        return f"is not there: plug it in, or choose another one with --camera{others}"
    if not os.access(path, os.R_OK | os.W_OK):
        return (
            f"can't be used: you have no permission for {path}; have yourself added to the group video "
            "(sudo usermod -aG video NAME) and log in again"
        )
    return (
        "sends no pictures: close other programs that use it, plug it in again, or choose another one with "
        "--camera"
    )
