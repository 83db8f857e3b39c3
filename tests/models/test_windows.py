"""Resampling and windows: known answers, holes, edges, and nothing seen of what is still to come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.windows import at_clock, resample, trailing

NAN = float("nan")


def column(*values: float) -> np.ndarray:
    return np.array(values, float)[:, None]


def test_a_line_stays_a_line():
    time_s = np.array([0.0, 0.1, 0.25, 0.3, 0.5])
    clock_s, even = resample(time_s, (2 + 3 * time_s)[:, None], 20, 0.3)
    assert clock_s == pytest.approx(np.arange(11) / 20)
    assert even[:, 0] == pytest.approx(2 + 3 * clock_s)


def test_a_sinusoid_stays_one():
    """Straight lines between points h apart are off by at most h² / 8 of the second derivative."""
    rng = np.random.default_rng(0)
    rate, hz, amplitude = 30.0, 2.0, 10.0
    time_s = np.arange(300) / rate + rng.uniform(-0.3, 0.3, 300) / rate
    omega = 2 * np.pi * hz
    wave = amplitude * np.stack([np.sin(omega * time_s), np.cos(omega * time_s)], axis=1)
    clock_s, even = resample(time_s, wave, 20, 0.3)
    assert np.diff(clock_s) == pytest.approx(np.full(len(clock_s) - 1, 0.05))
    assert clock_s[0] == time_s[0]
    assert time_s[-1] - 0.05 < clock_s[-1] <= time_s[-1]
    expected = amplitude * np.stack([np.sin(omega * clock_s), np.cos(omega * clock_s)], axis=1)
    limit = np.diff(time_s).max() ** 2 / 8 * amplitude * omega**2
    assert np.abs(even - expected).max() <= limit
    assert limit < 0.07 * amplitude


def test_a_time_axis_that_begins_late_only_moves_the_clock():
    time_s, values = np.arange(8) / 30, column(3, 1, 4, 1, 5, 9, 2, 6)
    clock_s, even = resample(time_s, values, 20, 0.3)
    later_s, later = resample(time_s + 100, values, 20, 0.3)
    assert later_s == pytest.approx(clock_s + 100)
    assert later == pytest.approx(even)


@pytest.mark.parametrize("known_s", [0.3, 0.31])
def test_a_gap_is_bridged_up_to_its_limit(known_s):
    _, even = resample(np.array([0.0, known_s, known_s + 0.1]), column(0, known_s, known_s + 0.1), 20, 0.3)
    inside = even[1:6, 0]
    if known_s > 0.3:
        assert np.isnan(inside).all()
    else:
        assert inside == pytest.approx([0.05, 0.1, 0.15, 0.2, 0.25])


def test_short_gaps_are_bridged_and_long_ones_stay():
    time_s = np.arange(10) / 10
    values = column(0, 1, NAN, 3, 4, NAN, NAN, NAN, 8, 9)
    _, even = resample(time_s, values, 10, 0.25)
    assert even[:5, 0] == pytest.approx([0, 1, 2, 3, 4])
    assert np.isnan(even[5:8]).all()
    assert even[8:, 0] == pytest.approx([8, 9])


def test_times_without_frames_are_gaps_too():
    _, even = resample(np.array([0.0, 0.1, 1.0, 1.1]), column(0, 1, 2, 3), 10, 0.3)
    assert np.isnan(even[2:10]).all()
    assert np.isfinite(even[[0, 1, 10, 11]]).all()


def test_a_row_counts_only_when_whole():
    values = np.array([[0.0, 0.0], [NAN, 5.0], [2.0, 2.0]])
    _, even = resample(np.array([0.0, 0.1, 0.2]), values, 10, 0.3)
    assert even[1] == pytest.approx([1, 1])


def test_nothing_before_the_first_or_after_the_last_known():
    _, even = resample(np.arange(5) / 10, column(NAN, 1, 2, 3, NAN), 10, 1.0)
    assert np.isnan(even[[0, 4]]).all()
    assert even[1:4, 0] == pytest.approx([1, 2, 3])


@pytest.mark.parametrize("values", [np.empty((0, 2)), np.full((4, 2), NAN)], ids=["no rows", "nothing known"])
def test_nothing_to_go_by(values):
    clock_s, even = resample(np.arange(len(values)) / 10, values, 10, 0.3)
    assert even.shape == (len(clock_s), 2)
    assert not np.isfinite(even).any()


def test_another_clock_may_begin_before_and_end_after_what_was_measured():
    clock_s = np.array([-0.1, 0.0, 0.05, 0.2, 0.3])
    given = at_clock(np.array([0.0, 0.1, 0.2]), column(0, 1, 2), clock_s, 0.3)
    assert given[:, 0] == pytest.approx([NAN, 0, 0.5, 2, NAN], nan_ok=True)
    assert np.isnan(at_clock(np.empty(0), np.empty((0, 2)), clock_s, 0.3)).all()


def test_windows_end_at_each_sample_oldest_first():
    windows = trailing(column(0, 1, 2, 3, 4), 3)
    assert windows.shape == (5, 3, 1)
    assert windows[4, :, 0].tolist() == [2, 3, 4]
    assert windows[2, :, 0].tolist() == [0, 1, 2]


def test_before_the_beginning_the_first_sample_is_repeated():
    assert trailing(column(5, 6, 7), 4)[:, :, 0].tolist() == [[5, 5, 5, 5], [5, 5, 5, 6], [5, 5, 6, 7]]


def test_holes_take_the_next_known_sample_and_an_unknown_end_is_no_window():
    windows = trailing(column(0, 1, NAN, 3, NAN), 3)
    assert windows[3, :, 0].tolist() == [1, 3, 3]
    assert np.isnan(windows[[2, 4]]).all()


def test_no_samples_give_no_windows():
    assert trailing(np.empty((0, 3)), 25).shape == (0, 25, 3)


def test_each_column_has_its_own_windows():
    even = np.stack([np.arange(6.0), 10 + np.arange(6.0)], axis=1)
    windows = trailing(even, 3)
    assert windows.shape == (6, 3, 2)
    assert windows[4].tolist() == [[2, 12], [3, 13], [4, 14]]


def test_windows_are_copies():
    even = column(1, 2, 3)
    trailing(even, 2)[:] = 0
    assert even[:, 0].tolist() == [1, 2, 3]


def test_a_window_of_one_sample_is_the_sample():
    assert trailing(column(1, NAN, 3), 1)[:, 0, 0] == pytest.approx([1, NAN, 3], nan_ok=True)


MEASURED = st.lists(
    st.tuples(st.floats(0.01, 0.2), st.one_of(st.floats(-90, 90), st.just(NAN))), min_size=2, max_size=40
)


@given(frames=MEASURED, known=st.integers(1, 39))
def test_what_was_known_stays_as_it_was_when_more_comes(frames, known):
    """Live and in batch the same: no sample and no window that could be told depends on later frames."""
    steps, values = np.array(frames).T
    time_s, values = np.cumsum(steps), values[:, None]
    now_s, now = resample(time_s[:known], values[:known], 20, 0.3)
    later_s, later = resample(time_s, values, 20, 0.3)
    assert (later_s[: len(now_s)] == now_s).all()
    told = np.isfinite(now[:, 0])
    assert later[: len(now)][told] == pytest.approx(now[told])
    assert trailing(later, 5)[: len(now)][told] == pytest.approx(trailing(now, 5)[told])


@given(
    values=st.lists(st.one_of(st.floats(-90, 90), st.just(NAN)), min_size=1, max_size=30),
    length=st.integers(1, 8), changed=st.floats(-90, 90), data=st.data(),
)  # fmt: skip
def test_a_window_never_sees_a_later_sample(values, length, changed, data):
    at = data.draw(st.integers(0, len(values) - 1))
    before = trailing(column(*values), length)
    after = trailing(column(*values[:at], *[changed] * (len(values) - at)), length)
    assert before[:at] == pytest.approx(after[:at], nan_ok=True)
    ends = np.arange(length)
    if np.isfinite(values[at]):
        assert np.isin(before[at, :, 0], values[max(0, at - ends[-1]) : at + 1]).all()


@given(
    steps=st.lists(st.floats(0.01, 0.2), min_size=2, max_size=40),
    values=st.lists(st.one_of(st.floats(-90, 90), st.just(NAN)), min_size=2, max_size=40),
)
def test_no_value_is_made_up_outside_what_was_measured(steps, values):
    n = min(len(steps), len(values))
    time_s, known = np.cumsum(steps[:n]), np.array(values[:n])
    clock_s, even = resample(time_s, known[:, None], 20, 0.3)
    assert len(clock_s) == len(even)
    found = even[np.isfinite(even)]
    if len(found):
        assert np.nanmin(known) - 1e-9 <= found.min() <= found.max() <= np.nanmax(known) + 1e-9
    windows = trailing(even, 5)
    assert np.isfinite(windows[:, -1]).all(axis=1).tolist() == np.isfinite(even[:, 0]).tolist()
    assert np.isfinite(windows).all(axis=(1, 2)).tolist() == np.isfinite(even[:, 0]).tolist()
