"""A person's own offset: found where there is evidence, and never more explained away than there is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision import bias
from vision.bias import GazeBias, offset_deg

MEAN = np.array([bias.MEAN_YAW_DEG, bias.MEAN_PITCH_DEG])
RATE_HZ = 10
LOOKS_HZ = 3  # How often the person looks elsewhere, or at the target again.


def session(offset, seconds, share=0.6, away_deg=25, seed=0):
    """Times and angles of somebody who looks at the target again and again, measured `offset` wrong."""
    random = np.random.default_rng(seed)
    count = round(seconds * RATE_HZ)
    look = np.arange(count) * LOOKS_HZ // RATE_HZ
    looks = look[-1] + 1
    at_target = random.random(looks) < share
    aim = np.where(at_target[:, None], 0, random.uniform(-away_deg, away_deg, (looks, 2)))
    aim += random.normal(0, 1.0, (looks, 2))
    head = random.normal(0, 3, (looks, 2))
    gaze = aim[look] + random.normal(0, 0.3, (count, 2)) + offset + MEAN
    return np.arange(count) / RATE_HZ, np.hstack([gaze, head[look]])


def estimated(time_s, angles):
    """What is taken for the person's offset, beyond what all persons share."""
    return np.array(offset_deg(time_s, angles)) - MEAN


@pytest.mark.parametrize("offset", [(4, -3), (-3, 5), (0, 0), (-6, 0), (0, -5)])
def test_a_constant_offset_is_found_in_a_minute(offset):
    assert estimated(*session(offset, 60)) == pytest.approx(offset, abs=1.2)


@pytest.mark.parametrize("seconds", [0.5, 1])
def test_little_evidence_moves_little(seconds):
    offset = np.array([6, -5])
    found = estimated(*session(offset, seconds, share=1))
    assert np.linalg.norm(found) < 0.7 * np.linalg.norm(offset)
    assert np.all(found * offset >= 0), "toward the evidence all the same"


def test_more_evidence_is_believed_more():
    offset = np.array([5, 0])
    found = [estimated(*session(offset, seconds, share=1))[0] for seconds in (0.3, 1, 3)]
    assert found[0] < 2 < found[1] < 4 < found[2]


def test_nothing_measured_is_the_mean_of_all_persons():
    time_s, angles = session((5, 5), 10)
    assert estimated(time_s, np.full_like(angles, np.nan)) == pytest.approx((0, 0), abs=1e-9)
    assert GazeBias().estimate() == pytest.approx(MEAN)
    assert offset_deg(np.empty(0), np.empty((0, 4))) == pytest.approx(MEAN)


@pytest.mark.parametrize("direction", [(8, -6), (10, 0), (0, 7)])
def test_a_frozen_picture_proves_nothing(direction):
    time_s = np.arange(60 * 30) / 30
    frozen = np.tile([*(MEAN + direction), 0, 0], (len(time_s), 1))
    assert estimated(time_s, frozen) == pytest.approx((0, 0), abs=1.5)
    noisy = frozen + np.random.default_rng(0).normal(0, 0.1, frozen.shape)  # a codec's shimmer
    assert estimated(time_s, noisy) == pytest.approx((0, 0), abs=1.5)


@pytest.mark.parametrize("past", [(15, 0), (-15, 0), (0, 15), (0, -18), (25, 0)])
def test_an_hour_of_looking_past_the_lens_is_not_explained_away(past):
    _, angles = session(past, 3600, share=1)
    time_s = np.arange(len(angles)) / RATE_HZ
    left = np.asarray(past) - estimated(time_s, angles)
    assert np.linalg.norm(left) > 12


def test_unmeasured_frames_are_left_out():
    time_s, angles = session((4, -3), 60)
    hidden = np.random.default_rng(1).random(len(time_s)) < 0.3
    angles[hidden, 1] = np.nan
    assert estimated(time_s, angles) == pytest.approx((4, -3), abs=1.5)


def test_the_frame_rate_is_no_evidence():
    """The same looks, shown twice as often, say the same."""
    time_s, angles = session((5, 0), 20)
    twice = estimated(np.arange(2 * len(time_s)) / (2 * RATE_HZ), np.repeat(angles, 2, axis=0))
    assert twice == pytest.approx(estimated(time_s, angles), abs=0.5)


angles_4 = st.lists(
    st.tuples(*[st.floats(-30, 30) | st.just(float("nan"))] * 4), min_size=2, max_size=40
).map(lambda rows: np.array(rows, float))


@settings(max_examples=40)
@given(angles_4)
def test_frame_by_frame_says_what_all_at_once_says(angles):
    time_s = np.arange(len(angles)) * 0.1
    running = GazeBias()
    for row, step_s in zip(angles, bias.steps_s(time_s), strict=True):
        running.update(row[None], np.array([step_s]))
    assert running.estimate() == offset_deg(time_s, angles)
