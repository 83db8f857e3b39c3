"""When somebody speaks: made voices in real files, where the answer is known."""

import numpy as np
import pytest

from attune import InputError
from tests.videos import make_video
from tests.vision.test_sound import record
from tests.voices import HZ, voice
from vision.voice import STEP_S, voice_of


@pytest.mark.parametrize("pitch_hz", [110, 200])
def test_a_voice_is_heard_where_it_is(tmp_path, pitch_hz):
    sound = np.concatenate([np.zeros(HZ), voice(3, pitch_hz), np.zeros(2 * HZ)])
    sound += 0.001 * np.random.default_rng(0).standard_normal(len(sound))
    heard = voice_of(record(tmp_path / "a.mp4", sound))
    there = (heard.time_s > 1.1) & (heard.time_s < 3.9)
    assert np.mean(heard.prob[there] > 0.5) > 0.95
    silent = (heard.time_s < 0.9) | (heard.time_s > 4.3)
    assert np.mean(heard.prob[silent] > 0.35) == 0
    assert np.median(heard.level_db[there]) > np.median(heard.level_db[silent]) + 20


def test_noise_and_tones_are_no_voice(tmp_path):
    rng = np.random.default_rng(1)
    for name, sound in (
        ("noise", 0.05 * rng.standard_normal(4 * HZ)), ("tone", 0.3 * np.sin(np.arange(4 * HZ) * 0.34)),
    ):  # fmt: skip
        assert np.nanmax(voice_of(record(tmp_path / f"{name}.mp4", sound)).prob) < 0.5


def test_times_are_those_of_the_pictures_and_gaps_are_not_silence(tmp_path):
    sound = np.concatenate([np.zeros(HZ), voice(4), np.zeros(HZ)])
    late = voice_of(record(tmp_path / "late.mkv", sound, codec="pcm_s16le", rate=16000, late_s=0.5))
    onset = late.time_s[np.flatnonzero(late.prob > 0.5)[0]]
    assert onset == pytest.approx(1.5, abs=0.1)
    assert np.isnan(late.prob[: int(0.5 / STEP_S) - 1]).all()
    cut = voice_of(record(tmp_path / "gap.mkv", sound, codec="pcm_s16le", rate=16000, gap=(2.0, 3.0)))
    hole = (cut.time_s > 2.15) & (cut.time_s < 2.85)
    assert np.isnan(cut.prob[hole]).all() and np.isfinite(cut.prob[cut.time_s > 3.2]).all()


def test_a_recording_without_sound_says_so(tmp_path):
    with pytest.raises(InputError, match="no sound track"):
        voice_of(make_video(tmp_path / "silent.mp4", [0.0, 0.1]))
