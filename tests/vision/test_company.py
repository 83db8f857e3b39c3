"""How many people a recording is about, from a few glances at it."""

from dataclasses import replace

import numpy as np
import pytest

from tests import clips
from vision.company import GLANCES, count_people, glances
from vision.source import VideoFile

SECONDS = 2.0


@pytest.fixture(scope="module")
def one():
    return clips.pictures(clips.DEMO, SECONDS)


@pytest.fixture(scope="module")
def two(one):
    return clips.beside(one, clips.pictures(clips.OTHER, SECONDS))


def counted(tmp_path, frames) -> int:
    return count_people(VideoFile(clips.write(tmp_path / "company.mp4", frames), 1280))


def test_one_two_and_nobody(tmp_path, one, two):
    assert counted(tmp_path, one) == 1
    assert counted(tmp_path, two) == 2
    assert counted(tmp_path, clips.noise(SECONDS)) == 1


def test_more_than_two_are_no_pair(tmp_path, one, two):
    assert counted(tmp_path, clips.beside(two, one)) == 1


def test_somebody_who_is_there_for_a_moment_makes_no_pair(tmp_path, one, two):
    alone = [replace(frame, rgb=np.hstack([frame.rgb, np.full_like(frame.rgb, 120)])) for frame in one]
    assert counted(tmp_path, [*two[:8], *alone[8:]]) == 1


def test_somebody_far_behind_is_background(tmp_path, one):
    behind = [replace(frame, rgb=np.hstack([frame.rgb, clips.far_away(frame.rgb, 0.25)])) for frame in one]
    assert counted(tmp_path, behind) == 1


def test_glances_are_spread_over_the_recording(tmp_path, two):
    video = VideoFile(clips.write(tmp_path / "two.mp4", two), 640)
    pictures = list(glances(video))
    assert len(pictures) == GLANCES
    assert {picture.shape for picture in pictures} == {(240, 640, 3)}


def test_without_a_length_the_first_seconds_are_looked_at(tmp_path, two):
    video = VideoFile(clips.write(tmp_path / "endless.mp4", two), 640)
    video.info = replace(video.info, duration_s=None)
    assert len(list(glances(video))) == 2  # one a second
    assert count_people(video) == 2
