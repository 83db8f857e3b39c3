"""Sound in step with pictures: where its pieces belong, and what is written of them."""

import time

import av
import numpy as np
import pytest

from attune import InputError
from tests.videos import AT_30, make_video
from tests.vision.test_alignment import HZ
from tests.vision.test_sound import record
from vision.microphone import ArrivalClock, FileSound, Microphone
from vision.soundtrack import RATE, SoundTrack
from vision.writer import Mp4Recorder

PIECE = 960  # 20 ms
STEP_S = PIECE / RATE


def test_pieces_that_come_late_are_placed_where_they_began():
    random, clock = np.random.default_rng(1), ArrivalClock()
    errors = []
    for k in range(500):
        late_s = 0.002 if k % 10 == 3 else random.uniform(0.002, 0.3)
        errors.append(clock.place(PIECE, 100 + (k + 1) * STEP_S + late_s) - (100 + k * STEP_S))
    assert np.abs(errors[50:]).max() < 0.02


@pytest.mark.parametrize("drift", [-3e-4, 3e-4])
def test_a_sound_card_with_another_clock_stays_in_step(drift):
    """300 millionths of ten minutes are 180 ms."""
    clock, track = ArrivalClock(), SoundTrack()
    length, off_s = 0, []
    for k in range(int(600 / STEP_S)):
        began_s = k * STEP_S * (1 + drift)
        samples = np.full(PIECE, k, np.float32)
        placed = track.place(clock.place(PIECE, began_s + STEP_S * (1 + drift) + 0.001), samples)
        off_s.append(length / RATE - began_s)
        length += len(placed)
    assert np.abs(off_s[100:]).max() < 0.015


def test_sound_stands_at_its_place_and_what_is_missing_is_silent():
    track = SoundTrack()
    one = np.ones(PIECE, np.float32)
    whole = np.concatenate([track.place(time_s, one) for time_s in (0.1, 0.1 + STEP_S, 0.5, 0.4)])
    loud = np.flatnonzero(whole)
    assert loud[0] == round(0.1 * RATE) and len(loud) == 3 * PIECE
    assert len(whole) == round(0.5 * RATE) + PIECE  # the last piece came where there was sound already
    assert len(SoundTrack().place(-1.0, one)) == 0
    assert len(track.fill(0.9)) == 0 and len(track.fill(2.0)) == round(1.5 * RATE) - len(whole)


def test_a_stand_ins_sound_comes_at_its_time(tmp_path):
    path = make_video(tmp_path / "a.mp4", AT_30, audio="aac")
    sound, zero = FileSound(path), time.monotonic()
    pieces = [(time.monotonic() - zero, *piece) for piece in sound.run(lambda: zero)]
    assert all(now >= time_s for now, time_s, _ in pieces)
    heard = np.concatenate([samples for *_, samples in pieces])
    assert len(heard) / RATE == pytest.approx(AT_30[-1], abs=0.05)
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.05)


def test_a_stand_ins_sound_that_begins_late_and_has_a_gap_stands_where_its_times_say(tmp_path):
    bang = np.zeros(4 * HZ)
    bang[3 * HZ :][:80] = 0.9
    path = record(tmp_path / "a.mkv", bang, codec="pcm_s16le", late_s=0.5, gap=(1.0, 2.0))
    track, long_ago = SoundTrack(), time.monotonic() - 60
    heard = np.concatenate([track.place(*piece) for piece in FileSound(path).run(lambda: long_ago)])
    assert np.flatnonzero(heard > 0.3)[0] / RATE == pytest.approx(3.5, abs=0.01)
    path.unlink()
    assert list(FileSound(path).run(lambda: long_ago)) == []


def test_without_a_microphone_a_sentence_says_so(capfd):
    with pytest.raises(InputError, match="microphone 'none-such' can't be used: plug one in"):
        Microphone("none-such")


def _recorded(path, clap_s, stops_s=None):
    """Pictures of two seconds, one of them white, and sound with a clap."""
    recorder = Mp4Recorder(path, 30, sound=True)
    for k in range(60):
        time_s = k / 30
        recorder.write(time_s, np.full((64, 96, 3), 255 if time_s == clap_s else 20, np.uint8))
        if stops_s is None or time_s < stops_s:
            samples = np.zeros(RATE // 30, np.float32)
            if time_s == clap_s:
                samples[:200] = 0.9
            recorder.write_sound(time_s, samples)
    return recorder


def flash_and_clap_s(path):
    """When a file's pictures are brightest first, and when its sound is loudest first."""
    with av.open(str(path)) as container:
        shown = container.decode(video=0)
        bright = [(float(one.time), one.to_ndarray(format="gray").mean()) for one in shown]
    with av.open(str(path)) as container:
        loud = []
        for one in container.decode(audio=0):
            level = np.abs(one.to_ndarray()).max(axis=0)
            loud += [(one.time + k / one.sample_rate, value) for k, value in enumerate(level)]
    starts = []
    for curve in (bright, loud):
        most = max(value for _, value in curve)
        starts.append(next(time_s for time_s, value in curve if value > most / 2))
    return starts


def test_sound_is_in_step_with_the_pictures(tmp_path):
    recorder = _recorded(tmp_path / "a.mp4", clap_s=1.0)
    recorder.finish()
    flash_s, clap_s = flash_and_clap_s(tmp_path / "a.mp4")
    assert flash_s == pytest.approx(1.0, abs=1e-3)
    assert clap_s == pytest.approx(flash_s, abs=0.005)


def test_sound_that_stops_holds_no_picture_back(tmp_path):
    recorder = _recorded(tmp_path / "a.mp4", clap_s=0.1, stops_s=0.5)
    with av.open(str(tmp_path / "a.mp4")) as container:  # while it is still being written
        shown = [one.time for one in container.decode(video=0)]
    assert shown[-1] > 2 - 1.5
    recorder.finish()
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert len(list(container.decode(video=0))) == 60


