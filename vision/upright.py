"""Decoded pictures to upright rgb arrays: rotation, pixel shape and scale."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.sidedata.sidedata import Type


@dataclass(frozen=True)
class Orientation:
    """How stored pictures are to be shown.

    Attributes
    ----------
    size : (int, int)
        Width and height of the upright picture with square pixels.
    turned : bool
        Rows are shown as columns.
    mirror_x, mirror_y : bool
        Then the picture is mirrored left-right, top-bottom.
    """

    size: tuple[int, int]
    turned: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    def upright(self, picture: av.VideoFrame, size: tuple[int, int]) -> np.ndarray:
        """The picture as rgb of shape (height, width, 3), uint8, for `size` = (width, height)."""
        width, height = size[::-1] if self.turned else size
        # swscale converts and scales in one pass; AREA averages, so small scales don't flicker.
        rgb = picture.reformat(width, height, "rgb24", interpolation="AREA").to_ndarray()
        if self.turned:
            rgb = rgb.transpose(1, 0, 2)
        rgb = rgb[:: -1 if self.mirror_y else 1, :: -1 if self.mirror_x else 1]
        return np.ascontiguousarray(rgb)


def orientation_of(picture: av.VideoFrame) -> Orientation:
    """Read from the picture's display matrix and pixel aspect; right angles only, else as stored."""
    pixel = Fraction(1)
    a, b, c, d = _display_matrix(picture)
    width, height = picture.width, picture.height
    if abs(b) > abs(a):
        return Orientation((height, max(1, round(width * pixel))), True, c < 0, b < 0)
    return Orientation((max(1, round(width * pixel)), height), False, a < 0, d < 0)


def _display_matrix(picture: av.VideoFrame) -> tuple[int, int, int, int]:
    """The turning part of the display matrix: x' = a x + c y, y' = b x + d y."""
    data = picture.side_data.get(Type.DISPLAYMATRIX)
    if data is None:
        return 1, 0, 0, 1
    a, b, _, c, d = np.frombuffer(data, np.int32)[:5].tolist()
    return a, b, c, d


def fit(width: int, height: int, max_side: int | None) -> tuple[int, int]:
    """The size scaled down, never up, so that the longer side is at most `max_side`."""
    longer = max(width, height)
    if max_side is None or longer <= max_side:
        return width, height
    return max(1, round(width * max_side / longer)), max(1, round(height * max_side / longer))
