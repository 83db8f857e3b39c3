"""Errors, answers and false answers of alignment by sound: python tests/benchmarks/alignment.py [SCALE]

Pairs are simulated; SCALE (1) multiplies their number. See `microphone` in tests/vision/test_alignment.py
for what a recording goes through; lossy codecs and containers are in tests/vision/test_sound.py.
"""

import sys
import time

import numpy as np
from _common import machine

from tests.vision.test_alignment import HZ, NOISES, microphone, noise, pair, series, session
from vision.alignment import THRESHOLD, align

OVERLAPS_S, SNRS_DB = (5.5, 10, 20, 60), (10, 0, -3)
PAIRS, STRANGERS = 20, 60  # of each condition


def related(scale):
    for snr_db in SNRS_DB:
        for overlap_s in OVERLAPS_S:
            errors_ms, confidences = [], []
            for seed in range(round(PAIRS * scale)):
                lag_s = np.random.default_rng(seed).uniform(-120, 120)
                match = align(*pair(seed, lag_s, overlap_s, 60, snr_db))
                errors_ms.append(1000 * abs(match.lag_s - lag_s))
                confidences.append(match.confidence)
            report(f"{overlap_s:g} s in common, {snr_db} dB", errors_ms, confidences)


def report(what, errors_ms, confidences):
    errors_ms, answered = np.array(errors_ms), np.array(confidences) >= THRESHOLD
    line = f"{what}: {answered.mean():.0%} of {len(answered)} answered"
    if answered.any():
        middle, most = np.quantile(errors_ms[answered], (0.5, 0.95))
        wrong = int((errors_ms[answered] > 40).sum())
        line += f", errors {middle:.1f} ms (median), {most:.1f} ms (95 %), {wrong} over 40 ms"
    print(f"{line}; of all, {(errors_ms <= 40).mean():.0%} within 40 ms", flush=True)


def music(rng, seconds):
    """Chords in a regular rhythm, with four bars that repeat."""
    t = np.arange(round(seconds * HZ)) / HZ
    beat_s = 60 / rng.integers(90, 130)
    chords = 220 * 2 ** (rng.integers(0, 24, (4, 3)) / 12)
    beat = (t / beat_s).astype(int)
    tones = np.sin(2 * np.pi * chords[(beat // 4) % 4].T * t).sum(axis=0)
    drum = rng.standard_normal(len(t)) * np.exp(-25 * (t % beat_s))
    return tones * np.exp(-4 * (t % beat_s)) + drum


def stranger(rng, kind):
    seconds = float(rng.choice((10, 30, 120)))
    if kind == "music":
        return microphone(rng, [music(rng, seconds), np.zeros(round(seconds * HZ))], 20)
    if kind == "hum alone":
        return 0.1 * noise(rng, round(seconds * HZ), "hum")
    if kind == "speech over music":
        voices = session(rng, seconds)
        return microphone(rng, [voices[0] + voices[1], music(rng, seconds)], 10)
    return microphone(rng, session(rng, seconds), float(rng.uniform(0, 20)), kind)


def unrelated(scale):
    for kind in (*NOISES, "music", "speech over music", "hum alone"):
        confidences = []
        for seed in range(round(STRANGERS * scale)):
            rng = np.random.default_rng(10_000 + seed)
            confidences.append(align(*(series(stranger(rng, kind)) for _ in range(2))).confidence)
        false = int((np.array(confidences) >= THRESHOLD).sum())
        print(
            f"unrelated, {kind}: {false} of {len(confidences)} answered, "
            f"highest confidence {max(confidences):.2f}",
            flush=True,
        )


def drifting():
    for minutes, drift in ((30, 0.0), (30, 5e-5), (60, 5e-5)):
        a, b = pair(1, 200.0, 60 * minutes, 0, 0, "pink", drift)
        started = time.perf_counter()
        match = align(a, b)
        taken_s = time.perf_counter() - started
        error_ms = 1000 * (match.lag_s - 200 - drift * 30 * minutes)
        print(
            f"{minutes} minutes, clocks {drift * 1e6:g} ppm apart, 0 dB: error {error_ms:.1f} ms, "
            f"confidence {match.confidence:.2f}, {taken_s:.1f} s without decoding",
            flush=True,
        )


if __name__ == "__main__":
    print(machine())
    wanted = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    related(wanted)
    unrelated(wanted)
    drifting()
