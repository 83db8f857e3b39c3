"""Two recordings aligned by their sound: real files with known offsets; no guess where it doesn't tell."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from scipy.signal import resample_poly

from attune import InputError
from tests.videos import SIZE, make_sound, make_video, picture
from tests.vision.test_alignment import HZ, microphone, session
from vision.sound import _Clock, band_power, offset_from_sound


def record(
    path: Path,
    sound: np.ndarray | None,
    codec: str = "aac",
    rate: int = 48000,
    layout: str = "mono",
    late_s: float = 0.0,
    pictures_from_s: float = 0.0,
    gap: tuple[float, float] | None = None,
) -> Path:
    """A recording of two pictures, with `sound` (at HZ) that belongs `late_s` after the first.

    Both tracks' times are stated `pictures_from_s` later. Packets of sound within `gap` (seconds of the
    sound) are left out.
    """
    with av.open(str(path), "w") as container:
        webm = path.suffix == ".webm"
        video = container.add_stream("libvpx" if webm else "libx264", rate=30)
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        video.codec_context.time_base = Fraction(1, 30)
        stream = container.add_stream(codec, rate=rate, layout=layout)
        for k in range(2):
            frame = av.VideoFrame.from_ndarray(picture(k)).reformat(format="yuv420p")
            frame.pts, frame.time_base = k + round(30 * pictures_from_s), Fraction(1, 30)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        samples = resample_poly(sound, rate // 100, HZ // 100).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        parts = av.AudioResampler(stream.format, layout, rate, frame_size=stream.frame_size or 1024)
        for part in [*parts.resample(frame), *parts.resample(None)]:
            at_s = part.pts / rate
            if gap and gap[0] <= at_s < gap[1]:
                continue
            part.pts += round(rate * (late_s + pictures_from_s))
            container.mux(stream.encode(part))
        container.mux(stream.encode())
    return path


def heard(seed: int, seconds: float, *spans: tuple[float, float], snr_db: float = 10.0) -> list[np.ndarray]:
    """The given spans, in seconds, of one session, each by a microphone of its own."""
    rng = np.random.default_rng(seed)
    voices = session(rng, seconds)
    return [microphone(rng, [v[round(s * HZ) : round(e * HZ)] for v in voices], snr_db) for s, e in spans]


@pytest.mark.parametrize(
    ("offset_s", "staff", "client"),
    [
        (7.3, ("a.mp4", {}), ("b.mp4", {"rate": 44100, "layout": "stereo"})),
        (-6.137, ("a.mp4", {}), ("b.webm", {"codec": "libopus"})),
        (0.0125, ("a.mkv", {"codec": "pcm_s16le", "rate": 16000}), ("b.mkv", {"codec": "libmp3lame"})),
        (9.0, ("a.mkv", {"codec": "flac", "rate": 44100}), ("b.mp4", {"late_s": 0.3})),
        (-3.5, ("a.mp4", {"late_s": 0.3, "pictures_from_s": 2.0}), ("b.mp4", {"rate": 32000})),
        (4.0, ("a.mkv", {"pictures_from_s": 5.0, "codec": "libopus"}), ("b.mkv", {"gap": (4.0, 6.0)})),
    ],
)
def test_a_known_offset_is_found(tmp_path, offset_s, staff, client):
    begins = (max(0.0, -offset_s), max(0.0, offset_s))
    late_s = (made.get("late_s", 0.0) for _, made in (staff, client))
    spans = [(b + late, b + 16) for b, late in zip(begins, late_s, strict=True)]
    sounds = heard(7, 27, *spans)
    paths = [
        record(tmp_path / name, sound, **made)
        for (name, made), sound in zip((staff, client), sounds, strict=True)
    ]
    found = offset_from_sound(*paths)
    assert found.offset_s == pytest.approx(offset_s, abs=0.02)
    assert 0.2 <= found.confidence <= 1


def test_two_sessions_are_not_aligned(tmp_path):
    a, b = (record(tmp_path / f"{k}.mp4", *heard(k, 16, (0, 16))) for k in (1, 2))
    with pytest.raises(InputError, match=r"1\.mp4 and of .*2\.mp4 .*give --offset SECONDS"):
        offset_from_sound(a, b)


def test_hum_is_not_aligned(tmp_path):
    t = np.arange(12 * HZ) / HZ
    hum = sum(np.sin(2 * np.pi * 50 * k * t) / k for k in range(1, 30, 2)) / 5
    a, b = (record(tmp_path / f"{k}.mp4", hum[k * 7777 :]) for k in range(2))
    with pytest.raises(InputError, match="--offset SECONDS"):
        offset_from_sound(a, b)


@pytest.mark.parametrize("what", ["no sound track", "less than 5 s of sound", "too short"])
@pytest.mark.parametrize("role", [0, 1])
def test_without_sound_the_file_is_named(tmp_path, what, role):
    good = record(tmp_path / "good.mp4", *heard(1, 12, (0, 12)))
    bad = tmp_path / "bad.mp4"
    if what == "no sound track":
        make_video(bad)
    elif what == "too short":
        record(bad, *heard(1, 12, (0, 3)))
        what = "less than 5 s of sound"
    else:
        record(bad, np.zeros(12 * HZ))
    with pytest.raises(InputError) as caught:
        offset_from_sound(*((bad, good) if role == 0 else (good, bad)))
    assert f"{bad} has {what}" in str(caught.value)
    assert "give --offset SECONDS (in a manifest the column offset)" in str(caught.value)
    assert "good.mp4" not in str(caught.value)


def test_a_sound_file_is_no_recording(tmp_path):
    with pytest.raises(InputError, match="has only sound"):
        offset_from_sound(make_sound(tmp_path / "a.mp4"), make_sound(tmp_path / "b.mp4"))


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("a.mp4", {}),
        ("a.mkv", {"codec": "pcm_s16le", "rate": 44100}),
        ("a.webm", {"codec": "libopus"}),
        ("a.mkv", {"codec": "libmp3lame", "late_s": 0.3, "pictures_from_s": 1.0}),
    ],
)
def test_sound_stands_where_its_times_say(tmp_path, name, made):
    """A burst from 2.0 to 2.5 s after the sound's beginning."""
    sound = np.zeros(4 * HZ)
    sound[2 * HZ : 5 * HZ // 2] = 0.3 * np.random.default_rng(1).standard_normal(HZ // 2)
    series = band_power(record(tmp_path / name, sound, **made))
    loud = np.flatnonzero(np.nan_to_num(series.power).mean(axis=1) > 0.01) + series.first
    begins = round(100 * (2.0 + made.get("late_s", 0.0)))
    assert loud[0] == pytest.approx(begins, abs=2)
    assert loud[-1] == pytest.approx(begins + 50, abs=2)


def test_a_gap_in_the_sound_is_not_measurable(tmp_path):
    sound = 0.1 * np.random.default_rng(1).standard_normal(4 * HZ)
    series = band_power(record(tmp_path / "a.mkv", sound, codec="pcm_s16le", gap=(1.0, 2.0)))
    missing = np.flatnonzero(np.isnan(series.power[:, 0])) + series.first
    assert (missing[0], missing[-1]) == (pytest.approx(100, abs=4), pytest.approx(200, abs=4))


def test_rounded_times_follow_on_and_jumps_do_not():
    clock = _Clock(1.0)
    placed = [clock.place(round(1.5 + k * 0.0213, 2), 0.0213) for k in range(100)]
    assert [apart for _, apart in placed] == [True] + [False] * 99
    assert placed[-1][0] == pytest.approx(0.5 + 99 * 0.0213)
    assert clock.place(9.0, 0.02) == (pytest.approx(8.0), True)
    assert clock.place(None, 0.02) == (pytest.approx(8.02), False)
    assert clock.place(3.0, 0.02) == (pytest.approx(8.04), False)  # a new clock goes on
    assert clock.place(3.02, 0.02) == (pytest.approx(8.06), False)


def test_times_that_creep_are_followed():
    clock = _Clock(0.0)
    placed = [clock.place(k * 0.0202, 0.02)[0] for k in range(2000)]
    assert max(abs(t - k * 0.0202) for k, t in enumerate(placed)) < 0.02
