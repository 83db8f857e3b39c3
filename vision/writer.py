"""Videos written so that browsers play them and every picture keeps its time."""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.frame import PictureType

from attune import OutputError
from vision.decode import fragments_end, open_container, picture_stream
from vision.soundtrack import SoundEncoder
from vision.source import VideoFile
from vision.tracks import NotCopyable, Timed, copied_pictures, sound_packets, timed

MAX_SIDE = 1280  # Longer side of a recording that has to be encoded anew.
KEYFRAME_S = 1.0  # A browser seeks from key frame to key frame.
_TICKS = 90_000  # Time units a second: a common multiple of the usual frame rates.
_BT709 = 1  # FFmpeg's number for the colour space that browsers expect of a video.
_BROWSER_PIXELS = ("yuv420p", "yuvj420p")
_COPIED_FORMATS = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")  # They hold a time for every packet.


def keep_video(src: str | os.PathLike[str], dst: Path, intact: bool = True) -> bool:
    """Write the recording `src` as an MP4 that browsers play, its first picture at 0 s.

    Every picture stands at the time that `VideoFile` gives it. H.264 is copied where that holds for it
    as it is; else the pictures are encoded anew, upright, at most `MAX_SIDE` large. AAC sound is
    copied, other sound becomes AAC, sound that can't be decoded is left out.

    Parameters
    ----------
    src : path-like
    dst : Path
        May be `src`; it appears, or changes, only when it is whole.
    intact : bool
        False where decoding lost something: a browser would stop there, so encode what can be seen.

    Returns
    -------
    bool
        Whether the pictures were copied without encoding.

    Raises
    ------
    InputError
        When `src` is no video.
    OutputError
        When `dst` can't be written.
    """
    source = VideoFile(src, MAX_SIDE)
    if intact:
        try:
            _copy(source, dst)
            return True
        except NotCopyable:
            pass
    frames = ((frame.time_s, frame.rgb) for frame in source)
    encode_video(dst, frames, source.info.nominal_fps, sound_of=source)
    return False


def encode_video(
    dst: Path,
    frames: Iterable[tuple[float, np.ndarray]],
    nominal_fps: float,
    sound_of: VideoFile | None = None,
) -> None:
    """Write frames as a browser-playable MP4, each at its own time; memory stays flat.

    Parameters
    ----------
    dst : Path
        Appears only when it is whole.
    frames : iterable of (float, ndarray of shape (height, width, 3), uint8)
        Seconds from 0, rising, and rgb; all of one size. Odd sizes shrink by a pixel.
    nominal_fps : float
        How long the last frame stands.
    sound_of : VideoFile, optional
        Whose sound track to take along.

    Raises
    ------
    OutputError
        When `dst` can't be written.
    """
    with whole(dst) as part, _muxer(part, {"movflags": "+faststart"}) as out:
        pictures = Encoder(out, nominal_fps).packets(frames)
        if sound_of is None:
            _mux(out, pictures)
        else:
            with open_container(sound_of.path) as container:
                # The first packet is made before any is written: that is when both tracks must exist.
                _mux(out, pictures, sound_packets(container, out, sound_of.start))


@contextmanager
def whole(dst: Path) -> Iterator[Path]:
    """A name beside `dst` to write to; it takes `dst`'s place once it is complete and on disk."""
    part = dst.with_name(f".{dst.name}.partial")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(dst)
    except (OSError, FFmpegError) as error:  # Errors of reading don't come this far.
        raise OutputError(f"{dst} can't be written: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)


def _muxer(path: Path, options: dict[str, str]) -> OutputContainer:
    return av.open(f"file:{path}", mode="w", format="mp4", container_options=options)


def _mux(out: OutputContainer, *tracks: Iterator[Timed]) -> None:
    for _, packet in heapq.merge(*tracks, key=lambda at: at[0]):
        out.mux(packet)


class Encoder:
    """Encodes rgb frames as H.264 into a container: a key frame every second, no reordering.

    Parameters
    ----------
    out : OutputContainer
    nominal_fps : float
    live : bool
        Give each packet at once instead of looking ahead: larger, but nothing waits in memory.
    """

    def __init__(self, out: OutputContainer, nominal_fps: float, live: bool = False):
        options = {"preset": "veryfast", "crf": "22", "bf": "0", "forced-idr": "1"}
        if live:  # a third less work for a fifth more bytes
            options |= {"preset": "superfast", "tune": "zerolatency"}
        rate = Fraction(nominal_fps).limit_denominator(1001)
        self._stream = out.add_stream("libx264", rate=rate, options=options)
        self._step = max(1, round(_TICKS / nominal_fps))
        self._next_key_s = 0.0
        context = self._stream.codec_context
        context.pix_fmt, context.time_base = "yuv420p", Fraction(1, _TICKS)
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = 1  # limited, as in television

    def encode(self, time_s: float, rgb: np.ndarray) -> list[av.Packet]:
        """Packets that this frame completes; `time_s` rises from call to call."""
        height, width = (max(2, side - side % 2) for side in rgb.shape[:2])
        if not self._stream.codec_context.is_open:
            self._stream.width, self._stream.height = width, height
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb)).reformat(
            self._stream.width, self._stream.height, "yuv420p", dst_colorspace="itu709"
        )
        picture.colorspace, picture.color_range = _BT709, 1
        picture.pts, picture.time_base = round(time_s * _TICKS), Fraction(1, _TICKS)
        if time_s >= self._next_key_s:
            picture.pict_type = PictureType.I
            self._next_key_s = time_s + KEYFRAME_S
        return self._lasting(self._stream.encode(picture))

    def finish(self) -> list[av.Packet]:
        """The packets still to come after the last frame."""
        return self._lasting(self._stream.encode())

    def packets(self, frames: Iterable[tuple[float, np.ndarray]]) -> Iterator[Timed]:
        """All frames as packets, each with its time."""
        for time_s, rgb in frames:
            yield from timed(self.encode(time_s, rgb))
        yield from timed(self.finish())

    def _lasting(self, packets: list[av.Packet]) -> list[av.Packet]:
        for packet in packets:
            packet.duration = self._step  # Counts for the last one only: others last until the next.
        return packets


