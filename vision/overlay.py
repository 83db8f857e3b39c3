"""Draws on pictures what was measured in them: landmarks, line of sight, labels and a time bar.

Everything is drawn in place on rgb arrays of shape (height, width, 3), uint8. Bright lines have a dark
edge, so that they show on any background, and every state is a word as well as a colour.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vision.topology import MIN_VISIBILITY, OVERLAY_FACE_EDGES, OVERLAY_IRIS, OVERLAY_POSE_EDGES

Colour = tuple[int, int, int]

FACE_COLOUR: Colour = (130, 220, 255)
IRIS_COLOUR: Colour = (255, 225, 90)
GAZE_COLOUR: Colour = (255, 225, 90)
BODY_COLOUR: Colour = (140, 240, 170)
DARK: Colour = (20, 24, 29)
LIGHT: Colour = (255, 255, 255)
MANY_ROWS = 8  # More than this are drawn smaller: the strip shall not outgrow the picture.
_SHIFT = 4  # OpenCV takes coordinates in sixteenths of a pixel.


@dataclass(frozen=True)
class Span:
    """A piece of a row in the time bar, half-open [start_s, end_s).

    Attributes
    ----------
    start_s, end_s : float
    word : str
        Written into it where there is room.
    colour, ink : Colour or None
        Of the block and its word; None: not measurable, hatched.
    """

    start_s: float
    end_s: float
    word: str = ""
    colour: Colour | None = None
    ink: Colour = LIGHT


def draw_face(rgb: np.ndarray, points: np.ndarray) -> None:
    """Outline, eyes, brows, nose, lips and irises.

    Parameters
    ----------
    points : ndarray, shape (len(OVERLAY_FACE), 2)
        Pixels of `rgb`; where any is NaN nothing is drawn.
    """
    if not np.isfinite(points).all():
        return
    _lines(rgb, points, OVERLAY_FACE_EDGES, FACE_COLOUR)
    for eye in (OVERLAY_IRIS[:5], OVERLAY_IRIS[5:]):
        centre, rim = points[eye[0]], points[list(eye[1:])]
        radius = float(np.linalg.norm(rim - centre, axis=1).mean())
        for colour, width in ((DARK, 3), (IRIS_COLOUR, 1)):
            _ring(rgb, centre, radius, colour, width)


GAZE_LENGTH = 2.0
"""Of the line of sight's arrow at a right angle to the line to the lens, in heights of the face."""


def draw_gaze(rgb: np.ndarray, eyes: np.ndarray, yaw_deg: float, pitch_deg: float, length: float) -> None:
    """The line of sight as an arrow from between the eyes; a ring where it goes into the lens.

    Parameters
    ----------
    eyes : ndarray, shape (2,)
        Centre between the eyes, pixels of `rgb`.
    yaw_deg, pitch_deg : float
        Against the line to the lens, + to the picture's right and up. NaN: nothing is drawn.
    length : float
        Of the arrow at a right angle to the line to the lens, in pixels of `rgb`.
    """
    if not np.isfinite([*eyes, yaw_deg, pitch_deg, length]).all():
        return
    yaw, pitch = math.radians(yaw_deg), math.radians(pitch_deg)
    tip = eyes + length * np.array([math.sin(yaw) * math.cos(pitch), -math.sin(pitch)])
    for colour, width in ((DARK, 5), (GAZE_COLOUR, 2)):
        _ring(rgb, eyes, 4, colour, width)
        if np.linalg.norm(tip - eyes) > 4:
            start, end = (tuple(int(v) for v in np.rint(point)) for point in (eyes, tip))
            cv2.arrowedLine(rgb, start, end, colour, _width(rgb, width), cv2.LINE_AA, tipLength=0.2)


def draw_body(rgb: np.ndarray, points: np.ndarray) -> None:
    """Shoulders, arms and trunk, as far as they are seen.

    Parameters
    ----------
    points : ndarray, shape (len(OVERLAY_POSE), 3)
        Pixels of `rgb` and visibility 0 to 1; points that are NaN or hidden are left out.
    """
    seen = np.isfinite(points).all(axis=1) & (points[:, 2] >= MIN_VISIBILITY)
    edges = [(a, b) for a, b in OVERLAY_POSE_EDGES if seen[a] and seen[b]]
    _lines(rgb, points[:, :2], edges, BODY_COLOUR, 2)
    for point in points[sorted({i for edge in edges for i in edge}), :2]:
        for colour, radius in ((DARK, 4), (BODY_COLOUR, 3)):
            centre = _fixed(point)
            cv2.circle(rgb, centre, _width(rgb, radius) << _SHIFT, colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)


