"""What recordings and library folders can be like, and what `attune analyze` makes of them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests import clips
from tests.conftest import ROOT
from tests.runs import analyze
from vision.source import VideoFile


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("recordings")


@pytest.fixture(scope="module")
def blink(folder) -> Path:
    """Half a second."""
    return clips.write(folder / "blink.mp4", clips.pictures(clips.DEMO, 0.5))


def test_nobody_in_the_picture(folder):
    noise = clips.write(folder / "noise.mp4", clips.noise(2))
    done = analyze(noise, "--json", library=folder / "nobody")
    assert done.code == 0
    (row,) = done.rows
    assert {event["kind"] for event in row["events"]} == {"not_measurable"}
    assert {event["cue"] for event in row["events"]} == {"eye_contact", "posture", "nod"}
    assert {event["reason"] for event in row["events"]} == {"no_face", "no_body"}
    for name, score in row["scores"]["staff"].items():
        assert score["value"] is None and score["ci95"] is None and score["coverage"] == 0
        of_speech = name.startswith(("listening_", "speaking_"))
        reasons = ["Who spoke when is not known"] if of_speech else ["no face was found", "no body was found"]
        assert any(reason in score["reason"] for reason in reasons)
    assert not done.sessions[0].signals().table["face_found"].any()


def test_a_face_that_comes_and_goes_keeps_its_times(folder):
    """Nobody in the second of three seconds."""
    frames = clips.pictures(clips.OTHER, 3)
    empty = clips.changed(frames, lambda rgb: np.full_like(rgb, 120))
    path = clips.write(folder / "comes.mp4", [*frames[:25], *empty[25:50], *frames[50:]])
    done = analyze(path, "--json", "--no-video", library=folder / "comes")
    gone = [event for event in done.rows[0]["events"] if event["cue"] == "eye_contact"]
    assert len(gone) == 1 and gone[0]["reason"] == "no_face"
    assert gone[0]["start_s"] == pytest.approx(1, abs=0.1) and gone[0]["end_s"] == pytest.approx(2, abs=0.25)
    table = done.sessions[0].signals().table
    assert len(table) == 75 and table["face_found"][55:].all()
    assert done.rows[0]["scores"]["staff"]["eye_contact_share"]["coverage"] == pytest.approx(2 / 3, abs=0.1)


def test_of_several_faces_one_is_measured_and_that_is_said(folder):
    pair = clips.beside(clips.pictures(clips.DEMO, 1), clips.pictures(clips.OTHER, 1))
    path = clips.write(folder / "pair.mp4", pair)
    right = analyze(path, "--person", "right", "--no-video", library=folder / "pair")
    assert right.code == 0
    assert right.sentence.startswith("pair.mp4: 2 faces were seen at once; the rightmost was measured")
    (session,) = right.sessions
    assert session.info["notices"] == [right.sentence.removeprefix("pair.mp4: ")]
    assert session.info["parameters"]["person"] == "right"
    assert (session.signals().table["face_x_px"] > 640).all()
    third = analyze(path, "--person", "3", "--no-video", library=folder / "third")
    assert third.code == 0
    assert "person 3 was never in the picture" in third.sentence and "2 at once" in third.sentence
    assert not third.sessions[0].signals().table["face_found"].any()


def test_a_truncated_recording_is_analysed_as_far_as_it_goes(folder):
    demo = clips.write(folder / "demo.mp4", clips.pictures(clips.DEMO, 3))
    path = folder / "truncated.mp4"
    path.write_bytes(demo.read_bytes()[: int(demo.stat().st_size * 0.7)])
    done = analyze(path, library=folder / "truncated")
    assert done.code == 0 and "of 3.0 s could not be decoded" in done.sentence
    (session,) = done.sessions
    assert session.info["source"]["loss"] in done.sentence
    assert 10 < session.info["source"]["frames"] < 75
    with VideoFile(session.video) as kept:
        assert len(list(kept)) == session.info["source"]["frames"] and kept.loss is None


def test_input_that_is_none(blink, tmp_path):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("this is not a video\n" * 50)
    (tmp_path / "folder.mp4").mkdir()
    for name in ("empty.mp4", "text.mp4", "folder.mp4", "missing.mp4"):
        done = analyze(tmp_path / name, library=tmp_path / "library")
        assert done.code == 1 and done.out == ""
        assert str(tmp_path / name) in done.sentence
        assert not list(tmp_path.glob("library/*")) and not list(tmp_path.glob("library/.*"))


def test_one_bad_input_of_two_spoils_nothing(blink, tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no video at all")
    done = analyze(tmp_path / "bad.mp4", blink, "--no-video", "--json", library=tmp_path / "library")
    assert done.code == 1 and "bad.mp4" in done.sentence
    assert [Path(row["session"]) for row in done.rows] == [session.path for session in done.sessions]


def test_names_are_data(blink, tmp_path):
    names = ["[a] [red].mp4", "ünïcode 名前 🙂.mp4", "with  spaces %s {x}.mp4"]
    for name in names:
        shutil.copy(blink, tmp_path / name)
    done = analyze(*(tmp_path / name for name in names), "--no-video", "--json", library=tmp_path / "library")
    assert done.code == 0
    paths = [Path(row["session"]) for row in done.rows]
    assert all(path.is_dir() for path in paths)
    assert sorted(session.info["source"]["name"] for session in done.sessions) == sorted(names)
    assert [path.name.rpartition("-")[0] + ".mp4" for path in paths] == names


def test_where_nothing_can_be_written(blink, tmp_path):
    (tmp_path / "file").touch()
    done = analyze(blink, library=tmp_path / "file" / "library")
    assert done.code == 1 and done.out == "" and str(tmp_path / "file") in done.sentence


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C reaches processes another way on Windows")
def test_ctrl_c_leaves_nothing(tmp_path):
    library = tmp_path / "library"
    process = subprocess.Popen(
        [sys.executable, "-m", "attune", "analyze", clips.SAMPLES / "demo.mp4", "--out", library],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, cwd=tmp_path,
    )  # fmt: skip
    try:
        while not list(library.glob(".demo-*.partial/landmarks.parquet")):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130 and out == ""
    assert err.splitlines() == ["Stopped: no half-written result was left behind."]
    assert list(library.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [clips.DEMO, clips.OTHER, clips.STANDING])
def test_whole_samples_have_the_nods_and_shakes_that_were_made(tmp_path, name):
    """Dips and tilts are neither. (The models were trained on these people, too.)"""
    made = json.loads((clips.SAMPLES / f"{name}.json").read_text())["people"][0]["events"]
    made = [event for event in made if event["kind"] in ("nod", "shake")]
    done = analyze(clips.SAMPLES / f"{name}.mp4", "--json", "--no-video", library=tmp_path)
    found = [event for event in done.rows[0]["events"] if event["kind"] in ("nod", "shake")]
    for event in found:
        assert any(_overlap_s(event, one) > 0 for one in made if one["kind"] == event["kind"]), event
    for one in made:
        if one["amplitude_deg"] >= 5:  # Smaller ones may be found in part, or not at all.
            (event,) = [event for event in found if _overlap_s(event, one) > 0]
            assert event["kind"] == one["kind"]
            for end in ("start_s", "end_s"):
                assert event[end] == pytest.approx(one[end], abs=0.4)


def _overlap_s(a, b):
    return min(a["end_s"], b["end_s"]) - max(a["start_s"], b["start_s"])
