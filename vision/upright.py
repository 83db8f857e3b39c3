"""Decoded pictures to upright rgb arrays: rotation, pixel shape and scale."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import cv2
import numpy as np


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

    @property
    def mirrored(self) -> bool:
        """No turning alone sets the picture upright."""
        return self.turned != (self.mirror_x != self.mirror_y)

    def upright(self, picture: av.VideoFrame, size: tuple[int, int]) -> np.ndarray:
        """The picture as rgb of shape (height, width, 3), uint8, for `size` = (width, height)."""
        stored = size[::-1] if self.turned else size
        # Converting at full size and averaging down takes half as long as having swscale do both.
        rgb: np.ndarray = picture.to_ndarray(format="rgb24")
        if rgb.shape[1::-1] != stored:
            shrinks = rgb.shape[1] > stored[0]
            rgb = cv2.resize(rgb, stored, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        if self.turned:
            rgb = rgb.transpose(1, 0, 2)
        rgb = rgb[:: -1 if self.mirror_y else 1, :: -1 if self.mirror_x else 1]
        return np.ascontiguousarray(rgb)


def orientation_of(picture: av.VideoFrame, pixel_aspect: Fraction | None = None) -> Orientation:
    """How to show `picture`, from its display matrix (right angles only) and its pixels' width/height.

    As browsers do, pixels that aren't square grow in one direction and shrink in none.
    """
    aspect = float(pixel_aspect or 1)
    width = max(1, round(picture.width * max(aspect, 1.0)))
    height = max(1, round(picture.height / min(aspect, 1.0)))
    a, b, c, d = _display_matrix(picture)
    if abs(b) > abs(a):
        return Orientation((height, width), True, c < 0, b < 0)
    return Orientation((width, height), False, a < 0, d < 0)


def _display_matrix(picture: av.VideoFrame) -> tuple[int, int, int, int]:
    """The turning part of the display matrix: x' = a x + c y, y' = b x + d y."""
    data: Any = picture.side_data.get("DISPLAYMATRIX")
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
