"""Agreement, against published worked examples and against answers that follow from construction."""

import numpy as np
import pytest

from scoring import agreement
from scoring.agreement import value
from scoring.agreement_interval import Summed, binned, block_s, interval
from scoring.interval import BIN_S
from tests.benchmarks.agreement import held, pair


def flat(table) -> np.ndarray:
    return np.asarray(table, float).ravel()


def test_cohens_own_table():
    """Cohen 1968 (Psychological Bulletin 70, 213-220), table 1: 200 patients, three diagnoses by two judges.
    He reports the unweighted kappa (Cohen 1960) as .492; R's psych::cohen.kappa has the same example."""
    table = 200 * np.array([[0.44, 0.07, 0.09], [0.05, 0.20, 0.05], [0.01, 0.03, 0.06]])
    observed, chance = agreement.kappa_parts(flat(table))
    assert (observed, chance) == (pytest.approx(0.70), pytest.approx(0.41))
    assert value(agreement.kappa_parts, flat(table)) == pytest.approx(0.492, abs=5e-4)


def test_the_paradox_that_the_adjusted_kappa_answers():
    """Feinstein and Cicchetti 1990 (Journal of Clinical Epidemiology 43, 543-549): both tables agree in 85 of
    100, and kappa is .70 and .32. Byrt, Bishop and Carlin 1993 (same journal, 46, 423-429): adjusted for
    prevalence and bias it is twice the agreement less 1, .70 for both."""
    balanced, skewed = [[40, 9], [6, 45]], [[80, 10], [5, 5]]
    assert value(agreement.kappa_parts, flat(balanced)) == pytest.approx(0.70, abs=5e-3)
    assert value(agreement.kappa_parts, flat(skewed)) == pytest.approx(0.32, abs=5e-3)
    for table in (balanced, skewed):
        assert agreement.pabak_parts(flat(table))[0] == pytest.approx(0.85)
        assert value(agreement.pabak_parts, flat(table)) == pytest.approx(0.70)


def test_krippendorffs_binary_example():
    """Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, A: two observers, ten units; .095."""
    meg, owen = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    sums = agreement.coincidences([meg, owen]).sum(axis=0)
    assert sums.tolist() == [10, 4, 4, 2]
    assert value(agreement.alpha_parts, sums) == pytest.approx(0.095, abs=5e-4)


def test_krippendorffs_example_with_missing_values():
    """The same, C: four observers, twelve units, some values missing, nominal; .743."""
    n = np.nan
    values = np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, n, n, n],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, n, 3],
            [n, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, n],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, n],
        ]
    )
    cells = agreement.coincidences(values - 1, categories=5)
    assert not cells[11].any()  # one value alone has nothing to agree with
    assert value(agreement.alpha_parts, cells.sum(axis=0)) == pytest.approx(0.743, abs=5e-4)


def test_bland_and_altmans_peak_flow_meters():
    """Bland and Altman 1986 (The Lancet 327, 307-310): first readings of two meters on 17 people. They report
    a mean difference of -2.1 l/min with standard deviation 38.8, limits (of two standard deviations) of -79.7
    and 75.5, and 95 % intervals of -22.0 to 17.8 for the bias, and of -114.3 to -45.1 and 40.9 to 110.1 for
    the limits."""
    wright = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
    mini = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
    found = agreement.limits_of_agreement(np.subtract(wright, mini), width=2)
    assert (found.bias, found.sd) == (pytest.approx(-2.1, abs=0.05), pytest.approx(38.8, abs=0.05))
    rounding = 0.2  # they computed with -2.1, 38.8 and rounded standard errors
    assert (found.low, found.high) == pytest.approx((-79.7, 75.5), abs=rounding)
    assert found.bias_ci95 == pytest.approx((-22.0, 17.8), abs=rounding)
    assert found.low_ci95 == pytest.approx((-114.3, -45.1), abs=rounding)
    assert found.high_ci95 == pytest.approx((40.9, 110.1), abs=rounding)
    usual = agreement.limits_of_agreement(np.subtract(wright, mini))
    assert usual.high - usual.bias == pytest.approx(1.96 * found.sd)


def test_what_cannot_be_computed_has_no_value():
    assert np.isnan(value(agreement.kappa_parts, [50, 0, 0, 0]))
    assert np.isnan(value(agreement.kappa_parts, [0, 0, 0, 0]))
    assert np.isnan(value(agreement.alpha_parts, [9, 0, 0, 0]))
    assert np.isnan(value(agreement.f1_parts, [0, 0, 0]))
    assert agreement.limits_of_agreement([1.0, 2.0]) is None
    assert agreement.correlation([1, 2, 3], [5, 5, 5]) is None
    assert agreement.correlation([1, 2, 3], [2, 4, 6]) == pytest.approx(1)


def test_units_that_somebody_could_not_judge_are_in_no_cell():
    cells = agreement.confusions([1, 1, 0, np.nan, 0], [1, 0, 1, 1, np.nan])
    assert cells.sum(axis=0).tolist() == [0, 1, 1, 1]
    assert not cells[3:].any()