class Mp4Recorder:
    """Records frames, and sound, as fragmented MP4: what was written a second ago survives the process.

    Parameters
    ----------
    path : Path
        Readable as a video while it grows, and after a crash.
    nominal_fps : float
        How long the last frame stands.
    sound : bool
        There will be a sound track.

    Raises
    ------
    OutputError
        By every method, when the file can't be written.
    """

    FRAGMENT_S = 0.5

    def __init__(self, path: Path, nominal_fps: float = 30.0, sound: bool = False):
        self.path = path
        self._next_sync_s = 0.0
        with self._writing():
            self._out = _muxer(
                path,
                {
                    "movflags": "frag_keyframe+empty_moov+default_base_moof",
                    "frag_duration": str(round(self.FRAGMENT_S * 1e6)),
                    "flush_packets": "1",
                },
            )
            self._encoder = Encoder(self._out, nominal_fps, live=True)
            self._sound = SoundEncoder(self._out) if sound else None

    def write(self, time_s: float, rgb: np.ndarray) -> None:
        """Add a frame: seconds since the first one, rising; rgb of shape (height, width, 3), uint8."""
        with self._writing():
            self._out.mux(self._encoder.encode(time_s, rgb))
            if self._sound is not None:
                # The muxer waits for the slower track: sound that stays away must not hold pictures back.
                self._out.mux(self._sound.fill(time_s))
            if time_s >= self._next_sync_s:
                self._next_sync_s = time_s + KEYFRAME_S
                with self.path.open("rb+") as file:
                    os.fsync(file.fileno())

    def write_sound(self, time_s: float, samples: np.ndarray) -> None:
        """Add sound, after the first frame: when it began, and mono samples at `soundtrack.RATE`, float32."""
        if self._sound is not None:
            with self._writing():
                self._out.mux(self._sound.encode(time_s, samples))

    def finish(self) -> None:
        """Close the recording and rewrite it, atomically, with its index in front."""
        with self._writing():
            self._out.mux(self._encoder.finish())
            if self._sound is not None:
                self._out.mux(self._sound.finish())
            self._out.close()
        keep_video(self.path, self.path)

    def abandon(self) -> None:
        """Close the file as it is, after an error of writing, but for half a head, which no player takes."""
        with suppress(OSError, FFmpegError):
            self._out.close()
        with suppress(OSError):
            os.truncate(self.path, fragments_end(self.path))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (OSError, FFmpegError) as error:
            raise OutputError(f"{self.path} can't be written: {error.strerror or error}") from None


def with_sound(pictures: Path, sound_of: Path, dst: Path) -> None:
    """Write pictures that were encoded without sound together with the sound that belongs to them.

    Parameters
    ----------
    pictures : Path
        As `Mp4Recorder` writes them, of the pictures of `sound_of`.
    sound_of : Path
        The recording itself.
    dst : Path
        Appears only when it is whole.

    Raises
    ------
    OutputError
        When it can't be written.
    """
    try:
        _copy(VideoFile(pictures), dst, VideoFile(sound_of, sha256=""))
    except NotCopyable:
        raise OutputError(f"{dst} can't be written: {pictures.name} is damaged") from None


def _copy(source: VideoFile, dst: Path, sound_of: VideoFile | None = None) -> None:
    heard = sound_of or source
    with whole(dst) as part, open_container(source.path) as pictures, open_container(heard.path) as sounds:
        stream = picture_stream(pictures, source.path)
        if (
            stream.codec_context.name != "h264"
            or stream.codec_context.pix_fmt not in _BROWSER_PIXELS
            or pictures.format.name not in _COPIED_FORMATS
            or source.orientation.mirrored
        ):
            raise NotCopyable
        try:
            with _muxer(part, {"movflags": "+faststart"}) as out:
                written = out.add_stream_from_template(stream)
                copied = copied_pictures(pictures, stream, written, source.start)
                _mux(out, copied, sound_packets(sounds, out, heard.start))
        except FFmpegError:  # Unreadable here or refused by the format: decoding may do better.
            raise NotCopyable from None
