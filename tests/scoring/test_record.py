"""Recording: consent first, times kept, and nothing lost whatever happens."""

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

from attune import InputError, OutputError, UsageError
from scoring.cli import _status
from scoring.cut_short import cut_short
from scoring.record import record, recover
from scoring.session import Session, remove_partial
from scoring.unfinished import described, unfinished, waiting
from tests.conftest import ROOT
from tests.scoring.claps import flash_and_clap
from tests.videos import AT_30, index_of, make_video
from tests.vision.test_camera import LeavingCamera, NetworkCamera, serving
from tests.vision.test_microphone import flash_and_clap_s
from vision.source import VideoFile

UNEVEN = (0.0, 0.05, 0.3, 0.32, 0.8, 1.2)
WORDS = "I agree to be recorded"
QUIET = {"consent": WORDS, "countdown_s": 0, "check": False, "window": False}


def _record(camera, out, **given):
    return record(str(camera), out, **{**QUIET, **given})


def _pictures(video: Path) -> list[tuple[float, int]]:
    return [(round(frame.time_s, 3), index_of(frame.rgb)) for frame in VideoFile(video)]


def _only_session(library: Path) -> Session:
    (folder,) = library.iterdir()
    return Session.open(folder)


@pytest.fixture
def camera(tmp_path) -> Path:
    return make_video(tmp_path / "camera.mp4", UNEVEN)


def test_a_recording_becomes_a_session_with_its_times_and_its_consent(tmp_path, camera):
    library = tmp_path / "library"
    result = _record(camera, library, title=" At the\ndesk ")
    session = _only_session(library)
    assert session.path == result.session
    assert _pictures(session.video) == [(time_s, k) for k, time_s in enumerate(UNEVEN)]
    info = session.info
    assert info["consent"]["text"] == WORDS and info["created"] >= info["consent"]["at"]
    assert (info["target"], info["title"], info["source"]["frames"]) == ("lens", "At the desk", 6)
    recorded = info["recording"]
    assert (recorded["pictures"], recorded["pictures_lost"], info["gaps"]) == (6, 0, [])
    assert recorded["measured"] + recorded["measures_skipped"] == 6
    assert not session.signals().table["face_found"].any()


def test_it_stops_by_itself_and_two_of_the_same_second_are_two(tmp_path, monkeypatch):
    monkeypatch.setattr("scoring.record.new_video", lambda: "recording.mp4")
    camera, library = make_video(tmp_path / "camera.mp4", AT_30), tmp_path / "library"
    paths = [_record(camera, library, max_minutes=0.5 / 60, title=" ").session for _ in range(2)]
    assert sorted(library.iterdir()) == sorted(paths) and len(set(paths)) == 2
    for path in paths:
        assert [index for _, index in _pictures(Session.open(path).video)] == list(range(15))
        assert Session.open(path).info["title"] == "recording", "no card without a name"


