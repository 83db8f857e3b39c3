"""Aligns two recordings of one session by their sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError

from attune import InputError
from vision.alignment import MIN_OVERLAP_S, SOUND_HZ, THRESHOLD, BandPower, BandSeries, align, audible_s
from vision.decode import open_container
from vision.source import start_of

GIVE = "give --offset SECONDS (in a manifest the column offset)"
_JUMP_S = 0.1  # A stated time so far from where the sound before ended is a gap, or a new clock.
_RESET_S = 1.0  # Times falling back by more are a new clock (joined files), as in vision.source.
_CREEP_S = 0.01  # Stated times that differ by so much on average are right; single ones are rounded.
_AVERAGED = 0.05  # Weight of one piece (some 20 ms) in that average.
_TRIES = 20  # Consecutive read errors after which the rest of a damaged file is given up.


@dataclass(frozen=True)
class Alignment:
    """When the second of two recordings began, on the first one's timeline.

    Attributes
    ----------
    offset_s : float
        Seconds since the staff recording's first picture at which the client's first picture was taken;
        positive where the client's camera was started later. Where the cameras' clocks run at different
        speeds, the number that is right in the middle of what both recorded.
    confidence : float
        0 to 1: how far the agreement of the two sounds stands above every other offset's; see
        `vision.alignment.align`.
    """

    offset_s: float
    confidence: float


def offset_from_sound(staff: Path, client: Path) -> Alignment:
    """Align two recordings of one session by their sound tracks.

    The error of an answer is some milliseconds, and 3 ms for each metre that sound travelled further to
    one of the cameras.

    Raises
    ------
    InputError
        When a recording can't be read, has no sound or next to none, or when the confidence is below
        `vision.alignment.THRESHOLD`: no offset is guessed.
    """
    sounds = []
    for path in (staff, client):
        series = band_power(path)
        if audible_s(series) < MIN_OVERLAP_S:
            raise InputError(
                f"{path} has less than {MIN_OVERLAP_S:g} s of sound, so it can't be aligned by it: {GIVE}"
            )
        sounds.append(series)
    match = align(*sounds)
    if match is None or match.confidence < THRESHOLD:
        raise InputError(
            f"the sound of {staff} and of {client} doesn't show when one began after the other: {GIVE}, or "
            "check that they are of the same session"
        )
    return Alignment(match.lag_s, match.confidence)


def band_power(path: Path) -> BandSeries:
    """Power in bands of a recording's first sound track, on the timeline of its pictures.

    Raises
    ------
    InputError
        When the file can't be read or has no sound track that can be decoded.
    """
    power = BandPower()
    for piece in runs_of(path, SOUND_HZ, f"{no_sound(path)}, so it can't be aligned by it: {GIVE}"):
        power.put(*piece)
    return power.result()


def no_sound(path: Path) -> str:
    return f"{path} has no sound track"


def runs_of(path: Path, hz: int, lacking: str) -> Iterator[tuple[np.ndarray, int]]:
    """Mono sound of a recording's first sound track, full scale 1, in pieces with the place of their first
    sample; sample 0 is heard with the first picture. `lacking` is said where there is no such track."""
    start = start_of(path)
    with open_container(path) as container:
        stream = next(iter(container.streams.audio), None)
        if stream is None or stream.codec_context is None:
            raise InputError(lacking)
        yield from _runs(_decoded(container, stream), float(start), hz)


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    """Pieces of sound; goes on over errors where it can."""
    failures = 0
    while failures < _TRIES:
        try:
            for packet in container.demux(stream):
                failures = 0
                try:
                    yield from packet.decode()
                except FFmpegError:
                    continue
            return
        except FFmpegError:
            failures += 1


def _runs(pieces: Iterator[Any], start_s: float, hz: int) -> Iterator[tuple[np.ndarray, int]]:
    """Mono sound with the place of its first sample, `start_s` being 0."""
    clock = _Clock(start_s)
    resampler, kind, at = None, None, 0
    for piece in pieces:
        if not piece.samples or not piece.sample_rate:
            continue
        stated_s = None if piece.pts is None else float(piece.pts * piece.time_base)
        time_s, apart = clock.place(stated_s, piece.samples / piece.sample_rate)
        now = (piece.format.name, piece.layout.name, piece.sample_rate)
        if resampler is None or apart or now != kind:
            if resampler is not None:
                yield from _placed(resampler.resample(None), at)
            resampler, kind = av.AudioResampler("flt", "mono", hz), now
            at = round(time_s * hz)
        piece.pts = None  # The resampler would fill gaps and drop overlaps; the clock has placed them.
        for samples, place in _placed(resampler.resample(piece), at):
            yield samples, place
            at = place + len(samples)
    if resampler is not None:
        yield from _placed(resampler.resample(None), at)


def _placed(pieces: list[Any], at: int) -> Iterator[tuple[np.ndarray, int]]:
    for piece in pieces:
        samples = piece.to_ndarray().reshape(-1)
        if len(samples):
            # Float formats may hold anything.
            yield np.nan_to_num(samples, posinf=0.0, neginf=0.0), at
        at += len(samples)


class _Clock:
    """Places pieces of sound in time: one after the other, unless the stated times say otherwise.

    Single stated times are rounded, or those at which a packet arrived; they count on average, and
    where they jump.
    """

    def __init__(self, start_s: float):
        self._start_s = start_s
        self._end_s: float | None = None
        self._creep_s = 0.0

    def place(self, stated_s: float | None, lasts_s: float) -> tuple[float, bool]:
        """Seconds since the first picture, and whether the piece doesn't follow on the one before."""
        if self._end_s is None:
            time_s, apart = (0.0 if stated_s is None else stated_s - self._start_s), True
        else:
            time_s, apart = self._end_s, False
            if stated_s is not None:
                time_s, apart = self._following(stated_s, time_s)
        self._end_s = time_s + lasts_s
        return time_s, apart

    def _following(self, stated_s: float, expected_s: float) -> tuple[float, bool]:
        off_s = stated_s - self._start_s - expected_s
        if off_s < -_RESET_S:
            self._start_s += off_s
            off_s = 0.0
        if abs(off_s) > _JUMP_S:
            self._creep_s = 0.0
            return expected_s + off_s, True
        self._creep_s += _AVERAGED * (off_s - self._creep_s)
        if abs(self._creep_s) > _CREEP_S:
            moved_s, self._creep_s = expected_s + self._creep_s, 0.0
            return moved_s, True
        return expected_s, False
