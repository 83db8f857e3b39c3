"""Recording: consent first, times kept, and nothing lost whatever happens."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from attune import InputError, OutputError, UsageError
from scoring.record import record, recover, unfinished
from tests.conftest import ROOT
from tests.videos import AT_30, index_of, make_video
from vision.source import VideoFile

UNEVEN = (0.0, 0.05, 0.3, 0.32, 0.8, 1.2)
WORDS = "I agree to be recorded"


@dataclass
class Analysis:
    """Stands where `analyze_video` is called: notes what it is given."""

    fails: bool = False
    calls: list[dict] = field(default_factory=list)

    def __call__(self, video: Path, out: Path, **given) -> str:
        frames = [(round(frame.time_s, 3), index_of(frame.rgb)) for frame in VideoFile(video)]
        self.calls.append(given | {"video": video, "out": out, "frames": frames})
        if self.fails:
            raise OutputError("the session can't be written: the disk is full")
        return "session"


def _record(camera, out, analysis, **given):
    return record(str(camera), out, analyze=analysis, **{"consent": WORDS, "countdown_s": 0, **given})


def test_a_recording_becomes_a_session_with_its_times_and_its_consent(tmp_path):
    analysis, library = Analysis(), tmp_path / "library"
    camera = make_video(tmp_path / "camera.mp4", UNEVEN)
    assert _record(camera, library, analysis, target="lens", title="At the desk") == "session"
    (call,) = analysis.calls
    assert call["frames"] == [(time_s, k) for k, time_s in enumerate(UNEVEN)]
    assert call["out"] == library
    assert call["consent"]["text"] == WORDS
    assert call["created"] == call["consent"]["at"]
    assert (call["target"], call["title"]) == ("lens", "At the desk")
    assert not list(library.iterdir())


def test_it_stops_by_itself(tmp_path):
    analysis = Analysis()
    camera = make_video(tmp_path / "camera.mp4", AT_30)
    _record(camera, tmp_path / "library", analysis, max_minutes=0.5 / 60)
    assert [index for _, index in analysis.calls[0]["frames"]] == list(range(15))


def test_a_failed_analysis_keeps_the_recording_for_recover(tmp_path, capsys):
    library = tmp_path / "library"
    with pytest.raises(OutputError):
        _record(make_video(tmp_path / "camera.mp4", UNEVEN), library, Analysis(fails=True), profile="de")
    (folder,) = unfinished(library)
    assert f"kept in {folder}: attune recover" in capsys.readouterr().err

    assert recover(library, Analysis(fails=True)) == []
    assert unfinished(library) == [folder]

    analysis = Analysis()
    assert recover(library, analysis) == ["session"]
    (call,) = analysis.calls
    assert call["frames"] == [(time_s, k) for k, time_s in enumerate(UNEVEN)]
    assert (call["consent"]["text"], call["profile"]) == (WORDS, "de")
    assert not list(library.iterdir())
    assert recover(library, analysis) == []


def test_without_anybody_to_ask_nothing_is_recorded(tmp_path):
    camera, library = make_video(tmp_path / "camera.mp4", UNEVEN), tmp_path / "library"
    with pytest.raises(UsageError, match="--consent TEXT"):
        _record(camera, library, Analysis(), consent=None)
    with pytest.raises(UsageError, match="--consent is empty"):
        _record(camera, library, Analysis(), consent="  ")
    assert not library.exists()


def test_the_camera_is_tried_before_anything_else(tmp_path):
    with pytest.raises(InputError, match=r"none\.mp4 is not there"):
        _record(tmp_path / "none.mp4", tmp_path / "library", Analysis(), consent=None)
    assert not (tmp_path / "library").exists()


def test_a_library_that_can_not_be_written_is_named(tmp_path):
    (tmp_path / "library").write_text("a file")
    with pytest.raises(OutputError, match="library can't be written"):
        _record(make_video(tmp_path / "camera.mp4", UNEVEN), tmp_path / "library", Analysis())


SCRIPT = """
import sys
from pathlib import Path
from scoring.record import record
from tests.scoring.test_record import Analysis

camera, library, consent = sys.argv[1], Path(sys.argv[2]), sys.argv[3] or None
analysis = Analysis()
record(camera, library, consent=consent, countdown_s=0, analyze=analysis)
(call,) = analysis.calls
print(len(call["frames"]), call["consent"]["by"], flush=True)
"""


def _start(camera, library, consent=WORDS, **streams) -> subprocess.Popen:
    command = [sys.executable, "-c", SCRIPT, str(camera), str(library), consent]
    return subprocess.Popen(command, cwd=ROOT, text=True, **streams)


@pytest.fixture
def slow_camera(tmp_path) -> Path:
    """Twenty seconds of film: long enough to be interrupted."""
    return make_video(tmp_path / "camera.mp4", tuple(k / 10 for k in range(200)))


def _wait_for(library: Path, bytes_there: int) -> None:
    while True:
        videos = list(library.glob(".recording-*/recording-*.mp4"))
        if videos and videos[0].stat().st_size >= bytes_there:
            return
        time.sleep(0.05)


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to whole consoles")
def test_ctrl_c_ends_a_recording_and_it_is_analysed(tmp_path, slow_camera):
    library = tmp_path / "library"
    with _start(slow_camera, library, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        _wait_for(library, 4000)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 0, err
    assert 10 <= int(out.split()[0]) < 200
    assert not list(library.iterdir())


def test_what_a_killed_process_recorded_is_recovered(tmp_path, slow_camera):
    library = tmp_path / "library"
    with _start(slow_camera, library, stderr=subprocess.DEVNULL) as process:
        _wait_for(library, 6000)
        assert recover(library, Analysis()) == []  # It is still being recorded.
        process.kill()
    (folder,) = unfinished(library)
    assert json.loads((folder / "recording.json").read_text())["consent"]["text"] == WORDS
    analysis = Analysis()
    assert recover(library, analysis) == ["session"]
    times, indices = zip(*analysis.calls[0]["frames"], strict=True)
    assert list(indices) == list(range(len(indices)))
    np.testing.assert_allclose(times, np.arange(len(times)) / 10, atol=1e-3)
    assert len(times) >= 10
    assert not list(library.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals on Windows")
@pytest.mark.parametrize(
    ("answers", "status", "printed"), [("y\nA. B.\n", 0, "6 A. B."), ("y\n\n", 0, "6 None"), ("n\n", 1, "")]
)
def test_consent_is_asked_on_a_terminal(tmp_path, answers, status, printed):
    import pty

    camera, library = make_video(tmp_path / "camera.mp4", UNEVEN), tmp_path / "library"
    terminal, stdin = pty.openpty()
    with _start(camera, library, "", stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        os.write(terminal, answers.encode())
        out, err = process.communicate()
    os.close(stdin)
    os.close(terminal)
    assert (process.returncode, out.strip()) == (status, printed), err
    assert "Does the person in front of the camera agree?" in err
    if status:
        assert "the person did not agree" in err
        assert not library.exists()
