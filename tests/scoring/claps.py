"""A film in which a flash and a clap come at once."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 48_000


def flash_and_clap(path: Path, at_s: float, seconds: float = 3.0) -> Path:
    """Write a dark film with a white picture, and silence with a clap, at `at_s`."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=30, options={"preset": "veryfast", "g": "30", "bf": "0"})
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        sound = out.add_stream("aac", rate=RATE, layout="mono")
        for k in range(round(seconds * 30)):
            rgb = np.full((64, 96, 3), 255 if k == round(at_s * 30) else 20, np.uint8)
            frame = av.VideoFrame.from_ndarray(rgb).reformat(format="yuv420p")
            frame.pts, frame.time_base = k, Fraction(1, 30)
            out.mux(video.encode(frame))
        out.mux(video.encode())
        samples = np.zeros(round(seconds * RATE), np.float32)
        samples[round(at_s * RATE) :][:240] = 0.9
        for k in range(0, len(samples) - 1023, 1024):
            frame = av.AudioFrame.from_ndarray(samples[None, k : k + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, k, Fraction(1, RATE)
            out.mux(sound.encode(frame))
        out.mux(sound.encode())
    return path
