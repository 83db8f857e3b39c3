"""Pauses of a recording: the time that passes in them is no time of the recording."""

from __future__ import annotations

import threading
from dataclasses import replace

from vision.camera import Gap
from vision.source import Frame


class Breaks:
    """Places a camera's pictures on the recording's own clock, which stands still while it is paused.

    Parameters
    ----------
    step_s : float
        From the last picture before a pause to the first one after it.

    Attributes
    ----------
    at_s : list of float
        Where, on the recording's clock, it was paused.
    gaps : list of Gap
        Where the camera sent no pictures, likewise.
    out_s : float
        How long it was paused in all, up to the last picture.
    last_s : float
        Time of the last picture, on the recording's clock.
    """

    def __init__(self, step_s: float):
        self.at_s: list[float] = []
        self.gaps: list[Gap] = []
        self.out_s = self.last_s = 0.0
        self._step_s, self._count, self._gaps_seen = step_s, 0, 0
        self._paused = self._broken = False
        self._changing = threading.Lock()

    @property
    def paused(self) -> bool:
        """Whether no picture has come since it was paused that is recorded."""
        return self._broken

    def pause(self) -> None:
        """Record nothing from now on; from any thread."""
        with self._changing:
            if not self._broken:
                self.at_s.append(self.last_s)
            self._paused = self._broken = True

    def resume(self) -> None:
        """Go on with the next picture."""
        with self._changing:
            self._paused = False

    def place(self, frame: Frame, gaps: list[Gap]) -> Frame | None:
        """The picture with its time and number in the recording; None while that is paused.

        Parameters
        ----------
        frame : Frame
            With the camera's time.
        gaps : list of Gap
            The camera's, so far.
        """
        with self._changing:
            new, self._gaps_seen = gaps[self._gaps_seen :], len(gaps)
            if self._paused:
                return None
            resumed, self._broken = self._broken, False
            if resumed and self._count:
                self.out_s = frame.time_s - self.last_s - self._step_s
            elif resumed:  # paused before the first picture
                self.out_s = frame.time_s
            else:
                self.gaps += [Gap(gap.start_s - self.out_s, gap.end_s - self.out_s) for gap in new]
            self.last_s, self._count = frame.time_s - self.out_s, self._count + 1
            return replace(frame, time_s=self.last_s, index=self._count - 1, cut=frame.cut or resumed)
