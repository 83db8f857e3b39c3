"""Pauses: the recording's clock stands still, and nothing leads across them."""

import numpy as np
import pytest

from scoring.breaks import Breaks
from scoring.measures import Measures
from scoring.profile import Profile
from scoring.recorder import Recorder, level_of
from tests.scoring.claps import flash_and_clap
from tests.videos import index_of, make_video
from tests.vision.test_microphone import flash_and_clap_s
from vision.camera import Gap, open_camera
from vision.microphone import FileSound
from vision.source import Frame, VideoFile

RGB = np.zeros((2, 2, 3), np.uint8)
STEP_S = 0.1


def _placed(breaks, time_s, gaps=()):
    frame = breaks.place(Frame(99, time_s, RGB), list(gaps))
    return None if frame is None else (round(frame.time_s, 6), frame.index, frame.cut)


def test_what_comes_after_a_pause_follows_on_what_came_before():
    breaks = Breaks(STEP_S)
    assert [_placed(breaks, k / 10) for k in range(3)] == [(0.0, 0, False), (0.1, 1, False), (0.2, 2, False)]
    breaks.pause()
    assert breaks.paused and [_placed(breaks, k / 10) for k in range(3, 40)] == [None] * 37
    breaks.resume()
    assert breaks.paused, "until the next picture"
    assert _placed(breaks, 4.0) == (0.3, 3, True)
    assert not breaks.paused and _placed(breaks, 4.1) == (0.4, 4, False)
    assert breaks.at_s == [pytest.approx(0.2)] and breaks.out_s == pytest.approx(3.7)


def test_a_pause_while_it_is_paused_is_the_same_one():
    breaks = Breaks(STEP_S)
    _placed(breaks, 0.0)
    breaks.pause()
    breaks.pause()
    breaks.resume()
    breaks.pause()
    breaks.resume()
    assert _placed(breaks, 5.0) == (0.1, 1, True) and breaks.at_s == [0.0]


def test_paused_before_the_first_picture_it_begins_at_0():
    breaks = Breaks(STEP_S)
    breaks.pause()
    assert _placed(breaks, 0.0) is None
    breaks.resume()
    assert _placed(breaks, 2.5) == (0.0, 0, True)


def test_where_the_camera_was_gone_is_told_on_the_recordings_clock():
    breaks, gaps = Breaks(STEP_S), []
    _placed(breaks, 0.0)
    breaks.pause()
    gaps.append(Gap(0.1, 1.0))  # in the pause: nobody missed anything
    assert _placed(breaks, 1.0, gaps) is None
    breaks.resume()
    _placed(breaks, 2.0, gaps)
    gaps.append(Gap(2.0, 3.5))
    assert _placed(breaks, 3.5, gaps) == (pytest.approx(1.6), 2, False)
    assert breaks.gaps == [Gap(pytest.approx(0.1), pytest.approx(1.6))]


@pytest.mark.slow
def test_a_recorder_leaves_out_what_comes_while_it_is_paused(tmp_path):
    camera = open_camera(make_video(tmp_path / "camera.mp4", [k / 20 for k in range(60)]))
    measures = Measures(tmp_path / "landmarks.parquet", Profile.load())
    recorder = Recorder(camera, tmp_path / "recording.mp4", measures)
    recorder.start()
    while recorder.elapsed_s() < 0.8:
        recorder.wait(0.02)
    recorder.pause()
    stood = recorder.elapsed_s()
    recorder.wait(0.7)
    assert recorder.elapsed_s() == pytest.approx(stood, abs=0.11)
    recorder.resume()
    while recorder.running:
        recorder.wait(0.05)
    taken = recorder.finish()
    found = [(frame.time_s, index_of(frame.rgb)) for frame in VideoFile(tmp_path / "recording.mp4")]
    numbers = np.diff([index for _, index in found])
    assert taken.frames == len(found) < 55
    assert sorted(numbers)[-1] > 8 and sorted(numbers)[:-1] == [1] * (len(numbers) - 1)
    assert np.allclose(np.diff([time_s for time_s, _ in found]), 0.05, atol=0.002)
    assert taken.time_s == pytest.approx(found[-1][0], abs=0.01) and taken.gaps == ()


@pytest.mark.slow
def test_sound_stays_in_step_after_a_pause(tmp_path):
    film = flash_and_clap(tmp_path / "camera.mp4", 2.3, 3.5)
    camera = open_camera(film)
    measures = Measures(tmp_path / "landmarks.parquet", Profile.load())
    recorder = Recorder(camera, tmp_path / "recording.mp4", measures, FileSound(film))
    recorder.start()
    while recorder.elapsed_s() < 0.6:
        recorder.wait(0.02)
    recorder.pause()
    recorder.wait(0.8)
    recorder.resume()
    while recorder.running:
        recorder.wait(0.05)
    assert recorder.finish().sound
    flash_s, clap_s = flash_and_clap_s(tmp_path / "recording.mp4")
    assert 1.2 < flash_s < 1.7 and clap_s == pytest.approx(flash_s, abs=0.04)


def test_how_loud_it_is():
    assert level_of(np.zeros(100, np.float32)) == 0.0 and level_of(np.empty(0, np.float32)) == 0.0
    assert level_of(np.ones(100, np.float32)) == pytest.approx(1.0, abs=1e-6)
    assert level_of(np.full(100, 0.1, np.float32)) == pytest.approx(2 / 3, abs=1e-3)  # -20 of -60 dB
