"""Scenes of several people put together from rendered clips of one: who is where is known by construction."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

from vision.source import VideoFile


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
    """

    clip: Path
    place: Callable[[float], tuple[float, float] | None]
    scale: float = 1.0


def stage(
    path: Path, actors: Sequence[Actor], duration_s: float, size: tuple[int, int] = (1280, 720), fps: int = 15
) -> list[np.ndarray]:
    """Write the scene; later actors stand before earlier ones.

    Returns
    -------
    list of ndarray, shape (frames, 2)
        For each actor where the eyes are in each frame; NaN while away.
    """
    times = np.arange(round(duration_s * fps)) / fps
    truths = [_Card(actor) for actor in actors]
    eyes = [np.full((len(times), 2), np.nan) for _ in actors]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "18", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for k, time_s in enumerate(times):
            rgb = np.full((size[1], size[0], 3), (96, 104, 112), np.uint8)
            for card, where in zip(truths, eyes, strict=True):
                where[k] = card.draw(rgb, float(time_s))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode())
    return eyes


class _Card:
    def __init__(self, actor: Actor):
        self._actor = actor
        with VideoFile(actor.clip) as video:
            frames = [(frame.time_s, frame.rgb) for frame in video]
        self._times = np.array([time for time, _ in frames])
        size = [round(side * actor.scale) for side in frames[0][1].shape[1::-1]]
        self._pictures = [cv2.resize(rgb, size, interpolation=cv2.INTER_AREA) for _, rgb in frames]
        truth = json.loads(actor.clip.with_suffix(".json").read_text())["frames"]
        self._eyes = np.array([row["p0"]["eye_px"] for row in truth], float) * actor.scale

    def draw(self, rgb: np.ndarray, time_s: float) -> np.ndarray:
        """Put the card's picture of this time (the clip goes on from its start) where it stands."""
        corner = self._actor.place(time_s)
        if corner is None:
            return np.full(2, np.nan)
        k = int(np.searchsorted(self._times, time_s % (self._times[-1] + 1e-3), side="right")) - 1
        left, top = (round(value) for value in corner)
        picture = self._pictures[k]
        a, b = max(left, 0), min(left + picture.shape[1], rgb.shape[1])
        c, d = max(top, 0), min(top + picture.shape[0], rgb.shape[0])
        if a < b and c < d:
            rgb[c:d, a:b] = picture[c - top : d - top, a - left : b - left]
        return self._eyes[k] + (left, top)