def test_a_session_that_can_not_be_written_keeps_the_recording_for_recover(
    tmp_path, camera, capsys, monkeypatch
):
    library = tmp_path / "library"

    def full(*_):
        raise OutputError("the session can't be written: the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("scoring.record.become_session", full)
        with pytest.raises(OutputError):
            _record(camera, library, profile="de")
    (folder,) = unfinished(library)
    assert f"kept in {folder}: attune recover" in capsys.readouterr().err
    (only,) = map(described, waiting(library))
    assert only.seconds == pytest.approx(UNEVEN[-1], abs=0.5) and only.started and only.size > 500

    assert recover(library, full_of("the disk is full")) == []
    assert recover(library, lambda *_, **__: 1 // 0) == []
    assert unfinished(library) == [folder]
    assert "did not expect (ZeroDivisionError: integer division or modulo by zero)" in capsys.readouterr().err

    kept = shutil.copytree(folder, tmp_path / "kept")
    (result,) = recover(library)
    session = _only_session(library)
    assert session.path == result.session
    assert _pictures(session.video) == [(time_s, k) for k, time_s in enumerate(UNEVEN)]
    assert (session.info["consent"]["text"], session.info["profile"]) == (WORDS, "de")
    assert recover(library) == []

    kept.rename(folder)  # as if it had been killed before it removed this
    session.path.with_name(f".{session.path.name}.partial").mkdir()  # or before the session was whole
    assert unfinished(library) == [folder]
    monkeypatch.setattr("sys.argv", ["attune", "recover", "--out", str(library)])
    assert _status() == 0 and _only_session(library).path == session.path
    assert f"{folder} has become {session.path} already" in capsys.readouterr().err


def full_of(words):
    def fails(*_, **__):
        raise OutputError(words)

    return fails


def test_without_anybody_to_ask_nothing_is_recorded(tmp_path, camera):
    library = tmp_path / "library"
    with pytest.raises(UsageError, match="--consent TEXT"):
        _record(camera, library, consent=None)
    with pytest.raises(UsageError, match="--consent is empty"):
        _record(camera, library, consent="  ")
    assert not library.exists()


def test_the_camera_is_tried_before_anything_else(tmp_path):
    with pytest.raises(InputError, match=r"none\.mp4 is not there"):
        _record(tmp_path / "none.mp4", tmp_path / "library", consent=None)
    assert not (tmp_path / "library").exists()


def test_a_library_that_can_not_be_written_is_named(tmp_path, camera):
    (tmp_path / "library").write_text("a file")
    with pytest.raises(OutputError, match="library can't be written"):
        _record(camera, tmp_path / "library")


def test_a_camera_without_a_picture_says_why(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match="nothing was recorded: 2 of 2 pictures could not be read"):
        _record(tmp_path, tmp_path / "library")
    assert list((tmp_path / "library").iterdir()) == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"target": "partner"}, "record measures one"),
        ({"target": "calibrated:1-2", "calibrate": True}, "leave out --target"),
    ],
)
def test_what_does_not_go_together_is_said(tmp_path, camera, given, sentence):
    with pytest.raises(UsageError, match=sentence):
        _record(camera, tmp_path / "library", **given)


def test_a_calibration_that_shows_no_eyes_falls_back_to_the_lens(tmp_path, camera):
    result = _record(camera, tmp_path / "library", calibrate=True)
    assert _only_session(tmp_path / "library").info["target"] == "lens"
    assert any("measured against the lens" in notice for notice in result.notices)


@pytest.mark.slow
def test_a_pause_of_the_camera_is_marked_and_not_measurable(tmp_path):
    times = (*(k / 20 for k in range(20)), *(3 + k / 20 for k in range(20)))
    result = _record(make_video(tmp_path / "camera.mp4", times), tmp_path / "library")
    session = _only_session(tmp_path / "library")
    (gap,) = session.info["gaps"]
    assert gap == {"start_s": pytest.approx(0.95), "end_s": pytest.approx(3), "reason": "camera"}
    events = session.events()
    unseen = events[events["reason"] == "no_frame"]
    assert sorted(unseen["cue"]) == ["eye_contact", "nod", "posture"]
    assert (unseen["start_s"] < 1.3).all() and (unseen["end_s"] >= 3).all()
    assert "the camera sent no pictures for 2.0 s in all" in " ".join(result.notices)


@pytest.mark.slow
def test_a_camera_that_goes_away_is_waited_for_and_said(tmp_path, capsys):
    with serving(NetworkCamera) as port:
        _record(f"http://127.0.0.1:{port}/", tmp_path / "library", max_minutes=4.5 / 60, countdown_s=2)
    said = capsys.readouterr().err
    before, _ = said.split("Recording. Ctrl-C ends it.")
    assert "the camera sends no pictures: plug it in again" in before and "the camera is back" in before
    assert "no microphone was found that can be used: plug one in" in said and "goes on without sound" in said
    assert "the camera sends no pictures: plug it in again" in said and ": the camera is back" in said
    session = _only_session(tmp_path / "library")
    gaps, times = session.info["gaps"], [time_s for time_s, _ in _pictures(session.video)]
    assert gaps and all(gap["end_s"] - gap["start_s"] > 0.9 for gap in gaps)
    assert not any(gap["start_s"] + 0.01 < time_s < gap["end_s"] - 0.01 for gap in gaps for time_s in times)
    assert session.info["recording"]["pictures_lost"] == 0 and not session.info["recording"]["sound"]


