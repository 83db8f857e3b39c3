"""Lags between two microphones' sounds, made from known ones; and the makers of such sounds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, fftconvolve, iirpeak, lfilter, sosfilt

from vision.alignment import BANDS, THRESHOLD, BandPower, BandSeries, align, audible_s, changes

HZ = 8000
# Two formants each; the last is a fricative.
PHONES_HZ = (
    (300, 2300), (400, 2000), (550, 1800), (700, 1200), (500, 900), (350, 800), (640, 1700), (2500, 3400)
)  # fmt: skip
NOISES = ("white", "pink", "babble", "hum")


def speech(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """Something with syllables, phrases, pauses, pitch and formants, at HZ; mean square about 1."""
    samples = round(seconds * HZ)
    envelopes = np.zeros((len(PHONES_HZ), samples), np.float32)
    at_s = rng.uniform(0, 0.5)
    phrase_s = at_s + rng.uniform(1, 4)
    while at_s < seconds - 0.4:
        length_s, rise = rng.uniform(0.08, 0.3), rng.uniform(0.05, 0.35)
        x = np.linspace(0, 1, int(length_s * HZ))
        shape = np.where(x < rise, x / rise, (1 - x) / (1 - rise)) ** rng.uniform(0.6, 1.5)
        start = int(at_s * HZ)
        phone = rng.integers(len(PHONES_HZ))
        envelopes[phone, start : start + len(x)] += 10 ** (rng.normal(0, 4) / 20) * shape[: samples - start]
        at_s += length_s * rng.uniform(0.7, 1.1)
        if at_s > phrase_s:
            at_s += rng.exponential(0.5) + 0.1
            phrase_s = at_s + rng.uniform(1, 4)
    slow = np.arange(0, seconds + 1, 0.5)
    pitch_hz = rng.uniform(90, 220) * np.exp(0.15 * rng.standard_normal(len(slow)))
    phase = np.cumsum(np.interp(np.arange(samples) / HZ, slow, pitch_hz)) / HZ
    breath = rng.standard_normal(samples)
    voice = np.diff(np.floor(phase), prepend=0) * 8 + 0.1 * breath
    out = np.zeros(samples)
    for envelope, formants in zip(envelopes, PHONES_HZ, strict=True):
        source = breath if formants == PHONES_HZ[-1] else voice
        out += envelope * sum(lfilter(*iirpeak(hz, hz / 120, fs=HZ), source) for hz in formants)
    return out / np.sqrt((out**2).mean() + 1e-12)


def session(rng: np.random.Generator, seconds: float) -> list[np.ndarray]:
    """What two people say in turns, sometimes at once: two arrays at HZ."""
    samples = round(seconds * HZ)
    heard = np.zeros((2, samples), np.float32)
    at, who = 0, int(rng.integers(2))
    while at < samples:
        length = int(rng.uniform(1.5, 9) * HZ)
        heard[who, at : at + length] = 1
        if rng.random() < 0.2:
            heard[1 - who, at : at + length] = rng.uniform(0, 0.6)
        at, who = at + int(length * rng.uniform(0.9, 1.1)), 1 - who
    return [speech(rng, seconds) * turns for turns in heard]


def noise(rng: np.random.Generator, samples: int, kind: str) -> np.ndarray:
    """White or pink noise, four other people talking, or mains hum with harmonics; of any level."""
    if kind == "babble":
        return sum(speech(rng, samples / HZ) for _ in range(4))
    white = rng.standard_normal(samples)
    if kind == "hum":
        t = np.arange(samples) / HZ
        waves = (np.sin(2 * np.pi * 50 * k * t + rng.uniform(0, 6)) / k for k in range(1, 12))
        return sum(waves) + 0.05 * white
    return lfilter([1], [1, -0.95], white) if kind == "pink" else white


def _in_room(rng: np.random.Generator, sound: np.ndarray) -> np.ndarray:
    """Direct sound up to 8 ms late, and reverberation of 0.2 to 0.7 s, 3 dB louder to 10 dB softer."""
    length = int(rng.uniform(0.2, 0.7) * HZ)
    response = rng.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    response *= 10 ** (-rng.uniform(-3, 10) / 20) / np.sqrt((response**2).sum())
    response[int(rng.uniform(0, 0.008) * HZ)] += 1
    return fftconvolve(sound, response)[: len(sound)]


def microphone(
    rng: np.random.Generator, voices: list[np.ndarray], snr_db: float, kind: str = "", drift: float = 0.0
) -> np.ndarray:
    """What one of two microphones makes of two voices, at HZ.

    A room of its own, up to 6 dB more of one voice and less of the other, a band-pass, noise of `kind`
    (else any) at `snr_db`; half have gain control, a fifth clips; the peak is at 0 to -30 dB. With
    `drift` its clock is so much slow.
    """
    tilt_db = rng.uniform(-6, 6)
    near, far = (_in_room(rng, v) * 10 ** (g * tilt_db / 20) for v, g in zip(voices, (1, -1), strict=True))
    band = butter(2, [rng.uniform(60, 350), rng.uniform(2600, 3900)], "band", fs=HZ, output="sos")
    sound = sosfilt(band, near + far)
    other = noise(rng, len(sound), kind or str(rng.choice(NOISES, p=(0.35, 0.35, 0.2, 0.1))))
    sound = sound / np.sqrt((sound**2).mean() + 1e-12)
    sound += other / np.sqrt((other**2).mean()) * 10 ** (-snr_db / 20)
    if rng.random() < 0.5:
        quick = 1 - np.exp(-1 / (rng.uniform(0.1, 1) * HZ))
        level = np.sqrt(lfilter([quick], [1, quick - 1], sound**2))
        sound = sound / (level + 0.05) ** rng.uniform(0.3, 0.9)
    if rng.random() < 0.2:
        most = np.quantile(np.abs(sound), 0.97)
        sound = np.clip(sound, -most, most)
    if drift:
        at = np.arange(int(len(sound) / (1 + abs(drift)))) * (1 + drift)
        sound = np.interp(at, np.arange(len(sound)), sound)
    return (sound / np.abs(sound).max() * 10 ** (rng.uniform(-30, 0) / 20)).astype(np.float32)


def series(sound: np.ndarray, at: int = 0) -> BandSeries:
    power = BandPower()
    power.put(sound, at)
    return power.result()


def pair(
    seed: int,
    lag_s: float,
    overlap_s: float,
    alone_s: float,
    snr_db: float,
    kind: str = "",
    drift: float = 0.0,
) -> tuple[BandSeries, BandSeries]:
    """Two microphones' series; the second's begins at `lag_s` of the first's."""
    rng = np.random.default_rng(seed)
    voices = session(rng, overlap_s + alone_s + abs(lag_s))
    parts = (
        [v[: round((abs(lag_s) + overlap_s) * HZ)] for v in voices],
        [v[round(abs(lag_s) * HZ) :] for v in voices],
    )
    a, b = (microphone(rng, part, snr_db, kind, d) for part, d in zip(parts, (0.0, drift), strict=True))
    return (series(a), series(b)) if lag_s >= 0 else (series(b), series(a))


