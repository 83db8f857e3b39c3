"""Motion energy: landmarks that move at a known speed."""

import numpy as np
import pytest

from vision import topology as t
from vision.posture import MOST_MOTION, MOTION_GAP_S, MOTION_VISIBLE, motion_energy

WIDTH_PX = 100.0
MOVING = list(t.MOVING)


def still(looks: int) -> np.ndarray:
    """Somebody who doesn't move, shoulders `WIDTH_PX` apart, all of them visible."""
    body = np.zeros((looks, t.POSE_POINTS, 4))
    body[..., :2], body[..., 3] = (320, 300), 1.0
    body[:, t.LEFT_SHOULDER, 0], body[:, t.RIGHT_SHOULDER, 0] = 320 + WIDTH_PX / 2, 320 - WIDTH_PX / 2
    return body


def times(looks: int, hz: float = 10.0) -> np.ndarray:
    return np.arange(looks) / hz


def carried(body: np.ndarray, step_px: float, points=MOVING) -> np.ndarray:
    """These points `step_px` further to the right at each look."""
    moved = body.copy()
    moved[:, points, 0] += step_px * np.arange(len(body))[:, None]
    return moved


def test_who_sits_still_has_none():
    found = motion_energy(times(5), still(5))
    assert np.isnan(found[0]) and found[1:].tolist() == [0] * 4


@pytest.mark.parametrize("hz", [5.0, 10.0, 30.0])
def test_everything_moves_alike(hz):
    """5 px a look on a shoulder line of 100 px: .05 shoulder widths a look, whatever the rate."""
    assert motion_energy(times(6, hz), carried(still(6), 5))[1:] == pytest.approx([0.05 * hz] * 5)


def test_it_is_the_mean_over_the_points():
    one = motion_energy(times(4), carried(still(4), 7, [t.LEFT_WRIST]))
    assert one[1:] == pytest.approx([0.07 * 10 / len(MOVING)] * 3)
    two = motion_energy(times(4), carried(still(4), 7, [t.LEFT_WRIST, t.NOSE]))
    assert two[1:] == pytest.approx(2 * one[1:])


def test_whoever_sits_twice_as_near_moves_as_much():
    body = carried(still(4), 6, [t.LEFT_WRIST, t.RIGHT_ELBOW])
    near = body.copy()
    near[..., :2] *= 2
    assert motion_energy(times(4), near)[1:] == pytest.approx(motion_energy(times(4), body)[1:])


def test_other_points_dont_count():
    others = [k for k in range(t.POSE_POINTS) if k not in MOVING]
    assert motion_energy(times(3), carried(still(3), 40, others))[1:].tolist() == [0, 0]


def test_a_slanting_movement_is_as_long_as_it_is():
    body = still(3)
    body[:, MOVING, :2] += np.array([3.0, 4.0]) * np.arange(3)[:, None, None]
    assert motion_energy(times(3), body)[1:] == pytest.approx([0.5, 0.5])


def test_hidden_points_are_left_out():
    """A hidden wrist is guessed anywhere: the mean is that of the points which are seen in both looks."""
    body = carried(still(4), 5)
    body[1:3, t.LEFT_WRIST, 0] += 200
    body[2, t.LEFT_WRIST, 3] = MOTION_VISIBLE - 0.01
    found = motion_energy(times(4), body)
    assert found[2] == pytest.approx(0.5) and found[3] == pytest.approx(0.5)
    assert found[1] > 2, "seen in both looks, it counts"


def test_nobody_seen_clearly_enough():
    body = carried(still(3), 5)
    body[:, MOVING, 3] = 0.2
    assert np.isnan(motion_energy(times(3), body)).all()


def test_without_a_body_there_is_none():
    body = carried(still(6), 5)
    body[2] = np.nan
    known = np.isfinite(motion_energy(times(6), body))
    assert known.tolist() == [False, True, False, False, True, True]


def test_a_pause_is_not_a_step():
    time_s = np.array([0.0, 0.1, 0.1 + MOTION_GAP_S - 0.01, 0.1 + 2 * MOTION_GAP_S, 1.2])
    found = motion_energy(time_s, still(5))
    assert np.isfinite(found).tolist() == [False, True, True, False, True]


def test_two_looks_at_one_time_tell_no_speed():
    found = motion_energy(np.array([0.0, 0.1, 0.1, 0.2]), carried(still(4), 5))
    assert np.isfinite(found).tolist() == [False, True, False, True]


def test_a_track_that_jumps_is_cut_off():
    body = still(3)
    body[1:, MOVING, 0] += 5000
    assert motion_energy(times(3, 30), body)[1:].tolist() == [MOST_MOTION, 0]


def test_shoulders_in_one_place_are_no_measure():
    body = carried(still(3), 5)
    body[:, t.LEFT_SHOULDER] = body[:, t.RIGHT_SHOULDER]
    assert np.isnan(motion_energy(times(3), body)).all()


@pytest.mark.parametrize("looks", [0, 1])
def test_too_few_looks(looks):
    found = motion_energy(times(looks), still(looks))
    assert found.shape == (looks,) and np.isnan(found).all()
