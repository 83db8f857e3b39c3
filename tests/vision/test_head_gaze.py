"""Head and eyes of a synthetic face whose angles are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faces import face, no_face, rotation
from vision import topology
from vision.gaze import eye_openness, eyes_in_head_deg, gaze_deg, iris_offset
from vision.head import face_box_px, head_angles_deg

LENS = np.array([0.0, 0.0, 1.0])


def angles(*args, **kwargs):
    return [float(angle[0]) for angle in head_angles_deg(face(*args, **kwargs)[None])]


def gaze(*args, **kwargs):
    return [float(angle[0]) for angle in gaze_deg(face(*args, **kwargs)[None])]


@given(st.floats(-60, 60), st.floats(-40, 40), st.floats(-40, 40), st.floats(0.2, 5))
def test_the_head_as_it_was_turned(yaw, pitch, roll, size):
    assert angles(yaw, pitch, roll, size=size) == pytest.approx((yaw, pitch, roll), abs=0.02)


@given(st.floats(-60, 60), st.floats(-30, 30))
def test_a_face_that_is_not_upright_only_shifts_pitch(yaw, pitch):
    found = angles(yaw, pitch, chin_deg=-9)
    assert found == pytest.approx((yaw, pitch - 9, 0), abs=0.02)


def test_left_is_the_subjects_own():
    turned = face(yaw_deg=30)
    # A face turned to its own left shows its right side: that temple is nearer, the other farther.
    assert turned[topology.RIGHT_TEMPLE, 2] < turned[topology.LEFT_TEMPLE, 2]
    assert turned[topology.RIGHT_TEMPLE, 0] < turned[topology.LEFT_TEMPLE, 0]
    assert angles(yaw_deg=30)[0] == pytest.approx(30, abs=0.02)


def test_place_and_size_of_the_face():
    x, y, height = face_box_px(face(centre=(100, 50), size=2)[None])
    assert (x[0], y[0], height[0]) == pytest.approx((100, 50 - 60, 300))
    turned = face_box_px(face(yaw_deg=50, size=2)[None])
    assert turned[2][0] == pytest.approx(300), "turning aside doesn't make a face smaller"


def test_irises_to_the_own_left_and_up_are_positive():
    straight = gaze()
    left, up = gaze(iris=(0.02, 0)), gaze(iris=(0, 0.02))
    assert left[0] > straight[0] + 8 and left[1] == pytest.approx(straight[1])
    assert up[1] > straight[1] + 8 and up[0] == pytest.approx(straight[0])
    right, down = gaze(iris=(-0.02, 0)), gaze(iris=(0, -0.02))
    assert right[0] < straight[0] - 8 and down[1] < straight[1] - 8
    across, upward = eyes_in_head_deg(face(40, -20, 15, iris=(0.02, 0.02))[None])
    assert across[0] > 5 and upward[0] > 5, "eyes in the head, whatever the head does"


@given(st.floats(-40, 40), st.floats(-30, 30), st.floats(-20, 20))
def test_the_iris_is_measured_in_the_heads_own_axes(yaw, pitch, roll):
    offset = iris_offset(face(yaw, pitch, roll, iris=(0.03, -0.01))[None])[0]
    assert offset == pytest.approx((0.03, -0.01, 0), abs=1e-4)


@given(st.floats(-20, 20), st.floats(-15, 15))
def test_eyes_that_stay_on_the_lens_while_the_head_turns(yaw, pitch):
    straight = np.array(gaze(looks_along=LENS))
    turned = np.array(gaze(yaw, pitch, looks_along=LENS))
    assert np.abs(turned - straight).max() < 4
    # Eyes that are still in the head go with it.
    carried = np.array(gaze(yaw, pitch)) - gaze()
    assert carried[0] == pytest.approx(yaw, abs=4) and carried[1] == pytest.approx(pitch, abs=4)


def test_looking_aside_with_the_head_straight_is_away_from_the_lens():
    aside = gaze(looks_along=rotation(yaw_deg=15)[:, 2])
    assert aside[0] == pytest.approx(15, abs=2)
    lower = gaze(looks_along=rotation(pitch_deg=-15)[:, 2])
    assert lower[1] - gaze(looks_along=LENS)[1] == pytest.approx(-15, abs=5)


def test_openness_is_that_of_the_lids_however_the_head_is_turned():
    found = [eye_openness(face(yaw, openness=0.25)[None])[0] for yaw in (0, 30, -45)]
    assert found == pytest.approx([0.25] * 3, abs=1e-4)
    assert eye_openness(face(openness=0)[None])[0] == pytest.approx(0, abs=1e-5)


def test_no_face_is_not_measurable_and_leaves_the_others_alone():
    faces = np.stack([face(10), no_face(), face(10)])
    for columns in (head_angles_deg(faces), gaze_deg(faces), face_box_px(faces), eyes_in_head_deg(faces)):
        for column in columns:
            assert np.isfinite(column).tolist() == [True, False, True]
            assert column[0] == column[2]
    assert np.isfinite(eye_openness(faces)).tolist() == [True, False, True]
