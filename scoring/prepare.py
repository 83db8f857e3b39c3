"""Before a recording: help with sitting down before the camera, and the countdown. Nothing is stored."""

from __future__ import annotations

import math
from collections.abc import Iterator

from scoring.positioning import FINE, advice, view_of
from scoring.preview import Display
from scoring.terminal import say
from vision.camera import Camera
from vision.extract import Extractor
from vision.source import Frame

LOOK = "Look at where your client's eyes are, until 0:03."
GONE = "the camera sends no pictures: plug it in again (Ctrl-C ends the recording)"
BACK = "the camera is back"
_LOOK_S = 0.3  # How often the position is looked at.
_FINE_S = 1.0  # Sitting well for so long is enough ...
_ATTENDED_S, _ALONE_S = 60.0, 3.0  # ... and after this the recording begins all the same.


def prepare(camera: Camera, display: Display, check: bool, countdown_s: int, calibrate: bool) -> None:
    """Help until the person can be seen well or presses Enter, then count down.

    Parameters
    ----------
    camera : Camera
    display : Display
    check : bool
        Look at how the person sits.
    countdown_s : int
    calibrate : bool
        Say where to look while the countdown runs.

    Raises
    ------
    KeyboardInterrupt
        The person ended it in the window.
    """
    camera.tell = lambda gone: say(GONE if gone else BACK)
    pictures = iter(camera)
    if check:
        _help(pictures, display)
    _count_down(pictures, display, countdown_s, calibrate)
    camera.stop()
    camera.tell = None


def _help(pictures: Iterator[Frame], display: Display) -> None:
    patience_s = _ATTENDED_S if display.attended else _ALONE_S
    started_s, looked_s, fine_s = None, -1.0, 0.0
    said: tuple[str, ...] = ()
    with Extractor(pose_hz=30) as extractor:
        for frame in pictures:
            started_s = frame.time_s if started_s is None else started_s
            if frame.time_s - looked_s >= _LOOK_S:
                step_s, looked_s = frame.time_s - max(looked_s, started_s), frame.time_s
                said = advice(view_of(frame.rgb, extractor.see(frame)))
                fine_s = 0.0 if said else fine_s + step_s
            hint = ("Enter starts all the same.",) if said and display.attended else ()
            _show(display, frame, [*(said or (FINE,)), *hint])
            if fine_s >= _FINE_S or frame.time_s - started_s >= patience_s or display.entered():
                return


def _count_down(pictures: Iterator[Frame], display: Display, seconds: int, calibrate: bool) -> None:
    if seconds <= 0:
        return
    begun_s: float | None = None
    for frame in pictures:
        begun_s = frame.time_s if begun_s is None else begun_s
        left = seconds - (frame.time_s - begun_s)
        if left <= 0:
            return
        lines = [f"Recording starts in {math.ceil(left)} …"]
        _show(display, frame, [*lines, LOOK] if calibrate else lines)


def _show(display: Display, frame: Frame, lines: list[str]) -> None:
    if not display.show(frame.rgb, lines, recording=False):
        raise KeyboardInterrupt
