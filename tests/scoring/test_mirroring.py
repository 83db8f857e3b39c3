"""Mirroring: pairs in which it is known who follows whom, against chance."""

import numpy as np
import pytest

from models.mirroring.features import CHANNELS, RATE_HZ
from scoring.mirroring import Moved, coordination, least_seconds
from scoring.stretches import expected_spread, slid_curves, stretches
from scoring.windowing import Windowing
from tests import pairs

LENGTH_S = 60.0


def compared(staff, client, seed=0):
    session_s = (0.0, len(staff["lean_deg"]) / pairs.RATE_HZ)
    moved = Moved.of(pairs.rows(staff, "staff"), pairs.rows(client, "client"), session_s)
    return coordination(moved, seed)


@pytest.mark.parametrize("lag_s", [0.4, 1.0, 2.6])
def test_a_client_who_follows_is_found_with_the_lag(lag_s):
    staff = pairs.moving(1, LENGTH_S)
    found = compared(staff, pairs.following(staff, pairs.moving(2, LENGTH_S), lag_s))
    assert found.p < 0.01 and found.beyond_chance
    assert found.lag_s == pytest.approx(lag_s, abs=0.15)
    assert found.client_follows_p < 0.01 < 0.1 < found.staff_follows_p
    assert found.z_ci95[0] <= found.z <= found.z_ci95[1]
    assert found.lag_ci95[0] <= found.lag_s <= found.lag_ci95[1]


def test_a_staff_member_who_follows_has_a_negative_lag():
    client = pairs.moving(3, LENGTH_S)
    found = compared(pairs.following(client, pairs.moving(4, LENGTH_S), 1.2), client)
    assert found.p < 0.01
    assert found.lag_s == pytest.approx(-1.2, abs=0.15)
    assert found.staff_follows_p < 0.01 < 0.1 < found.client_follows_p


@pytest.mark.parametrize(("mirror", "channel"), [(True, "head_roll_mirror"), (False, "head_roll_same")])
def test_heads_that_tilt_in_either_sense_are_found_in_their_own_channel(mirror, channel):
    """Only the head tilts together: my left is your right, or the same side for both."""
    staff, own = pairs.moving(5, LENGTH_S), pairs.moving(6, LENGTH_S)
    followed = pairs.following(staff, own, 0.8, mirror)
    client = {**own, "head_roll_deg": followed["head_roll_deg"]}
    found = compared(staff, client)
    assert found.channel == channel
    assert found.p < 0.05
    assert found.lag_s == pytest.approx(0.8, abs=0.15)


@pytest.mark.slow
def test_people_who_move_on_their_own_are_not_coordinated():
    """How often chance is called mirroring; tests/benchmarks/mirroring.py has it precisely."""
    people = [pairs.moving(seed, LENGTH_S) for seed in range(100, 180)]
    p = [compared(*both).p for both in zip(people[::2], people[1::2], strict=True)]
    assert np.mean(np.array(p) <= 0.05) <= 0.15


def test_the_same_seed_gives_the_same_answer():
    staff, client = pairs.moving(7, LENGTH_S), pairs.moving(8, LENGTH_S)
    assert compared(staff, client) == compared(staff, client)
    assert compared(staff, client).p != compared(staff, client, seed=1).p


def test_people_who_sit_quite_still_can_not_be_tested():
    still = {name: np.zeros(round(LENGTH_S * pairs.RATE_HZ)) for name in pairs.moving(0, 1.0)}
    assert compared(still, still) is None
    assert compared(still, pairs.moving(9, LENGTH_S)) is None


def test_a_channel_hidden_for_most_of_the_time_takes_no_part():
    staff = pairs.moving(10, LENGTH_S)
    client = pairs.following(staff, pairs.moving(11, LENGTH_S), 1.0)
    session_s = (0.0, LENGTH_S)
    hidden = np.where(np.arange(len(staff["lean_deg"])) < 700, np.nan, 0.9)
    moved = Moved.of(
        pairs.rows(staff, "staff", arms_visible=hidden), pairs.rows(client, "client"), session_s
    )
    arms = [CHANNELS.index(name) for name in ("arms_apart", "arms_height")]
    assert np.isnan(moved.a[arms]).mean() > 0.7
    assert np.isfinite(moved.a[CHANNELS.index("head_pitch")]).mean() > 0.98
    assert coordination(moved).channel not in ("arms_apart", "arms_height")


def test_short_sessions_are_cut_into_more_stretches():
    def count(seconds):
        grid = Windowing.for_duration(seconds).on(round(seconds * RATE_HZ), RATE_HZ)
        return stretches(grid)

    assert [count(seconds) for seconds in (60, 120, 300, 1800)] == [4, 2, 2, 1]


def test_slid_curves_leave_the_recordings_own_lags_out():
    """A series against itself has a peak of Fisher's z at lag 0 only: no surrogate may see it."""
    rng = np.random.default_rng(0)
    series = rng.normal(size=(1, 900))
    grid = Windowing(6.0, 2.0, 2.0).on(900, RATE_HZ)
    curves = slid_curves(series, series, grid, 200)
    assert curves.shape == (200, 1, 41)
    assert np.nanmax(curves) < 1.0


def test_persistent_series_are_expected_to_correlate_more_by_chance():
    rng = np.random.default_rng(1)
    quick, slow = rng.normal(size=900), np.cumsum(rng.normal(size=900))
    grid = Windowing(6.0, 2.0, 2.0).on(900, RATE_HZ)
    assert expected_spread(quick, quick, grid) == pytest.approx(1.0, abs=0.2)
    assert expected_spread(slow, slow, grid) > 3
    assert expected_spread(np.zeros(900), slow, grid) == 1.0


def test_the_shortest_session_that_can_be_tested():
    seconds = least_seconds()
    staff = pairs.moving(12, seconds + 0.1)
    client = pairs.following(staff, pairs.moving(13, seconds + 0.1), 0.8)
    assert 0 < compared(staff, client).p <= 1
