"""Single pictures from a session's video, as JPEG."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from pathlib import Path

QUALITY = 82


def stills(video: Path, times_s: Iterable[float], max_side: int = 480) -> dict[float, bytes]:
    """The pictures shown at the given times.

    Parameters
    ----------
    video : Path
    times_s : iterable of float
        Seconds since the first frame.
    max_side : int
        Longer side in pixels; smaller videos stay as they are.

    Returns
    -------
    dict of float to bytes
        JPEG per time; times before the first frame or after the last one's end, and those that don't
        decode, are missing.
    """
    import av

    found: dict[float, bytes] = {}
    try:
        with av.open(str(video)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            tick_s = float(stream.time_base or 0)  # unknown only in a broken file
            zero = (stream.start_time or 0) * tick_s
            end = stream.duration * tick_s if stream.duration else inf
            for time in sorted({time for time in times_s if 0 <= time < end}):
                container.seek(int((zero + time) / tick_s), stream=stream)
                picture = _shown_at(container, stream, zero + time)
                if picture is not None:
                    found[time] = _jpeg(picture, stream, max_side)
    except (av.FFmpegError, IndexError, OSError, ZeroDivisionError):
        pass  # a report without some of its pictures is still a report
    return found


def _shown_at(container, stream, time: float):
    shown = None
    for picture in container.decode(stream):
        if picture.time is not None and picture.time > time + 1e-6:
            break
        shown = picture
    return shown


def _jpeg(picture, stream, max_side: int) -> bytes:
    import cv2

    from vision.upright import fit, orientation_of

    orientation = orientation_of(picture, stream.sample_aspect_ratio)
    rgb = orientation.upright(picture, fit(*orientation.size, max_side))
    _, data = cv2.imencode(".jpg", rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data.tobytes()
