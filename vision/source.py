"""A video file as a stream of upright pictures, each with its presentation time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError

from attune import InputError
from vision.upright import Orientation, fit, orientation_of

# What a recording may come in. Playlists (HLS, DASH, concat) could name other files or hosts, still
# pictures and text (FFmpeg's "tty") are no recordings: a list of what is allowed keeps all out.
FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "gif", "apng", "mpegts", "mpeg", "mpegvideo",
    "flv", "asf", "ogg", "mxf", "nut", "ivf", "dv", "h264", "hevc", "m4v", "mjpeg", "yuv4mpegpipe",
    "mp3", "wav", "flac", "aac",
)  # fmt: skip
_STRICT = {"protocol_whitelist": "file", "format_whitelist": ",".join(FORMATS)}

GAP_S = 0.5  # A pause longer than this (and than three frames) starts tracking afresh.
_DEFAULT_FPS = 25.0  # FFmpeg's own assumption for streams that state no rate.
_RESET_S = 1.0  # Times falling back by more than this are a new clock (joined files), not a repeat.
_DEMUX_TRIES = 20  # Consecutive read errors after which the rest of a damaged file is given up.


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
        The scene may have changed without a movement that leads here: a pause in the recording, a
        scene cut, a stretch that could not be decoded. Whoever tracks starts afresh.
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

    Attributes
    ----------
    info : SourceInfo
    frames_read : int
        Frames yielded so far.
    end_s : float
        End of the last frame yielded.
    repeated : int
        Frames left out because their time didn't rise.
    loss : str or None
        After an iteration: one plain sentence about what could not be decoded.

    Raises
    ------
    InputError
        At construction, when the file holds no picture that can be decoded.
    """

    def __init__(self, path: str | os.PathLike[str], max_side: int | None = None):
        self.path = Path(path)
        self.max_side = max_side
        self.info, self.first_pts_s = _probe(self.path)
        self._open: av.container.InputContainer | None = None
        self._reset()

    def _reset(self) -> None:
        self.frames_read, self.end_s, self.repeated = 0, 0.0, 0
        self.loss: str | None = None

    def __enter__(self) -> VideoFile:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the file; an iteration under way ends."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def __iter__(self) -> Iterator[Frame]:
        self.close()
        self._reset()
        info = self.info
        size = fit(info.width, info.height, self.max_side)
        scale = max(info.width, info.height) / max(size)
        step = 1.0 / info.nominal_fps
        clock, scene = _Clock(step), _Scene()
        container = self._open = open_container(self.path)
        try:
            pictures = Pictures(container)
            orientation: Orientation | None = None
            for picture in pictures:
                time_s = clock.place(picture.time)
                if time_s is None:
                    self.repeated += 1
                    continue
                if orientation is None:
                    orientation = orientation_of(picture)
                rgb = orientation.upright(picture, size)
                # Both tests run on every frame: the scene test has to see each picture.
                cut = scene.changed(rgb) | (self.frames_read > 0 and clock.gap > max(GAP_S, 3 * step))
                self.end_s = time_s + step
                self.frames_read += 1
                yield Frame(self.frames_read - 1, time_s, rgb, cut and self.frames_read > 1, scale)
            self.loss = pictures.loss(info.duration_s)
        finally:
            self.close()


class Pictures:
    """Iterates the decodable pictures of a container's video track, and knows what was lost.

    A packet whose picture never comes out counts as lost once a later picture has come; which is
    said only when a read or decoding error was seen too, as some codecs carry packets that are not
    for showing.
    """

    def __init__(self, container: av.container.InputContainer):
        self._container = container
        self._stream = picture_stream(container)
        self._pending: dict[int, float] = {}  # pts of packets not yet shown -> seconds each lasts
        self._step = 1.0 / _rate(self._stream)
        self._errors = 0
        self._lost_s = 0.0
        self._end: float | None = None
        self._sound_end = 0.0
        self._start: float | None = None

    def __iter__(self) -> Iterator[av.VideoFrame]:
        for packet in self._packets():
            try:
                pictures = packet.decode()
            except FFmpegError:
                self._errors += 1
                continue
            for picture in pictures:
                if self._shown(picture):
                    yield picture

    def _packets(self) -> Iterator[av.Packet]:
        """Packets of the picture track, the flushing one last; goes on over errors where it can."""
        sound = self._container.streams.audio[:1]
        failures = 0
        while failures < _DEMUX_TRIES:
            try:
                for packet in self._container.demux(self._stream, *sound):
                    if packet.stream_index == self._stream.index:
                        self._expect(packet)
                        yield packet
                    elif packet.pts is not None:
                        end = (packet.pts + (packet.duration or 0)) * packet.time_base
                        self._sound_end = max(self._sound_end, float(end))
                    failures = 0
                return
            except FFmpegError:
                failures += 1
                self._errors += 1
        try:
            yield from ()
        finally:
            self._errors += 1

    def _expect(self, packet: av.Packet) -> None:
        if packet.pts is not None and packet.size and not packet.is_discard:
            duration = float((packet.duration or 0) * packet.time_base)
            self._pending[packet.pts] = duration or self._step

    def _shown(self, picture: av.VideoFrame) -> bool:
        """Whether the picture is whole; settles the packets it was waited for with."""
        if picture.is_corrupt:
            self._errors += 1
            return False
        if picture.pts is not None:
            lasts = self._pending.pop(picture.pts, self._step)
            overdue = [pts for pts in self._pending if pts < picture.pts]
            self._lost_s += sum(self._pending.pop(pts) for pts in overdue)
            self._end = float(picture.pts * picture.time_base) + lasts
            if self._start is None:
                self._start = float(picture.pts * picture.time_base)
        return True

    def loss(self, duration_s: float | None) -> str | None:
        """One sentence about what of the declared `duration_s` could not be decoded, or None."""
        if self._end is None or self._start is None:
            return None
        shown = self._end - self._start
        tail = sum(self._pending.values()) if self._errors else 0.0
        if duration_s is not None and self._sound_end - self._start < duration_s - GAP_S:
            tail = max(tail, duration_s - shown)
        total = duration_s if duration_s is not None else shown + tail
        parts = []
        if self._errors and self._lost_s > 0:
            parts.append(f"{self._lost_s:.1f} s in between")
        if tail > max(GAP_S, 3 * self._step):
            parts.append(f"the last {tail:.1f} s")
        if not parts:
            return None
        return f"{' and '.join(parts)} of {max(total, shown):.1f} s could not be decoded"


