"""Scenes of several people put together from rendered clips of one: who is where is known by construction."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vision.source import Frame, VideoFile
from vision.writer import encode_video

ROOM = (96, 104, 112)
Place = Callable[[float], tuple[float, float] | None]


@dataclass(frozen=True)
class Actor:
    """A clip of one person shown as a card somewhere in the scene.

    Attributes
    ----------
    clip : Path
        With its truth beside it.
    place : callable
        Time in seconds -> (left, top) of the card in pixels, or None while the person is away.
    scale : float
        Of the card against the clip.
    crop : tuple of int, optional
        Left, top, right, bottom in the clip's pixels: what of it the card shows.
    turned : callable, optional
        Time in seconds -> whether the person shows the back of their head (their face is painted over).
    dyed : callable, optional
        Changes the card's colours.
    start_s : float
        Where in the clip the scene begins.
    """

    clip: Path
    place: Place
    scale: float = 1.0
    crop: tuple[int, int, int, int] | None = None
    turned: Callable[[float], bool] = lambda _: False
    dyed: Callable[[np.ndarray], np.ndarray] | None = None
    start_s: float = 0.0


@dataclass(frozen=True)
class Scene:
    """What a camera shows, and what is true of it.

    Attributes
    ----------
    frames : list of Frame
    eyes_px : list of ndarray, shape (frames, 2)
        For each actor where the eyes are in each frame; NaN while away.
    hidden : list of ndarray of bool, shape (frames,)
        For each actor whether the face is away, turned, outside the picture or behind a later actor's card.
    """

    frames: list[Frame]
    eyes_px: list[np.ndarray]
    hidden: list[np.ndarray]

    def write(self, path: Path, fps: float) -> Path:
        """The scene as a video file."""
        encode_video(path, ((frame.time_s, frame.rgb) for frame in self.frames), fps)
        return path


def play(
    actors: Sequence[Actor],
    duration_s: float,
    size: tuple[int, int] = (640, 360),
    fps: float = 12.0,
    light: Callable[[float], float] = lambda _: 1.0,
    cuts_s: Sequence[float] = (),
) -> Scene:
    """Play a scene in which later actors stand before earlier ones.

    Parameters
    ----------
    light : callable
        Time in seconds -> brightness of everything.
    cuts_s : sequence of float
        Times from which on nothing carries over, as `vision.source` marks them.
    """
    times = np.arange(round(duration_s * fps)) / fps
    cards = [_Card(actor) for actor in actors]
    eyes = [np.full((len(times), 2), np.nan) for _ in actors]
    hidden = [np.ones(len(times), bool) for _ in actors]
    frames = []
    for k, time_s in enumerate(times):
        rgb = np.full((size[1], size[0], 3), ROOM, np.uint8)
        for i, card in enumerate(cards):
            eyes[i][k] = card.draw(rgb, float(time_s))
        for i, actor in enumerate(actors):
            hidden[i][k] = actor.turned(time_s) or _covered(cards[i], cards[i + 1 :], size)
        shade = light(float(time_s))
        if shade != 1.0:
            rgb = np.clip(rgb * shade, 0, 255).astype(np.uint8)
        cut = any(abs(time_s - cut_s) < 0.5 / fps for cut_s in cuts_s)
        frames.append(Frame(k, float(time_s), rgb, cut))
    return Scene(frames, eyes, hidden)


def _covered(card: _Card, before: Sequence[_Card], size: tuple[int, int]) -> bool:
    """Whether part of the face is out of the picture or behind a card that stands before it."""
    box = card.face
    if box is None:
        return True
    if box[0] < 0 or box[1] < 0 or box[2] > size[0] or box[3] > size[1]:
        return True
    others = [one.box for one in before if one.box is not None]
    return any(box[0] < a[2] and a[0] < box[2] and box[1] < a[3] and a[1] < box[3] for a in others)


@functools.lru_cache(maxsize=6)
def _decoded(clip: Path, scale: float) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Times, pictures and the eyes' places of a clip that is shown at this scale."""
    with VideoFile(clip) as video:
        frames = [(frame.time_s, _scaled(frame.rgb, scale)) for frame in video]
    truth = json.loads(clip.with_suffix(".json").read_text())["frames"]
    at = np.array([row["time_s"] for row in truth])
    eyes = np.array([row["p0"]["eye_px"] for row in truth], float)
    times = np.array([time for time, _ in frames])
    nearest = np.abs(at[None] - times[:, None]).argmin(axis=1)
    return times, [rgb for _, rgb in frames], scale * eyes[nearest]


def _scaled(rgb: np.ndarray, scale: float) -> np.ndarray:
    size = round(rgb.shape[1] * scale), round(rgb.shape[0] * scale)
    return rgb if scale == 1 else cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)


class _Card:
    """One actor's picture, frame by frame.

    Attributes
    ----------
    box, face : tuple of float, or None
        Left, top, right, bottom of the card and of the face on it; None while away.
    """

    def __init__(self, actor: Actor):
        self._actor = actor
        self._times, self._pictures, self._eyes = _decoded(actor.clip, actor.scale)
        width, height = self._pictures[0].shape[1::-1]
        whole = (0, 0, width, height)
        self._crop = whole if actor.crop is None else tuple(round(v * actor.scale) for v in actor.crop)
        self._face_px = 0.18 * height  # About the height of a face in the rendered clips.
        self.box = self.face = None

    def draw(self, rgb: np.ndarray, time_s: float) -> np.ndarray:
        """Put the card's picture of this time (the clip begins again at its end) where it stands."""
        actor = self._actor
        corner = actor.place(time_s)
        if corner is None:
            self.box = self.face = None
            return np.full(2, np.nan)
        at = (time_s + actor.start_s) % (self._times[-1] + 1e-3)
        k = int(np.searchsorted(self._times, at + 1e-9, side="right")) - 1
        picture, eyes = self._shown(k)
        if actor.turned(time_s):
            self._turn_away(picture, eyes)
        left, top = (round(value) for value in corner)
        self.box = (left, top, left + picture.shape[1], top + picture.shape[0])
        a, b = max(left, 0), min(self.box[2], rgb.shape[1])
        c, d = max(top, 0), min(self.box[3], rgb.shape[0])
        if a < b and c < d:
            rgb[c:d, a:b] = picture[c - top : d - top, a - left : b - left]
        x, y = np.add(eyes, (left, top))
        half = self._face_px / 2
        self.face = (x - half, y - half, x + half, y + 1.2 * half)
        return np.array([x, y])

    def _shown(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        left, top, right, bottom = self._crop
        picture = self._pictures[k][top:bottom, left:right].copy()
        if self._actor.dyed is not None:
            picture = self._actor.dyed(picture)
        return picture, self._eyes[k] - (left, top)

    def _turn_away(self, picture: np.ndarray, eyes: np.ndarray) -> None:
        x, y = (round(float(value)) for value in eyes)
        half = round(self._face_px / 2)
        hair = (52, 38, 30)
        cv2.ellipse(picture, (x, y + half // 4), (round(1.3 * half), round(1.8 * half)), 0, 0, 360, hair, -1)
