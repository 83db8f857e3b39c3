"""How many people a recording is about: one, or two who face each other or the lens."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
from av.error import FFmpegError

from vision.decode import open_container, picture_stream
from vision.follow import all_faces
from vision.landmarks import FaceDetector
from vision.source import VideoFile
from vision.upright import fit

GLANCES = 15  # Pictures looked at, evenly over the recording.
MOST_DECODED = 250  # Pictures decoded for one glance where few of them stand by themselves.
COMPARABLE = 0.45  # A face smaller than this share of the largest belongs to the background.
TWO_SHARE = 0.4  # Two people in at least this share of the glances that show anybody: two take part.
MORE_SHARE = 0.3  # More than two in at least this share: a group, of which one is measured.


def count_people(video: VideoFile) -> int:
    """1 or 2, from a few pictures spread over the recording.

    A face detector misses a turned face now and then, so two need not be seen every time; more than two
    are no pair.
    """
    shown = two = more = 0
    for boxes in _faces_at_glances(video):
        heights = boxes[:, 3] - boxes[:, 1]
        comparable = int((heights >= COMPARABLE * heights.max(initial=0)).sum())
        shown += comparable > 0
        two += comparable == 2
        more += comparable > 2
    return 2 if shown and two >= TWO_SHARE * shown and more < MORE_SHARE * shown else 1


def seen_at_once(video: VideoFile) -> int:
    """The largest number of faces in any of a few pictures spread over the recording."""
    return max(map(len, _faces_at_glances(video)), default=0)


@lru_cache(maxsize=1)  # how many people, and whether to divide, is asked of one recording after the other
def _faces_at_glances(video: VideoFile) -> tuple[np.ndarray, ...]:
    """Boxes of the faces in each glance, shape (k, 4)."""
    detector = FaceDetector()
    with contextlib.closing(detector):
        return tuple(all_faces(detector, rgb) for rgb in glances(video))


def glances(video: VideoFile, count: int = GLANCES) -> Iterator[np.ndarray]:
    """Pictures at about even steps over a recording, upright, rgb; the first where it can't be searched."""
    if not video.info.duration_s:
        yield from _first_pictures(video)
        return
    size = fit(video.info.width, video.info.height, video.max_side)
    key, nothing = None, True
    for k in range(count):
        time_s = float(video.start) + (k + 0.5) * video.info.duration_s / count
        found, picture = _picture_at(video.path, time_s, key)
        if picture is not None:
            key, nothing = found, False
            yield video.orientation.upright(picture, size)
    if nothing:
        yield from _first_pictures(video)


def _picture_at(path: Path, time_s: float, key: int | None):
    """A picture from before a time that can be decoded by itself, and its own time; where that is the same
    as for the glance before (`key`), one nearer to the time."""
    with open_container(path) as container, contextlib.suppress(FFmpegError, ValueError):
        stream = picture_stream(container, path)
        container.seek(int(time_s / stream.time_base), stream=stream)
        pictures = container.decode(stream)
        first = picture = next(pictures, None)
        if first is None or first.pts != key or first.pts is None:
            return (None, None) if first is None else (first.pts, first)
        for picture in islice(pictures, MOST_DECODED):
            if picture.pts is not None and picture.pts * stream.time_base >= time_s:
                break
        return first.pts, picture
    return None, None


def _first_pictures(video: VideoFile, seconds: float = 15.0) -> Iterator[np.ndarray]:
    """One picture a second from the start."""
    due_s = 0.0
    with contextlib.closing(iter(video)) as frames:
        for frame in frames:
            if frame.time_s >= due_s:
                due_s += 1.0
                yield frame.rgb
            if frame.time_s > seconds:
                return
