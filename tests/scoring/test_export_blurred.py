"""A video without faces: checked by the face detector, or not written at all."""

import av
import numpy as np
import pytest

from attune import InputError, OutputError, UsageError
from scoring import export_blurred
from scoring.cameras import Camera
from scoring.export import export_session
from scoring.export_blurred import _in_camera, _places
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


@pytest.fixture(scope="module")
def two_cameras(tmp_path_factory):
    """A second of two people, each before a camera of their own; the client's ends earlier."""
    folder = tmp_path_factory.mktemp("cameras")
    videos = [
        clips.write(folder / f"{name}.mp4", clips.pictures(clip, 1.0))
        for name, clip in (("staff", clips.DEMO), ("client", clips.OTHER))
    ]
    done = analyze(videos[0], "--client", videos[1], "--offset", "-0.2", library=folder / "library")
    return done.sessions[0]


@pytest.mark.parametrize("which", ["session", "two_cameras"])
def test_the_detector_finds_no_face_in_what_is_written(which, tmp_path, request):
    session = request.getfixturevalue(which)
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
    monkeypatch.setattr(export_blurred, "LASTING", 1)
    with pytest.raises(OutputError, match=r"a face can still be found in it, first at 0:00\.0"):
        export_session(session, "video", tmp_path / "out.mp4", blur_faces=True)
    assert list(tmp_path.iterdir()) == []


def test_it_is_for_videos_that_were_kept(tmp_path):
    with pytest.raises(UsageError, match="--to video"):
        export_session(make_session(tmp_path, "a-0a1b2c3d"), "html", blur_faces=True)
    with pytest.raises(InputError, match="without its video"):
        export_session(make_session(tmp_path, "b-0a1b2c3d", video=False), "video", tmp_path, blur_faces=True)


def test_what_is_left_in_a_picture_of_two_cameras_is_placed_in_its_own():
    first = Camera(1, ("client",), {"width": 640, "height": 480}, None)
    second = Camera(2, ("staff",), {"width": 640, "height": 480}, None, offset_s=1.0)
    places, height = _places((first, second))
    assert places == [(0.5, 1.0), (0.0, 0.5)] and height == 480, "the staff member stands at the left"
    left = np.array([(3.0, 0.1, 0.2, 0.2, 0.4), (4.0, 0.7, 0.2, 0.8, 0.4)])
    np.testing.assert_allclose(_in_camera(left, second, *places[1]), [(2.0, 0.2, 0.2, 0.4, 0.4)])
    np.testing.assert_allclose(_in_camera(left, first, *places[0]), [(4.0, 0.4, 0.2, 0.6, 0.4)])
