"""A process that measures a recording, as the dashboard's server has it: what it says, what it is told."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from pathlib import Path
from typing import Any

from scoring import process

CRASHED = "The process that measured the recording ended without saying why."


class LiveProcess:
    """Runs one of our modules and listens to it.

    Parameters
    ----------
    module : str
    *arguments : str or Path

    Attributes
    ----------
    state : dict
        What it said last, of each thing: see `scoring.live_report.Reporter`.
    picture : bytes or None
        The newest, a JPEG.
    pictures : int
        How many there were.
    """

    def __init__(self, module: str, *arguments: Any):
        self.state: dict[str, Any] = {}
        self.picture: bytes | None = None
        self.pictures = 0
        self._changed = threading.Condition()
        self._telling = threading.Lock()
        words = [word if isinstance(word, Path) else str(word) for word in arguments]
        self._child = process.start(module, *words, stdout=subprocess.PIPE)
        self._ended = False
        threading.Thread(target=self._listen, name="listening", daemon=True).start()

    @property
    def running(self) -> bool:
        """Whether it may still say something."""
        return not self._ended

    def says(self, *states: str, patience_s: float = 0.0) -> bool:
        """Whether it has ended, or is in one of these states; waits so long for that."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._ended or self.state.get("state") in states, patience_s
            )

    def tell(self, **command: Any) -> bool:
        """Write a line to its standard input; False where it has ended."""
        assert self._child.stdin is not None
        try:
            with self._telling:
                self._child.stdin.write(json.dumps(command).encode() + b"\n")
                self._child.stdin.flush()
            return not self._ended
        except (OSError, ValueError):
            return False

    def end(self, patience_s: float) -> None:
        """Have it end."""
        process.end(self._child, patience_s)

    def picture_after(self, number: int, patience_s: float) -> tuple[int, bytes | None]:
        """The newest picture once there is a later one than this, and its number."""
        with self._changed:
            self._changed.wait_for(lambda: self.pictures > number or self._ended, patience_s)
            return self.pictures, self.picture

    def _listen(self) -> None:
        assert self._child.stdout is not None and self._child.stdin is not None
        with self._child.stdout as pipe:
            for kind, value in process.messages(pipe):
                with self._changed:
                    if kind == "picture":
                        self.picture, self.pictures = value, self.pictures + 1
                    else:
                        self.state = {**self.state, **value}
                    self._changed.notify_all()
        self._child.wait()
        with self._telling, contextlib.suppress(OSError):
            self._child.stdin.close()
        with self._changed:
            if self.state.get("state") not in ("done", "failed"):
                self.state = {**self.state, "state": "failed", "reason": CRASHED}
            self._ended = True
            self._changed.notify_all()
