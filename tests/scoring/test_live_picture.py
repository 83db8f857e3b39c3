"""What the dashboard shows of a camera of the machine: a mirror image with the landmarks in their places."""

import numpy as np
import pytest

from scoring.live import LiveMeasures
from scoring.live_picture import WIDE, drawn
from scoring.live_report import for_pages
from scoring.profile import Profile
from tests import clips
from vision.extract import Extractor
from vision.measure import Measurement
from vision.overlay import FACE_COLOUR
from vision.source import Frame


def test_a_picture_is_mirrored_and_not_larger_than_is_shown():
    rgb = np.zeros((900, 1600, 3), np.uint8)
    rgb[:, :400] = (255, 0, 0)
    shown = drawn(Frame(0, 0.0, rgb), None)
    assert shown.shape == (450, WIDE, 3)
    assert shown[200, -10].tolist() == [255, 0, 0] and shown[200, 10].tolist() == [0, 0, 0]


@pytest.mark.parametrize("name", [clips.DEMO, clips.STANDING])
def test_landmarks_are_drawn_where_the_face_is(name):
    frame = clips.pictures(name, 0.1)[0]
    height, width = frame.rgb.shape[:2]
    with Extractor() as extractor:
        seen = extractor.see(frame)
        live = LiveMeasures(Measurement(width, height), Profile.load()).push(seen)
    shown = drawn(frame, (live, seen)).astype(int)
    plain = drawn(frame, None).astype(int)
    coloured = np.abs(shown - FACE_COLOUR).sum(axis=2) < 60
    coloured &= np.abs(shown - plain).sum(axis=2) > 30
    rows, columns = np.nonzero(coloured)
    share = shown.shape[1] / width
    mirrored = (width - 1 - seen.face[:, 0]) * share
    assert len(rows) > 100
    assert columns.min() > mirrored.min() - 6 and columns.max() < mirrored.max() + 6
    assert abs(np.median(columns) - np.median(mirrored)) < 0.2 * np.ptp(mirrored)


def test_sentences_of_the_command_line_lose_their_flags():
    said = for_pages(
        "camera 3 is not there: plug it in, or choose another one with --camera (there are: 0, 1)"
    )
    assert said == "camera 3 is not there: plug it in, or choose another one (there are: 0, 1)"
    heard = (
        "no microphone was found: plug one in, allow this terminal to use it, or name one with --microphone"
    )
    assert for_pages(heard) == "no microphone was found: plug one in, or allow Attune to use it"