def test_overlap_of_spans_and_moments():
    found = agreement.overlaps([(0, 4), (10, 12), (20, 20)], [(2, 6), (10, 12), (19, 21), (20.4, 22)])
    assert found[0].tolist() == pytest.approx([1 / 3, 0, 0, 0])
    assert found[1].tolist() == pytest.approx([0, 1, 0, 0])
    assert found[2].tolist() == [0, 0, 1, 1]
    assert agreement.overlaps([], [(0, 1)]).shape == (0, 1)


def test_matching_is_optimal_where_taking_the_best_first_is_not():
    # The first takes the second's only partner if the largest overlap is taken first.
    overlap = np.array([[0.9, 0.5], [0.8, 0.0]])
    rows, columns = agreement.matched(overlap, 0.3)
    assert sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == [(0, 1), (1, 0)]
    assert len(agreement.matched(overlap, 0.85)[0]) == 1
    # Of matchings of the same size, that with the largest overlaps.
    rows, columns = agreement.matched(np.array([[0.4, 0.9], [0.9, 0.4]]), 0.3)
    assert columns[np.argsort(rows)].tolist() == [1, 0]
    assert len(agreement.matched(np.empty((0, 3)), 0.3)[0]) == 0


def test_an_overlap_of_exactly_the_threshold_counts():
    found = agreement.overlaps([(0, 10)], [(0, 5), (0, 3)])
    assert [len(agreement.matched(found, least)[0]) for least in (0.3, 0.5, 0.51)] == [1, 1, 0]


def test_shares_of_units_under_overlapping_spans():
    edges = np.arange(0, 6) * 1.0
    assert agreement.covered([(0.5, 1.5), (1.0, 2.0), (4.25, 9.0)], edges).tolist() == [0.5, 1, 0, 0, 0.75]
    assert agreement.covered([(-3, 0.5), (2, 2)], edges).tolist() == [0.5, 0, 0, 0, 0]
    assert agreement.covered([], edges).tolist() == [0] * 5


def test_the_interval_of_one_session_holds_the_truth_where_the_textbooks_does_not():
    """Sessions of 5 minutes; the true kappa is that of a very long one."""
    rng = np.random.default_rng(3)
    long = agreement.confusions(*pair(rng, 2_000_000)).sum(axis=0)
    truth = float(value(agreement.kappa_parts, long))
    ours, textbook = held(rng, truth, minutes=5, sessions=1, repeats=60, setting=())
    assert ours >= 0.88
    assert textbook < 0.75


def test_several_sessions_are_drawn_whole():
    """Two kinds of sessions: within each all is the same, so only drawing sessions shows how they differ."""
    good, bad = np.tile([5.0, 0, 0, 5], (200, 1)), np.tile([3.0, 2, 2, 3], (200, 1))
    sessions = [Summed(bins, 10, 10) for bins in [good] * 6 + [bad] * 6]
    low, high = interval(sessions, agreement.kappa_parts)
    assert low < 0.45 and high > 0.8
    assert interval([sessions[0]] * 12, agreement.kappa_parts) != (1.0, 1.0)


def test_all_agreeing_is_not_taken_for_certainty():
    whole = Summed(np.tile([2.0, 0, 0, 3], (240, 1)), 10, 12)
    low, high = interval([whole], agreement.kappa_parts)
    assert high == 1 and 0.3 < low < 0.7
    assert interval([Summed(np.zeros((3, 4)), 10, 0)], agreement.kappa_parts) is None
    assert interval([], agreement.kappa_parts) is None
    few = [Summed(np.array([[hits, 3.0 - hits, 1]]), 10, 3) for hits in (0, 3)]
    assert str(interval(few, agreement.precision_parts)[0]) == "0.0", "not -0.0"


def test_blocks_are_as_long_as_what_is_slow():
    quick = np.resize([1, 1, 0, 0], 3000).astype(float)
    slow = np.repeat([1.0, 0, 1, 0, 1, 0, 1, 0, 1, 0], 300)
    assert block_s([quick], 0.1) == 10
    assert block_s([quick, slow], 0.1) == pytest.approx(300 / 6)  # never more than a sixth of the time
    assert binned(np.ones((25, 1)), np.arange(25) * 0.1).ravel().tolist() == [5, 5, 5, 5, 5]
    assert BIN_S == 0.5


def test_the_library_for_alpha_agrees():
    """`krippendorff` is under the GPL, so it is no part of Attune; where it is installed, it is asked."""
    krippendorff = pytest.importorskip("krippendorff")
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2, (4, 300)).astype(float)
    values[rng.random(values.shape) < 0.2] = np.nan
    ours = value(agreement.alpha_parts, agreement.coincidences(values).sum(axis=0))
    assert ours == pytest.approx(krippendorff.alpha(values, level_of_measurement="nominal"), abs=1e-12)
