"""A folder of pictures as a recording, in the order of their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from attune import InputError
from vision.source import GAP_S, Frame

FPS = 30.0
_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
_SECONDS = re.compile(r"\d+\.\d+")


class Stills:
    """Pictures of a folder, iterated as `Frame`.

    The order is that of the names, numbers in them counting as numbers. Pictures whose names are all
    seconds with decimals (``1305031102.175304.png``, as the TUM data sets have them) come at those times,
    others 30 a second. All are given in the size of the first: what has another shape is never stretched,
    which would turn heads and eyes, but gets black bars.

    Parameters
    ----------
    folder : Path

    Attributes
    ----------
    loss : str or None
        After an iteration: one plain sentence about pictures that could not be read.

    Raises
    ------
    InputError
        At construction, when the folder holds no picture.
    """

    def __init__(self, folder: Path):
        self._paths = sorted(
            (path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file()),
            key=lambda path: _natural(path.name),
        )
        if not self._paths:
            raise InputError(f"{folder} holds no pictures: give a folder of PNG or JPEG files, or a video")
        self._times_s = _times_s(self._paths)
        self.loss: str | None = None

    def close(self) -> None:
        """Nothing is held open."""

    def __iter__(self) -> Iterator[Frame]:
        self.loss = None
        unread, size, last_s = 0, None, 0.0
        for index, (path, time_s) in enumerate(zip(self._paths, self._times_s, strict=True)):
            bgr = _read(path)
            if bgr is None:
                unread += 1
                continue
            size = size or (bgr.shape[1], bgr.shape[0])
            rgb = cv2.cvtColor(_within(bgr, size), cv2.COLOR_BGR2RGB)
            yield Frame(index, time_s, rgb, time_s - last_s > GAP_S)
            last_s = time_s
        if unread:
            self.loss = f"{unread} of {len(self._paths)} pictures could not be read"


def _read(path: Path) -> np.ndarray | None:
    """A picture of shape (height, width, 3), uint8, in OpenCV's order; None where it can't be read."""
    try:
        data = np.fromfile(path, np.uint8)
    except OSError:  # removed, or not allowed
        return None
    return cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None


def _within(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A picture of shape (height, width, 3) in the middle of `size` = (width, height), scaled to fit."""
    height, width = picture.shape[:2]
    if (width, height) == size:
        return picture
    scale = min(size[0] / width, size[1] / height)
    inner = max(1, round(scale * width)), max(1, round(scale * height))
    scaled = cv2.resize(picture, inner, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    right, bottom = size[0] - inner[0] - left, size[1] - inner[1] - top
    return cv2.copyMakeBorder(scaled, top, bottom, left, right, cv2.BORDER_CONSTANT)


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """Sorts frame2 before frame10."""
    parts = re.split(r"(\d+)", name)
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def _times_s(paths: list[Path]) -> list[float]:
    if len(paths) > 1 and all(_SECONDS.fullmatch(path.stem) for path in paths):
        stated = [float(path.stem) for path in paths]
        if all(b > a for a, b in pairwise(stated)):
            return [time_s - stated[0] for time_s in stated]
    return [k / FPS for k in range(len(paths))]
