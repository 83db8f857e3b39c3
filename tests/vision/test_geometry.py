"""Angles of known rotations, with the project's signs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faces import rotation
from vision.geometry import (
    angle_between_deg,
    axes_from,
    to_camera_axes,
    unit,
    yaw_pitch_deg,
    yaw_pitch_roll_deg,
)

any_turn = st.floats(-179, 179)
any_pitch = st.floats(-85, 85)


@pytest.mark.parametrize(
    ("forward", "yaw", "pitch"),
    [
        ((0, 0, 1), 0, 0),
        ((1, 0, 1), 45, 0),  # image right: the own left of somebody who faces the lens
        ((-1, 0, 1), -45, 0),
        ((0, 1, 1), 0, 45),
        ((0, -1, 1), 0, -45),
        ((1, 0, 0), 90, 0),
        ((0, 0, -1), 180, 0),
        ((0, 7, 0), 0, 90),
    ],
)
def test_directions(forward, yaw, pitch):
    assert yaw_pitch_deg(np.array(forward, float)) == pytest.approx((yaw, pitch))


def test_a_tilt_to_the_own_left_shoulder_is_positive():
    # The top of the head goes to image right, the own left side down.
    half = np.sqrt(0.5)
    tilted = axes_from(across=np.array([half, -half, 0]), upward=np.array([half, half, 0]))
    assert yaw_pitch_roll_deg(tilted) == pytest.approx((0, 0, 45))


@given(any_turn, any_pitch, any_turn)
def test_angles_of_a_rotation_come_back(yaw, pitch, roll):
    found = yaw_pitch_roll_deg(rotation(yaw, pitch, roll))
    assert found == pytest.approx((yaw, pitch, roll), abs=1e-6)


@given(any_turn, any_pitch, any_turn, st.floats(-0.9, 0.9), st.floats(0.1, 1000))
def test_axes_from_two_directions_of_any_length(yaw, pitch, roll, slant, length):
    turn = rotation(yaw, pitch, roll)
    found = axes_from(length * turn[:, 0], turn[:, 1] + slant * turn[:, 0])
    assert found == pytest.approx(turn, abs=1e-9)


def test_many_at_once_are_as_one_by_one():
    angles = np.random.default_rng(0).uniform(-80, 80, (50, 3))
    turns = np.stack([rotation(*row) for row in angles])
    assert np.stack(yaw_pitch_roll_deg(turns), axis=-1) == pytest.approx(angles)
    assert np.stack(yaw_pitch_roll_deg(turns.reshape(5, 10, 3, 3)), axis=-1).reshape(50, 3) == pytest.approx(
        angles
    )


def test_mediapipes_axes_become_the_cameras():
    assert to_camera_axes(np.array([[1.0, 2.0, 3.0]])).tolist() == [[1.0, -2.0, -3.0]]


def test_nan_and_nothing_stay_unknown():
    vectors = np.array([[3.0, 0, 4.0], [np.nan, 1, 1], [0, 0, 0]])
    assert unit(vectors)[0] == pytest.approx((0.6, 0, 0.8))
    assert np.isnan(unit(vectors)[1:]).all()
    assert np.isnan(yaw_pitch_deg(vectors)[0][1:]).all()
    turn = np.stack([rotation(10), np.full((3, 3), np.nan)])
    assert [np.isnan(angle).tolist() for angle in yaw_pitch_roll_deg(turn)] == [[False, True]] * 3


@given(any_turn, any_pitch, any_turn, any_pitch)
def test_the_angle_between_two_directions_is_that_of_their_vectors(yaw_a, pitch_a, yaw_b, pitch_b):
    a, b = rotation(yaw_a, pitch_a)[:, 2], rotation(yaw_b, pitch_b)[:, 2]
    # Also right for directions nearly the same or opposite.
    truth = 2 * np.degrees(np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b)))
    found = angle_between_deg(np.array([yaw_a]), np.array([pitch_a]), yaw_b, pitch_b)
    assert found[0] == pytest.approx(truth, abs=1e-4)
    assert np.isnan(angle_between_deg(np.array([np.nan]), np.array([pitch_a]), yaw_b, pitch_b)[0])
