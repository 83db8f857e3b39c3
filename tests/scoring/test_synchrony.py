"""Windowed lagged cross-correlation against a plain double loop, and pseudosynchrony by construction."""

import json

import numpy as np
import pytest

from attune import InputError
from scoring.correlation import Z_LIMIT
from scoring.surrogates import _derangements
from scoring.synchrony import (
    KINDS,
    lag_curves,
    p_value,
    scale,
    smooth,
    surrogate_curves,
    surrogate_peaks,
    synchrony,
    z_interval,
)
from scoring.windowing import Windowing
from tests.golden import synchrony as golden

WINDOWING = Windowing(window_s=6.0, step_s=2.0, lag_s=1.0)
RATE_HZ = 10.0


def movement(seed, n=600, channels=None, width=5):
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((channels or 1, n + width - 1))
    smoothed = np.array([np.convolve(row, np.ones(width), "valid") for row in noise])
    return smoothed if channels else smoothed[0]


def with_gaps(series, seed):
    """Single missing samples and spans; one span longer than half a window."""
    series = series.copy()
    rng = np.random.default_rng(seed)
    series[rng.integers(0, len(series), 40)] = np.nan
    series[100:115] = np.nan
    series[300:345] = np.nan
    return series


def plain_z(x, y):
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < len(x) / 2 or np.ptp(x[both]) == 0 or np.ptp(y[both]) == 0:
        return np.nan
    limit = np.tanh(Z_LIMIT)
    return np.arctanh(np.clip(np.corrcoef(x[both], y[both])[0, 1], -limit, limit))


def plain_curves(a, b, window, step, lag):
    """The definition, word for word; shape (windows, lags)."""
    rows = []
    for start in range(0, len(a) - window - lag + 1, step):
        own, row = slice(start, start + window), []
        for by in range(-lag, lag + 1):
            later = slice(start + abs(by), start + abs(by) + window)
            row.append(plain_z(a[own], b[later]) if by >= 0 else plain_z(a[later], b[own]))
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize("gaps", [False, True], ids=["whole", "gaps"])
def test_it_is_what_a_double_loop_gives(gaps):
    a, b = movement(1), movement(2) + np.roll(movement(1), 3)
    a[420:500] = 2.5  # somebody sits still for longer than a window
    if gaps:
        a, b = with_gaps(a, 3), with_gaps(b, 4)
    curves = lag_curves(a, b, RATE_HZ, WINDOWING)
    expected = plain_curves(a, b, 60, 20, 10)
    assert np.isnan(expected).any() and np.isfinite(expected).any()
    np.testing.assert_allclose(curves.windows_z[0], expected, atol=1e-9)
    np.testing.assert_allclose(curves.z[0], np.nanmean(expected, axis=0), atol=1e-9)
    np.testing.assert_array_equal(curves.lags_s, np.arange(-10, 11) / 10)
    np.testing.assert_array_equal(curves.window_start_s, np.arange(len(expected)) * 2.0)


def test_channels_are_apart_from_each_other():
    a, b = movement(1, channels=3), movement(2, channels=3)
    together = lag_curves(a, b, RATE_HZ, WINDOWING)
    assert together.z.shape == (3, 21) and together.windows_z.shape == (3, 27, 21)
    for channel in range(3):
        alone = lag_curves(a[channel], b[channel], RATE_HZ, WINDOWING)
        np.testing.assert_array_equal(together.windows_z[channel], alone.windows_z[0])


@pytest.mark.parametrize("by", [-7, 0, 7])
def test_a_copy_gives_its_lag_and_sign(by):
    longer = movement(5, 620)
    a, b = longer[10:610], longer[10 - by : 610 - by]  # b is by samples later
    found = synchrony(a, b, RATE_HZ, WINDOWING, surrogates=99)
    assert found.peak_lag_s == by / 10
    assert found.z == pytest.approx(Z_LIMIT, abs=1e-6)
    assert found.p == 1 / 100 and found.effect_size > 10
    if by:
        directions = [found.b_follows_p, found.a_follows_p]
        assert directions[by < 0] == 1 / 100 and directions[by > 0] > 0.05


