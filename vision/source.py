"""A video file as a stream of upright pictures, each with its presentation time."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer

from attune import InputError
from vision.decode import Pictures, declared_duration, nominal_rate, open_container, picture_stream
from vision.upright import Orientation, fit, orientation_of

GAP_S = 0.5  # A pause longer than this (and than three frames) starts tracking afresh.
_REORDERED = 32  # places; H.264 and HEVC show pictures at most 16 later than they store them
_RESET_S = 1.0  # Times falling back by more than this are a new clock (joined files), not a repeat.


@dataclass(frozen=True)
class SourceInfo:
    """What a video file says about itself.

    Attributes
    ----------
    path : Path
    sha256 : str
        Of the file's bytes, in hexadecimal.
    duration_s : float or None
        Length of the picture track as declared; None where the file doesn't say (browser WebM).
    width, height : int
        Of the upright picture with square pixels: "source pixels" everywhere in Attune.
    nominal_fps : float
        Declared average frame rate, for progress and gap thresholds only; never for times.
    frames : int or None
        Declared number of frames.
    has_audio : bool
    codec : str
        FFmpeg's name of the picture codec.
    """

    path: Path
    sha256: str
    duration_s: float | None
    width: int
    height: int
    nominal_fps: float
    frames: int | None
    has_audio: bool
    codec: str


@dataclass(frozen=True, slots=True)
class Frame:
    """One upright picture.

    Attributes
    ----------
    index : int
        Counts the frames yielded, from 0.
    time_s : float
        Presentation time in seconds since the first frame; rises strictly.
    rgb : numpy.ndarray, shape (height, width, 3), uint8
    cut : bool
        No movement leads here from the frame before: a pause in the recording or a scene cut.
        Whoever tracks starts afresh.
    scale : float
        Source pixels per pixel of `rgb`.
    """

    index: int
    time_s: float
    rgb: np.ndarray
    cut: bool = False
    scale: float = 1.0


class VideoFile:
    """A video file, iterated as `Frame`; every iteration starts at the beginning.

    Parameters
    ----------
    path : path-like
    max_side : int, optional
        Pictures whose longer side is larger are scaled down to it.
    sha256 : str, optional
        Of the file's bytes, where that is known already: reading all of a long file takes a while.

    Attributes
    ----------
    info : SourceInfo
    orientation : Orientation
        Of the pictures as stored.
    start : Fraction
        Seconds on the file's own clock at which the first picture is shown: Attune's 0.
    frames_read : int
        Frames yielded so far.
    end_s : float
        End of the last frame yielded.
    repeated : int
        Pictures left out because their time didn't rise.
    loss : str or None
        After an iteration: one plain sentence about what could not be decoded.

    Raises
    ------
    InputError
        At construction, when the file holds no picture that can be decoded.
    """

    def __init__(
        self, path: str | os.PathLike[str], max_side: int | None = None, sha256: str | None = None
    ):
        self.path = Path(path)
        self.max_side = max_side
        self.info, self.orientation, self.start = _probe(self._open, self.path, sha256)
        self._container: InputContainer | None = None
        self._reset()

    def _open(self) -> InputContainer:
        return open_container(self.path)

    def _reset(self) -> None:
        self.frames_read, self.end_s, self.repeated = 0, 0.0, 0
        self.loss: str | None = None

    def __enter__(self) -> VideoFile:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the file; an iteration under way ends."""
        if self._container is not None:
            self._container.close()
            self._container = None

    def __iter__(self) -> Iterator[Frame]:
        return self._frames()

    def between(self, start_s: float, end_s: float) -> Iterator[Frame]:
        """The frames with start_s <= time_s < end_s at the times that a whole iteration gives them.

        Indices count from 0 here. Only for files whose `even_clock` is true: of others the times before
        `start_s` would have to be known.
        """
        with contextlib.closing(self._frames(start_s)) as frames:
            for frame in frames:
                if frame.time_s >= end_s:
                    return
                yield frame

    def even_clock(self) -> bool:
        """Whether every picture states its time, none repeats, and none lies before the first shown.

        Reads the whole file without decoding it.
        """
        with self._open() as container:
            stream = picture_stream(container, self.path)
            times = [p.pts for p in container.demux(stream) if p.size and not p.is_discard]
        if not times or None in times or len(set(times)) != len(times):
            return False
        # Pictures are stored at most a few places away from where they are shown: else clocks were joined.
        order = np.argsort(times, kind="stable")
        settled = np.abs(order - np.arange(len(times))).max() <= _REORDERED
        return bool(settled and min(times) * (stream.time_base or 0) == self.start)

    def _frames(self, start_s: float = 0.0) -> Generator[Frame, None, None]:
        self.close()
        self._reset()
        size = fit(self.info.width, self.info.height, self.max_side)
        scale = max(self.info.width, self.info.height) / max(size)
        container = self._container = self._open()
        try:
            pictures = Pictures(container, self.path, float(self.start) if start_s > 0 else None)
            gap_s = max(GAP_S, 3 * pictures.step)
            clock, scene = _Clock(pictures.step), _Scene()
            if start_s > 0:
                _seek(container, pictures.stream, self.start, start_s)
                clock.begin(float(self.start))
            for picture in pictures:
                time_s = clock.place(picture.time)
                if time_s is None:
                    self.repeated += 1
                    continue
                if time_s < start_s:
                    continue
                rgb = self.orientation.upright(picture, size)
                cut = scene.changed(rgb) or clock.step_s > gap_s
                lasts = float((picture.duration or 0) * (picture.time_base or 0))
                self.end_s = time_s + (lasts or pictures.step)
                self.frames_read += 1
                yield Frame(self.frames_read - 1, time_s, rgb, cut, scale)
            self.loss = pictures.loss()
        except GeneratorExit:  # read no further: how much is missing isn't known
            self.loss = "some pictures could not be decoded" if pictures.damaged else None
            raise
        finally:
            if self._container is container:
                self.close()