def test_a_camera_that_stays_away_is_in_the_session(tmp_path):
    with serving(LeavingCamera) as port:
        address = f"http://127.0.0.1:{port}/"
        result = _record(address, tmp_path / "library", max_minutes=2 / 60, audio=False)
    assert _only_session(tmp_path / "library").info["recording"]["ended"] == result.notices[-1]
    assert result.notices[-1] == f"{address} sent no more pictures"


@pytest.mark.slow
def test_a_stand_ins_sound_is_recorded_in_step(tmp_path):
    source = flash_and_clap(tmp_path / "camera.mp4", at_s=1.5)
    assert flash_and_clap_s(source) == [pytest.approx(1.5, abs=0.04)] * 2
    _record(source, tmp_path / "library")
    session = _only_session(tmp_path / "library")
    assert session.info["recording"]["sound"]
    flash_s, clap_s = flash_and_clap_s(session.video)
    assert abs(clap_s - flash_s) < 0.04
    _record(source, tmp_path / "silent", audio=False)
    assert not VideoFile(_only_session(tmp_path / "silent").video).info.has_audio


def _start(camera, library, *flags, consent=WORDS, **streams) -> subprocess.Popen:
    command = [sys.executable, "-m", "attune", "record", "--camera", str(camera), "--out", str(library),
               "--no-check", "--countdown", "0", "--no-window", *flags]  # fmt: skip
    if consent:
        command += ["--consent", consent]
    return subprocess.Popen(command, cwd=ROOT, text=True, **streams)


@pytest.fixture
def slow_camera(tmp_path) -> Path:
    """Forty seconds of film: long enough to be interrupted."""
    return make_video(tmp_path / "camera.mp4", tuple(k / 10 for k in range(400)))


