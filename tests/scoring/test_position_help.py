"""Help with sitting down before a browser's camera: what it says of a picture, and when its process ends."""

import contextlib
import threading

import cv2
import numpy as np
import psutil
import pytest

from attune import InputError
from scoring import position_help
from scoring.position_help import NOT_NOW, PositionHelp, look
from scoring.positioning import FINE, NO_FACE, TOO_DARK, TOO_SMALL
from tests import clips
from tests.dashboard.asking import until


def encoded(rgb, kind=".jpg"):
    return cv2.imencode(kind, np.ascontiguousarray(rgb[..., ::-1]))[1].tobytes()


@pytest.fixture(scope="module")
def person():
    """A picture of somebody who can be seen well."""
    return clips.pictures(clips.OTHER, 1)[0].rgb


def helpers():
    """The processes that look."""
    found = []
    for one in psutil.Process().children():
        with contextlib.suppress(psutil.Error):  # it ended meanwhile
            if "scoring.guarded" in one.cmdline():
                found.append(one)
    return found


def while_looking(act):
    """Do something as soon as there is a process."""
    threading.Thread(target=lambda: act(*until(helpers)), daemon=True).start()


@pytest.fixture
def help():
    """Help, and what says that something is recorded."""
    recording = threading.Event()
    help = PositionHelp(recording.is_set)
    yield help, recording
    recording.set()
    until(lambda: helpers() == [])


@pytest.mark.slow
def test_what_a_picture_says_and_that_the_process_ends_when_nobody_asks(person, help, monkeypatch):
    said = help[0].said
    assert said(encoded(person)) == FINE
    assert said(encoded((person * 0.22).astype(np.uint8))).startswith(TOO_DARK)
    assert said(encoded(clips.far_away(person, 0.4))) == TOO_SMALL
    assert said(encoded(np.full_like(person, 150))) == NO_FACE
    with pytest.raises(InputError, match="no JPEG"):
        said(encoded(person)[:4000])
    assert said(encoded(person)) == FINE, "nothing carries over from the picture before"
    assert len(helpers()) == 1
    monkeypatch.setattr(position_help, "IDLE_S", 0.1)
    until(lambda: helpers() == [])


@pytest.mark.slow
def test_it_ends_at_once_for_a_recording_and_rests_after_it_failed(person, help, monkeypatch):
    help, recording = help
    while_looking(lambda process: recording.set())
    assert help.said(encoded(person)) == "" and helpers() == []
    assert help.said(encoded(person)) == "" and helpers() == []
    recording.clear()
    while_looking(lambda process: process.kill())
    assert help.said(encoded(person)) == NOT_NOW and helpers() == []
    assert help.said(encoded(person)) == NOT_NOW and helpers() == []
    monkeypatch.setattr(help, "_rested_s", 0.0)
    assert help.said(encoded(person)) == FINE


def test_what_is_no_picture_is_refused_and_begins_no_process(person, help):
    small, large = encoded(person[:40, :40]), encoded(np.zeros((80, 1288, 3), np.uint8))
    for data in (b"", b"x" * 1000, encoded(person, ".png"), encoded(person)[:20], small, large):
        with pytest.raises(InputError, match="no JPEG whose sides are 64 to 1280 pixels"):
            help[0].said(data)
    with pytest.raises(InputError, match="no JPEG"):
        look(encoded(person)[:4000])
    assert helpers() == []
