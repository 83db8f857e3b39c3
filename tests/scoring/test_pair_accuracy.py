"""What is said of two people against what is true of them."""

from dataclasses import dataclass

import numpy as np
import pytest

from scoring.events import Event
from scoring.pair_accuracy import pair_parts
from scoring.score import Score
from scoring.truth import Pair, read_truth
from tests.conftest import ROOT


@dataclass(frozen=True)
class Clip:
    """As much of a `scoring.truth.Truth` as counts here."""

    pair: Pair | None
    time_s: np.ndarray


def clip(lag_s, *spans):
    return Clip(Pair(lag_s, spans), np.arange(100) / 10)


def scores(p, lag_s=None):
    lag = Score(None, "s", None, 1.0, "by chance") if lag_s is None else Score(lag_s, "s", None, 1.0)
    return {"mirroring_p": Score(p, "p", None, 1.0), "mirroring_lag_s": lag}


def test_following_is_found_below_one_in_a_hundred_with_lag_and_time():
    events = [Event("dyad", "mirroring", 1.0, 4.0), Event("dyad", "mutual_eye_contact", 0.0, 9.0)]
    parts = pair_parts(clip(1.0, (2.0, 6.0)), events, scores(0.004, 0.7))
    assert parts["pair_found"] == (1.0, 1.0, 1)
    assert parts["pair_lag_s"][0] == pytest.approx(0.3)
    assert parts["pair_time"] == (20.0, 40.0, 40)
    assert pair_parts(clip(1.0, (2.0, 6.0)), events, scores(0.02, 0.7))["pair_found"][0] == 0.0


def test_independent_pairs_count_as_right_above_one_in_twenty():
    assert pair_parts(clip(None), [], scores(0.3)) == {"pair_chance": (1.0, 1, 1)}
    assert pair_parts(clip(None), [], scores(0.05)) == {"pair_chance": (0.0, 1, 1)}


def test_without_a_p_nothing_is_counted():
    none = scores(0.1) | {"mirroring_p": Score(None, "p", None, 0.0, "too short")}
    assert pair_parts(clip(1.0, (0.0, 5.0)), [], none) == {}


def test_the_demo_is_a_pair_in_which_the_one_on_the_right_follows():
    left, right = sorted(read_truth(ROOT / "samples" / "demo.json"), key=lambda one: one.side)
    assert (left.side, right.side) == ("left", "right")
    assert left.pair == right.pair
    assert left.pair.lag_s == 1.0 and left.pair.spans == ((4.8, 25.2), (36.0, 57.0))
