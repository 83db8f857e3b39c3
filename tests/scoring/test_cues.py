"""Eye contact, posture, nods and what can't be measured, on people built to be known."""

from itertools import pairwise

import numpy as np
import pytest

from scoring.events import Event
from scoring.eye_contact import eye_contact_events
from scoring.measurable import not_measurable_events, timeline
from scoring.nod import fast_enough, head_cycles, nod_events
from scoring.posture import facing, posture_events
from scoring.profile import Profile
from tests.synthetic import during, nodding, person, shaking, signals, times

LIMITS = Profile.load().hysteresis


def table(time, *args, **columns):
    return signals(person(time, *args, **columns)).person("staff")


def spans(events, kind):
    return [(round(e.start_s, 3), round(e.end_s, 3)) for e in events if e.kind == kind]


def eyes(rows):
    return eye_contact_events(rows, "staff", LIMITS["eye_contact"], LIMITS["gaze_away"])


def hidden(rows, missing=()):
    events = not_measurable_events(rows, timeline(rows, "staff"), 0.5, missing)
    return [
        (e.attributes["cue"], e.attributes["reason"], round(e.start_s, 3), round(e.end_s, 3)) for e in events
    ]


def test_eye_contact_and_gaze_away_share_the_time():
    events = eyes(table(times(10), eye_contact=[(0, 4), (6, 10)]))
    assert spans(events, "eye_contact") == [(0, 4), (6, 10)]
    assert spans(events, "gaze_away") == [(4, 6)]


def test_a_blink_seen_as_nan_does_not_split_eye_contact():
    events = eyes(table(times(6), eye_contact=[(0, 6)], unseen=[(2, 2.3)]))
    assert spans(events, "eye_contact") == [(0, 6)]
    assert events[0].coverage == pytest.approx(5.7 / 6)


def test_a_blink_seen_as_closed_lids_does_not_split_eye_contact():
    time = times(6)
    openness = during(time, [(2, 2.4)], yes=0.05, no=0.3)
    rows = table(time, eye_contact=[(0, 2), (2.4, 6)], eye_openness=openness)
    assert spans(eyes(rows), "eye_contact") == [(0, 6)]
    assert spans(eyes(rows), "gaze_away") == []


def test_a_long_look_down_with_lowered_lids_is_gaze_away():
    time = times(10)
    openness = during(time, [(4, 7)], yes=0.1, no=0.3)
    rows = table(time, eye_contact=[(0, 4), (7, 10)], eye_openness=openness)
    assert spans(eyes(rows), "gaze_away") == [(4, 7)]


def test_time_without_a_face_is_neither_eye_contact_nor_gaze_away():
    rows = table(times(10), eye_contact=[(0, 5)], unseen=[(3, 6)])
    assert spans(eyes(rows), "eye_contact") == [(0, 3)]
    assert spans(eyes(rows), "gaze_away") == [(6, 10)]


def test_eye_contact_and_gaze_away_never_overlap_whatever_the_probability():
    time = times(60)
    rng = np.random.default_rng(3)
    prob = np.repeat(rng.uniform(0, 1, 450), 4)
    prob[rng.uniform(size=len(prob)) < 0.1] = np.nan
    events = eyes(table(time, eye_contact_prob=prob))
    events.sort(key=lambda event: event.start_s)
    assert {event.kind for event in events} == {"eye_contact", "gaze_away"}
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in pairwise(events))


def test_postures():
    rows = table(times(20), open_posture=[(0, 8)], closed_posture=[(9, 20)])
    events = posture_events(rows, "staff", LIMITS)
    assert spans(events, "open_posture") == [(0, 8)]
    assert spans(events, "closed_posture") == [(9, 20)]


def test_facing_is_within_twenty_degrees_of_the_target():
    yaw = np.array([0, 20, -20, 20.5, np.nan, 40])
    rows = table(np.arange(6) / 10, torso_yaw_deg=yaw)
    np.testing.assert_array_equal(facing(rows), [1, 1, 1, 0, np.nan, 0])
    turned = rows.assign(target_yaw_deg=30.0)
    np.testing.assert_array_equal(facing(turned), [0, 1, 0, 1, np.nan, 1])


@pytest.mark.parametrize(("cycles", "hz", "amplitude"), [(1, 2.0, 6.0), (2, 1.7, 10.0), (3, 2.9, 8.0)])
@pytest.mark.parametrize("rate", [15.0, 25.0, 60.0])
def test_cycles_and_amplitude_of_nods(cycles, hz, amplitude, rate):
    time = times(6, rate)
    end = 2 + cycles / hz
    rows = table(time, nods=[(2, end)], head_pitch_deg=nodding(time, 2, cycles, hz, amplitude) - 12)
    (event,) = nod_events(rows, "staff", LIMITS)
    assert event.attributes["cycles"] == cycles
    # Few frames a cycle miss its lowest point.
    assert event.attributes["amplitude_deg"] == pytest.approx(amplitude, rel=0.2 if rate == 15 else 0.1)