@pytest.mark.parametrize("scaled", [1e-150, 1.0, 1e150])
def test_units_and_offsets_make_no_difference(scaled):
    a, b = movement(1), movement(2)
    expected = lag_curves(a, b, RATE_HZ, WINDOWING).z
    got = lag_curves(scaled * (a + 1000), b, RATE_HZ, WINDOWING).z
    np.testing.assert_allclose(got, expected, atol=1e-8)


SMALL = Windowing(window_s=4.5, step_s=2.0, lag_s=0.5)  # 45, 20 and 5 samples; 8 windows in 200


def plain_shifted(a, b, shift):
    """B moved by `shift` on a circle: its stretches for lags from 0 on, A's the other way for those below."""
    n, starts = len(a), range(0, 151, 20)
    place = np.arange(45)

    def z(x, y, start, later):
        return plain_z(x[start + place], y[(start + later + place) % n])

    b_follows = [np.nanmean([z(a, b, start, by + shift) for start in starts]) for by in range(6)]
    a_follows = [np.nanmean([z(b, a, start, by - shift) for start in starts]) for by in range(5, 0, -1)]
    return np.array(a_follows + b_follows)


def which(curve, known):
    """Keys of the known curves that equal this one."""
    return [key for key, one in known.items() if np.allclose(curve, one, atol=1e-9)]


@pytest.mark.parametrize("gaps", [False, True], ids=["whole", "gaps"])
def test_circular_surrogates_are_shifts_of_more_than_twice_the_largest_lag(gaps):
    a, b = movement(1, 200), movement(2, 200)
    if gaps:
        a[20:30], b[90:130] = np.nan, np.nan
    known = {shift: plain_shifted(a, b, shift) for shift in range(11, 190)}
    made = surrogate_curves(a, b, RATE_HZ, SMALL, n=2000, seed=5)
    assert made.shape == (2000, 1, 11)
    distinct = np.unique(made[:, 0].round(9), axis=0)
    found = [which(curve, known) for curve in distinct]
    assert sorted(shift for shifts in found for shift in shifts) == list(known)


def test_shuffled_surrogates_are_blocks_none_of_which_keeps_its_place():
    a, b = movement(1, 200), movement(2, 200)
    orders = [
        (1, 0, 3, 2),
        (1, 2, 3, 0),
        (1, 3, 0, 2),
        (2, 0, 3, 1),
        (2, 3, 0, 1),
        (2, 3, 1, 0),
        (3, 0, 1, 2),
    ]
    orders += [(3, 2, 0, 1), (3, 2, 1, 0)]
    blocks = b.reshape(4, 50)
    known = {
        order: np.nanmean(plain_curves(a, blocks[list(order)].ravel(), 45, 20, 5), axis=0) for order in orders
    }
    made = surrogate_curves(a, b, RATE_HZ, SMALL, n=200, kind="shuffle", seed=5)
    found = [which(curve, known) for curve in made[:, 0]]
    assert {order for (order,) in found} == set(orders)


def test_derangements_are_equally_likely():
    counts = np.unique(_derangements(4, 9000, np.random.default_rng(0)), axis=0, return_counts=True)[1]
    assert len(counts) == 9 and (abs(counts - 1000) < 150).all()


