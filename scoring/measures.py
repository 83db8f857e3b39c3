"""Live measures in a thread of their own: always of the newest picture."""

from __future__ import annotations

import contextlib
import threading
from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from models.classifier import load
from scoring.landmark_store import LandmarkWriter
from scoring.live import Live, LiveMeasures
from scoring.profile import Profile
from scoring.recording import MAX_SIDE
from vision.extract import Extractor, Seen
from vision.measure import Measured, Measurement
from vision.source import GAP_S, Frame
from vision.target import LENS, Target
from vision.upright import fit

Clock = Callable[[], float]
_LONG_AGO_S = -1000.0  # so long that nothing carries over


@dataclass(frozen=True)
class Pace:
    """How well the measures kept up with the pictures.

    Attributes
    ----------
    measured, skipped : int
        Pictures.
    hz : float
        Measured pictures a second, while the camera sent some; NaN before two were.
    latency_p50_s, latency_p95_s : float
        From a picture's capture to its measures: median and 95th percentile; NaN where none was measured.
    """

    measured: int
    skipped: int
    hz: float
    latency_p50_s: float
    latency_p95_s: float


class Measures:
    """Measures one person while recording.

    Parameters
    ----------
    landmarks : Path
        Where to write what the overlay needs.
    profile : Profile
    target : Target

    Attributes
    ----------
    now : callable or None
        Gives seconds since the first picture, for the latency; None: nobody knows when a picture was taken.
    latest : (Live, Seen) or None
        Of the picture measured last.
    skipped : int
    error : Exception or None
        What ended the measures early; the recording goes on without them.
    """

    def __init__(self, landmarks: Path, profile: Profile, target: Target = LENS):
        self.now: Clock | None = None
        self.latest: tuple[Live, Seen] | None = None
        self.skipped = 0
        self.error: Exception | None = None
        self._profile, self._target = profile, target
        self._store = LandmarkWriter(landmarks)
        self._extractor = _warm(Extractor())
        self._live: LiveMeasures | None = None
        self._latencies, self._last_s = array("f"), -np.inf
        self._offered_s, self._away_s = 0.0, 0.0
        self._changed = threading.Condition()
        self._next: Frame | None = None
        self._cut = self._ending = False
        self._thread = threading.Thread(target=self._run, name="measures", daemon=True)
        self._thread.start()

    @property
    def faces_seen(self) -> int:
        """The largest number of faces seen at once."""
        return self._extractor.faces_seen

    @property
    def pace(self) -> Pace:
        """How well the measures kept up so far."""
        late = np.array(self._latencies)
        span_s = self._offered_s - self._away_s if len(late) > 1 else 0.0
        p50, p95 = np.percentile(late, (50, 95)) if len(late) else (np.nan, np.nan)
        hz = (len(late) - 1) / span_s if span_s > 0 else float("nan")
        return Pace(len(late), self.skipped, hz, float(p50), float(p95))

    def offer(self, frame: Frame, busy: bool = False, wait: bool = False) -> None:
        """Have a picture measured if there is time for it.

        Parameters
        ----------
        frame : Frame
        busy : bool
            The machine has more important things to do: skip it.
        wait : bool
            Skip none, however long it takes.
        """
        with self._changed:
            step_s, self._offered_s = frame.time_s - self._offered_s, frame.time_s
            if frame.cut and step_s > GAP_S:  # the camera was away
                self._away_s += step_s
            while wait and self._next is not None and self.error is None:
                self._changed.wait()
            left_out = frame if busy else self._next
            if left_out is not None:
                self.skipped += 1
                self._cut |= left_out.cut
            if not busy:
                # What the skipped ones were cut off from, this one doesn't follow on either.
                self._next, self._cut = replace(frame, cut=frame.cut or self._cut), False
                self._changed.notify_all()

    def finish(self) -> Measured | None:
        """End the thread and close the landmarks; what was measured, None where nothing (or not all) was."""
        self._end()
        measured = None
        try:
            measured = None if self._live is None else self._live.finish()
            self._store.__exit__()
        except Exception as error:  # the disk is full: the video can be measured when it no longer is
            self.error = self.error or error
        self.close()
        return None if self.error is not None else measured

    def close(self) -> None:
        """Let everything go; also after `finish`."""
        self._end()
        # A graph or a file that failed raises once more when it is closed.
        for part in (self._store, self._extractor):
            with contextlib.suppress(*([] if self.error is None else [Exception])):
                part.__exit__()

    def _end(self) -> None:
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        try:
            while (frame := self._take()) is not None:
                self._measure(frame)
        except Exception as error:  # told by finish(): the recording must not end because of the measures
            self.error = error
            with self._changed:
                self._changed.notify_all()

    def _take(self) -> Frame | None:
        with self._changed:
            while self._next is None and not self._ending:
                self._changed.wait()
            frame, self._next = self._next, None
            self._changed.notify_all()
        if frame is not None and self._live is not None and frame.time_s - self._last_s > GAP_S:
            frame = replace(frame, cut=True)
        return frame

    def _measure(self, frame: Frame) -> None:
        frame = _scaled(frame)
        if self._live is None:
            height, width = (round(side * frame.scale) for side in frame.rgb.shape[:2])
            keep = self._store.keeper("staff", width, height)
            self._live = LiveMeasures(Measurement(width, height, keep), self._profile, self._target)
        seen = self._extractor.see(frame)
        self.latest = self._live.push(seen), seen
        self._last_s = frame.time_s
        self._latencies.append(self.now() - frame.time_s if self.now is not None else np.nan)


def _warm(extractor: Extractor) -> Extractor:
    """The same with its models loaded: they are when the first picture comes, long before the recording's."""
    extractor.see(Frame(-1, _LONG_AGO_S, np.zeros((72, 128, 3), np.uint8)))
    for name in ("eye_contact", "posture", "nod"):
        load(name)
    return extractor


def _scaled(frame: Frame) -> Frame:
    """The picture as large as an analysis of the file would have it."""
    height, width = frame.rgb.shape[:2]
    size = fit(width, height, MAX_SIDE)
    if size == (width, height):
        return frame
    small = cv2.resize(frame.rgb, size, interpolation=cv2.INTER_AREA)
    return replace(frame, rgb=small, scale=frame.scale * width / size[0])
