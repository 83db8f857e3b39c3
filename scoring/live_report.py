"""What a recording's process tells the dashboard's server, as messages on its standard output.

A message is a pickled pair: ``("state", dict)`` with what changed of how the recording is, or
``("picture", bytes)``, a JPEG. The server starts the process itself: nobody else writes into the pipe.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import threading
import time
from typing import Any

from attune import AttuneError
from scoring.files import plain
from scoring.live import Live

EVERY_S = 0.1
PLUG_IN = "plug one in, or allow Attune to use it"
_SPARE = 0.9  # share of the work after which only storing is left


class Reporter:
    """Speaks to the server; a context manager that also says what went wrong inside, in a sentence."""

    def __init__(self) -> None:
        self._pipe = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)  # whatever a library prints is no message
        self._sending = threading.Lock()
        self._next_s = 0.0

    def __enter__(self) -> Reporter:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: object) -> bool:
        if error is None:
            return False
        if isinstance(error, AttuneError):
            self.state(state="failed", reason=for_pages(str(error)))
        elif isinstance(error, Exception):
            from scoring.unexpected import explained

            self.state(state="failed", reason=explained(error))
        return isinstance(error, Exception)

    def state(self, **changed: Any) -> None:
        """Say what changed."""
        self._send("state", plain(changed))

    def picture(self, jpeg: bytes) -> None:
        """Show the newest picture."""
        self._send("picture", jpeg)

    def measured(self, live: Live, cue: str | None = None, behind_s: float = 0.0) -> None:
        """Say what is measured right now, a few times a second at most."""
        if time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + EVERY_S
        self.state(
            live={
                "time_s": live.time_s, "eye_contact": live.eye_contact, "share": live.eye_contact_share,
                "posture": live.posture, "nods": live.nods, "nodding": live.nodding, "cue": cue,
                "behind_s": behind_s,
            }
        )  # fmt: skip

    def progress(self, share: float | None) -> None:
        """Say how much of what has to be done after the end is done, 0 to 1; None: nobody can say."""
        if share is None or time.monotonic() >= self._next_s:
            self.state(state="measuring", progress=None if share is None else _SPARE * share)

    def analysed(self, frames: int, time_s: float, duration_s: float | None = None) -> None:
        """As `scoring.analyze.analyze_video` calls it."""
        if duration_s:
            self.progress(min(1.0, time_s / duration_s))

    def done(self, session: str) -> None:
        """Say that it has become a session."""
        self.state(state="done", progress=1.0, session=session)

    def _send(self, kind: str, value: Any) -> None:
        with self._sending, contextlib.suppress(OSError):  # the server ended: so will this process
            self._pipe.write(pickle.dumps((kind, value)))
            self._pipe.flush()


def for_pages(sentence: str) -> str:
    """A sentence that was written for the command line, for somebody who sees a page with fields."""
    from scoring.intake import without_flags

    sentence = sentence.replace(" with --camera", "").replace("this terminal", "Attune")
    sentence = sentence.replace("plug one in, allow Attune to use it, or name one with --microphone", PLUG_IN)
    return without_flags(sentence)
