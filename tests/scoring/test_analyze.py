"""`attune analyze` from the file to the session folder, with MediaPipe and the models themselves."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from attune import ModelError
from models import classifier
from scoring.analyze import Options, analyze_recording, analyze_video
from scoring.events import EVENT_COLUMNS
from scoring.probabilities import add_probabilities
from scoring.session import Session
from tests import clips
from tests.runs import Done, analyze
from vision import topology
from vision.extract import Extractor
from vision.measure import measure, to_signals
from vision.signals import COLUMNS
from vision.source import VideoFile

SCORES = [
    "eye_contact_share", "eye_contact_mean_bout_s", "longest_gaze_away_s", "open_posture_share",
    "closed_posture_share", "facing_share", "nod_count", "nods_per_min", "shake_count",
    "listening_eye_contact_share", "speaking_eye_contact_share", "listening_nods_per_min",
    "speaking_nods_per_min",
]  # fmt: skip
SIGNALS = [
    "time_s", "frame", "person", "face_found", "pose_found", "head_yaw_deg", "head_pitch_deg",
    "head_roll_deg", "gaze_yaw_deg", "gaze_pitch_deg", "gaze_angle_deg", "eye_openness", "face_x_px",
    "face_y_px", "face_height_px", "torso_yaw_deg", "lean_deg", "eye_contact_prob", "open_posture_prob",
    "closed_posture_prob", "nod_prob", "shake_prob", "mirroring_prob",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("analyze")


@pytest.fixture(scope="module")
def demo(folder) -> Path:
    """The first three seconds of the demo: a look aside, then at the lens; one nod; arms down."""
    return clips.write(folder / "demo.mp4", clips.pictures(clips.DEMO, 3))


@pytest.fixture(scope="module")
def blink(folder) -> Path:
    """Half a second."""
    return clips.write(folder / "blink.mp4", clips.pictures(clips.DEMO, 0.5))


@pytest.fixture(scope="module")
def whole(demo, folder) -> Done:
    return analyze(demo, "--json", "--title", "First try", "--consent", "I agree", library=folder / "whole")


@pytest.fixture(scope="module")
def session(whole) -> Session:
    (session,) = whole.sessions
    return session


# ----- the session folder


def test_a_recording_becomes_a_session(whole, session):
    assert whole.code == 0 and whole.err == ""
    assert sorted(path.name for path in session.path.iterdir()) == [
        "events.csv", "feedback.json", "landmarks.parquet", "scores.json", "session.json",
        "signals.parquet", "video.mp4",
    ]  # fmt: skip
    stem, _, digits = session.path.name.rpartition("-")
    assert stem == "demo" and len(digits) == 8 and int(digits, 16) >= 0


def test_what_the_session_says_of_itself(session, demo):
    info = session.info
    assert info["schema_version"] == 1 and info["id"] == session.path.name
    assert info["title"] == "First try" and info["consent"]["text"] == "I agree"
    source = VideoFile(demo).info
    assert info["source"] == {
        "name": "demo.mp4", "sha256": source.sha256, "duration_s": 3.0, "width": 640, "height": 480,
        "nominal_fps": 25.0, "frames": 75, "loss": None,
    }  # fmt: skip
    assert info["target"] == "lens" and info["profile"] == "default" and info["notices"] == []
    assert info["roles"].keys() == {"staff"}
    assert info["versions"]["mediapipe"] == "0.10.21"
    assert info["versions"]["models"] == classifier.hashes()
    assert {"person", "causal", "pose_hz"} <= info["parameters"].keys()
    assert info["timings"]["frames_per_s"] > 0


def test_signals_are_all_there_with_the_pictures_times(session, demo):
    table = pd.read_parquet(session.path / "signals.parquet")
    assert list(table.columns) == list(COLUMNS) and set(SIGNALS) <= set(COLUMNS)
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == {
        name: column.dtype for name, column in COLUMNS.items()
    }
    with VideoFile(demo) as source:
        assert table["time_s"].tolist() == [frame.time_s for frame in source]
    assert table["frame"].tolist() == list(range(75)) and set(table["person"]) == {"staff"}
    assert table["face_found"].all() and table["mirroring_prob"].isna().all()
    for name in ("eye_contact_prob", "open_posture_prob", "closed_posture_prob", "nod_prob", "shake_prob"):
        assert table[name].notna().mean() > 0.9, name
        assert table[name].between(0, 1)[table[name].notna()].all()


def test_landmarks_lie_where_the_face_is(session):
    table = session.landmarks()
    assert len(table) == 75 and set(table["person"]) == {"staff"}
    face = np.stack(table["face"]).astype(float).reshape(75, len(topology.OVERLAY_FACE), 2)
    pixels = face * table["face_height_px"].to_numpy()[:, None, None]
    pixels += table[["face_x_px", "face_y_px"]].to_numpy()[:, None]
    irises = pixels[:, list(topology.OVERLAY_IRIS)].mean(axis=1)
    frames = clips.pictures(clips.DEMO, 3)
    assert np.hypot(*(irises - clips.truth(clips.DEMO, frames, "eye_px")).T).max() < 10
    pose = np.stack(table["pose"]).astype(float).reshape(75, len(topology.OVERLAY_POSE), 3)
    nose = pose[:, list(topology.OVERLAY_POSE).index(topology.NOSE), :2] * (640, 480)
    assert np.hypot(*(nose - clips.truth(clips.DEMO, frames, "eye_px")).T).max() < 60
    assert pose[..., 2].min() >= 0 and pose[..., 2].max() <= 1


def test_the_video_kept_is_the_recording(session, demo):
    with VideoFile(session.video) as kept, VideoFile(demo) as given:
        assert [frame.time_s for frame in kept] == [frame.time_s for frame in given]
        assert kept.info.codec == "h264" and kept.loss is None


def test_events_and_scores_as_it_truly_was(session):
    """The truth: a nod from 0.63 to 1.82 s, eyes on the lens from 1.2 s on, arms down, facing."""
    assert (session.path / "events.csv").read_text().splitlines()[0] == ",".join(EVENT_COLUMNS)
    assert list(EVENT_COLUMNS[:6]) == ["person", "kind", "start_s", "end_s", "peak_prob", "coverage"]
    events = session.events().set_index("kind")
    assert 0.3 < events.loc["nod", "start_s"] < 1.1 < 1.5 < events.loc["nod", "end_s"] < 2.2
    assert events.loc["nod", "cycles"] == 2
    assert events.loc["gaze_away", "start_s"] == 0
    assert events.loc["eye_contact", "start_s"] == pytest.approx(1.2, abs=0.25)
    assert events.loc["open_posture", "end_s"] == 3
    scores = session.scores()["staff"]
    assert list(scores) == SCORES
    for score in scores.values():
        assert list(score) == ["value", "unit", "ci95", "coverage", "reason"]
    assert scores["nod_count"]["value"] == 1 and scores["shake_count"]["value"] == 0
    assert scores["eye_contact_share"]["value"] == pytest.approx(0.6, abs=0.1)
    low, high = scores["eye_contact_share"]["ci95"]
    assert 0 <= low < scores["eye_contact_share"]["value"] < high <= 1
    assert scores["open_posture_share"]["value"] == 1 and scores["closed_posture_share"]["value"] == 0
    assert scores["nods_per_min"]["value"] is None and "10 s" in scores["nods_per_min"]["reason"]


def test_json_says_what_the_folder_holds(whole, session):
    (row,) = whole.rows
    assert list(row) == ["session", "events", "scores", "feedback"]
    assert Path(row["session"]) == session.path
    assert row["scores"].keys() == {"staff"} and row["feedback"] == session.feedback()
    stored = session.events()
    assert [list(event) for event in row["events"]] == [list(EVENT_COLUMNS)] * len(stored)
    assert [event["kind"] for event in row["events"]] == stored["kind"].tolist()
    assert [event["end_s"] for event in row["events"]] == pytest.approx(stored["end_s"].tolist())
    for name, score in row["scores"]["staff"].items():
        assert score["value"] == pytest.approx(session.scores()["staff"][name]["value"])


def test_stored_json_knows_no_nan(session):
    for name in ("session.json", "scores.json", "feedback.json"):
        text = (session.path / name).read_text()
        assert "NaN" not in text and "Infinity" not in text
        json.loads(text)


def test_the_same_again_is_the_same_session(whole, session, demo, folder):
    again = analyze(demo, "--no-video", library=folder / "again")
    twice = analyze(demo, "--no-video", library=folder / "again")
    (kept,) = twice.sessions
    assert again.code == twice.code == 0 and kept.video is None
    assert again.out == twice.out
    pd.testing.assert_frame_equal(kept.signals().table, session.signals().table)
    assert kept.id != session.id, "with other parameters it is another session"


# ----- flags


def test_targets(demo, folder):
    done = analyze(demo, "--target", "calibrated:0-1", "--json", "--no-video", library=folder / "aside")
    assert done.code == 0
    share = done.rows[0]["scores"]["staff"]["eye_contact_share"]["value"]
    assert share < 0.55, "the person looks aside in the first second only"
    (session,) = done.sessions
    assert session.info["target"] == "calibrated:0-1"
    inside = session.signals().table.query("time_s < 1")
    assert inside["eye_contact_prob"].mean() > 0.5, "there, aside is where the client is"


def test_causal_says_nothing_of_the_target_before_it_is_calibrated(demo):
    found = analyze_recording(demo, Options(target="calibrated:0-1", causal=True))
    table = found.signals.table
    early = table["time_s"] < 1
    assert table["eye_contact_prob"][early].isna().all() and table["eye_contact_prob"][~early].notna().any()
    assert table["open_posture_prob"][early].notna().all()
    (event,) = [e for e in found.judgement.events if e.attributes.get("cue") == "eye_contact"]
    assert (event.start_s, event.end_s) == (0, 1) and event.attributes["reason"] == "target_unknown"


def test_causal_never_looks_ahead():
    """A recording cut short says of its time what the whole one says; only its last pictures differ."""
    with Extractor() as extractor:
        seen = list(extractor.run(clips.pictures(clips.DEMO, 3)))
    short, long = (
        add_probabilities(to_signals(measure(part, 640, 480), causal=True), causal=True).table
        for part in (seen[:50], seen)
    )
    pd.testing.assert_frame_equal(short, long[:50])
    assert short[["eye_contact_prob", "nod_prob", "open_posture_prob"]].notna().any().all()
    whole = to_signals(measure(seen, 640, 480)).table
    assert not np.allclose(whole["gaze_yaw_deg"], long["gaze_yaw_deg"], equal_nan=True)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--target", "partner-ish"], "--target 'partner-ish'"),
        (["--target", "calibrated:5-2"], "must end after it starts"),
        (["--person", "0"], "--person '0'"),
        (["--person", "²"], "--person '²'"),
        (["--pose-hz", "0"], "--pose-hz 0"),
        (["--pose-hz", "nan"], "--pose-hz nan"),
    ],
)
def test_wrong_flags_are_exit_2_and_leave_nothing(blink, tmp_path, flags, words):
    done = analyze(blink, *flags, library=tmp_path / "library")
    assert done.code == 2 and words in done.sentence and done.out == ""
    assert not (tmp_path / "library").exists()


@pytest.mark.parametrize("interval", ["100-105", "0-99"])
def test_an_interval_beyond_the_recordings_end(blink, tmp_path, interval):
    done = analyze(blink, "--target", f"calibrated:{interval}", library=tmp_path / "library")
    assert done.code == 1 and done.out == ""
    assert "blink.mp4" in done.sentence and "ends at 0.5 s" in done.sentence
    assert list(tmp_path.rglob("*.json")) == [] and done.sessions == []


def test_a_missing_model_is_noticed_before_anything_is_read(blink, tmp_path, monkeypatch):
    def missing():
        raise ModelError("model nod: model.onnx can't be read; install Attune again")

    monkeypatch.setattr(classifier, "hashes", missing)
    with pytest.raises(ModelError):
        analyze_video(blink, tmp_path, progress=lambda *_: pytest.fail("pictures were read"))
    assert list(tmp_path.iterdir()) == []
