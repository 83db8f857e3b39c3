"""The one hysteresis: known answers, and what must hold for every series."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune import InputError
from scoring.events import (
    EVENT_COLUMNS,
    Event,
    EventDetector,
    Hysteresis,
    detect,
    events_from_table,
    events_table,
    frame_ends,
    inside,
    nominal_step,
)

PLAIN = Hysteresis(onset=0.6, offset=0.4)
NAN = float("nan")


def spans(events):
    return [(round(event.start_s, 6), round(event.end_s, 6)) for event in events]


def found(prob, hysteresis=PLAIN, step=0.1, time=None):
    time = np.arange(len(prob)) * step if time is None else time
    return detect(time, prob, "nod", "staff", hysteresis)


def test_opens_at_the_onset_and_stays_down_to_the_offset():
    assert spans(found([0.5, 0.6, 0.5, 0.4, 0.39, 0.5])) == [(0.1, 0.4)]


def test_the_last_frame_lasts_one_nominal_step():
    assert spans(found([0, 0, 1])) == [(0.2, 0.3)]
    assert spans(found([1])) == [(0.0, 0.033333)]


def test_a_frame_lasts_no_longer_than_three_nominal_steps():
    time = np.array([0, 0.1, 0.2, 2.0, 2.1, 2.2])
    assert spans(found([1] * 6, time=time)) == [(0.0, 0.5), (2.0, 2.3)]


def test_short_events_are_dropped_after_gaps_were_filled():
    hysteresis = Hysteresis(0.6, 0.4, min_duration_on_s=0.3, min_duration_off_s=0.2)
    assert spans(found([0, 1, 1, 0, 0, 1, 0, 1, 0, 0], hysteresis)) == [(0.5, 0.8)]


def test_a_gap_as_long_as_min_duration_off_splits():
    hysteresis = Hysteresis(0.6, 0.4, min_duration_off_s=0.2)
    assert spans(found([1, 0, 1, 0, 0, 1], hysteresis)) == [(0.0, 0.3), (0.5, 0.6)]


def test_only_the_onset_reopens_after_a_dip_but_the_offset_is_enough_after_nan():
    hysteresis = Hysteresis(0.6, 0.4, min_duration_off_s=0.3, max_gap_s=0.3)
    assert spans(found([1, 0, 0.5, 0.5, 0.5, 1], hysteresis)) == [(0.0, 0.1), (0.5, 0.6)]
    assert spans(found([1, NAN, 0.5, 0.5, 0], hysteresis)) == [(0.0, 0.4)]


def test_nan_is_bridged_up_to_the_longest_gap_and_lowers_the_coverage():
    hysteresis = Hysteresis(0.6, 0.4, max_gap_s=0.2)
    (event,) = found([1, 1, NAN, NAN, 1, 0], hysteresis)
    assert spans([event]) == [(0.0, 0.5)]
    assert event.coverage == pytest.approx(3 / 5)


def test_a_longer_nan_ends_the_event_where_it_was_last_measured():
    hysteresis = Hysteresis(0.6, 0.4, max_gap_s=0.2)
    assert spans(found([1, 1, NAN, NAN, NAN, 1], hysteresis)) == [(0.0, 0.2), (0.5, 0.6)]


def test_peak_is_the_largest_probability():
    (event,) = found([0.7, 0.9, 0.8])
    assert event.peak_prob == 0.9


def test_a_live_event_comes_out_as_soon_as_it_has_ended():
    detector = EventDetector("nod", "staff", PLAIN, 0.1)
    assert [detector.push(0.1 * k, p) for k, p in enumerate([0, 1, 1, 0])] == [[], [], [], []]
    assert detector.active
    assert spans(detector.push(0.4, 0)) == [(0.1, 0.3)]
    assert not detector.active


def test_finish_cuts_the_last_frame_at_the_end_of_the_recording():
    detector = EventDetector("nod", "staff", PLAIN, 0.1)
    detector.push([0, 0.1], [1, 1])
    assert spans(detector.finish(end_s=0.15)) == [(0.0, 0.15)]


@pytest.mark.parametrize(
    ("time", "prob", "words"),
    [([0, 0], [1, 1], "don't rise"), ([0], [1.5], "outside 0 to 1"), ([0, 1], [1], "2 times for 1")],
)
def test_wrong_series_are_refused(time, prob, words):
    with pytest.raises(InputError, match=words):
        EventDetector("nod", "staff", PLAIN, 0.1).push(time, prob)


def test_times_must_rise_from_call_to_call():
    detector = EventDetector("nod", "staff", PLAIN, 0.1)
    detector.push(1.0, 0.5)
    with pytest.raises(InputError, match="don't rise"):
        detector.push(0.9, 0.5)


@pytest.mark.parametrize(
    "values",
    [(0.4, 0.6), (0.6, 0.0), (1.1, 0.5), (0.6, 0.4, -1), (0.6, 0.4, 0, NAN), (0.6, 0.4, 0, 0, float("inf"))],
)
def test_impossible_hysteresis_is_refused(values):
    with pytest.raises(InputError):
        Hysteresis(*values)


@pytest.mark.parametrize(
    "values",
    [
        ("staff", "mood", 0, 1), ("staff", "nod", 1, 1), ("staff", "nod", 0, 1, 2.0),
        ("staff", "nod", 0, 1, 0.5, 1.5), ("staff", "nod", 0, 1, 0.5, 1.0, {"colour": 1}),
    ],
)  # fmt: skip
def test_impossible_events_are_refused(values):
    with pytest.raises(InputError):
        Event(*values)


def test_inside_marks_the_frames_that_begin_in_an_event():
    time = np.arange(6) * 0.1
    assert inside(time, found([0, 1, 1, 0, 0, 1])).tolist() == [False, True, True, False, False, True]
    assert inside(time, []).tolist() == [False] * 6


def test_frame_ends_never_reach_into_the_next_frame():
    assert frame_ends([0, 1, 1.5]).tolist() == [1, 1.5, 2.25]
    assert nominal_step([0, 1, 1.5]) == 0.75


def test_the_table_of_events_gives_them_back():
    events = [
        Event("staff", "nod", 1, 2, 0.9, 0.8, {"cycles": 2.0, "amplitude_deg": 7.5}),
        Event("staff", "not_measurable", 0, 4, coverage=0.0, attributes={"cue": "nod", "reason": "no_face"}),
    ]
    table = events_table(events)
    assert tuple(table.columns) == EVENT_COLUMNS
    assert table["start_s"].tolist() == [0, 1]
    back = events_from_table(table)
    assert back[1] == events[0]
    assert dict(back[0].attributes) == dict(events[1].attributes)
    assert tuple(events_table([]).columns) == EVENT_COLUMNS


def test_a_table_without_its_columns_is_refused():
    with pytest.raises(InputError, match="coverage"):
        events_from_table(events_table([]).drop(columns="coverage"))


probabilities = st.lists(
    st.one_of(st.just(NAN), st.floats(0, 1), st.sampled_from([0.0, 0.5, 1.0])), max_size=60
)
seconds = st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.7])
thresholds = st.tuples(st.floats(0.05, 1), st.floats(0.05, 1)).map(sorted)
hystereses = st.builds(
    lambda limits, on, off, gap: Hysteresis(limits[1], limits[0], on, off, gap),
    thresholds, seconds, seconds, seconds,
)  # fmt: skip
steps = st.lists(st.sampled_from([0.04, 0.05, 0.1, 0.9]), min_size=60, max_size=60)


@given(probabilities, steps, hystereses, st.lists(st.integers(0, 60), max_size=8))
def test_it_makes_no_difference_how_frames_are_cut_into_calls(prob, step, hysteresis, cuts):
    time = np.cumsum(step)[: len(prob)]
    whole = EventDetector("nod", "staff", hysteresis, 0.05)
    parts = EventDetector("nod", "staff", hysteresis, 0.05)
    at_once = whole.push(time, prob) + whole.finish()
    bounds = [0, *sorted(min(cut, len(prob)) for cut in cuts), len(prob)]
    in_parts = [
        event for first, last in pairwise(bounds) for event in parts.push(time[first:last], prob[first:last])
    ] + parts.finish()
    assert in_parts == at_once


@given(probabilities, steps, hystereses)
def test_events_are_apart_measured_and_long_enough(prob, step, hysteresis):
    time, prob = np.cumsum(step)[: len(prob)], np.array(prob)
    events = detect(time, prob, "nod", "staff", hysteresis)
    ends = frame_ends(time)
    for event in events:
        assert event.duration_s >= hysteresis.min_duration_on_s - 1e-6
        assert event.start_s in time
        assert np.isclose(ends, event.end_s).any()
        # Both ends are frames that were measured, and the first of them reached the onset.
        first, last = np.searchsorted(time, event.start_s), np.searchsorted(time, event.end_s - 1e-9) - 1
        assert prob[first] >= hysteresis.onset
        assert prob[last] >= hysteresis.offset
        assert event.peak_prob >= hysteresis.onset
    for one, next_one in pairwise(events):
        assert one.end_s <= next_one.start_s


@given(st.integers(0, 60), hystereses)
def test_nan_is_never_an_event(n, hysteresis):
    assert found([NAN] * n, hysteresis) == []
