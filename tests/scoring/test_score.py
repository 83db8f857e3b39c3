"""Scores and their intervals: known answers for known people."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attune import InputError
from scoring.interval import (
    BIN_S,
    mean_interval,
    poisson,
    rate_interval,
    share_interval,
    wilson,
)
from scoring.judge import judge
from scoring.profile import Profile
from scoring.score import PERSON_SCORES, WHILE, Score
from tests.synthetic import during, person, signals, times

PROFILE = Profile.load()


def scores(table, **options):
    return judge(signals(table), PROFILE, **options).scores["staff"]


def on_off(rng, duration_s, on_s, off_s):
    """Seconds by bin of a behaviour that switches on and off at random."""
    fine = round(duration_s * 10)
    state, values, at = bool(rng.random() < on_s / (on_s + off_s)), np.zeros(fine), 0.0
    while at < duration_s:
        lasts = rng.exponential(on_s if state else off_s)
        values[round(at * 10) : round((at + lasts) * 10)] = state
        at, state = at + lasts, not state
    return values.reshape(-1, 5).sum(axis=1) / 10


def test_shares_are_of_measured_time():
    table = person(times(100), eye_contact=[(0, 30), (60, 70)], unseen=[(80, 100)], open_posture=[(0, 60)])
    got = scores(table)
    assert got["eye_contact_share"].value == pytest.approx(40 / 80, abs=1e-3)
    assert got["open_posture_share"].value == pytest.approx(60 / 80, abs=1e-3)
    assert got["closed_posture_share"].value == 0
    assert got["eye_contact_share"].coverage == pytest.approx(0.8, abs=1e-3)


def test_blinks_count_neither_for_nor_against():
    table = person(
        times(60), eye_contact=[(0, 60)], unseen=[(start, start + 0.2) for start in range(1, 59, 3)]
    )
    assert scores(table)["eye_contact_share"].value == 1
    assert scores(table)["eye_contact_share"].coverage < 0.95


def test_bouts_and_looks_away():
    got = scores(person(times(60), eye_contact=[(0, 4), (10, 12), (30, 36)]))
    assert got["eye_contact_mean_bout_s"].value == pytest.approx(4)
    assert got["longest_gaze_away_s"].value == pytest.approx(24)
    assert got["longest_gaze_away_s"].ci95 is None
    assert "no interval" in got["longest_gaze_away_s"].reason


def test_no_bout_has_no_mean_and_no_look_away_no_length():
    never = scores(person(times(60)))
    assert never["eye_contact_share"].value == 0
    assert never["eye_contact_mean_bout_s"].value is None
    assert never["eye_contact_mean_bout_s"].reason
    assert scores(person(times(60), eye_contact=[(0, 60)]))["longest_gaze_away_s"].value == 0


def test_facing_is_its_own_measure():
    unknown = np.full(1800, np.nan)
    table = person(times(60), facing=[(0, 45)], open_posture_prob=unknown, closed_posture_prob=unknown)
    got = scores(table)
    assert got["facing_share"].value == pytest.approx(0.75, abs=1e-3)
    assert got["open_posture_share"].value is None
    turned = scores(table.assign(target_yaw_deg=45.0))
    assert turned["facing_share"].value == pytest.approx(0.25, abs=1e-3)


def test_nods_are_counted_and_rated_by_measured_minutes():
    nods = [(start, start + 1) for start in range(5, 60, 10)]
    got = scores(person(times(120), nods=nods, shakes=[(62, 63)], unseen=[(80, 110)]))
    assert got["nod_count"].value == 6
    assert got["nods_per_min"].value == pytest.approx(6 / 1.5, abs=0.01)
    assert got["shake_count"].value == 1
    assert got["nod_count"].ci95[0] <= 6 <= got["nod_count"].ci95[1]


def test_half_a_second_counts_nods_but_has_no_rate():
    got = scores(person(times(0.5), nods=[(0, 0.5)]))
    assert got["nod_count"].value == 1
    assert got["nods_per_min"].value is None
    assert "10 s" in got["nods_per_min"].reason


def test_below_minimum_coverage_there_is_a_reason_instead_of_a_value():
    got = scores(person(times(60), eye_contact=[(0, 60)], unseen=[(20, 60)]))
    for name in set(PERSON_SCORES) - set(WHILE):
        assert got[name].value is None, name
        assert got[name].ci95 is None
        assert got[name].coverage == pytest.approx(1 / 3, abs=1e-3)
    assert "no face was found" in got["eye_contact_share"].reason
    assert "no body was found" in got["facing_share"].reason


def test_each_cue_has_its_own_coverage():
    time = times(60)
    table = person(time, eye_contact=[(0, 20)], eye_contact_prob=during(time, [(20, 60)], yes=np.nan, no=0.9))
    got = scores(table)
    assert got["eye_contact_share"].value is None
    assert got["nod_count"].value == 0


def test_a_table_without_rows_is_not_measurable():
    judgement = judge(signals(person(times(0))), PROFILE)
    assert all(score.value is None for score in judgement.scores["staff"].values())
    assert judgement.events == []
    assert judgement.feedback == []


def test_one_frame_is_judged():
    got = scores(person(times(1 / 30), eye_contact=[(0, 1)]))
    assert got["nod_count"].value is None


def test_two_people_are_measured_against_the_same_session():
    staff, client = person(times(60), eye_contact=[(0, 30)]), person(times(20))
    table = signals(staff.assign(person="staff")).table
    both = np.concatenate([table.to_numpy(), signals(client.assign(person="client")).table.to_numpy()])
    judgement = judge(signals(type(table)(both, columns=table.columns)), PROFILE)
    assert set(judgement.scores) == {"staff", "client", "dyad"}
    assert judgement.scores["client"]["eye_contact_share"].value is None
    assert "no picture" in judgement.scores["client"]["eye_contact_share"].reason
    assert judgement.scores["staff"]["eye_contact_share"].value == pytest.approx(0.5)


def test_gaps_in_the_recording_lower_the_coverage():
    time = np.concatenate([times(30), 40 + times(20)])
    got = scores(person(time, eye_contact=[(0, 60)]))
    assert got["eye_contact_share"].coverage == pytest.approx(50 / 60, abs=0.01)


def test_the_same_seed_gives_the_same_judgement_and_another_one_a_close_one():
    table = person(times(300), eye_contact=[(start, start + 3) for start in range(0, 290, 7)])
    one, same, other = (scores(table, seed=seed)["eye_contact_share"] for seed in (0, 0, 1))
    assert one == same
    assert one.value == other.value
    assert one.ci95 == pytest.approx(other.ci95, abs=0.03)


def test_a_longer_session_is_surer():
    rng = np.random.default_rng(5)
    part = on_off(rng, 1200, 3, 2)
    whole = np.full(len(part), BIN_S)
    widths = []
    for seconds in (14, 60, 240, 1200):
        bins = round(seconds / BIN_S)
        low, high = share_interval(part[:bins], whole[:bins], 0)
        widths.append(high - low)
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > 0.5


@pytest.mark.parametrize(("on_s", "off_s", "least"), [(3, 2, 0.88), (15, 10, 0.82)])
def test_intervals_hold_the_true_share(on_s, off_s, least):
    # The bound is loose: 100 sessions estimate the coverage to about 5 %, at fixed seeds.
    rng, held = np.random.default_rng(11), 0
    for seed in range(100):
        part = on_off(rng, 240, on_s, off_s)
        low, high = share_interval(part, np.full(len(part), BIN_S), seed)
        held += low <= on_s / (on_s + off_s) <= high
    assert held / 100 >= least


def test_all_or_nothing_is_not_taken_for_certainty():
    whole = np.full(240, BIN_S)
    low, high = share_interval(whole, whole, 0)
    assert 0.6 < low < 0.9
    assert high == 1


def test_intervals_for_few_counts_are_exact():
    # Garwood's limits for 0 and 4 counts, as tabled.
    assert poisson(0) == pytest.approx((0, 3.689), abs=1e-3)
    assert poisson(4) == pytest.approx((1.090, 10.242), abs=1e-3)
    assert rate_interval(np.zeros(240), np.full(240, BIN_S), 0) == pytest.approx((0, 3.689 / 120), abs=1e-5)


def test_wilson():
    # Newcombe (1998), Statistics in Medicine 17: 81 of 263.
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)


def test_a_single_bout_says_little_about_the_mean():
    low, high = mean_interval(np.array([4.0] + [0.0] * 119), np.array([1.0] + [0.0] * 119), 0, 60.0)
    assert low < 1.5
    assert high > 40


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=300), st.integers(0, 3))
def test_share_intervals_are_ordered_within_bounds_and_hold_the_value(pairs, seed):
    whole = BIN_S * np.array([b for _, b in pairs])
    part = whole * np.array([a for a, _ in pairs])
    interval = share_interval(part, whole, seed)
    if whole.sum() < 1e-6:
        assert interval is None
        return
    value = part.sum() / whole.sum()
    assert -1e-9 <= interval[0] <= value + 1e-9
    assert value - 1e-9 <= interval[1] <= 1 + 1e-9
    assert interval == share_interval(part, whole, seed)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=300))
def test_rate_intervals_hold_the_value(counts):
    whole = np.full(len(counts), BIN_S)
    low, high = rate_interval(np.array(counts, float), whole, 0)
    assert 0 <= low <= sum(counts) / whole.sum() <= high


@pytest.mark.parametrize(
    "values",
    [
        (None, "share", None, 0.2), (None, "share", (0, 1), 0.2, "why"), (0.5, "share", (0.6, 0.7), 1.0),
        (0.5, "share", None, 1.2),
    ],
)  # fmt: skip
def test_impossible_scores_are_refused(values):
    with pytest.raises(InputError):
        Score(*values)
