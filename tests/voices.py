"""Speech made of nothing but numbers: a voice's pulses through the resonances of vowels, in syllables.

Not a word is said, but voice activity detectors hear a voice.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

HZ = 8000
_VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))
_SYLLABLE_S = 0.11


def voice(seconds: float, pitch_hz: float = 120.0, seed: int = 0) -> np.ndarray:
    """Mono sound at `HZ`, largest value .3."""
    rng, count = np.random.default_rng(seed), round(seconds * HZ)
    time = np.arange(count) / HZ
    pitch = pitch_hz * (1 + 0.12 * np.sin(2 * np.pi * 0.6 * time) + 0.03 * np.sin(2 * np.pi * 5 * time))
    pulses = np.append(np.diff(np.floor(np.cumsum(pitch) / HZ)) > 0, False).astype(float)
    source = lfilter([1], [1, -0.9], lfilter([1], [1, -0.95], pulses + 0.002 * rng.standard_normal(count)))
    step = round(_SYLLABLE_S * HZ)
    parts = [_syllable(source[at : at + step], _VOWELS[rng.integers(5)]) for at in range(0, count, step)]
    sound = np.diff(np.concatenate(parts), append=0.0)
    return 0.3 * sound / np.abs(sound).max()


def _syllable(source: np.ndarray, formants: tuple[int, ...]) -> np.ndarray:
    for formant, width in zip(formants, (60, 90, 120), strict=True):
        radius, angle = np.exp(-np.pi * width / HZ), 2 * np.pi * formant / HZ
        gain = 1 - 2 * radius * np.cos(angle) + radius**2
        source = lfilter([gain], [1, -2 * radius * np.cos(angle), radius**2], source)
    return source * np.sqrt(np.hanning(len(source)))


def conversation(
    seconds: float, staff: list[tuple[float, float]], client: list[tuple[float, float]]
) -> tuple[np.ndarray, np.ndarray]:
    """What each person says, with silence where they don't; each of shape (seconds * HZ,)."""
    said = []
    for turns, pitch_hz in ((staff, 110.0), (client, 190.0)):
        sound = np.zeros(round(seconds * HZ))
        for k, (start, end) in enumerate(turns):
            sound[round(start * HZ) : round(end * HZ)] = voice(end - start, pitch_hz, k)[
                : round((end - start) * HZ)
            ]
        said.append(sound)
    return said[0], said[1]


def microphone(
    rng: np.random.Generator, own: np.ndarray, other: np.ndarray, cross_db: float, gain: float = 1.0
):
    """One person's microphone: the other voice is `cross_db` quieter than the own one; a room's noise."""
    noise = 0.001 * rng.standard_normal(len(own))
    return gain * (own + 10 ** (-cross_db / 20) * other + noise)
