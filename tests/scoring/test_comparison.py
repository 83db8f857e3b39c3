"""Differences of two sessions: right on average, honest about what can't be told."""

import math

import numpy as np
import pytest
from scipy import stats

from attune import InputError
from scoring.comparison import (
    BY_CHANCE,
    NO_CLEAR_CHANGE,
    NOT_COMPARED,
    Difference,
    change,
    changes,
    difference,
    measured_alike,
    same_recording,
    short,
    signed,
    unlike,
)
from scoring.interval import BIN_S, poisson, share_interval, wilson
from scoring.profile import Band

BAND = Band(0.4, 0.75, "somewhere")


def score(value, ci95=None, coverage=1.0, reason=None):
    return {"value": value, "unit": "", "ci95": ci95, "coverage": coverage, "reason": reason}


def test_agrees_with_a_published_example():
    # Newcombe 1998, Statistics in Medicine 17, 873-890, table II: 56/70 against 48/80, method 10
    found = difference(48 / 80, wilson(48 / 80, 80), 56 / 70, wilson(56 / 70, 70))
    assert found.value == pytest.approx(0.2)
    assert found.ci95 == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_the_same_twice_differs_by_zero_and_turning_around_turns_the_sign():
    one, other = (0.5, (0.3, 0.6)), (0.8, (0.75, 0.95))
    assert difference(*one, *one).verdict == NO_CLEAR_CHANGE
    there, back = difference(*one, *other), difference(*other, *one)
    assert (back.value, *back.ci95) == pytest.approx((-there.value, -there.ci95[1], -there.ci95[0]))
    assert (there.verdict, back.verdict) == ("higher", "lower")


def test_a_wide_side_widens_that_side_only():
    narrow = difference(0.5, (0.45, 0.55), 0.7, (0.65, 0.75))
    wide = difference(0.5, (0.45, 0.55), 0.7, (0.65, 0.95))
    assert wide.ci95[0] == narrow.ci95[0]
    assert wide.ci95[1] > narrow.ci95[1]


@pytest.mark.parametrize(("p", "q"), [(0.5, 0.5), (0.1, 0.3), (0.6, 0.75), (0.9, 0.9), (0.05, 0.4)])
def test_shares_are_covered(p, q):
    """Exact: over every pair of outcomes of 24 and 40 independent looks (4 and 7 minutes)."""
    n, m = 24, 40
    held = sum(
        stats.binom.pmf(a, n, p) * stats.binom.pmf(b, m, q)
        for a in range(n + 1)
        for b in range(m + 1)
        if holds(difference(a / n, wilson(a / n, n), b / m, wilson(b / m, m)), q - p)
    )
    assert 0.93 < held < 0.99


@pytest.mark.parametrize(("rate", "other"), [(3.0, 3.0), (6.0, 9.0), (1.0, 5.0), (12.0, 8.0)])
def test_rates_are_covered(rate, other):
    """Exact: over the likely pairs of counts in 4 and 6 minutes."""
    t, u = 4.0, 6.0
    intervals = {count: poisson(count) for count in range(120)}
    held = total = 0.0
    for a in range(*map(int, stats.poisson.interval(0.9999, rate * t)), 1):
        for b in range(*map(int, stats.poisson.interval(0.9999, other * u)), 1):
            chance = stats.poisson.pmf(a, rate * t) * stats.poisson.pmf(b, other * u)
            ends = [tuple(end / time for end in intervals[n]) for n, time in ((a, t), (b, u))]
            total += chance
            held += chance * holds(difference(a / t, ends[0], b / u, ends[1]), other - rate)
    assert total > 0.999
    assert 0.94 < held / total < 0.999


def test_bouts_of_behaviour_are_covered():
    """Seeded: looks of 3 s and 2 s away, then 4 s and 2 s, for 5 minutes, with the scores' own intervals."""
    rng = np.random.default_rng(1)
    truth = 4 / 6 - 3 / 5
    found = [difference(*measured_share(rng, 3, 2), *measured_share(rng, 4, 2)) for _ in range(300)]
    share = np.mean([holds(one, truth) for one in found])
    assert 0.90 < share < 0.99


def measured_share(rng, on_s, off_s, duration_s=300.0):
    """Value and interval of a share of time: random bouts (exponential) of these mean lengths."""
    times, state = np.zeros(int(duration_s / 0.05)), rng.random() < on_s / (on_s + off_s)
    at = 0.0
    while at < duration_s:
        until = at + rng.exponential(on_s if state else off_s)
        times[int(at / 0.05) : int(until / 0.05)] = state
        at, state = until, not state
    part = times.reshape(-1, round(BIN_S / 0.05)).sum(1) * 0.05
    return times.mean(), share_interval(part, np.full(len(part), BIN_S), 0)


def holds(found, truth):
    return found.ci95[0] - 1e-12 <= truth <= found.ci95[1] + 1e-12


def test_a_difference_needs_numbers():
    with pytest.raises(InputError, match="not a number"):
        Difference(math.nan, (0, 1))
    with pytest.raises(InputError, match="doesn't hold"):
        Difference(2, (0, 1))


