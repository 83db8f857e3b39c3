"""The picture track of a video file: opened safely, decoded as far as it goes, losses known."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition

from attune import InputError

# What a recording may come in, and sound files, to say what they are. Playlists (HLS, DASH, concat)
# could name other files or hosts, still pictures and text (FFmpeg's "tty") are no recordings: a list
# of what is allowed keeps them all out.
FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "gif", "apng", "mpegts", "mpeg", "mpegvideo",
    "flv", "asf", "ogg", "mxf", "nut", "ivf", "dv", "h264", "hevc", "m4v", "mjpeg", "yuv4mpegpipe",
    "mp3", "wav", "flac", "aac",
)  # fmt: skip
_STRICT = {"protocol_whitelist": "file", "format_whitelist": ",".join(FORMATS)}
_PART = _STRICT | {"protocol_whitelist": "file,subfile"}
_SOON = {"analyzeduration": "500000", "probesize": "500000"}  # microseconds, bytes: enough to know the tracks

DEFAULT_FPS = 25.0  # FFmpeg's own assumption for streams that state no rate.
TAIL_S = 0.5  # A declared end this little after the last picture is rounding, not a loss.
_DEMUX_TRIES = 20  # Consecutive read errors after which the rest of a damaged file is given up.
_THREADS, _THREADS_4K = 4, 2  # Each decoding thread holds pictures: memory, not speed, is the limit.


def open_container(path: Path) -> InputContainer:
    """The file opened by PyAV, with nothing but this file reachable from it.

    Raises
    ------
    InputError
        One sentence for: not there, a folder, not a plain file, no permission, empty, cut off
        before its index, not a video.
    """
    head = _head(path)
    try:
        # "file:" keeps a name such as "pipe:1" or "http:…" a name.
        return av.open(f"file:{path}", mode="r", container_options=_STRICT, metadata_errors="replace")
    except (FFmpegError, ValueError):
        if head[4:8] != b"ftyp":
            what = "is not a video: give a recording such as MP4, MOV, MKV or WebM"
            raise InputError(f"{path} {what}") from None
    try:  # A recording that was cut short amid the head of a fragment opens without that only.
        part = f"subfile,,start,0,end,{fragments_end(path)},,:file:{path}"
        return av.open(part, mode="r", container_options=_PART, metadata_errors="replace")
    except (FFmpegError, ValueError):
        raise _without_index(path) from None


def fragments_end(path: Path) -> int:
    """Size of an MP4 in bytes, without the head of a fragment (``moof``) at its end that is not whole."""
    end, size = 0, path.stat().st_size
    with path.open("rb") as file:
        while True:
            file.seek(end)
            head = file.read(16)
            length = int.from_bytes(head[8:] if head[:4] == b"\0\0\0\1" else head[:4], "big")
            if length < 8 or end + length > size:
                return end if head[4:8] == b"moof" else size
            end += length


def open_growing(file: Any, path: Path) -> InputContainer:
    """A recording that is still being written, read through ``file.read``, which waits for more.

    Raises
    ------
    InputError
        When it ends before it shows what it is.
    """
    try:
        return av.open(file, mode="r", container_options=_STRICT | _SOON, metadata_errors="replace")
    except (FFmpegError, ValueError):
        raise InputError(f"{path} ended before the first picture: record again") from None


def _without_index(path: os.PathLike[str]) -> InputError:
    return InputError(f"{path} was cut off before its index was written, so it can't be read: copy it again")


def _head(path: Path) -> bytes:
    """The first bytes of a plain, readable file that isn't empty."""
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder: give a video file in it")
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is not a plain file: give a video file")
        with path.open("rb") as file:
            head = file.read(16)
    except FileNotFoundError:
        raise InputError(f"{path} is not there: check the name") from None
    except PermissionError:
        raise InputError(f"{path} can't be opened: ask for permission to read it") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} can't be opened: {getattr(error, 'strerror', None) or error}") from None
    if not head:
        raise InputError(f"{path} is empty: record or copy it again")
    return head


def picture_stream(container: InputContainer, path: os.PathLike[str]) -> av.VideoStream:
    """The track of moving pictures: the default one or the first; cover art is none.

    Raises
    ------
    InputError
        When there is no such track.
    """
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams and container.streams.audio:
        raise InputError(f"{path} has only sound: give a recording with a video track")
    if not streams:
        if "mp4" in container.format.name:
            raise _without_index(path)
        raise InputError(f"{path} has no pictures: give a recording with a video track")
    stream = next((s for s in streams if s.disposition & Disposition.default), streams[0])
    stream.thread_type = "AUTO"
    large = stream.width * stream.height > 2560 * 1440
    stream.thread_count = min(os.cpu_count() or 1, _THREADS_4K if large else _THREADS)
    return stream


def nominal_rate(stream: av.VideoStream) -> float:
    """Declared average frames a second; never used for times."""
    for rate in (stream.average_rate, stream.guessed_rate):
        if rate and 0.1 <= rate <= 1000:
            return float(rate)
    return DEFAULT_FPS