def _wait_for(library: Path, bytes_there: int, process: subprocess.Popen) -> Path:
    while process.poll() is None:
        videos = list(library.glob(".recording-*/recording-*.mp4"))
        if videos and videos[0].stat().st_size >= bytes_there:
            return videos[0]
        time.sleep(0.05)
    raise AssertionError(f"it ended with {process.returncode}")


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to whole consoles")
@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_a_recording_and_it_is_measured(tmp_path, slow_camera, way):
    library = tmp_path / "library"
    with _start(slow_camera, library, "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        _wait_for(library, 4000, process)
        process.send_signal(way)
        out, err = process.communicate()
    assert process.returncode == 0, err
    session = Session.open(json.loads(out)["session"])
    assert 10 <= session.info["recording"]["pictures"] < 400
    assert "Recording. Ctrl-C ends it." in err and "pictures" in err.splitlines()[-1]
    assert list(library.iterdir()) == [session.path]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to whole consoles")
@pytest.mark.parametrize("later_s", [0.0, 0.005, 0.03, 0.036, 0.1, 0.2])
def test_a_second_ctrl_c_leaves_a_session_or_a_recoverable_recording(tmp_path, slow_camera, later_s):
    library = tmp_path / "library"
    with _start(slow_camera, library, "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        _wait_for(library, 4000, process)
        process.send_signal(signal.SIGINT)
        for line in process.stderr:
            if line.startswith("Recorded"):
                break
        time.sleep(later_s)
        process.send_signal(signal.SIGINT)
        out, rest = process.communicate()
    assert "Traceback" not in rest
    if process.returncode == 0:  # it was done before the second one came
        assert list(library.iterdir()) == [Session.open(json.loads(out)["session"]).path]
        return
    assert process.returncode == 130 and "Stopped" in rest
    if waiting(library):
        assert "attune recover takes it up again" in rest
        recover(library)
    remove_partial(library)  # as every command that writes there begins
    assert len(_only_session(library).signals().table) >= 10 and waiting(library) == []


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals on Windows")
@pytest.mark.parametrize("heeded", [True, False], ids=["its signal is heeded", "nohup"])
def test_a_terminal_that_is_closed_ends_a_recording_and_it_is_measured(tmp_path, heeded):
    import fcntl
    import pty
    import termios

    def take() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY)  # it is this process's own
        signal.signal(signal.SIGHUP, signal.SIG_DFL if heeded else signal.SIG_IGN)

    library, pictures = tmp_path / "library", 400 if heeded else 50
    camera = make_video(tmp_path / "camera.mp4", tuple(k / 10 for k in range(pictures)))
    terminal, theirs = pty.openpty()
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
    with _start(camera, library, start_new_session=True, preexec_fn=take, **streams) as process:
        os.close(theirs)
        _wait_for(library, 4000, process)
        os.close(terminal)
        assert process.wait() == 0
    recorded = _only_session(library).info["recording"]["pictures"]
    assert 10 <= recorded < pictures if heeded else recorded == pictures


@pytest.mark.slow
def test_what_a_killed_process_recorded_is_recovered(tmp_path, slow_camera):
    library = tmp_path / "library"
    with _start(slow_camera, library, stderr=subprocess.DEVNULL) as process:
        _wait_for(library, 6000, process)
        assert recover(library) == [] and waiting(library) == []  # It is still being recorded.
        process.kill()
    (folder,) = unfinished(library)
    assert json.loads((folder / "recording.json").read_text())["consent"]["text"] == WORDS
    listed = subprocess.run(
        [sys.executable, "-m", "attune", "recover", "--list", "--out", library], cwd=ROOT, text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    assert listed.stdout.startswith(f"{folder}: started 20")
    again = make_video(tmp_path / "short.mp4", UNEVEN)
    with _start(again, tmp_path / "library", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        said = process.communicate()[1]
    assert f"1 recording was cut short: attune recover --out {library}" in said
    (result,) = recover(library)
    times, indices = zip(*_pictures(Session.open(result.session).video), strict=True)
    assert [index % 256 for index in range(len(indices))] == list(indices)
    np.testing.assert_allclose(times, np.arange(len(times)) / 10, atol=2e-3)
    assert len(times) >= 10 and unfinished(library) == []


def test_one_that_was_killed_before_its_first_picture_is_removed(tmp_path, camera, capsys, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("scoring.record.become_session", full_of("the disk is full"))
        with pytest.raises(OutputError):
            _record(camera, tmp_path)
    (folder,) = unfinished(tmp_path)
    (video,) = folder.glob("*.mp4")
    whole = video.read_bytes()
    video.write_bytes(whole[: whole.index(b"moov") + 600])  # what comes before the pictures
    assert described(folder).video is None and cut_short(tmp_path) == ()
    monkeypatch.setattr("sys.argv", ["attune", "recover", "--out", str(tmp_path)])
    assert _status() == 0 and unfinished(tmp_path) == []
    assert "ended before the first picture and was removed" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals on Windows")
@pytest.mark.parametrize(
    ("answers", "status", "by"), [("y\nA. B.\n", 0, "A. B."), ("y\n\n", 0, None), ("n\n", 1, None)]
)
def test_consent_is_asked_on_a_terminal(tmp_path, camera, answers, status, by):
    import pty

    library = tmp_path / "library"
    terminal, stdin = pty.openpty()
    streams = {"stdin": stdin, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with _start(camera, library, consent="", **streams) as process:
        os.write(terminal, answers.encode())
        err = process.communicate()[1]
    os.close(stdin)
    os.close(terminal)
    assert process.returncode == status, err
    assert "Does the person in front of the camera agree?" in err
    if status:
        assert "the person did not agree" in err and not library.exists()
    else:
        assert _only_session(library).info["consent"]["by"] == by


