"""A long recording in parts: what belongs together comes together, and one worker or many give the same."""

import numpy as np
import pandas as pd
import pytest

from scoring import parts
from scoring.recording import MAX_SIDE, Options, analyze_recording
from tests.clips import DEMO, SAMPLES
from vision.source import VideoFile

CLIP = SAMPLES / f"{DEMO}.mp4"


@pytest.fixture(autouse=True)
def short_is_long(monkeypatch):
    """The clip lasts 14 s; what holds for parts of 300 s is seen on parts of 5."""
    monkeypatch.setattr(parts, "LONG_S", 8.0)
    monkeypatch.setattr(parts, "PART_S", 5.0)
    monkeypatch.setattr(parts, "WARM_UP_S", 2.5)


@pytest.fixture(scope="module")
def source():
    return VideoFile(CLIP, MAX_SIDE)


def test_parts_cover_a_recording_once(source):
    places = parts.spans(source, 1)
    assert places == ((0.0, 5.0), (5.0, 10.0), (10.0, float("inf")))
    assert parts.spans(source, 2) == ((0.0, float("inf")),), "who is who is known from the beginning only"


def test_short_recordings_are_not_divided(source, monkeypatch):
    monkeypatch.setattr(parts, "LONG_S", 600.0)
    assert parts.spans(source, 1) == ((0.0, float("inf")),)


@pytest.mark.slow
def test_stored_parts_give_what_measuring_them_in_turn_gives(source, tmp_path):
    measured = []

    def kept(source, span, pose_hz, landmarks, progress):
        file = tmp_path / f"{len(measured)}.npz"
        parts.save(parts.measure_part(source, span, pose_hz, landmarks), file)
        measured.append(span)
        return parts.load(file)

    # later parts first, as other workers would do it: none knows of another
    early, late = parts.spans(source, 1)[:2]
    reversed_order = [parts.measure_part(source, span, 10.0) for span in (late, early)]
    one = analyze_recording(CLIP, Options(people="1"), landmarks=tmp_path / "one.parquet")
    other = analyze_recording(CLIP, Options(people="1"), landmarks=tmp_path / "other.parquet", measure=kept)
    assert len(measured) == 3
    pd.testing.assert_frame_equal(one.signals.table, other.signals.table)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "other.parquet").read_bytes()
    table = one.signals.table
    for part, (start_s, end_s) in zip(reversed_order, (late, early), strict=True):
        inside = (table["time_s"] >= start_s) & (table["time_s"] < end_s)
        np.testing.assert_array_equal(part.measured.frames["head_yaw_deg"], table["head_yaw_deg"][inside])


@pytest.mark.slow
def test_frames_and_landmarks_are_counted_through(tmp_path):
    found = analyze_recording(CLIP, Options(people="1"), landmarks=tmp_path / "all.parquet")
    with VideoFile(CLIP) as video:
        times = [frame.time_s for frame in video]
    landmarks = pd.read_parquet(tmp_path / "all.parquet")
    for table in (found.signals.table, landmarks):
        assert table["frame"].tolist() == list(range(len(times)))
        assert table["time_s"].tolist() == times
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.parquet"]


@pytest.mark.slow
def test_dividing_changes_little(monkeypatch):
    """After the first two seconds of a part; looks at the body fall on other pictures there."""
    divided = analyze_recording(CLIP, Options(people="1")).signals.table
    monkeypatch.setattr(parts, "LONG_S", 600.0)
    whole = analyze_recording(CLIP, Options(people="1")).signals.table
    assert divided["time_s"].tolist() == whole["time_s"].tolist()
    apart = (divided["head_yaw_deg"] - whole["head_yaw_deg"]).abs()
    assert apart.max() < 1.5 and apart.mean() < 0.1
    for name in ("eye_contact_prob", "closed_posture_prob", "nod_prob"):
        assert (divided[name] - whole[name]).abs().mean() < 0.01
