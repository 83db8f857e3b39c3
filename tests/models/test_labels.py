"""What is held true of a frame or a moment: limits, and what nobody could say."""

import numpy as np
import pytest

from models.eye_contact import train as eye_contact
from models.nod import train as nod
from models.posture import train as posture
from models.training import Recording
from tests.models.examples import ARMS, LOOK, columns
from tests.synthetic import times

NAN = float("nan")


def recording(signals, truth=None, clip="clip", person="a", groups=None, events=()):
    return Recording(clip, person, groups or {}, signals, truth or {}, events)


def looks(angles_deg, blink=0.0, target="lens", signals=None, **names):
    n = len(angles_deg)
    truth = {
        "gaze_to_lens_deg": np.array(angles_deg, float), "blink": np.broadcast_to(np.array(blink, float), n),
        "target": np.broadcast_to(np.array(target, object), n),
        "head_yaw_to_lens_deg": np.zeros(n), "head_pitch_to_lens_deg": np.zeros(n),
    }  # fmt: skip
    return recording(signals or columns(LOOK, rows=n), truth, **names)


def test_looks_within_6_degrees_are_contact_and_from_9_away():
    given = eye_contact.labels(looks([0, 5.9, 6, 6.1, 8.9, 9, 40, NAN]))
    assert given.tolist() == [1, 1, 1, -1, -1, 0, 0, -1]


def test_blinks_and_eyes_that_move_elsewhere_are_neither():
    assert eye_contact.labels(looks([0, 0, 20], blink=[0.3, 0.31, 1.0])).tolist() == [1, -1, -1]
    assert eye_contact.labels(looks([0, 0, 20], target=["lens", "moving", "moving"])).tolist() == [1, -1, -1]


def test_frames_that_were_not_measured_are_left_out_and_the_others_found_again():
    seen = looks([0, 0, 20], signals=columns(LOOK, 3, head_yaw_deg=[1, NAN, 3]), person="a")
    whole = looks([20, 0], person="b")
    rows, number, frame = eye_contact.rows([seen, whole])
    assert rows.features.shape == (4, len(LOOK))
    assert np.isfinite(rows.features).all()
    assert rows.labels.tolist() == [1, 0, 0, 1]
    assert rows.persons.tolist() == ["a", "a", "b", "b"]
    assert list(zip(number.tolist(), frame.tolist(), strict=True)) == [(0, 0), (0, 2), (1, 0), (1, 1)]


def test_views_of_looks():
    one = looks([0, 0, 20, 30, 20], groups={"kind of clip": "solo"})
    one.truth["head_yaw_to_lens_deg"][:] = [10, 3, 3, 3, 10]
    _, number, frame = eye_contact.rows([one])
    views = eye_contact.views([one], number, frame)
    turned, straight, solo = views.values()
    assert turned.tolist() == [True, False, False, False, False]
    assert straight.tolist() == [False, False, True, False, False]
    assert solo.all() and "solo" in list(views)[-1]


def arms(kinds, torso_yaw_deg=0.0, **changed):
    n = len(kinds)
    truth = {
        "arms": np.array(kinds, object),
        "torso_yaw_deg": np.broadcast_to(np.array(torso_yaw_deg, float), n),
    }
    return recording(columns({**ARMS, "arms_visible": 0.9}, n, **changed), truth)


def test_crossed_arms_are_closed_however_the_trunk_is_turned():
    given = posture.labels(arms(["crossed", "crossed", "moving"], torso_yaw_deg=[0, 70, 0]))
    assert given.tolist() == [posture.CLASSES.index("closed")] * 2 + [-1]


def test_uncrossed_arms_are_open_only_when_facing():
    kinds = ["down", "desk", "open", "down", "open"]
    given = posture.labels(arms(kinds, torso_yaw_deg=[0, 20, -20, 21, -45]))
    names = [posture.CLASSES[label] for label in given]
    assert names == ["open", "open", "open", "neither", "neither"]


def test_arms_hardly_in_the_picture_are_not_learned_from():
    """From .3 on they are learned from, from .5 on the model is judged by them."""
    one = arms(["open"] * 5, arms_visible=[0.29, 0.3, 0.49, 0.5, NAN], torso_yaw_deg=0.0)
    _, number, frame = posture.rows([one])
    assert frame.tolist() == [1, 2, 3]
    assert posture.judged([one], number, frame).tolist() == [False, False, True]


def event(kind="nod", start_s=1.0, end_s=2.0, amplitude_deg=8.0):
    return {"kind": kind, "start_s": start_s, "end_s": end_s, "amplitude_deg": amplitude_deg}


MOMENTS = np.array([0.5, 0.93, 0.95, 1.05, 1.07, 1.5, 1.93, 1.95, 2.05, 2.07])


def test_moments_in_a_nod_are_nod_but_for_its_borders():
    assert nod.labels(MOMENTS, [event()]).tolist() == [0, 0, -1, -1, 1, 1, 1, -1, -1, 0]
    assert nod.labels(MOMENTS, [event("shake")]).tolist() == [0, 0, -1, -1, 2, 2, 2, -1, -1, 0]


@pytest.mark.parametrize("kind", ["tilt", "dip", "look_down"])
def test_other_movements_are_neither_from_end_to_end(kind):
    assert (nod.labels(MOMENTS, [event(kind)]) == 0).all()


@pytest.mark.parametrize(
    ("amplitude_deg", "gain", "label"),
    [
        (4, 1, 1),
        (3.9, 1, -1),
        (3, 1, -1),
        (2.9, 1, 0),
        (8, 0.5, 1),
        (8, 0.45, -1),
        (8, 0.3, 0),
        (3.5, 1.2, 1),
    ],
)
def test_small_nods_are_not_asked_for_and_the_smallest_are_none(amplitude_deg, gain, label):
    assert nod.labels(np.array([1.5]), [event(amplitude_deg=amplitude_deg)], gain).tolist() == [label]


def heads(person, clip, rate_hz=30.0, events=(), duration_s=3.0):
    time_s = times(duration_s, rate_hz)
    angles = dict.fromkeys(nod.ANGLES, np.zeros(len(time_s)))
    return recording({"time_s": time_s, **angles}, clip=clip, person=person, events=events)


def test_a_window_speaks_of_the_moment_before_its_end():
    rows, number, moment_s = nod.rows([heads("a", "one", events=[event()])])
    assert moment_s == pytest.approx(np.arange(len(moment_s)) / 20, abs=1e-6)
    assert moment_s[-1] == pytest.approx(3 - 1 / 30, abs=0.05), "the hold lets the last moments be told too"
    assert (rows.labels == nod.labels(moment_s, [event()])).all()
    assert set(number) == {0}


def test_recordings_too_slow_for_nods_are_left_out():
    assert np.unique(nod.rows([heads("a", "one", 12), heads("b", "two", 11)])[1]).tolist() == [0]


def test_persons_who_share_a_clip_go_by_one_name():
    takes = [("a", "pair"), ("b", "pair"), ("c", "alone"), ("b", "later"), ("d", "later"), ("d", "alone too")]
    rows, number, _ = nod.rows([heads(*take) for take in takes])
    names = {takes[i][0]: set(rows.persons[number == i]) for i in range(len(takes))}
    assert names["a"] == names["b"] == names["d"]
    assert len(names["a"]) == 1
    assert names["c"] == {"c"}