class _Clock:
    """Places pictures in time: from 0, strictly rising, whatever the file says."""

    def __init__(self, step_s: float):
        self._step = step_s
        self._offset: float | None = None
        self._last = 0.0
        self.gap = 0.0

    def place(self, stated_s: float | None) -> float | None:
        """Seconds since the first picture; None for a repeat of the time before."""
        if self._offset is None:
            self._offset = -(stated_s or 0.0)
            return 0.0
        time_s = self._last + self._step if stated_s is None else stated_s + self._offset
        if time_s <= self._last - _RESET_S:
            self._offset += self._last + self._step - time_s
            time_s = self._last + self._step
        if time_s <= self._last:
            return None
        self.gap, self._last = time_s - self._last, time_s
        return time_s


class _Scene:
    """Tells scene cuts by how little a thumbnail resembles the one before.

    Correlation ignores a change of light; the difference must also stand out from the movement just
    before, so that a quick gesture or a slow animation is not a cut.
    """

    CORRELATION, DIFFERENCE, TIMES_USUAL = 0.5, 18.0, 4.0

    def __init__(self) -> None:
        self._before: np.ndarray | None = None
        self._usual = 0.0

    def changed(self, rgb: np.ndarray) -> bool:
        """Whether `rgb` opens a new scene; False for the first picture."""
        step = max(1, max(rgb.shape[:2]) // 48)
        now = rgb[step // 2 :: step, step // 2 :: step, 1].astype(np.float32)
        before, self._before = self._before, now
        if before is None or before.shape != now.shape:
            return False
        difference = float(np.abs(now - before).mean())
        a, b = before - before.mean(), now - now.mean()
        spread = float(np.sqrt((a * a).sum() * (b * b).sum()))
        correlation = float((a * b).sum()) / spread if spread > 1e-6 else 1.0
        cut = (
            correlation < self.CORRELATION
            and difference > self.DIFFERENCE
            and difference > self.TIMES_USUAL * self._usual
        )
        self._usual = 0.0 if cut else 0.8 * self._usual + 0.2 * difference
        return cut


def open_container(path: Path) -> av.container.InputContainer:
    """The file opened by PyAV, with nothing but this file reachable from it.

    Raises
    ------
    InputError
        One sentence for: not there, a folder, not a plain file, no permission, empty, not a video.
    """
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder: give a video file in it")
        size = path.stat().st_size
        if not path.is_file():
            raise InputError(f"{path} is not a plain file: give a video file")
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise InputError(f"{path} is not there: check the name") from None
    except PermissionError:
        raise InputError(f"{path} can't be read: you have no permission to open it") from None
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}") from None
    if size == 0:
        raise InputError(f"{path} is empty: record or copy it again")
    try:
        # "file:" keeps a name such as "pipe:1" or "http:…" a name.
        return av.open(f"file:{path}", container_options=_STRICT, metadata_errors="replace")
    except (FFmpegError, ValueError):
        raise InputError(
            f"{path} is not a video that can be read, or its end is missing: record or copy it again"
        ) from None


def picture_stream(container: av.container.InputContainer) -> av.VideoStream:
    """The track of moving pictures: the default one or the first; cover art is none.

    Raises
    ------
    InputError
        When there is no such track.
    """
    streams = [
        stream for stream in container.streams.video
        if not stream.disposition & av.stream.Disposition.attached_pic
    ]  # fmt: skip
    if not streams:
        name = container.name.removeprefix("file:")
        what = "only sound" if container.streams.audio else "no picture"
        raise InputError(f"{name} has no video track, {what}: give a recording with pictures")
    stream = next((s for s in streams if s.disposition & av.stream.Disposition.default), streams[0])
    stream.thread_type = "AUTO"
    return stream


def _rate(stream: av.VideoStream) -> float:
    for rate in (stream.average_rate, stream.guessed_rate):
        if rate and 0.1 <= rate <= 1000:
            return float(rate)
    return _DEFAULT_FPS


def _declared_duration(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _probe(path: Path) -> tuple[SourceInfo, float]:
    """What the file says and its first picture shows; the first picture's own time in seconds."""
    with open_container(path) as container:
        stream = picture_stream(container)
        first = next(iter(Pictures(container)), None)
        if first is None:
            raise InputError(f"{path} holds no picture that can be decoded: record or copy it again")
        width, height = orientation_of(first).size
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        info = SourceInfo(
            path=path,
            sha256=sha256,
            duration_s=_declared_duration(container, stream),
            width=width,
            height=height,
            nominal_fps=_rate(stream),
            frames=stream.frames or None,
            has_audio=bool(container.streams.audio),
            codec=stream.codec_context.name,
        )
        return info, first.time or 0.0