@pytest.mark.parametrize("kind", KINDS)
def test_channels_are_moved_alike(kind):
    a, b = movement(1), movement(2)
    made = surrogate_peaks(np.array([a, a]), np.array([b, b]), RATE_HZ, WINDOWING, n=50, kind=kind)
    assert made.shape == (50, 2, 3)
    np.testing.assert_array_equal(made[:, 0], made[:, 1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_repeats(kind):
    a, b = movement(1), movement(2)
    first, same, other = (
        synchrony(a, b, RATE_HZ, WINDOWING, surrogates=50, kind=kind, seed=seed) for seed in (3, 3, 4)
    )
    assert first == same
    assert first.effect_size != other.effect_size and first.z == other.z


def test_p_counts_surrogates_that_are_at_least_as_large():
    surrogates = np.array([0.1, 0.2, 0.3, 0.4])
    assert [p_value(peak, surrogates) for peak in (0.5, 0.3, 0.0)] == [1 / 5, 3 / 5, 1.0]
    assert p_value(0.5, np.array([0.1, np.nan])) == 2 / 3, "a surrogate that says nothing is no support"
    assert p_value(-np.inf, surrogates) == 1.0
    assert np.isnan(p_value(np.nan, surrogates))


def test_a_periodic_pair_is_no_more_than_its_own_shifts():
    time_s = np.arange(600) / RATE_HZ
    found = synchrony(np.sin(np.pi * time_s), np.cos(np.pi * time_s), RATE_HZ, WINDOWING)
    assert found.p > 0.5


def test_without_surrogates_there_is_no_comparison():
    found = synchrony(movement(1), movement(2), RATE_HZ, WINDOWING, surrogates=0)
    assert found.n_surrogates == 0
    assert [found.p, found.effect_size, found.b_follows_p, found.a_follows_p] == [None] * 4
    assert len(found.mean_lag_curve) == 21 and found.z == max(z for _, z in found.mean_lag_curve)


def test_lag_zero_alone_has_no_directions():
    found = synchrony(movement(1), movement(2), RATE_HZ, Windowing(6.0, 2.0, 0.0), surrogates=99)
    assert [lag for lag, _ in found.mean_lag_curve] == [0.0]
    assert found.p is not None and found.a_follows_p is None and found.b_follows_p is None


def test_gaps_are_counted():
    a, b = movement(1), movement(2)
    b[200:320] = np.nan
    found = synchrony(a, b, RATE_HZ, WINDOWING, surrogates=0)
    assert found.n_windows == 27 and 20 <= found.n_windows_measured < 24


def test_a_window_without_enough_pairs_says_nothing():
    a, b = movement(1), movement(2)
    b[60:91] = np.nan  # 31 of the 60 samples of a window
    row = lag_curves(a, b, RATE_HZ, Windowing(6.0, 6.0, 0.0)).windows_z[0, :, 0]
    assert np.flatnonzero(np.isnan(row)).tolist() == [1]


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (np.ones(600), movement(2), "in no window"),
        (np.full(600, np.nan), movement(2), "in no window"),
        (movement(1), movement(2, 500), "same length"),
        (movement(1, 69), movement(2, 69), "need 7 s, and the series have 6.9 s"),
    ],
)
def test_series_that_say_nothing_are_refused(a, b, words):
    with pytest.raises(InputError, match=words) as error:
        synchrony(a, b, RATE_HZ, WINDOWING)
    assert "\n" not in str(error.value)


def test_too_short_for_surrogates():
    a, b = movement(1, 100), movement(2, 100)
    short = Windowing(3.0, 1.0, 2.5)
    assert synchrony(a, b, RATE_HZ, short, surrogates=0).n_windows == 5
    with pytest.raises(InputError, match=r"more than 10\.2 s"):
        synchrony(a, b, RATE_HZ, short)
    with pytest.raises(InputError, match="4 blocks"):
        synchrony(a, b, RATE_HZ, short, kind="shuffle")
    with pytest.raises(InputError, match="no surrogates 'both'"):
        synchrony(a, b, RATE_HZ, short, kind="both")


@pytest.mark.parametrize(
    ("duration_s", "expected"),
    [
        (3600, (30, 10, 5)),
        (300, (30, 10, 5)),
        (150, (15, 5, 5)),
        (60, (6, 2, 5)),
        (30, (6, 1, 5)),
    ],
)
def test_windows_for_a_session_of_this_length(duration_s, expected):
    usual = Windowing.for_duration(duration_s)
    assert (usual.window_s, usual.step_s, usual.lag_s) == pytest.approx(expected)


def test_windows_begin_at_whole_steps():
    starts = Windowing(1.0, 0.35, 0.5).on(100, 10.0).starts  # 3.5 samples
    np.testing.assert_array_equal(starts, np.rint(3.5 * np.arange(len(starts))))
    assert starts[-1] <= 85 < starts[-1] + 3.5


def test_the_number_of_windows_is_that_of_rmea():
    assert len(Windowing(30, 10, 5).on(15_000, 25.0).starts) == 57
    assert len(Windowing(30, 10, 5).on(875, 25.0).starts) == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [((0, 1, 1), "window is 0 s"), ((1, -1, 1), "step is -1 s"), ((1, 1, np.nan), "lag is nan s")],
)
def test_windows_that_make_no_sense(values, words):
    with pytest.raises(InputError, match=words):
        Windowing(*values)


