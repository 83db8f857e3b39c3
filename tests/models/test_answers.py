"""What the kept models say of looks, postures and movements that nobody would doubt."""

import numpy as np
import pytest

from models.classifier import load
from models.eye_contact import features as eye_contact
from models.nod import features as nod
from models.posture import features as posture
from tests.models.examples import ARMS, columns
from tests.synthetic import nodding, shaking, times

OPEN_EYES = 0.3


def said(name, table):
    """The likeliest class of each row."""
    model = load(name)
    return [model.classes[i] for i in model.probabilities(table).argmax(axis=1)]


def look(gaze_yaw_deg=0.0, gaze_pitch_deg=0.0, head_yaw_deg=0.0, head_pitch_deg=0.0, target=(0.0, 0.0)):
    off = np.hypot(gaze_yaw_deg - target[0], gaze_pitch_deg - target[1])
    frame = {
        "gaze_angle_deg": off, "gaze_yaw_deg": gaze_yaw_deg, "gaze_pitch_deg": gaze_pitch_deg,
        "head_yaw_deg": head_yaw_deg, "head_pitch_deg": head_pitch_deg, "eye_openness": OPEN_EYES,
    }  # fmt: skip
    return said("eye_contact", eye_contact.features(columns(frame), *target))[0]


@pytest.mark.parametrize("head_yaw_deg", [-10, 0, 10])
def test_eyes_on_the_lens_are_contact_and_eyes_elsewhere_are_not(head_yaw_deg):
    assert look(head_yaw_deg=head_yaw_deg) == "contact"
    assert look(gaze_yaw_deg=20, head_yaw_deg=head_yaw_deg) == "away"
    assert look(gaze_yaw_deg=-20, head_yaw_deg=head_yaw_deg) == "away"
    assert look(gaze_pitch_deg=-20, head_yaw_deg=head_yaw_deg, head_pitch_deg=-10) == "away"


def test_contact_is_with_the_target_wherever_it_is():
    assert look(gaze_yaw_deg=25, head_yaw_deg=20, target=(25, 0)) == "contact"
    assert look(gaze_yaw_deg=0, head_yaw_deg=0, target=(25, 0)) == "away"


CROSSED = {
    **ARMS, "wrist_separation": -0.7, "left_wrist_across": -0.35, "right_wrist_across": 0.35,
    "left_wrist_up": -0.6, "right_wrist_up": -0.6, "torso_yaw_deg": 0.0,
}  # fmt: skip
HANGING = {**ARMS, "torso_yaw_deg": 0.0, "wrist_separation": 1.2, "left_wrist_across": 0.6,
           "right_wrist_across": -0.6}  # fmt: skip


@pytest.mark.parametrize("turn_deg", [-40, 0, 40])
def test_crossed_arms_are_closed(turn_deg):
    assert said("posture", posture.features(columns(CROSSED, torso_yaw_deg=turn_deg))) == ["closed"]


@pytest.mark.parametrize(("turn_deg", "what"), [(0, "open"), (12, "open"), (-45, "neither"), (45, "neither")])
def test_hanging_arms_are_open_only_when_facing(turn_deg, what):
    assert said("posture", posture.features(columns(HANGING, torso_yaw_deg=turn_deg))) == [what]
    assert said("posture", posture.features(columns(HANGING, torso_yaw_deg=turn_deg + 30), 30.0)) == [what]


@pytest.mark.parametrize("hidden", ["left", "right"])
def test_one_hidden_wrist_is_no_closed_posture(hidden):
    assert said("posture", posture.features(columns(HANGING, **{f"{hidden}_wrist_seen": 0.1}))) == ["open"]


def moved(pitch_deg=0.0, yaw_deg=0.0, roll_deg=0.0, rate_hz=30.0):
    """Moments and what is said of them, for six seconds of a head that moves like this."""
    time_s = times(6, rate_hz)
    angles = np.stack([np.zeros(len(time_s)) + angle for angle in (pitch_deg, yaw_deg, roll_deg)], axis=1)
    clock_s, table = nod.clock_features(time_s, angles, nod.DELAY_S)
    return clock_s - nod.DELAY_S, np.array(said("nod", table))


@pytest.mark.parametrize("rate_hz", [15.0, 24.0, 30.0, 60.0])
@pytest.mark.parametrize("offset_deg", [-20.0, 0.0, 15.0])
def test_nods_are_nods_and_shakes_are_shakes(rate_hz, offset_deg):
    time_s = times(6, rate_hz)
    moment_s, kinds = moved(offset_deg + nodding(time_s, 2.0, 3, 2.0, 10.0), rate_hz=rate_hz)
    inside = (moment_s > 2.1) & (moment_s < 3.4)
    outside = (moment_s < 1.5) | (moment_s > 4.5)
    assert (kinds[inside] == "nod").all()
    assert (kinds[outside] == "neither").all()
    moment_s, kinds = moved(yaw_deg=offset_deg + shaking(time_s, 2.0, 3, 2.0, 10.0), rate_hz=rate_hz)
    assert (kinds[inside] == "shake").all()
    assert (kinds[outside] == "neither").all()


def test_a_head_at_rest_neither_nods_nor_shakes():
    assert set(moved(3.0, -5.0, 1.0)[1]) == {"neither"}


def test_a_slow_look_down_a_turn_and_a_tilt_are_no_nods():
    way = np.clip((times(6) - 2) / 1.5, 0, 1)
    for angles in ({"pitch_deg": -20 * way}, {"yaw_deg": 30 * way}, {"roll_deg": 15 * way}):
        assert set(moved(**angles)[1]) == {"neither"}
