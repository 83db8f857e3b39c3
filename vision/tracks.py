"""Tracks of a recording as packets for an MP4: copied with their times from 0, sound encoded anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import av
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError

_AAC_RATES = (48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)

Timed = tuple[float, av.Packet]  # a packet and the seconds at which it is decoded


class NotCopyable(Exception):
    """The packets, as they are, would not play in a browser at the analysed times."""


def copied_pictures(
    container: InputContainer, stream: av.VideoStream, written: av.VideoStream, start: Fraction
) -> Iterator[Timed]:
    """The packets of `stream`, made for `written`, with times from `start` on as 0.

    Raises
    ------
    NotCopyable
        Where they would not be shown as they were analysed.
    """
    base = stream.time_base or Fraction(1)
    shift = round(start / base)
    shown: set[int] = set()
    first = last = end = None
    for packet in _with_decoding_times(container.demux(stream)):
        pts, dts = packet.pts - shift, packet.dts - shift
        repeated = pts in shown or (last is not None and dts <= last)
        if pts < 0 or pts < dts or repeated or packet.is_discard or packet.is_corrupt:
            raise NotCopyable
        shown.add(pts)
        first, last, end = dts if first is None else first, dts, dts + (packet.duration or 0)
        packet.pts, packet.dts, packet.stream = pts, dts, written
        yield float(dts * base), packet
    # MP4 is as long as its decoding takes: with uneven steps the last pictures may lie beyond that.
    if first is None or end is None or min(shown) != 0 or max(shown) >= end - first:
        raise NotCopyable


def _with_decoding_times(packets: Iterable[Any]) -> Iterator[Any]:
    """Fill in the decoding times that Matroska doesn't store and FFmpeg doesn't guess at the start."""
    waiting: list[Any] = []
    for packet in packets:
        if not packet.size:
            continue
        if packet.pts is None or len(waiting) > 32:
            raise NotCopyable
        waiting.append(packet)
        if packet.dts is None:
            continue
        for steps, early in enumerate(reversed(waiting)):
            early.dts = packet.dts - steps * max(1, packet.duration or 1)
        yield from waiting
        waiting.clear()
    if waiting:
        raise NotCopyable


def sound_packets(container: InputContainer, out: OutputContainer, start: Fraction) -> Iterator[Timed]:
    """The first sound track as AAC, times from `start` on as 0; empty where it can't be decoded.

    The track is added to `out` at once, the packets come as they are asked for.
    """
    stream = next(iter(container.streams.audio), None)
    if stream is None or stream.codec_context is None or not stream.rate:
        return iter(())
    if stream.codec_context.name == "aac":
        return _copied_sound(container, stream, out.add_stream_from_template(stream), start)
    layout = "mono" if stream.layout.nb_channels == 1 else "stereo"
    written = out.add_stream("aac", rate=stream.rate if stream.rate in _AAC_RATES else 48000, layout=layout)
    return _encoded_sound(container, stream, written, start)


def _copied_sound(container: Any, stream: Any, written: Any, start: Fraction) -> Iterator[Timed]:
    shift = round(start / stream.time_base)
    decoded = None
    for packet in _until_broken(container.demux(stream)):
        if not packet.size or packet.pts is None or packet.dts is None:
            continue
        packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, written
        if packet.dts < 0 or (decoded is not None and packet.dts <= decoded):
            continue
        decoded = packet.dts
        yield float(packet.dts * stream.time_base), packet


def _encoded_sound(container: Any, stream: Any, written: Any, start: Fraction) -> Iterator[Timed]:
    resampler = None
    for packet in _until_broken(container.demux(stream)):
        try:
            sounds = packet.decode()
        except FFmpegError:
            continue
        for sound in sounds:
            if sound.pts is None or sound.pts * sound.time_base < start:
                continue
            sound.pts -= round(start / sound.time_base)
            if resampler is None:
                resampler = av.AudioResampler("fltp", written.layout, written.rate, frame_size=1024)
            for part in resampler.resample(sound):
                yield from timed(written.encode(part))
    if resampler is not None:
        for part in resampler.resample(None):
            yield from timed(written.encode(part))
        yield from timed(written.encode())


def timed(packets: Iterable[Any]) -> Iterator[Timed]:
    """Each packet with the seconds at which it is decoded."""
    return ((float(packet.dts * packet.time_base), packet) for packet in packets)


def _until_broken(packets: Iterable[Any]) -> Iterator[Any]:
    """Sound is carried as far as it can be read; it isn't what is analysed."""
    try:
        yield from packets
    except FFmpegError:
        return