@pytest.mark.parametrize(
    ("lag_s", "overlap_s", "snr_db"), [(12.345, 8, 10), (-7.0015, 12, 0), (0.0, 20, -3), (45.5, 20, 0)]
)
def test_the_lag_of_the_same_sound_is_found(lag_s, overlap_s, snr_db):
    found = align(*pair(3, lag_s, overlap_s, 10, snr_db))
    assert found is not None
    assert found.lag_s == pytest.approx(lag_s, abs=0.02)
    assert found.overlap_s == pytest.approx(overlap_s, abs=0.1)
    assert THRESHOLD < found.confidence <= 1


def test_with_clocks_that_drift_the_middle_is_right():
    found = align(*pair(4, 20.0, 120, 0, 5, "pink", 4e-4))
    assert found is not None
    assert found.lag_s == pytest.approx(20 + 4e-4 * 60, abs=0.01)


@pytest.mark.parametrize("kind", NOISES)
def test_nothing_is_believed_of_unrelated_sounds(kind):
    for seed in range(2):
        rng = np.random.default_rng(seed)
        found = align(*(series(microphone(rng, session(rng, 25), 3, kind)) for _ in range(2)))
        assert found is not None
        assert found.confidence < THRESHOLD


def test_a_regular_beat_is_ambiguous():
    rng = np.random.default_rng(5)
    t = np.arange(60 * HZ) / HZ
    beat = np.exp(-20 * (t % 0.5)) * np.sin(2 * np.pi * 700 * t)
    found = align(*(series(beat[k:] + 0.01 * rng.standard_normal(len(t) - k)) for k in (0, 70_000)))
    assert found is not None
    assert found.confidence < THRESHOLD


def test_one_bang_is_not_enough():
    rng = np.random.default_rng(6)
    sounds = [0.01 * rng.standard_normal(20 * HZ) for _ in range(2)]
    bang = rng.standard_normal(HZ // 2) * np.exp(-np.arange(HZ // 2) / 500)
    for sound, at in zip(sounds, (5, 11), strict=True):
        sound[at * HZ : at * HZ + len(bang)] += bang
    found = align(*map(series, sounds))
    assert found is not None
    assert found.confidence < THRESHOLD


def test_too_little_overlap_or_none():
    nothing = BandPower().result()
    some = series(np.random.default_rng(1).standard_normal(4 * HZ))
    assert align(nothing, some) is None
    assert align(some, some) is None


def test_pieces_make_the_same_rows_as_the_whole_wherever_they_begin():
    sound = np.random.default_rng(1).standard_normal(HZ).astype(np.float32)
    whole, pieces = series(sound, -333), BandPower()
    for at in range(0, HZ, 171):
        pieces.put(sound[at : at + 171], at - 333)
    found = pieces.result()
    assert found.first == whole.first
    np.testing.assert_allclose(found.power, whole.power, rtol=1e-4)
    shifted = series(np.concatenate([np.zeros(333), sound]), -666)
    np.testing.assert_allclose(shifted.power[-len(whole.power) :], whole.power, rtol=1e-4)


def test_power_is_the_mean_square_and_gaps_are_not_measurable():
    power = BandPower()
    power.put(0.1 * np.random.default_rng(1).standard_normal(2 * HZ), 0)
    power.put(np.zeros(HZ), 3 * HZ)
    found = power.result()
    assert found.power[:190].mean() == pytest.approx(0.01, rel=0.1)
    missing = np.isnan(found.power)
    assert missing[205:295].all() and not missing[:195].any() and not missing[305:].any()
    assert audible_s(found) == pytest.approx(2, abs=0.05)
    assert (changes(found.power)[205:295] == 0).all()
    assert np.isfinite(changes(np.zeros((500, BANDS), np.float32))).all()
