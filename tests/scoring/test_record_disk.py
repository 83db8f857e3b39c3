"""A disk that is full, or will be: said first, noticed in time, and nothing that was recorded is lost."""

import errno
import os
import subprocess
import sys

import numpy as np
import pytest

from attune import OutputError
from scoring.landmark_store import LandmarkWriter
from scoring.record import recover
from scoring.session import Session
from scoring.unfinished import described, unfinished
from tests.conftest import ROOT
from tests.scoring.test_record import UNEVEN, WORDS, _only_session, _pictures, _record
from tests.videos import make_video


@pytest.fixture
def camera(tmp_path):
    return make_video(tmp_path / "camera.mp4", UNEVEN)


def test_too_little_room_is_said_first(tmp_path, camera, monkeypatch):
    for minutes, words in ((1e9, r"1e\+09"), (np.inf, "inf")):
        with pytest.raises(OutputError, match=f"GB free and recording up to {words} minutes .* --max-min"):
            _record(camera, tmp_path / "library", max_minutes=minutes)
    monkeypatch.setattr("scoring.record.free_bytes", lambda _: 1_000_000_000)
    with pytest.raises(OutputError, match=r"need 2\.0 GB: free some space, or .* \(--out\)$"):
        _record(camera, tmp_path / "library", max_minutes=1.0)


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))  # the disk is full when a file has grown so long
sys.argv[0] = "attune"
from scoring.cli import main
main()
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limits")
def test_a_full_disk_ends_the_recording_and_keeps_what_is_there(tmp_path):
    noise = make_video(tmp_path / "camera.mp4", tuple(k / 30 for k in range(300)), size=(640, 480),
                       scenes=list(range(300)))  # fmt: skip
    library = tmp_path / "library"
    command = [sys.executable, "-c", LIMITED, "record", "--camera", noise, "--out", library,
               "--consent", WORDS, "--no-check", "--countdown", "0", "--no-window"]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "the recording ended here: " in done.stderr and "free some space" in done.stderr
    (folder,) = unfinished(library)
    assert described(folder).size <= 60_000
    (result,) = recover(library)
    indices = [index for _, index in _pictures(Session.open(result.session).video)]
    assert indices == list(range(len(indices))) and len(indices) >= 5


class FullDisk(LandmarkWriter):
    def __exit__(self, *_):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("writer", [LandmarkWriter, FullDisk])
def test_a_disk_that_is_nearly_full_ends_it_while_it_can_still_be_finished(tmp_path, monkeypatch, writer):
    monkeypatch.setattr("scoring.recorder.SPARE_BYTES", 2**62)
    monkeypatch.setattr("scoring.measures.LandmarkWriter", writer)  # without its file the video is analysed
    camera = make_video(tmp_path / "camera.mp4", tuple(k / 10 for k in range(100)))
    result = _record(camera, tmp_path / "library")
    (said,) = (notice for notice in result.notices if "the disk is nearly full" in notice)
    info = _only_session(tmp_path / "library").info
    assert info["source"]["frames"] < 50 and said in info["notices"]