@pytest.mark.parametrize(
    ("before", "after", "toward"),
    [
        (0.2, 0.5, "toward the band"),
        (0.9, 0.5, "toward the band"),
        (0.5, 0.2, "away from the band"),
        (0.45, 0.7, "inside the band both times"),
        (0.5, 0.51, ""),
    ],
)
def test_says_what_a_change_means_for_the_band(before, after, toward):
    ends = [score(value, (value - 0.05, value + 0.05)) for value in (before, after)]
    assert change("eye_contact_share", *ends, BAND).toward == toward


def test_writes_differences_with_sign_and_unit():
    one = change("eye_contact_share", score(0.42, (0.33, 0.50)), score(0.72, (0.63, 0.80)))
    assert (one.before, one.after, one.text, one.interval) == (
        "42 %",
        "72 %",
        "+30 points",
        "+18 to +42 points",
    )
    assert signed(-0.04, "seconds") == "0.0 s", "what is rounded to nothing has no sign"
    assert signed(-2.34, "rate") == "−2.3"


@pytest.mark.parametrize(
    ("name", "before", "after", "why"),
    [
        (
            "facing_share",
            score(None, reason="No body was found."),
            score(0.5, (0, 1)),
            "Not measurable in A: No",
        ),
        ("facing_share", score(0.5, (0, 1)), None, "It was not scored in B."),
        (
            "longest_gaze_away_s",
            score(2.0, reason="A single one."),
            score(9.0),
            "No interval in A, so chance",
        ),
        ("mirroring_p", score(0.01), score(0.5), "A p has no interval"),
    ],
)
def test_says_why_two_scores_cannot_be_compared(name, before, after, why):
    one = change(name, before, after)
    assert (one.verdict, one.difference, one.text) == (NOT_COMPARED, None, "")
    assert one.why.startswith(why)


def test_counts_of_unequal_times_are_not_subtracted():
    few, many = score(10, (5, 17)), score(20, (13, 30))
    alike = change("nod_count", few, many, durations_s=(120, 122))
    assert alike.text == "+10"
    nods = change("nod_count", few, many, durations_s=(120, 240))
    assert nods.difference is None
    assert "Nods per minute" in nods.why
    shakes = change("shake_count", few, many, durations_s=(120, 240))
    assert shakes.difference.value == pytest.approx(0), "5 a minute both times"
    assert "per measured minute" in shakes.why
    seen = score(10, (5, 17), coverage=0.5)
    assert change("shake_count", seen, many, durations_s=(240, 240)).difference.value == pytest.approx(0)


def test_strength_of_mirroring_by_chance_is_not_compared():
    session = {"mirroring_z": score(0.3, (0.1, 0.5)), "mirroring_p": score(0.4)}
    other = {"mirroring_z": score(0.9, (0.8, 1.0)), "mirroring_p": score(0.001)}

    def strength(before, after):
        (group,) = changes(before, after, person="dyad")
        return next(one for one in group.changes if one.name == "mirroring_z")

    assert strength(session, session).why == BY_CHANCE
    assert strength(session, other).verdict == "higher"


def test_groups_hold_what_either_session_scored_in_the_scores_own_order():
    found = changes({"nods_per_min": score(1.0, (0, 2))}, {"eye_contact_share": score(0.5, (0, 1))})
    assert [(group.label, group.changes[0].name) for group in found] == [
        ("Eye contact", "eye_contact_share"),
        ("Nods and shakes", "nods_per_min"),
    ]
    (client,) = changes({"facing_share": score(0.5, (0, 1))}, {}, person="client")
    assert client.changes[0].label == "Facing the staff member"


INFO = {
    "profile": "default", "target": "lens", "source": {"duration_s": 300.0, "sha256": "ab"},
    "versions": {"attune": "0.1.0", "mediapipe": "0.10.21", "models": {"nod": "11", "eye_contact": "22"}},
    "parameters": {"causal": False},
}  # fmt: skip


@pytest.mark.parametrize(
    ("differs", "said"),
    [
        ({}, []),
        ({"profile": "de"}, ["profile (default in A, de in B)"]),
        ({"target": "calibrated:0-5"}, ["target (the lens in A, a calibrated direction in B)"]),
        ({"versions": {**INFO["versions"], "models": {"nod": "12"}}}, ["model for eye contact, nod"]),
        ({"versions": {**INFO["versions"], "attune": "0.2.0"}}, ["Attune (0.1.0 in A, 0.2.0 in B)"]),
        ({"parameters": {"causal": True}}, ["analysis (afterwards in A, live in B)"]),
    ],
)
def test_says_what_was_not_measured_alike(differs, said):
    assert unlike(INFO, {**INFO, **differs}) == said
    assert unlike({}, {}) == []


def test_says_which_session_is_short():
    brief = {**INFO, "source": {"duration_s": 59.0}}
    assert short(INFO, brief) == "B lasts less than a minute, which says little."
    assert short(brief, brief) == "A and B last less than a minute, which says little."
    assert unlike(brief, brief) == [] and short(INFO, INFO) == ""


def test_says_what_differs_among_several():
    assert measured_alike([INFO, INFO]) == []
    assert measured_alike([INFO, {**INFO, "profile": "de"}, {**INFO, "versions": {}}]) == [
        "profile", "Attune", "MediaPipe", "models",
    ]  # fmt: skip


def test_knows_one_recording_that_was_analysed_twice():
    assert same_recording(INFO, INFO)
    assert not same_recording(INFO, {**INFO, "source": {"sha256": "cd"}})
    assert not same_recording({}, {})
