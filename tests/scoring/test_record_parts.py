"""What a recording is made of: measures that are those of an analysis, help with the position, the cue."""

import errno
import io
import time
from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest

from attune import OutputError
from scoring.cue import TEXT, Cue
from scoring.files import writing
from scoring.finishing import _measured_enough as enough
from scoring.live import Live
from scoring.measures import Measures, Pace
from scoring.options import Options
from scoring.positioning import ARMS_OUT, BACKLIT, NO_FACE, TOO_DARK, TOO_SMALL, advice, view_of
from scoring.prepare import prepare
from scoring.preview import Meter, composed, measures_text
from scoring.profile import Profile
from scoring.recorded import _notices as notices_of
from scoring.recorded import _signals as signals_of
from scoring.recorded import store
from scoring.recorder import Taken
from scoring.recording import analyze_recording
from tests import clips
from vision.camera import Gap, open_camera
from vision.extract import Extractor
from vision.measure import Measured
from vision.source import Frame, VideoFile
from vision.target import Target


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    frames = clips.pictures(clips.DEMO, 4)
    return clips.write(tmp_path_factory.mktemp("clip") / "clip.mp4", frames)


@pytest.fixture(scope="module")
def measured(clip, tmp_path_factory):
    """What the live measures told of every picture, and what they left for the session."""
    landmarks = tmp_path_factory.mktemp("measures") / "landmarks.parquet"
    measures = Measures(landmarks, Profile.load())
    told = []
    for frame in VideoFile(clip):
        measures.offer(frame, wait=True)
        while measures.latest is None or measures.latest[0].time_s < frame.time_s:
            time.sleep(0.001)
        told.append(measures.latest[0])
    return told, measures.finish(), measures.pace, landmarks


def test_live_measures_equal_a_causal_analysis_of_the_same_pictures(clip, measured):
    told, *_ = measured
    batch = analyze_recording(clip, Options(people="1", causal=True)).signals.person("staff")
    live = pd.DataFrame([one.row for one in told])
    assert np.isfinite(live["eye_contact_prob"]).any() and np.isfinite(live["open_posture_prob"]).any()
    for name in live:
        np.testing.assert_allclose(live[name], batch[name].astype(float), atol=2e-6, rtol=0, err_msg=name)


def test_the_session_equals_an_analysis_of_the_video_though_it_is_not_looked_at(clip, measured, tmp_path):
    _, kept, pace, landmarks = measured
    batch = analyze_recording(clip, Options(people="1"), landmarks=tmp_path / "landmarks.parquet")
    _, signals, _ = signals_of(kept, Options(people="1"))
    pd.testing.assert_frame_equal(signals.table, batch.signals.table, atol=2e-6, rtol=0)
    stored, wanted = (pd.read_parquet(path) for path in (landmarks, tmp_path / "landmarks.parquet"))
    assert len(stored) == len(wanted) == len(signals.table) == pace.measured
    np.testing.assert_array_equal(np.stack(stored["face"]), np.stack(wanted["face"]))


def test_a_busy_machine_skips_pictures_counts_them_and_keeps_their_cuts(tmp_path):
    frames = clips.pictures(clips.DEMO, 1)
    measures = Measures(tmp_path / "landmarks.parquet", Profile.load())
    measures.offer(frames[0], busy=True)
    for frame in frames[1:5]:
        measures.offer(frame, wait=True)
    for frame in frames[5:10]:
        measures.offer(replace(frame, cut=frame.index == 6), busy=True)
    measures.offer(frames[10], wait=True)
    measures.offer(replace(frames[11], time_s=frames[10].time_s + 60, cut=True), wait=True)
    kept, pace = measures.finish(), measures.pace
    assert (pace.measured, pace.skipped) == (6, 6)
    assert kept.frames["frame"].tolist() == [1, 2, 3, 4, 10, 11]
    assert kept.frames["cut"].tolist() == [False] * 4 + [True] * 2
    assert pace.hz == pytest.approx(5 / frames[10].time_s), "a camera that was away doesn't make it slow"


def _taken(time_s, every_s=1 / 30, gaps=()):
    """Ten seconds of pictures, measured at these times only."""
    measured = Measured({"time_s": np.asarray(time_s, float)})
    pace = Pace(len(time_s), round(10 / every_s) - len(time_s), len(time_s) / 10, 0.02, 0.05)
    return Taken(round(10 / every_s), 0, 10.0, gaps, measured, 1, pace, False)


