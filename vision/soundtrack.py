"""Keeps sound in step with the pictures while both are recorded."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.container import OutputContainer

RATE = 48_000
JUMP_S = 0.03  # Sound further from its place than this is moved there: silence goes in, or sound out.
_SLACK_S = 0.003  # Nearer than this it is left alone ...
_STRETCH = 0.005  # ... and between the two made longer or shorter by no more than this share: inaudible.
_LATE_S = 0.5  # Sound that doesn't come is silence from so long before the newest picture on.


class SoundTrack:
    """A track of mono samples that grows; sample k belongs at k / `RATE` seconds."""

    def __init__(self) -> None:
        self._length = 0

    def place(self, time_s: float, samples: np.ndarray) -> np.ndarray:
        """What to append so that samples which began at `time_s` stand at their place, float32."""
        off = round(time_s * RATE) - self._length
        if off > JUMP_S * RATE:
            samples = np.concatenate([np.zeros(off, np.float32), samples])
        elif off < -JUMP_S * RATE:
            samples = samples[-off:]
        elif abs(off) > _SLACK_S * RATE and len(samples) > 1:
            most = max(1, int(len(samples) * _STRETCH))
            samples = _resized(samples, len(samples) + int(np.clip(off, -most, most)))
        self._length += len(samples)
        return np.ascontiguousarray(samples, dtype=np.float32)

    def fill(self, time_s: float) -> np.ndarray:
        """The silence to append when the newest picture is of `time_s` and sound doesn't come."""
        missing = max(0, round((time_s - _LATE_S) * RATE) - self._length)
        self._length += missing
        return np.zeros(missing, np.float32)


class SoundEncoder:
    """Encodes a `SoundTrack` as AAC into a container."""

    _FRAME = 1024  # samples that AAC takes at once, and that its first packet is early by

    def __init__(self, out: OutputContainer):
        self._stream = out.add_stream("aac", rate=RATE, layout="mono")
        self._stream.codec_context.time_base = Fraction(1, RATE)
        self._track = SoundTrack()
        self._waiting, self._at = np.empty(0, np.float32), 0

    def encode(self, time_s: float, samples: np.ndarray) -> list[av.Packet]:
        """Packets that this sound completes."""
        return self._append(self._track.place(time_s, samples))

    def fill(self, time_s: float) -> list[av.Packet]:
        """Packets of silence where no sound came; see `SoundTrack.fill`."""
        return self._append(self._track.fill(time_s))

    def finish(self) -> list[av.Packet]:
        """The packets still to come."""
        return list(self._stream.encode(None))

    def _append(self, samples: np.ndarray) -> list[av.Packet]:
        waiting = np.concatenate([self._waiting, samples])
        packets: list[av.Packet] = []
        while len(waiting) >= self._FRAME:
            frame, waiting = waiting[: self._FRAME], waiting[self._FRAME :]
            if self._at:  # Without the first frame no packet is early: the pictures' times stay from 0.
                packets += self._stream.encode(self._sound(frame))
            self._at += self._FRAME
        self._waiting = waiting
        return packets

    def _sound(self, samples: np.ndarray) -> av.AudioFrame:
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._at, Fraction(1, RATE)
        return frame


def _resized(samples: np.ndarray, length: int) -> np.ndarray:
    at = np.linspace(0, len(samples) - 1, length)
    return np.interp(at, np.arange(len(samples)), samples).astype(np.float32)
