"""Where faces are hidden: around what was found, and through the gaps in which nothing was."""

import numpy as np
import pytest

from tests import clips
from vision.blur import LEFT_SCORE, LEVELS, hidden, sightings
from vision.landmarks import FaceDetector
from vision.source import VideoFile


def seen(*rows):
    """Sightings of a face a tenth of the picture large: time, and its centre."""
    return np.array([(t, x - 0.05, y - 0.05, x + 0.05, y + 0.05) for t, x, y in rows])


def covers(places, time_s, x, y):
    return any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in places.at(time_s))


def test_a_face_lost_for_a_while_stays_hidden_all_the_way():
    places = hidden(seen((2.0, 0.30, 0.5), (4.5, 0.36, 0.5)))
    for share in np.linspace(0, 1, 11):
        assert covers(places, 2.0 + 2.5 * share, 0.30 + 0.06 * share, 0.5)
    assert covers(places, 1.1, 0.3, 0.5) and covers(places, 5.4, 0.36, 0.5)
    assert not covers(places, 0.5, 0.3, 0.5) and not covers(places, 6.0, 0.36, 0.5)


def test_two_faces_are_followed_apart():
    places = hidden(seen((1.0, 0.2, 0.5), (1.0, 0.8, 0.5), (3.0, 0.2, 0.5), (3.0, 0.8, 0.5)))
    assert covers(places, 2.0, 0.2, 0.5) and covers(places, 2.0, 0.8, 0.5)
    assert not covers(places, 2.0, 0.5, 0.5)


def test_what_has_no_time_is_hidden_from_beginning_to_end():
    places = hidden(seen((np.nan, 0.3, 0.5), (2.0, 0.8, 0.5), (np.nan, 0.32, 0.5)))
    for time_s in (0.0, 1000.0):
        assert list(places.at(time_s)) == [pytest.approx((0.25, 0.45, 0.37, 0.55))]
    assert covers(places, 2.0, 0.8, 0.5) and covers(places, 2.0, 0.3, 0.5)


@pytest.mark.parametrize("level", range(len(LEVELS)))
def test_hiding_leaves_few_values_and_the_rest_as_it_was(level):
    rgb = np.random.default_rng(0).integers(0, 255, (400, 400, 3), dtype=np.uint8)
    before = rgb.copy()
    blurred = hidden(seen((0.0, 0.5, 0.5))).hide(rgb, 0.0, level)
    assert (rgb == before).all(), "a copy is changed, not the picture itself"
    assert blurred[180:220, 180:220].std() < 0.2 * before.std()
    assert (blurred[:100] == before[:100]).all()


@pytest.mark.slow
def test_faces_are_found_and_not_found_once_hidden():
    frames = clips.pictures(clips.DEMO, 0.2)
    with VideoFile(clips.SAMPLES / "clips" / "face_12_0.mp4") as video:
        places = hidden(sightings(video))
    with FaceDetector(LEFT_SCORE) as detector, VideoFile(clips.SAMPLES / "clips" / "face_12_0.mp4") as video:
        assert len(detector.detect(frames[0].rgb)) == 1
        for frame in video:
            assert len(detector.detect(frame.rgb)) >= 1
            assert len(detector.detect(places.hide(frame.rgb, frame.time_s, 1))) == 0
