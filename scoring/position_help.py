"""Help with sitting down before a browser's own camera: a small picture comes in, sentences go back.

The models run in a process of their own, which begins with the first picture and ends when none has come for
`IDLE_S`, or at once when something is recorded. Pictures are in memory only, and nowhere once looked at:
nobody has agreed to anything yet.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from attune import InputError
from scoring.guarded import GuardedWorker, Limits

if TYPE_CHECKING:
    from PIL.Image import Image

    from vision.extract import Extractor

MOST_BYTES = 300_000
SIDES = 64, 1280  # pixels
IDLE_S = 6.0
REST_S = 60.0  # after it failed
NO_PICTURE = f"the picture is no JPEG whose sides are {SIDES[0]} to {SIDES[1]} pixels: send one"
NOT_NOW = "No help with your position right now; you can record all the same."
_LIMITS = Limits(timeout_s=30.0, memory_gb=2.0)
_PATIENCE_S = 1.0  # for another page's picture
_LOOK_S = 0.2


class PositionHelp:
    """Says what to change about how somebody sits, one picture at a time.

    Parameters
    ----------
    recording : callable
        Whether something is being recorded: then nothing is said, and the process ends.
    """

    def __init__(self, recording: Callable[[], bool]):
        self._recording = recording
        self._worker = GuardedWorker()
        self._looking = threading.Lock()
        self._asked_s, self._rested_s = time.monotonic(), -float("inf")
        self._watching = False

    def said(self, jpeg: bytes) -> str:
        """What to change, or that all is well, or why nobody knows; empty while something else goes first.

        Raises
        ------
        InputError
            It is no picture.
        """
        opened(jpeg)
        if self._recording() or not self._looking.acquire(timeout=_PATIENCE_S):
            return ""
        try:
            return NOT_NOW if time.monotonic() < self._rested_s else self._looked(jpeg)
        finally:
            self._asked_s = time.monotonic()
            self._looking.release()

    def _looked(self, jpeg: bytes) -> str:
        if not self._watching:
            self._watching = True
            threading.Thread(target=self._watch, name="position", daemon=True).start()
        try:
            return self._worker.run(look, jpeg, limits=_LIMITS)
        except InputError:
            raise
        except Exception:  # the models are missing, memory is short …: it is help and no more
            if self._recording():
                return ""
            self._worker.close()
            self._rested_s = time.monotonic() + REST_S
            return NOT_NOW

    def _watch(self) -> None:
        """Again and again, see whether the process has to end."""
        while True:
            time.sleep(_LOOK_S)
            if self._recording():
                self._worker.close()  # in the midst of a picture, too
            elif time.monotonic() - self._asked_s > IDLE_S and self._looking.acquire(blocking=False):
                self._worker.close()
                self._looking.release()


def opened(jpeg: bytes) -> Image:
    """A picture of which only what it says of itself has been read.

    Raises
    ------
    InputError
        It is none, or larger than is looked at.
    """
    from PIL import Image

    try:
        image = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
    except (OSError, ValueError, Image.DecompressionBombError):
        raise InputError(NO_PICTURE) from None
    if not SIDES[0] <= min(image.size) <= max(image.size) <= SIDES[1]:
        raise InputError(NO_PICTURE)
    return image


def look(jpeg: bytes, progress: object = None) -> str:
    """What `scoring.positioning.sentences` says of a picture; called in the process of its own.

    Raises
    ------
    InputError
        It can't be decoded.
    """
    import numpy as np

    from scoring.positioning import sentences
    from vision.source import Frame

    try:
        rgb = np.asarray(opened(jpeg).convert("RGB"))
    except (OSError, ValueError):
        raise InputError(NO_PICTURE) from None
    # one by one, a second or two apart, from whichever page: nothing carries over from the one before
    return sentences(rgb, _extractor().see(Frame(0, time.monotonic(), rgb, cut=True)))


@lru_cache(1)
def _extractor() -> Extractor:
    from vision.extract import Extractor

    return Extractor(pose_hz=30)
