"""Metrics against answers worked out by hand."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import metrics

PROB = np.array([0.9, 0.8, 0.7, 0.4, 0.3, 0.1])
TRUE = np.array([True, False, True, True, False, False])

ANSWERS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)


def test_counts():
    assert metrics.precision(PROB, TRUE) == pytest.approx(2 / 3)
    assert metrics.recall(PROB, TRUE) == pytest.approx(2 / 3)
    assert metrics.f1(PROB, TRUE) == pytest.approx(2 / 3)
    assert metrics.accuracy(PROB, TRUE) == pytest.approx(4 / 6)


def test_counts_that_differ():
    """One hit, one false alarm, three misses, one rightly left: F1 is 2 / (2 + 1 + 3)."""
    prob, true = np.array([0.9, 0.6, 0.5, 0.2, 0.1, 0.3]), np.array([1, 0, 1, 1, 1, 0], bool)
    assert metrics.precision(prob, true) == pytest.approx(1 / 2)
    assert metrics.recall(prob, true) == pytest.approx(1 / 4), "a probability of .5 is not found"
    assert metrics.f1(prob, true) == pytest.approx(1 / 3)
    assert metrics.accuracy(prob, true) == pytest.approx(2 / 6)


def test_area_under_the_curve_is_the_share_of_pairs_in_order():
    # .9 beats three, .7 two, .4 two of three false ones; ties count half.
    assert metrics.auc(PROB, TRUE) == pytest.approx(7 / 9)
    assert metrics.auc(np.full(6, 0.5), TRUE) == pytest.approx(0.5)
    assert metrics.auc(np.array([0.2, 0.2, 0.7]), np.array([True, False, True])) == pytest.approx(0.75)


@given(ANSWERS)
def test_area_under_the_curve_counted_pair_by_pair(answers):
    prob, true = np.array([p for p, _ in answers]), np.array([t for _, t in answers])
    pairs = [(p > q) + (p == q) / 2 for p, q in product(prob[true], prob[~true])]
    assert metrics.auc(prob, true) == pytest.approx(np.mean(pairs) if pairs else np.nan, nan_ok=True)


def test_brier_and_calibration():
    assert metrics.brier(np.array([1.0, 0.5]), np.array([True, False])) == pytest.approx(0.125)
    sure = np.array([0.05] * 4 + [0.95] * 4)
    true = np.array([False, False, False, True, True, True, True, False])
    # Both bins say .05 and .95 where a quarter and three quarters are true: off by .2 each.
    assert metrics.calibration_error(sure, true) == pytest.approx(0.2)


def test_calibration_weighs_a_bin_by_its_rows():
    """Three rows say .9 where all are true, one says .4 where it isn't: (3 * .1 + 1 * .4) / 4."""
    prob, true = np.array([0.9, 0.9, 0.9, 0.4]), np.array([True, True, True, False])
    assert metrics.calibration_error(prob, true) == pytest.approx(0.175)
    assert metrics.calibration_error(np.array([1.0, 0.0]), np.array([True, False])) == 0, "both ends belong"


@pytest.mark.parametrize("metric", [metrics.f1, metrics.precision, metrics.recall, metrics.auc])
def test_what_can_not_be_known_is_nan(metric):
    assert np.isnan(metric(np.array([0.1, 0.2]), np.array([False, False])))


@pytest.mark.parametrize("metric", [
    metrics.f1, metrics.precision, metrics.recall, metrics.auc, metrics.accuracy, metrics.brier,
    metrics.calibration_error,
])  # fmt: skip
def test_of_nothing_nothing_is_known(metric):
    assert np.isnan(metric(np.empty(0), np.empty(0, bool)))


@given(ANSWERS)
def test_every_metric_lies_between_0_and_1(answers):
    prob, true = np.array([p for p, _ in answers]), np.array([t for _, t in answers])
    for metric in (metrics.f1, metrics.precision, metrics.recall, metrics.accuracy, metrics.auc,
                   metrics.brier, metrics.calibration_error):  # fmt: skip
        value = metric(prob, true)
        assert np.isnan(value) or -1e-12 <= value <= 1 + 1e-12


def test_intervals_are_over_persons():
    rng = np.random.default_rng(0)
    true = rng.random(400) < 0.5
    prob = np.where(true, 0.9, 0.1)
    wrong = np.arange(400) < 40  # the first person's rows
    prob[wrong] = 1 - prob[wrong]
    persons = np.repeat(np.arange(10), 40)
    low, high = metrics.interval(metrics.accuracy, prob, true, persons)
    assert low == pytest.approx(0.7, abs=0.05)
    assert high == 1.0
    assert metrics.interval(metrics.accuracy, prob, true, persons) == [low, high], "the same every time"
    assert metrics.interval(metrics.accuracy, prob[:80], true[:80], persons[:80]) == [], "two persons: none"


def test_persons_who_are_all_judged_alike_leave_no_doubt():
    """Frames of one person go together: where every person has the same share, resampling changes nothing."""
    prob, true = np.tile([0.9, 0.9, 0.9, 0.1], 5), np.ones(20, bool)
    assert metrics.interval(metrics.accuracy, prob, true, np.repeat(np.arange(5), 4)) == [0.75, 0.75]


def test_a_summary_counts_and_rounds():
    found = metrics.summary(PROB, TRUE, np.array(list("aabbcc")))
    assert (found["rows"], found["positive"], found["persons"]) == (6, 3, 3)
    assert (found["f1"], found["precision"], found["recall"]) == (0.6667, 0.6667, 0.6667)
    assert (found["accuracy"], found["auc"]) == (0.6667, 0.7778)
    assert found["brier"] == pytest.approx((0.01 + 0.64 + 0.09 + 0.36 + 0.09 + 0.01) / 6, abs=1e-4)
    low, high = found["f1_ci95"]
    assert 0 <= low <= 0.667 <= high <= 1


def test_a_summary_of_two_persons_has_no_intervals():
    found = metrics.summary(PROB, TRUE, np.array(list("aaabbb")))
    assert found["persons"] == 2
    assert not [name for name in found if name.endswith("_ci95")]


def test_a_summary_of_one_answer_leaves_out_what_is_trivial():
    found = metrics.summary(np.array([0.1, 0.6, 0.2]), np.zeros(3, bool), np.array(["a", "b", "c"]))
    assert found["accuracy"] == pytest.approx(2 / 3, abs=1e-4)
    assert not {"f1", "precision", "auc"} & set(found)
