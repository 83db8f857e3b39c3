"""What the person sees while recording: a window with the mirror image, or a line of text."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from typing import Any, Protocol

import numpy as np

from scoring.live import Live
from scoring.terminal import clock, outliving_terminal, say

TITLE, UNSEEN = "Attune", "can't be seen"
_WINDOW_HZ, _LINE_HZ, _PLAIN_S = 15.0, 5.0, 10.0
_WIDE, _LETTERS = 960, 22  # pixels
_TRY = "import cv2; cv2.namedWindow('Attune'); cv2.waitKey(1); cv2.destroyAllWindows()"
_ESC, _ENTER = 27, (10, 13, 141)  # 141: GTK's code of the one among the numbers
_RED, _GREY = (213, 94, 0), (138, 143, 152)


class Display(Protocol):
    """Shows the recording; a context manager, used by the main thread."""

    period_s: float
    """How often to call `show`."""

    attended: bool
    """Somebody can press Enter."""

    ends: str
    """How the person ends the recording."""

    def __enter__(self) -> Display: ...
    def __exit__(self, *_: object) -> None: ...

    def show(self, rgb: np.ndarray | None, lines: list[str], recording: bool) -> bool:
        """Show the newest picture and lines of text; False when the person ended it there."""

    def entered(self) -> bool:
        """Whether Enter was pressed since this was asked last."""


def measures_text(time_s: float, live: Live | None) -> list[str]:
    """The live measures in words: one piece each."""
    if live is None:
        return [clock(time_s), "not measured yet"]
    contact = {True: "eye contact: yes", False: "eye contact: no", None: f"eye contact: {UNSEEN}"}
    share = "" if np.isnan(live.eye_contact_share) else f" ({live.eye_contact_share:.0%} so far)"
    posture = f"posture: {live.posture or UNSEEN}"
    nods = f"nods: {live.nods}" + (" (nodding)" if live.nodding else "")
    return [clock(time_s), contact[live.eye_contact] + share, posture, nods]


class Meter:
    """A line on a terminal, renewed some five times a second; elsewhere one every ten seconds."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self.period_s, self.ends = 1 / _LINE_HZ, "Ctrl-C ends it."
        self.attended = sys.stdin.isatty()
        self._live: Any = None
        self._next_s = -np.inf
        self._said: list[str] = []

    def __enter__(self) -> Meter:
        if self._terminal:
            from rich.console import Console
            from rich.live import Live as Line

            console = Console(stderr=True, markup=False, highlight=False)
            self._live = Line(console=console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, rgb: np.ndarray | None, lines: list[str], recording: bool) -> bool:
        """Show the lines as one."""
        if self._live is not None:
            from rich.text import Text

            with outliving_terminal():
                self._live.update(Text(" · ".join(lines)), refresh=True)
        elif recording and time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + _PLAIN_S
            say(" · ".join(lines))
        elif not recording and lines != self._said:
            self._said = lines
            say(" ".join(lines))
        return True

    def entered(self) -> bool:
        """As `Display` has it."""
        return _enter_pressed()


class Window:
    """A window with the mirror image, the lines in it. Esc or closing it ends the recording."""

    def __init__(self) -> None:
        self.period_s, self.ends = 1 / _WINDOW_HZ, "Esc in the window or Ctrl-C here ends it."
        self.attended = True
        self._sized = self._entered = False

    def __enter__(self) -> Window:
        import cv2

        cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        return self

    def __exit__(self, *_: object) -> None:
        import cv2

        with contextlib.suppress(cv2.error):
            cv2.destroyAllWindows()
            cv2.waitKey(1)

    def show(self, rgb: np.ndarray | None, lines: list[str], recording: bool) -> bool:
        """Show both; False after Esc, or when the window was closed."""
        import cv2

        if rgb is not None:
            picture = composed(rgb, lines, recording)
            if not self._sized:
                cv2.resizeWindow(TITLE, *picture.shape[1::-1])
                self._sized = True
            cv2.imshow(TITLE, picture[..., ::-1])
        key = cv2.waitKey(1) & 0xFF
        self._entered |= key in _ENTER
        return key != _ESC and cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1

    def entered(self) -> bool:
        """As `Display` has it: in the window, or on the terminal."""
        entered, self._entered = self._entered, False
        return entered or _enter_pressed()


def composed(rgb: np.ndarray, lines: list[str], recording: bool) -> np.ndarray:
    """The mirror image of a picture, not larger than a window should be, with the lines in it."""
    import cv2

    from vision.overlay import draw_labels

    height, width = rgb.shape[:2]
    if width > _WIDE:
        rgb = cv2.resize(rgb, (_WIDE, round(height * _WIDE / width)), interpolation=cv2.INTER_AREA)
    mirrored = cv2.flip(rgb, 1)
    colours = [_RED if recording else _GREY, *[_GREY] * len(lines)]
    draw_labels(mirrored, zip(lines, colours, strict=False), size=_LETTERS)
    return mirrored


def display(window: bool = True) -> Display:
    """A window where there is a screen and it is wanted, else text on stderr."""
    return Window() if window and _windows_work() else Meter()


def _enter_pressed() -> bool:
    """Whether somebody has pressed Enter on the terminal; doesn't wait."""
    if not sys.stdin.isatty():
        return False
    if sys.platform == "win32":
        import msvcrt

        return msvcrt.kbhit() and msvcrt.getwch() in "\r\n"
    import select

    return bool(select.select([sys.stdin], [], [], 0)[0]) and bool(sys.stdin.readline())


def _windows_work() -> bool:
    """Whether a window can be opened. On Linux a screen that refuses ends the process: another one tries."""
    if sys.platform != "linux":
        return True
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run([sys.executable, "-c", _TRY], timeout=15, capture_output=True).returncode == 0
    return False