def declared_duration(container: InputContainer, stream: av.VideoStream) -> float | None:
    """Seconds of the picture track as the file declares them; None where it doesn't."""
    if stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
        # FFmpeg shortens a cut-off AVI to what is there, but keeps the number of frames it declares.
        declared = stream.frames / nominal_rate(stream) if container.format.name == "avi" else 0.0
        return max(seconds, declared)
    # Matroska declares the end on the clock of its packets, which need not begin at 0.
    start = float((stream.start_time or 0) * (stream.time_base or 0))
    try:
        h, m, s = stream.metadata.get("DURATION", "").split(":")
        end = int(h) * 3600 + int(m) * 60 + float(s)
    except ValueError:
        end = container.duration / av.time_base if container.duration else 0.0
    return end - start if end > start else None


class Pictures:
    """Iterates the whole pictures of a container's video track, and knows what was lost.

    A packet whose picture hasn't come when a later picture has is lost. That is said only when a
    read or decoding error was seen too: some codecs carry packets that are not for showing.

    Attributes
    ----------
    stream : av.VideoStream
    step : float
        Nominal seconds between pictures.

    Parameters
    ----------
    container : InputContainer
    path : path-like
    first_s : float, optional
        When the file's first picture is shown, where reading begins later.
    """

    def __init__(self, container: InputContainer, path: os.PathLike[str], first_s: float | None = None):
        self.stream = picture_stream(container, path)
        self.step = 1.0 / nominal_rate(self.stream)
        self._container = container
        self._duration = declared_duration(container, self.stream)
        self._pending: dict[int, float] = {}  # pts of packets not yet shown -> seconds each lasts
        # A GIF says nowhere how long it is, only where it ends; each picture takes at most so many bytes.
        gif = container.format.name == "gif"
        self._most_bytes = 2 * self.stream.width * self.stream.height + 4096 if gif else None
        self._no_end = gif and not _ends_with(path, b";")
        self._torn = False  # the last packet is incomplete
        self._errors = 0
        self._first_s = first_s
        self._end_s = self._sound_end_s = 0.0
        self._lost_before_s = self._lost_between_s = 0.0

    def __iter__(self) -> Iterator[av.VideoFrame]:
        for packet in self._packets():
            try:
                pictures = packet.decode()
            except FFmpegError:
                self._errors += 1
                continue
            for picture in pictures:
                if self._settle(picture):
                    yield picture

    def _packets(self) -> Iterator[av.Packet]:
        """Packets of the picture track, the flushing one last; goes on over errors where it can."""
        tracks = (self.stream, *self._container.streams.audio[:1])
        failures = 0
        while failures < _DEMUX_TRIES:
            try:
                for packet in self._container.demux(*tracks):
                    failures = 0
                    if packet.stream.index == self.stream.index:  # stream_index is wrong at the end
                        self._expect(packet)
                        yield packet
                    elif packet.pts is not None:
                        end = (packet.pts + (packet.duration or 0)) * packet.time_base
                        self._sound_end_s = max(self._sound_end_s, float(end))
                return
            except FFmpegError:
                failures += 1
                self._errors += 1

    def _expect(self, packet: av.Packet) -> None:
        if packet.size:
            self._torn = packet.is_corrupt or packet.size > (self._most_bytes or packet.size)
            self._errors += self._torn
        if packet.pts is not None and packet.size and not packet.is_discard:
            self._pending[packet.pts] = float((packet.duration or 0) * packet.time_base) or self.step

    def _settle(self, picture: av.VideoFrame) -> bool:
        """Whether the picture is whole; if so, what its packets and those before it have come to."""
        if picture.is_corrupt:
            self._errors += 1
            return False
        if picture.pts is not None and picture.time is not None:
            self._end_s = picture.time + self._pending.pop(picture.pts, self.step)
            overdue = [pts for pts in self._pending if pts < picture.pts]
            lost = sum(self._pending.pop(pts) for pts in overdue)
            if self._first_s is None:
                self._first_s = picture.time
                self._lost_before_s = lost
            else:
                self._lost_between_s += lost
        return True

    @property
    def damaged(self) -> bool:
        """Whether anything that was read so far couldn't be decoded."""
        return self._errors > 0

    def loss(self) -> str | None:
        """After the iteration: one sentence about what could not be decoded, or None."""
        if self._first_s is None:
            return None
        shown = self._end_s - self._first_s
        tail = sum(self._pending.values()) if self._errors else 0.0
        heard = self._sound_end_s - self._first_s
        # A sound track that goes on to the end shows a file that is whole, its pictures shorter.
        if self._duration is not None and heard < self._duration - TAIL_S:
            tail = max(tail, self._duration - self._lost_before_s - shown)
        total = max(self._duration or 0.0, self._lost_before_s + shown + tail)
        parts = [
            f"{words}{max(seconds, 0.1):.1f} s{rest}"
            for seconds, least, words, rest in (
                (self._lost_before_s, 0.0, "the first ", ""),
                (self._lost_between_s, 0.0, "", " in between"),
                (tail, max(TAIL_S, 3 * self.step), "the last ", ""),
            )
            if seconds > least and (self._errors or words == "the last ")
        ]
        if parts:
            return f"{' and '.join(parts)} of {total:.1f} s could not be decoded"
        if self._torn or self._no_end:
            return f"after {shown:.1f} s the file is damaged or cut off, and doesn't say how much is missing"
        return None


def _ends_with(path: os.PathLike[str], ending: bytes) -> bool:
    with Path(path).open("rb") as file:
        file.seek(-min(len(ending), Path(path).stat().st_size), os.SEEK_END)
        return file.read() == ending