def test_too_little_of_the_time_measured_has_the_video_analysed():
    even, bursts = np.arange(0, 10, 0.1), np.arange(0, 10, 1 / 30)
    assert enough(_taken(even)), "ten a second, evenly, leave no gaps"
    assert not enough(_taken(bursts[bursts > 3])), "nothing was measured at the beginning"
    assert not enough(_taken(bursts[bursts % 1 < 0.5])), "fifteen a second on the average, with gaps"
    assert enough(_taken(bursts[bursts > 3], gaps=(Gap(0.0, 3.0),))), "the camera sent nothing then"
    calibrated = Target.parse("calibrated:0-3")
    assert enough(_taken(even), calibrated)
    assert not enough(_taken(bursts[bursts > 1.5]), calibrated), "half of the look at the client is missing"
    assert enough(_taken(bursts[bursts > 1.5])), "a session against the lens can do without"


def test_a_slow_camera_is_not_this_computers_fault():
    slow = replace(_taken(np.arange(0, 10, 0.14)), frames=80)
    assert notices_of(slow) == []
    assert "too busy" in notices_of(replace(slow, frames=300))[0]


def test_what_was_skipped_at_both_ends_belongs_to_the_session(clip, measured, tmp_path):
    _, kept, pace, landmarks = measured
    time_s = kept.frames["time_s"]
    some = replace(kept, frames={name: x[(time_s >= 1) & (time_s < 3)] for name, x in kept.frames.items()})
    taken = Taken(len(time_s), 0, float(time_s[-1]), (), some, 1, replace(pace, skipped=50), False)
    note = {"consent": None, "started": "2026-01-01", "options": {"people": "1"}}
    result = store(clip, landmarks, tmp_path, taken, note)
    for cue in ("eye_contact", "posture", "nod"):
        unseen = [event for event in result.events if event.attributes.get("cue") == cue]
        assert [event.attributes["reason"] for event in unseen] == ["no_frame", "no_frame"]
        assert (unseen[0].start_s, unseen[0].end_s) == (0, pytest.approx(1, abs=0.3))
        assert (unseen[1].start_s, unseen[1].end_s) == (pytest.approx(3, abs=0.3), taken.time_s)
    assert result.scores["staff"]["facing_share"].coverage == pytest.approx(0.5, abs=0.1)


def test_measures_that_fail_say_so_and_hold_nothing_up(tmp_path):
    measures = Measures(tmp_path / "landmarks.parquet", Profile.load())
    for k in range(3):
        measures.offer(Frame(k, k / 10, np.zeros((0, 0, 3), np.uint8)), wait=True)
    assert measures.finish() is None and measures.error is not None


def _advice(rgb):
    with Extractor() as extractor:
        return advice(view_of(rgb, extractor.see(Frame(0, 0.0, rgb))))


@pytest.fixture(scope="module")
def well_seen():
    """A picture of a person at whom there is nothing to say."""
    for name in (clips.STANDING, clips.OTHER, clips.DEMO):
        for frame in clips.pictures(name, 6)[::25]:
            if _advice(frame.rgb) == ():
                return frame.rgb
    raise AssertionError("no clip shows a person well")


def test_too_dark(well_seen):
    assert TOO_DARK in _advice((well_seen * 0.22).astype(np.uint8))


def test_too_far_away(well_seen):
    assert TOO_SMALL in _advice(clips.far_away(well_seen, 0.4))


def test_light_from_behind(well_seen):
    with Extractor() as extractor:
        face = extractor.see(Frame(0, 0.0, well_seen)).face
    (left, top), (right, bottom) = face[:, :2].min(axis=0).astype(int), face[:, :2].max(axis=0).astype(int)
    rgb = np.full_like(well_seen, 245)
    head = slice(top - 40, bottom + 60), slice(left - 30, right + 30)
    rgb[head] = well_seen[head] * 0.35
    assert BACKLIT in _advice(rgb)


def test_dark_skin_in_a_light_room_is_not_light_from_behind():
    for name in ("clips/face_43_0", "clips/face_12_0"):
        assert not any(BACKLIT in _advice(frame.rgb) for frame in clips.pictures(name, 14)[::14])