@pytest.mark.parametrize(("cycles", "hz", "amplitude"), [(1, 2.0, 12.0), (2, 1.7, 8.0), (3, 2.5, 14.0)])
def test_cycles_and_amplitude_of_shakes(cycles, hz, amplitude):
    time = times(6, 30)
    rows = table(time, shakes=[(2, 2 + cycles / hz)], head_yaw_deg=shaking(time, 2, cycles, hz, amplitude))
    (event,) = nod_events(rows, "staff", LIMITS)
    assert event.kind == "shake"
    assert event.attributes["cycles"] == cycles
    assert event.attributes["amplitude_deg"] == pytest.approx(amplitude, rel=0.15)


def test_a_turn_of_the_head_during_a_nod_is_no_cycle():
    time = times(6, 30)
    pitch = nodding(time, 2, 2, 2.0, 6.0) - 25 * (time > 3.1)
    cycles, amplitude = head_cycles(time, pitch, Event("staff", "nod", 2, 3.2))
    assert cycles == 2
    assert amplitude == pytest.approx(6, rel=0.15)


@pytest.mark.parametrize("amplitude_deg", [0.0, 1.5])
def test_without_a_whole_cycle_there_is_no_nod(amplitude_deg):
    time = times(4)
    still = table(time, nods=[(1, 2)], head_pitch_deg=nodding(time, 1, 2, 2, amplitude_deg))
    assert nod_events(still, "staff", LIMITS) == []


def test_probabilities_without_angles_are_believed():
    time = times(4)
    unknown = np.full(len(time), np.nan)
    (event,) = nod_events(table(time, nods=[(1, 2)], head_pitch_deg=unknown), "staff", LIMITS)
    assert dict(event.attributes) == {}


def test_nods_need_twelve_frames_a_second():
    assert fast_enough(times(4, 12)).all()
    assert fast_enough(times(4, 12000 / 1001)).all()
    assert not fast_enough(times(4, 11)).any()
    assert not fast_enough(np.array([0.0])).any()
    rows = table(times(6, 10), nods=[(2, 3)])
    assert nod_events(rows, "staff", LIMITS) == []
    assert ("nod", "frame_rate_too_low", 0, 6) in hidden(rows)


def test_the_frame_rate_is_judged_locally():
    time = np.concatenate([times(5, 30), 5 + times(5, 8)])
    slow = [span for span in hidden(table(time)) if span[1] == "frame_rate_too_low"]
    assert len(slow) == 1
    assert slow[0][2] == pytest.approx(5, abs=0.5)
    assert slow[0][3] == pytest.approx(10, abs=0.1)


def test_one_lost_frame_does_not_lower_the_frame_rate():
    time = np.delete(times(4, 14), 20)
    assert fast_enough(time).all()


def test_no_face_hides_eyes_and_nods_no_body_the_posture():
    assert sorted(hidden(table(times(10), unseen=[(2, 5)]))) == [
        ("eye_contact", "no_face", 2, 5), ("nod", "no_face", 2, 5), ("posture", "no_body", 2, 5),
    ]  # fmt: skip


def test_short_gaps_are_not_reported():
    assert hidden(table(times(10), unseen=[(2, 2.4)])) == []


def test_a_profile_view_hides_the_eyes():
    time = times(10)
    turned = [(4, 7)]
    rows = table(
        time,
        head_yaw_deg=during(time, turned, yes=60.0),
        eye_contact_prob=during(time, turned, yes=np.nan),
    )
    assert hidden(rows) == [("eye_contact", "head_turned_away", 4, 7)]


def test_eyes_that_are_not_seen_in_a_frontal_face():
    time = times(10)
    assert hidden(table(time, eye_contact_prob=during(time, [(4, 7)], yes=np.nan))) == [
        ("eye_contact", "eyes_not_visible", 4, 7)
    ]


def test_arms_out_of_the_picture():
    time = times(10)
    away = during(time, [(4, 7)])
    unknown = np.where(away, np.nan, 0.0)
    rows = table(time, arms_visible=0.9 - 0.8 * away, open_posture_prob=unknown, closed_posture_prob=unknown)
    assert hidden(rows) == [("posture", "arms_not_visible", 4, 7)]


def test_a_brief_change_of_reason_does_not_cut_a_span():
    time = times(10)
    yaw = during(time, [(4, 4.2)], yes=60.0)
    rows = table(time, head_yaw_deg=yaw, eye_contact_prob=during(time, [(3, 7)], yes=np.nan))
    assert hidden(rows) == [("eye_contact", "eyes_not_visible", 3, 7)]


def test_two_lasting_reasons_are_two_spans():
    time = times(10)
    yaw = during(time, [(3, 5)], yes=60.0)
    rows = table(time, head_yaw_deg=yaw, eye_contact_prob=during(time, [(3, 7)], yes=np.nan))
    assert hidden(rows) == [
        ("eye_contact", "head_turned_away", 3, 5), ("eye_contact", "eyes_not_visible", 5, 7),
    ]  # fmt: skip


def test_time_without_pictures_is_not_measurable():
    time = np.concatenate([times(3), 8 + times(3)])
    spans = [span for span in hidden(table(time)) if span[0] == "posture"]
    assert spans == [("posture", "no_frame", pytest.approx(3.07, abs=0.01), 8)]


def test_a_column_that_is_not_in_the_table():
    rows = signals(person(times(2)).drop(columns=["eye_contact_prob"])).person("staff")
    missing = ("eye_contact_prob", "eye_yaw_deg", "eye_pitch_deg")
    assert hidden(rows, missing) == [("eye_contact", "column_missing", 0, 2)]