def draw_labels(
    rgb: np.ndarray,
    labels: Iterable[tuple[str, Colour]],
    right: bool = False,
    share: float = 1.0,
    size: int | None = None,
) -> None:
    """Words in boxes from the top, each with a patch of its colour, at the left or the right border.

    Parameters
    ----------
    labels : iterable of (text, Colour)
        Text that is too long goes on in further lines.
    right : bool
    share : float
        Of the picture's width that they may take.
    size : int, optional
        Height of the letters in pixels; else what suits the picture.
    """
    size = size or _text_size(rgb)
    gap = top = max(2, size // 3)
    for label in labels:
        box = _label(label, size, round(share * rgb.shape[1]))
        if top + box.shape[0] > rgb.shape[0]:
            return
        _put(rgb, box, top, rgb.shape[1] - box.shape[1] - gap if right else gap)
        top += box.shape[0] + gap // 2


def draw_labels_below(rgb: np.ndarray, labels: Iterable[tuple[str, Colour]], size: int | None = None) -> None:
    """Words in boxes from the bottom up, in the middle: what belongs to more than one person."""
    size = size or _text_size(rgb)
    gap = max(2, size // 3)
    bottom = rgb.shape[0] - gap
    for label in labels:
        box = _label(label, size, rgb.shape[1])
        if bottom - box.shape[0] < 0:
            return
        _put(rgb, box, bottom - box.shape[0], (rgb.shape[1] - box.shape[1]) // 2)
        bottom -= box.shape[0] + gap // 2


def blank(height: int, width: int, sentence: str, size: int | None = None) -> np.ndarray:
    """A dark picture with a sentence in its middle: there is nothing to see here, and why."""
    rgb = np.full((height, width, 3), DARK, np.uint8)
    lines = _lines_of(sentence, size or _text_size(rgb), round(0.9 * width))
    top = (height - sum(line.shape[0] for line in lines)) // 2
    for line in lines:
        _blend(rgb[max(0, top) :, max(0, (width - line.shape[1]) // 2) :], line, LIGHT)
        top += line.shape[0]
    return rgb


def _label(label: tuple[str, Colour], size: int, width: int) -> np.ndarray:
    """A box with a patch of colour and text beside it: rgb and how much it covers, shape (h, w, 4)."""
    text, colour = label
    gap = max(2, size // 3)
    room = max(1, width - 4 * gap - size)
    lines = [line[:, :room] for line in _lines_of(text, size, room)]
    height = sum(line.shape[0] for line in lines) + gap
    box = np.zeros((height, max(line.shape[1] for line in lines) + 2 * gap + size, 4), np.float32)
    box[...] = (*DARK, 0.75)
    box[gap // 2 : gap // 2 + lines[0].shape[0], gap // 2 : gap // 2 + size // 2] = (*colour, 1.0)
    top = gap // 2
    for line in lines:
        ink = line[..., None].astype(np.float32) / 255
        part = box[top : top + line.shape[0], gap + size // 2 : gap + size // 2 + line.shape[1]]
        part[:] = part * (1 - ink) + np.array((*LIGHT, 1.0), np.float32) * ink
        top += line.shape[0]
    return box


def resized(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The picture at another width and height."""
    return rgb if rgb.shape[1::-1] == size else cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)


def _put(rgb: np.ndarray, box: np.ndarray, top: int, left: int) -> None:
    part = rgb[top : top + box.shape[0], max(0, left) : max(0, left) + box.shape[1]]
    box = box[: part.shape[0], : part.shape[1]]
    part[:] = part * (1 - box[..., 3:]) + box[..., :3] * box[..., 3:]


def _lines_of(text: str, size: int, room: int) -> list[np.ndarray]:
    """The text as lines no wider than `room` where its words allow it."""
    lines: list[str] = []
    for word in text.split():
        if lines and _text(f"{lines[-1]} {word}", size).shape[1] <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return [_text(line, size) for line in lines or [""]]


class TimeBar:
    """A strip with one row per kind of event over the whole recording, and a playhead.

    Parameters
    ----------
    width : int
        Of the strip, in pixels.
    end_s : float
        Length of the recording.
    rows : sequence of (label, spans)

    Attributes
    ----------
    height : int
    """

    def __init__(self, width: int, end_s: float, rows: Sequence[tuple[str, Sequence[Span]]]):
        self._size = max(9, width // (64 if len(rows) <= MANY_ROWS else 84))
        self._row = round(self._size * 1.5)
        self._end_s = max(end_s, 1e-3)
        self._left = min(
            width // 3, max([_text(label, self._size).shape[1] for label, _ in rows], default=0) + self._size
        )
        height = self._row * (len(rows) + 1) + self._size // 2
        self.height = height + height % 2
        self._image = np.full((self.height, width, 3), DARK, np.uint8)
        for place, (label, spans) in enumerate(rows):
            self._draw_row(place * self._row + self._size // 4, label, spans)

    def at(self, time_s: float, clock: str) -> np.ndarray:
        """The strip with its playhead at `time_s`, which is written out as `clock`."""
        image = self._image.copy()
        x = self._x(time_s)
        rows_end = self.height - self._row
        cv2.line(image, (x, 0), (x, rows_end), LIGHT, max(1, self._size // 8))
        word = _text(clock, self._size)
        left = min(max(0, x - word.shape[1] // 2), image.shape[1] - word.shape[1])
        _blend(image[rows_end:, left:], word, LIGHT)
        return image

    def _x(self, time_s: float) -> int:
        room = self._image.shape[1] - self._left - self._size
        return self._left + round(min(max(time_s / self._end_s, 0.0), 1.0) * room)

    def _draw_row(self, top: int, label: str, spans: Sequence[Span]) -> None:
        area = self._image[top : top + self._row - 2]
        _blend(area[:, self._size // 2 : self._left], _text(label, self._size), LIGHT)
        area[-1:, self._left : self._x(self._end_s)] = 70
        for span in spans:
            left, right = self._x(span.start_s), max(self._x(span.end_s), self._x(span.start_s) + 2)
            block = area[:, left:right]
            if span.colour is None:
                _hatch(block)
            else:
                block[:] = span.colour
            word = _text(span.word, self._size)
            if span.word and word.shape[1] + self._size // 2 <= right - left:
                if span.colour is None:
                    block[:, : word.shape[1] + self._size // 2] = DARK
                _blend(block[:, self._size // 4 :], word, span.ink)


def _hatch(block: np.ndarray) -> None:
    """Thin slanted lines: nothing could be measured here."""
    y, x = np.mgrid[: block.shape[0], : block.shape[1]]
    block[(x + y) % 6 < 2] = 130


def _lines(
    rgb: np.ndarray, points: np.ndarray, edges: Iterable[tuple[int, int]], colour: Colour, width: int = 1
) -> None:
    edges = np.array(list(edges), int).reshape(-1, 2)
    lines: Any = list(np.rint(points[edges] * (1 << _SHIFT)).astype(np.int32))
    for paint, extra in ((DARK, 2), (colour, 0)):
        cv2.polylines(rgb, lines, False, paint, _width(rgb, width) + extra, cv2.LINE_AA, _SHIFT)


def _ring(rgb: np.ndarray, centre: np.ndarray, radius: float, colour: Colour, width: int) -> None:
    size = round(radius * (1 << _SHIFT))
    cv2.circle(rgb, _fixed(centre), size, colour, _width(rgb, width), cv2.LINE_AA, _SHIFT)


def _fixed(point: np.ndarray) -> tuple[int, int]:
    x, y = np.rint(np.asarray(point, float) * (1 << _SHIFT)).astype(int)
    return int(x), int(y)


def _width(rgb: np.ndarray, width: int) -> int:
    """Line width for a picture 720 pixels large, grown with larger ones."""
    return max(width, round(width * max(rgb.shape[:2]) / 1280))


def _text_size(rgb: np.ndarray) -> int:
    return max(11, max(rgb.shape[:2]) // 48)


def _blend(area: np.ndarray, word: np.ndarray, ink: Colour) -> None:
    """Write a word (coverage 0 to 255) into the area's left top, as far as it fits."""
    height, width = min(area.shape[0], word.shape[0]), min(area.shape[1], word.shape[1])
    share = word[:height, :width, None].astype(np.float32) / 255
    part = area[:height, :width]
    part[:] = part * (1 - share) + np.array(ink, np.float32) * share


@lru_cache(maxsize=512)
def _text(text: str, size: int) -> np.ndarray:
    """A line of text as coverage 0 to 255, shape (height, width), uint8."""
    from PIL import Image, ImageDraw

    font = _font(size)
    left, _, right, _ = font.getbbox(text)
    ascent, descent = font.getmetrics()
    image = Image.new("L", (max(1, math.ceil(right - min(left, 0))), ascent + descent))
    ImageDraw.Draw(image).text((-min(left, 0), 0), text, fill=255, font=font)
    return np.asarray(image)


@lru_cache(maxsize=8)
def _font(size: int) -> Any:
    """DejaVu Sans, which matplotlib brings along: OpenCV's own letters and Pillow's are ASCII only."""
    from PIL import ImageFont

    try:
        from matplotlib import get_data_path

        return ImageFont.truetype(str(Path(get_data_path()) / "fonts/ttf/DejaVuSans.ttf"), size)
    except (ImportError, OSError):
        return ImageFont.load_default(size)
