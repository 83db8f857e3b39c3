"""A video without faces: checked by the face detector, or not written at all."""

import av
import pytest

from attune import InputError, OutputError, UsageError
from scoring import export_blurred
from scoring.export import export_session
from tests import clips
from tests.runs import analyze
from tests.sessions import make_session
from vision.landmarks import FaceDetector
from vision.source import VideoFile


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """Two people in one picture for a second."""
    folder = tmp_path_factory.mktemp("blurred")
    both = clips.beside(clips.pictures(clips.DEMO, 1.0), clips.pictures(clips.OTHER, 1.0))
    done = analyze(clips.write(folder / "pair.mp4", both), library=folder / "library")
    return done.sessions[0]


def test_the_detector_finds_no_face_in_what_is_written(session, tmp_path):
    plain, path = tmp_path / "plain.mp4", tmp_path / "out.mp4"
    export_session(session, "video", plain)
    export_session(session, "video", path, blur_faces=True)
    times = {}
    with FaceDetector() as far, FaceDetector(near=True) as near:
        for name, video in (("plain", plain), ("blurred", path)):
            frames = list(VideoFile(video))
            times[name] = [frame.time_s for frame in frames]
            found = [len(far.detect(frame.rgb)) + len(near.detect(frame.rgb)) for frame in frames]
            assert (min(found) > 0) if name == "plain" else (max(found) == 0)
    assert times["plain"] == times["blurred"]
    with av.open(str(path)) as container:
        assert not container.streams.audio, "a voice tells who speaks"


def test_where_a_face_stays_nothing_is_written(session, tmp_path, monkeypatch):
    monkeypatch.setattr(export_blurred, "_hide", lambda *_: lambda rgb, camera, own_s: rgb)
    monkeypatch.setattr(export_blurred, "ROUNDS", (0,))
    with pytest.raises(OutputError, match="a face can still be found"):
        export_session(session, "video", tmp_path / "out.mp4", blur_faces=True)
    assert list(tmp_path.iterdir()) == []


def test_it_is_for_videos_that_were_kept(tmp_path):
    with pytest.raises(UsageError, match="--to video"):
        export_session(make_session(tmp_path, "a-0a1b2c3d"), "html", blur_faces=True)
    with pytest.raises(InputError, match="without its video"):
        export_session(make_session(tmp_path, "b-0a1b2c3d", video=False), "video", tmp_path, blur_faces=True)


def test_two_cameras_are_hidden_each(tmp_path):
    folder = make_session(tmp_path / "library", people=("staff", "client"), offset_s=1.0)
    written = export_session(folder, "video", tmp_path, blur_faces=True)
    assert written.name.endswith("-blurred.mp4") and len(list(VideoFile(written))) > 0
