"""Recordings as a browser sends them: Matroska without a duration or an index, pictures at uneven times."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av

from vision.source import Frame

TYPE = "video/x-matroska;codecs=avc1"
CONSENT = {"by": "Ana B.", "at": "2025-03-12", "purpose": "Practice"}


def as_sent(path: Path, frames: Iterable[Frame], codec: str = "libx264") -> bytes:
    """The bytes of a recording of these pictures, each at its time."""
    options = {"live": "1", "cluster_time_limit": "200"}
    with av.open(str(path), "w", format="matroska", container_options=options) as out:
        stream = None
        for frame in frames:
            if stream is None:
                stream = out.add_stream(codec, rate=30)
                stream.height, stream.width = frame.rgb.shape[:2]
                stream.pix_fmt, stream.codec_context.time_base = "yuv420p", Fraction(1, 1000)
                if codec == "libx264":
                    stream.options = {"preset": "veryfast", "tune": "zerolatency", "crf": "18", "g": "30"}
            picture = av.VideoFrame.from_ndarray(frame.rgb, format="rgb24")
            picture.pts, picture.time_base = round(frame.time_s * 1000), Fraction(1, 1000)
            out.mux(stream.encode(picture))
        if stream is not None:
            out.mux(stream.encode())
    return path.read_bytes()


def pieces(data: bytes, count: int) -> list[tuple[int, bytes]]:
    """The data in so many pieces, each with where it begins."""
    size = -(-len(data) // count)
    return [(offset, data[offset : offset + size]) for offset in range(0, len(data), size)]
