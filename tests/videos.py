"""Makes small videos whose every picture says which one it is and which way up it belongs."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SIZE = (96, 64)
BITS = 8
CORNERS = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 220)}
AT_30 = tuple(k / 30 for k in range(45))


def picture(index: int, size: tuple[int, int] = SIZE, scene: int = 0) -> np.ndarray:
    """A picture that carries `index` (0 to 255) and, clockwise from the left top, red, green, blue.

    The number stands in a strip across the middle as eight dark or light patches, highest bit first. `scene`
    changes the pattern above and below it.
    """
    width, height = size
    y, x = np.mgrid[:height, :width] / height
    waves = np.sin(2 * np.pi * (x * (1 + scene) + y * scene * 2) + scene * 2.5)
    rgb = np.repeat((128 + 80 * waves)[..., None], 3, axis=2)
    strip = slice(int(height * 0.42), int(height * 0.58))
    for bit in range(BITS):
        left, right = round(bit * width / BITS), round((bit + 1) * width / BITS)
        rgb[strip, left:right] = 190 if index >> (BITS - 1 - bit) & 1 else 66
    patch_y, patch_x = height // 4, width // 4
    rgb[:patch_y, :patch_x] = CORNERS["red"]
    rgb[:patch_y, -patch_x:] = CORNERS["green"]
    rgb[-patch_y:, -patch_x:] = CORNERS["blue"]
    return rgb.astype(np.uint8)


def index_of(rgb: np.ndarray) -> int:
    """The number that a picture made by `picture` carries, at any scale."""
    height, width = rgb.shape[:2]
    row = rgb[int(height * 0.48) : int(height * 0.53)].mean(axis=(0, 2))
    centres = [int((bit + 0.5) * width / BITS) for bit in range(BITS)]
    return sum(1 << (BITS - 1 - bit) for bit, x in enumerate(centres) if row[x] > 128)


def corners_of(rgb: np.ndarray) -> list[str]:
    """Colours at the left top, right top and right bottom: red, green, blue when upright."""
    height, width = rgb.shape[:2]
    spots = ((height // 8, width // 8), (height // 8, -width // 8), (-height // 8, -width // 8))
    colours = [rgb[y - 1 : y + 2, x - 1 : x + 2].mean(axis=(0, 1)) for y, x in spots]
    return [min(CORNERS, key=lambda c: float(np.abs(np.subtract(CORNERS[c], rgb)).sum())) for rgb in colours]


def make_video(
    path: Path,
    times_s: Sequence[float] = AT_30,
    *,
    size: tuple[int, int] = SIZE,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rotation: int = 0,
    mirrored: bool = False,
    audio: str | None = None,
    scenes: Sequence[int] | None = None,
    pixel_aspect: Fraction | None = None,
    ticks: int = 15360,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """Write `picture(k, size)` at `times_s[k]`, stored turned so that `rotation` sets it upright.

    Parameters
    ----------
    rotation : int
        Degrees counter-clockwise by which a player has to turn the stored pictures.
    mirrored : bool
        A player has to mirror them left-right after that.
    audio : str, optional
        Encoder of a sound track (a 440 Hz tone from 0 s to the last picture).
    scenes : sequence of int, optional
        The scene of each picture.
    ticks : int
        The encoder's time units a second.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", container_options=container_options or {}) as container:
        video = container.add_stream(codec, rate=30, options={**_defaults(codec), **(options or {})})
        turned = rotation % 180 != 0
        video.width, video.height = size[::-1] if turned else size
        video.pix_fmt = pix_fmt
        video.codec_context.time_base = Fraction(1, ticks)
        if pixel_aspect:
            video.codec_context.sample_aspect_ratio = pixel_aspect
        if rotation or mirrored:
            video.set_display_rotation(rotation, hflip=mirrored)
        sound = container.add_stream(audio, rate=48000, layout="mono") if audio else None
        for k, time_s in enumerate(times_s):
            rgb = picture(k, size, scenes[k] if scenes else 0)
            if mirrored:
                rgb = rgb[:, ::-1]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.rot90(rgb, -rotation // 90)))
            frame.pts, frame.time_base = round(time_s * ticks), Fraction(1, ticks)
            container.mux(video.encode(frame.reformat(format=pix_fmt)))
        container.mux(video.encode())
        if sound:
            _tone(container, sound, times_s[-1])
    return path


def make_sound(path: Path, seconds: float = 1.0, codec: str = "aac") -> Path:
    """A file with sound only."""
    with av.open(str(path), "w") as container:
        _tone(container, container.add_stream(codec, rate=48000, layout="mono"), seconds)
    return path


def _defaults(codec: str) -> dict[str, str]:
    if codec == "libx264":
        return {"preset": "veryfast", "g": "30"}
    return {"cpu-used": "8", "deadline": "realtime"} if codec.startswith("libvpx") else {}


def _tone(container, stream, seconds: float) -> None:
    samples = (0.3 * np.sin(2 * np.pi * 440 * np.arange(int(48000 * seconds)) / 48000)).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
    resampler = av.AudioResampler(stream.format, "mono", 48000, frame_size=stream.frame_size or None)
    for part in resampler.resample(frame):
        container.mux(stream.encode(part))
    container.mux(stream.encode())
