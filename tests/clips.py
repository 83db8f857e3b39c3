"""Short real clips: pieces of the bundled samples as they are, beside each other, or far away."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from tests.conftest import ROOT
from vision.source import Frame, VideoFile
from vision.writer import encode_video

SAMPLES = ROOT / "samples"
DEMO, STANDING, OTHER = "clips/solo_00_0", "clips/solo_03_0", "clips/solo_05_0"
"""640 x 480 at 25 frames a second; 1280 x 720 at 24; 640 x 480 at 25, another person."""


def pictures(name: str, seconds: float) -> list[Frame]:
    """The first seconds of a sample."""
    with VideoFile(SAMPLES / f"{name}.mp4") as source:
        return list(itertools.takewhile(lambda frame: frame.time_s < seconds - 1e-6, source))


def write(path: Path, frames: Iterable[Frame], fps: float = 25.0) -> Path:
    """A video file of these pictures, each at its time."""
    encode_video(path, ((frame.time_s, frame.rgb) for frame in frames), fps)
    return path


def truth(name: str, frames: list[Frame], key: str) -> np.ndarray:
    """What is true of the sample's person in each of the pictures."""
    rows = json.loads((SAMPLES / f"{name}.json").read_text())["frames"]
    times_s = np.array([row["time_s"] for row in rows])
    return np.array([rows[np.argmin(np.abs(times_s - frame.time_s))]["p0"][key] for frame in frames])


def changed(frames: Iterable[Frame], change) -> list[Frame]:
    """The same pictures, each after `change`."""
    return [Frame(frame.index, frame.time_s, change(frame.rgb), frame.cut) for frame in frames]


def beside(left: list[Frame], right: list[Frame]) -> list[Frame]:
    """Two clips in one wide picture."""
    pairs = zip(left, right, strict=False)
    return [Frame(a.index, a.time_s, np.hstack([a.rgb, b.rgb]), a.cut) for a, b in pairs]


def far_away(rgb: np.ndarray, share: float) -> np.ndarray:
    """The picture shrunk to a share of its size, in the middle of a grey room as large as before."""
    height, width = rgb.shape[:2]
    small = cv2.resize(rgb, (round(width * share), round(height * share)), interpolation=cv2.INTER_AREA)
    room = np.full_like(rgb, 150)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    room[top : top + small.shape[0], left : left + small.shape[1]] = small
    return room


def noise(seconds: float, size: tuple[int, int] = (320, 240), fps: float = 25.0) -> list[Frame]:
    """A picture that moves and in which nobody is."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 255, (size[1] // 20, size[0] // 20 + 40, 3), dtype=np.uint8)
    wide = cv2.resize(coarse, ((size[0] // 20 + 40) * 20, size[1]), interpolation=cv2.INTER_CUBIC)
    count = round(seconds * fps)
    return [Frame(k, k / fps, wide[:, 4 * k : 4 * k + size[0]].copy()) for k in range(count)]
