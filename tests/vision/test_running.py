"""Signals picture by picture: what they know, and that they know nothing of what comes later."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attune import InputError
from tests.faces import face
from tests.vision.test_measure import SIZE, body, seen
from vision import bias
from vision.measure import measure, to_signals
from vision.target import Target

RATE_HZ = 30
TURNS = st.lists(st.tuples(st.floats(-25, 25), st.floats(-15, 15)), min_size=4, max_size=25)


def table(turns, count=None, cuts=(), target="lens"):
    faces = [face(*turn) for turn in turns[:count]]
    times_s = np.arange(len(faces)) / RATE_HZ
    looks = {k: body(wrists=float(k)) for k in range(0, len(faces), 3)}
    recording = measure(seen(times_s, looks, faces, cuts), *SIZE)
    return to_signals(recording, Target.parse(target), causal=True).table


@settings(max_examples=15)
@given(TURNS, st.data())
def test_a_row_never_depends_on_what_comes_later(turns, data):
    count = data.draw(st.integers(1, len(turns)))
    cuts = {data.draw(st.integers(0, len(turns) - 1))}
    whole, part = table(turns, cuts=cuts), table(turns, count, cuts=cuts)
    assert whole[:count].equals(part)


def test_nothing_is_known_of_a_person_before_the_first_picture():
    first = table([(0.0, 0.0)] * 3).iloc[0]
    plain = measure(seen([0.0], faces=[face()]), *SIZE).frames
    assert first["gaze_yaw_deg"] == pytest.approx(plain["gaze_yaw_deg"][0] - bias.MEAN_YAW_DEG, abs=1e-4)


def test_a_calibrated_target_that_was_never_seen_is_said():
    with pytest.raises(InputError, match="the eyes were not seen long enough"):
        table([(80.0, 0.0)] * 20, target="calibrated:0.1-0.3")
