"""How many people a recording is about: files whose people are known."""

from dataclasses import replace

import av
import numpy as np
import pytest

from tests import clips
from tests.stage import Actor, Scene, play
from vision.company import GLANCES, count_people, glances
from vision.source import VideoFile

FPS = 4.0
SECONDS = 6.0
# A woman, a man in the same blue, a man in black: cards of about 250 x 260.
CAST = (
    (clips.DEMO, 0.55, (60, 0, 520, 480)),
    (clips.OTHER, 0.55, (90, 0, 550, 480)),
    (clips.STANDING, 0.41, (350, 0, 960, 720)),
)


def always(left):
    return lambda _: (left, 60.0)


def between(left, start_s, end_s):
    return lambda t: (left, 60.0) if start_s <= t < end_s else None


def scene(*places, seconds=SECONDS, turned=lambda _: False) -> Scene:
    """Members of the cast at these places; the last of them turns away."""
    actors = [
        Actor(clips.SAMPLES / f"{name}.mp4", place, scale, crop)
        for (name, scale, crop), place in zip(CAST, places, strict=False)
    ]
    actors[-1] = replace(actors[-1], turned=turned)
    return play(actors, seconds, (760, 360), FPS)


def count(path) -> int:
    return count_people(VideoFile(path))


@pytest.fixture
def count_in(tmp_path):
    """How many people a scene is found to be about."""
    return lambda scene: count(scene.write(tmp_path / "scene.mp4", FPS))


def test_one_person(count_in):
    assert count_in(scene(always(250))) == 1


def test_two_people(count_in):
    assert count_in(scene(always(100), always(400))) == 2


def test_three_people_are_no_pair(count_in):
    assert count_in(scene(always(0), always(253), always(506))) == 1


def test_nobody(tmp_path):
    frames = clips.noise(2.0)
    assert count(clips.write(tmp_path / "noise.mp4", frames)) == 1


def test_somebody_far_behind_is_background(tmp_path):
    frames = [
        replace(frame, rgb=np.hstack([frame.rgb, clips.far_away(frame.rgb, 0.25)]))
        for frame in clips.pictures(clips.DEMO, 2.0)
    ]
    assert count(clips.write(tmp_path / "behind.mp4", frames)) == 1


def test_one_passes_by(count_in):
    """A quarter of the time isn't enough to take part."""
    assert count_in(scene(always(100), between(400, 2, 3.5))) == 1


def test_the_second_comes_after_a_while(count_in):
    assert count_in(scene(always(100), between(400, 2, 6))) == 2


def test_a_third_passes_by_two(count_in):
    assert count_in(scene(always(0), always(253), between(506, 2, 3.5))) == 2


def test_two_of_whom_one_turns_away_for_half_the_time(count_in):
    assert count_in(scene(always(100), always(400), turned=lambda t: 1 <= t < 4)) == 2


def test_the_first_picture_doesnt_decide(tmp_path):
    """A file of which only the first picture stands by itself is looked at all along."""
    frames = scene(always(100), between(400, 1, 6)).frames
    path = tmp_path / "one_key.mp4"
    _encode(path, frames, "mp4", {"g": "1000", "sc_threshold": "0"})
    shown = list(glances(VideoFile(path)))
    assert len(shown) == GLANCES and len({picture.tobytes() for picture in shown}) > GLANCES / 2
    assert count(path) == 2


@pytest.mark.parametrize("form", ["matroska", "h264"])
@pytest.mark.parametrize(("places", "expected"), [((always(250),), 1), ((always(100), always(400)), 2)])
def test_a_file_that_states_no_duration(tmp_path, form, places, expected):
    path = tmp_path / f"live.{form}"
    _encode(
        path, scene(*places, seconds=3).frames, form, container={"live": "1"} if form == "matroska" else {}
    )
    assert VideoFile(path).info.duration_s is None
    assert count(path) == expected


def test_a_file_that_cant_be_searched(tmp_path):
    """A transport stream with one key picture: after a jump nothing can be decoded."""
    path = tmp_path / "tape.ts"
    _encode(path, scene(always(100), always(400), seconds=3).frames, "mpegts")
    assert VideoFile(path).info.duration_s is not None
    assert count(path) == 2


def test_glances_are_upright_and_as_large_as_the_pictures_that_are_measured(tmp_path):
    path = scene(always(100), seconds=2).write(tmp_path / "scene.mp4", FPS)
    with VideoFile(path, max_side=380) as video:
        expected = next(iter(video)).rgb
    shown = list(glances(VideoFile(path, max_side=380), count=4))
    assert len(shown) == 4 and {picture.shape for picture in shown} == {expected.shape} == {(180, 380, 3)}
    assert np.abs(shown[0].astype(int) - expected).mean() < 3


def _encode(path, frames, form, options=None, container=None) -> None:
    with av.open(str(path), "w", format=form, options=container or {}) as out:
        stream = out.add_stream("libx264", rate=int(FPS), options=options or {})
        stream.height, stream.width = frames[0].rgb.shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame.rgb, format="rgb24")))
        out.mux(stream.encode())
