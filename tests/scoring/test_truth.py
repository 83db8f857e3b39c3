"""What is true of a clip: reading it, what counts as a label, and which found event is which true one."""

import numpy as np
import pytest

from attune import InputError
from scoring.events import Event
from scoring.truth import Movement, match, read_truth, rows_at
from tests.truths import clip_truth, frame, truth


def nod(start_s, end_s, kind="nod"):
    return Event("staff", kind, start_s, end_s, 0.9)


def test_contact_is_left_out_between_and_in_blinks_and_while_the_gaze_moves():
    labels = truth(
        np.arange(7.0),
        gaze_to_lens=[0, 6, 7.5, 9, 40, 0, 0],
        blink=[0, 0.3, 0, 0, 0, 0.31, 0],
        target=["lens"] * 6 + ["moving"],
    ).contact
    np.testing.assert_array_equal(labels, [1, 1, np.nan, 0, 0, np.nan, np.nan])


def test_posture_is_open_only_when_the_trunk_faces_the_lens():
    arms = ["down", "desk", "open", "crossed", "moving", "open"]
    one = truth(np.arange(6.0), arms=arms, torso_yaw=[0, 20, -20, 0, 0, 21])
    np.testing.assert_array_equal(one.closed, [0, 0, 0, 1, np.nan, 0])
    np.testing.assert_array_equal(one.open, [1, 1, 1, 0, np.nan, 0])


def test_the_heads_angle_is_the_one_between_two_directions():
    one = truth(np.arange(2.0), head_yaw_to_lens=[60, 90], head_pitch_to_lens=[0, 45])
    np.testing.assert_allclose(one.head_deg, [60, 90])


def test_rows_are_the_nearest_in_time_or_none():
    assert rows_at([0.0, 0.1, 0.2, 0.9], [0.01, 0.14, 0.17], 0.05).tolist() == [0, 1, 2, -1]
    assert rows_at([0.5], [0.5], 0.1).tolist() == [0] and rows_at([0.5], [], 0.1).tolist() == [-1]


# ----- nods and shakes

ONE = Movement("nod", 1.0, 2.0, 8.0)
SMALL = Movement("nod", 1.0, 2.0, 4.9)
LATER = Movement("nod", 2.2, 3.2, 8.0)


@pytest.mark.parametrize(
    ("really", "events", "expected"),
    [
        ([ONE], [nod(1.7, 2.7)], (1, 0, {})),
        ([ONE], [nod(1.75, 2.75)], (0, 1, {"other": 1})),
        ([ONE], [nod(1.4, 1.6)], (1, 0, {})),
        ([ONE], [nod(1.1, 1.3), nod(1.5, 1.8)], (1, 0, {"other": 1})),
        ([ONE, LATER], [nod(0.9, 3.3)], (1, 1, {})),
        ([ONE, LATER], [nod(1.5, 2.6), nod(1.0, 1.5)], (2, 0, {})),
        ([ONE], [], (0, 1, {})),
        ([SMALL], [], (0, 0, {})),
        ([SMALL], [nod(1.0, 1.8)], (0, 0, {})),
        ([SMALL], [nod(5.0, 5.8)], (0, 0, {"other": 1})),
        ([Movement("dip", 0, 4, 12.0)], [nod(1.0, 1.5)], (0, 0, {"dip": 1})),
        ([Movement("tilt", 0, 1, 9.0), Movement("shake", 1, 2, 9.0)], [nod(0.8, 1.5)], (0, 0, {"shake": 1})),
        ([ONE], [nod(1.0, 2.0, "shake")], (0, 1, {})),
    ],
    ids=["overlap", "too-little", "middle", "twice", "one-over-two", "best-for-both", "missed",
         "small-missed", "small-found", "beside-small", "look-down", "mostly-shake", "other-kind"],
)  # fmt: skip
def test_nods_are_matched_one_to_one(really, events, expected):
    matched = match(really, events, "nod")
    assert (matched.hits, matched.misses, dict(matched.false)) == expected


# ----- files


def test_a_truth_is_read_with_its_groups(write):
    [one] = read_truth(write(clip_truth()))
    assert one.groups == {
        "skin tone": "caucasian", "age": "50 and over", "gender": "female", "glasses": "without",
        "light": "dim", "kind of clip": "solo",
    }  # fmt: skip
    assert one.side == "largest" and one.step_s == pytest.approx(0.04)
    assert one.movements == (Movement("nod", 1.0, 2.0, 6.0),)
    np.testing.assert_array_equal(one.frames["head_roll"], [3, 3])
    np.testing.assert_array_equal(one.frames["eye_x"], [300, 300])


def test_unknown_truth_may_be_null(write):
    changed = frame(0.04, gaze_to_lens=None, arms=None, eye_px=None)
    [one] = read_truth(write(clip_truth(frames=[frame(), changed])))
    np.testing.assert_array_equal(one.contact, [1, np.nan])
    np.testing.assert_array_equal(one.closed, [0, np.nan])
    assert np.isnan(one.frames["eye_y"][1])


def test_a_person_is_the_same_in_other_clothes(write):
    subject = clip_truth()["subjects"][0]
    other = write(clip_truth(subjects=[subject | {"clothes": ["b"], "glasses": True}]), "other.json")
    older = write(clip_truth(subjects=[subject | {"age": 51}]), "older.json")
    unknown = write(clip_truth(subjects=[{}]), "unknown.json")
    persons = [read_truth(path)[0].person for path in (write(clip_truth()), other, older, unknown)]
    assert persons[0] == persons[1] and len(set(persons)) == 3
    assert persons[3] == "unknown p0"


def test_of_two_people_the_one_further_left_is_left(write):
    frames = [frame(eye_px=[500, 90]) | {"p1": frame(eye_px=[200, 90])["p0"]}]
    subject = clip_truth()["subjects"][0]
    pair = clip_truth(frames=frames, subjects=[subject, subject | {"age": 20}], people=[{"events": []}] * 2)
    assert [one.side for one in read_truth(write(pair))] == ["right", "left"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "can't be read"),
        ("[]", "not a JSON object"),
        ({"video": "clip.mp4"}, "'frames' is missing"),
        (clip_truth(video="gone.mp4"), "gone.mp4"),
        (clip_truth(frames=[]), "no frames"),
        (clip_truth(frames=7), "'frames' is not a list"),
        (clip_truth(frames=[frame(0.1), frame(0.1)]), "'time_s' don't rise"),
        (clip_truth(frames=[frame(None)]), "'time_s' don't rise"),
        (clip_truth(frames=[frame(blink="shut")]), "'blink' is not a number"),
        (clip_truth(frames=[frame(arms="akimbo")]), "'akimbo'"),
        (clip_truth(frames=[frame(eye_px=[1])]), "'eye_px'"),
        (clip_truth(frames=[{"time_s": 0}]), "'p0' is missing"),
        (clip_truth(frames=["x"]), "'time_s' is not a number"),
        (clip_truth(people=["x"]), "wrong type"),
        (clip_truth(people=[]), "0 people and 1 subjects"),
        (clip_truth(people=[{"events": [{"kind": "wink"}]}]), "'wink'"),
        (clip_truth(people=[{"events": [
            {"kind": "nod", "start_s": 2, "end_s": 1, "amplitude_deg": 6}]}]), "not after its start"),
    ],
)  # fmt: skip
def test_a_malformed_truth_is_named_in_a_sentence(write, content, reason):
    with pytest.raises(InputError) as raised:
        read_truth(write(content))
    assert "clip.json" in str(raised.value) and reason in str(raised.value)
    assert "\n" not in str(raised.value)