def test_windows_below_a_few_samples():
    with pytest.raises(InputError, match="too short at 1 samples a second: use 3 s or more"):
        Windowing(2, 2, 0).on(100, 1.0)
    with pytest.raises(InputError, match="the rate is 0"):
        Windowing().on(100, 0.0)


def test_smoothing_is_a_moving_average():
    series = np.array([2.0, 4, 6, 8, 10, 12])
    outside = 2.0
    expected = [(outside + 2 + 4) / 3, 4, 6, 8, 10, (10 + 12 + outside) / 3]
    np.testing.assert_allclose(smooth(series, 1.0, 3.0), expected)
    np.testing.assert_array_equal(smooth(series, 1.0, 1.9), series)
    np.testing.assert_array_equal(smooth(series, 1.0, 0.0), series)


def test_smoothing_motion_energy_begins_from_no_movement():
    """rMEA: a sum over what there is of 12 samples for half a second at 25 Hz, from 6 before to 5 after."""
    energy = np.abs(movement(1, 60))
    energy[10:30] = 0
    got = smooth(energy, 25.0, 0.5)
    expected = [energy[max(0, i - 6) : i + 6].sum() for i in range(55)]
    np.testing.assert_allclose(got[:55] * 12, expected)
    assert (got[16:25] == 0).all(), "still stays still"


def test_smoothing_makes_no_jump_at_the_edges_of_an_angle():
    angle = 20 + np.sin(np.arange(100))
    got = smooth(angle, 10.0, 0.5)
    assert got.min() >= angle.min() and got.max() <= angle.max()


def test_smoothing_leaves_gaps():
    series = np.array([1.0, np.nan, 3, 4, np.nan, np.nan])
    np.testing.assert_allclose(smooth(series, 1.0, 3.0), [1, np.nan, 3.5, 3.5, np.nan, np.nan])
    assert np.isnan(smooth(np.full(5, np.nan), 1.0, 3.0)).all()


def test_scaling_divides_by_the_standard_deviation():
    scaled = scale([1.0, 2.0, np.nan, 3.0])
    np.testing.assert_allclose(scaled, [1, 2, np.nan, 3])
    assert np.nanstd(scale(movement(1)), ddof=1) == pytest.approx(1)
    np.testing.assert_array_equal(scale(np.ones(3)), np.ones(3))


def test_the_interval_holds_its_mean_and_grows_with_the_spread():
    rng = np.random.default_rng(0)
    z = rng.standard_normal(57) * 0.1 + 0.3
    low, high = z_interval(z, Windowing())
    assert low < z.mean() < high and high - low < 0.15
    wide_low, wide_high = z_interval(0.3 + 3 * (z - 0.3), Windowing())
    assert wide_high - wide_low == pytest.approx(3 * (high - low))
    assert z_interval(z, Windowing(), seed=1) == z_interval(z, Windowing(), seed=1)
    z[::2] = np.nan
    low, high = z_interval(z, Windowing())
    assert low < np.nanmean(z) < high
    assert z_interval(z[:8], Windowing()) is None


def test_independent_series_are_seldom_called_synchronous():
    p = np.array([_p_of(seed, follows=False) for seed in range(60)])
    assert (p <= 0.05).sum() <= 8  # 3 are expected; more than 8 have a chance of 1 in 500
    assert 0.35 < p.mean() < 0.65


def test_following_is_found():
    found = [_p_of(seed, follows=True) for seed in range(10)]
    assert max(found) <= 0.01


def _p_of(seed, follows):
    a, b = movement(1000 + seed, 3000), movement(2000 + seed, 3000)
    if follows:
        b[1500:] += 0.7 * a[1485:-15]
    return synchrony(a, b, RATE_HZ, Windowing(), surrogates=199, seed=seed).p


def test_results_are_those_of_the_golden_file():
    expected = json.loads(golden.PATH.read_text("utf-8"))
    for kind, got in json.loads(json.dumps(golden.results())).items():
        assert got.keys() == expected[kind].keys()
        for name, value in got.items():
            if isinstance(value, str) or value is None:
                assert value == expected[kind][name]
            else:
                np.testing.assert_allclose(value, expected[kind][name], atol=1e-9, err_msg=name)
        assert got["peak_lag_s"] == 0.8