def test_nobody_there_and_arms_cut_off(well_seen):
    assert _advice(np.full_like(well_seen, 150)) == (NO_FACE,)
    with Extractor() as extractor:
        face = extractor.see(Frame(0, 0.0, well_seen)).face
    bottom = int(face[:, 1].max()) + 10
    assert ARMS_OUT in _advice(np.ascontiguousarray(well_seen[:bottom]))


def _live(time_s, contact):
    return Live(time_s, {}, contact, "open", 0.5, 2, False)


def test_the_cue_comes_after_a_long_look_away_and_goes_when_it_ends():
    cue = Cue(after_s=2.0)
    shown = [cue.push(_live(k / 10, k < 10 or k >= 50)) for k in range(80)]
    first = next(k for k, words in enumerate(shown) if words)
    assert first == pytest.approx(30, abs=1) and shown[40] == TEXT
    assert shown[49] == TEXT and shown[60] is None
    assert Cue(after_s=2.0).push(_live(0, False)) is None


def test_what_can_not_be_measured_is_no_look_away():
    cue = Cue(after_s=2.0)
    assert not any(cue.push(_live(k / 10, None)) for k in range(100))


def test_the_meter_says_the_measures_in_words(capsys):
    lines = measures_text(75.0, _live(75.0, True))
    assert lines == ["1:15", "eye contact: yes (50% so far)", "posture: open", "nods: 2"]
    unseen = Live(1.0, {}, None, None, float("nan"), 0, False)
    assert measures_text(1.0, unseen)[1:3] == ["eye contact: can't be seen", "posture: can't be seen"]
    with Meter() as meter:
        for _ in range(3):
            meter.show(None, lines, recording=True)
    assert capsys.readouterr().err == "1:15 · eye contact: yes (50% so far) · posture: open · nods: 2\n"


def test_a_narrow_terminal_shows_all_of_it(monkeypatch):
    shown = io.StringIO()
    shown.isatty = lambda: True
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stderr", shown)
    with Meter() as meter:
        meter.show(None, [ARMS_OUT, "Enter starts all the same."], recording=False)
    assert "Enter starts all the same." in " ".join(shown.getvalue().split())


def test_a_full_disk_says_what_to_do(tmp_path):
    with pytest.raises(OutputError, match="library can't be written: the disk is full; free some space"), \
            writing(tmp_path / "library"):  # fmt: skip
        raise OSError(errno.ENOSPC, "No space left on device")


def test_the_window_shows_a_mirror_image():
    rgb = np.zeros((720, 1280, 3), np.uint8)
    rgb[:, :200] = (255, 0, 0)
    shown = composed(rgb, [], recording=False)
    assert shown.shape == (540, 960, 3)
    assert shown[300, -10].tolist() == [255, 0, 0] and shown[300, 10].tolist() == [0, 0, 0]
    assert rgb[300, 10].tolist() == [255, 0, 0], "the picture itself stays as it is"
    labelled = composed(rgb, ["0:12", "eye contact: yes"], recording=True)
    assert (labelled != shown).any() and cv2.absdiff(labelled, shown)[300:].max() == 0


@pytest.mark.slow
def test_the_check_says_what_to_change_and_goes_on_without_a_terminal(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    path = clips.write(tmp_path / "empty.mp4", clips.noise(5))
    with Meter() as meter:
        started = time.monotonic()
        prepare(open_camera(path), meter, check=True, countdown_s=1, calibrate=True)
    said = capsys.readouterr().err.splitlines()
    assert said[0] == NO_FACE
    assert said[-1].startswith("Recording starts in 1 … Look at where your client's eyes are")
    assert time.monotonic() - started > 3


class Pressing(Meter):
    """Somebody presses Enter once something is said."""

    def __init__(self):
        super().__init__()
        self.attended = True

    def entered(self):
        return bool(self._said)


def test_enter_ends_the_check(tmp_path, capsys):
    path = clips.write(tmp_path / "empty.mp4", clips.noise(4))
    with open_camera(path) as camera:
        prepare(camera, Pressing(), check=True, countdown_s=0, calibrate=False)
    assert capsys.readouterr().err == f"{NO_FACE} Enter starts all the same.\n"