class _Clock:
    """Places pictures in time: from 0, strictly rising, whatever the file says.

    Attributes
    ----------
    step_s : float
        Seconds from the picture before to the last one placed; infinite where the clock was reset.
    """

    def __init__(self, nominal_step_s: float):
        self._nominal = nominal_step_s
        self._offset: float | None = None
        self._last = 0.0
        self.step_s = 0.0

    def begin(self, stated_s: float) -> None:
        """Say what the first picture of the file states, where the iteration begins later."""
        self._offset, self._last = -stated_s, -float("inf")

    def place(self, stated_s: float | None) -> float | None:
        """Seconds since the first picture; None for a repeat of the time before."""
        if self._offset is None:
            self._offset = -(stated_s or 0.0)
            return 0.0
        following = self._last + self._nominal
        time_s = following if stated_s is None else stated_s + self._offset
        reset = time_s < self._last - _RESET_S
        if reset:
            self._offset += following - time_s
            time_s = following
        if time_s <= self._last:
            return None
        self.step_s = float("inf") if reset else time_s - self._last
        self._last = time_s
        return time_s


class _Scene:
    """Tells scene cuts by how little a thumbnail resembles the one before.

    Correlation ignores a change of light; the difference must also stand out from the movement just
    before. In recordings of people the correlation stayed above .64 between pictures a quarter of a
    second apart, above .8 at usual frame rates; at cuts it was below .1.
    """

    CORRELATION, DIFFERENCE, TIMES_USUAL = 0.6, 15.0, 4.0

    def __init__(self) -> None:
        self._before: np.ndarray | None = None
        self._usual = 0.0

    def changed(self, rgb: np.ndarray) -> bool:
        """Whether `rgb` opens a new scene; False for the first picture."""
        every = max(1, max(rgb.shape[:2]) // 48)
        now = rgb[every // 2 :: every, every // 2 :: every, 1].astype(np.float32)
        before, self._before = self._before, now
        if before is None:
            return False
        difference = float(np.abs(now - before).mean())
        cut = (
            difference > max(self.DIFFERENCE, self.TIMES_USUAL * self._usual)
            and _correlation(before, now) < self.CORRELATION
        )
        self._usual = 0.0 if cut else 0.8 * self._usual + 0.2 * difference
        return cut


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's r over all pixels; 0 where one picture is of a single tone."""
    a, b = a - a.mean(), b - b.mean()
    spread = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / spread if spread > 1e-6 else 0.0


def start_of(path: Path) -> Fraction:
    """Seconds on the file's own clock at which its first picture is shown: `VideoFile.start`.

    Raises
    ------
    InputError
        When the file holds no picture that can be decoded.
    """
    with open_container(path) as container:
        return _shown_at(_first(Pictures(container, path), path))


def _seek(container: InputContainer, stream: av.VideoStream, start: Fraction, time_s: float) -> None:
    """Go on reading at the last key frame at or before a time."""
    base = stream.time_base or Fraction(1)
    container.seek(max(0, int((start + Fraction(time_s)) / base)), stream=stream)


def _first(pictures: Pictures, path: Path) -> av.VideoFrame:
    first = next(iter(pictures), None)
    if first is None:
        raise InputError(f"{path} holds no picture that can be decoded: record or copy it again")
    return first


def _shown_at(picture: av.VideoFrame) -> Fraction:
    return (picture.pts or 0) * (picture.time_base or Fraction(0))


@lru_cache(maxsize=8)  # one analysis opens its recording several times: to name, to measure and to keep it
def _sha256(path: Path, size: int, changed_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _probe(
    opened: Callable[[], InputContainer], path: Path, sha256: str | None
) -> tuple[SourceInfo, Orientation, Fraction]:
    """What the file says, and how and when its first picture is shown."""
    with opened() as container:
        pictures = Pictures(container, path)
        first, stream = _first(pictures, path), pictures.stream
        orientation = orientation_of(first, stream.sample_aspect_ratio)
        if sha256 is None:
            stat = path.stat()
            sha256 = _sha256(path, stat.st_size, stat.st_mtime_ns)
        info = SourceInfo(
            path=path,
            sha256=sha256,
            duration_s=declared_duration(container, stream),
            width=orientation.size[0],
            height=orientation.size[1],
            nominal_fps=nominal_rate(stream),
            frames=stream.frames or None,
            has_audio=bool(container.streams.audio),
            codec=stream.codec_context.name,
        )
        return info, orientation, _shown_at(first)
