"""Feedback: few items, each with its moments, and never more than the session supports."""

import numpy as np
import pytest

from scoring.judge import judge
from scoring.profile import Profile, profile_names
from tests.synthetic import during, person, signals, times

FIELDS = ["type", "cue", "title", "seen", "spans", "why", "try_next", "score"]


def items(table, profile="default"):
    judgement = judge(signals(table), Profile.load(profile))
    duration = float(table["time_s"].max()) + 1
    for item in judgement.feedback:
        assert list(item) == FIELDS
        assert 1 <= len(item["spans"]) <= 3
        assert all(0 <= start < end <= duration for start, end in item["spans"])
        assert item["spans"] == sorted(item["spans"])
        assert not any("{" in item[name] for name in ("title", "seen", "why", "try_next"))
    kinds = [item["type"] for item in judgement.feedback]
    assert kinds == sorted(kinds)
    assert max(kinds.count("keep"), kinds.count("try")) <= 2
    return judgement.feedback


def steady(duration_s, on_s, off_s):
    """Spans of on_s seconds, off_s seconds apart."""
    return [(start, start + on_s) for start in np.arange(0, duration_s, on_s + off_s)]


def good(duration_s, **other):
    return person(
        times(duration_s),
        **{
            "eye_contact": steady(duration_s, 3.0, 2.0),
            "open_posture": [(0, duration_s)],
            "nods": steady(duration_s, 0.8, 9.2),
            **other,
        },
    )


def bad(duration_s):
    return person(
        times(duration_s),
        eye_contact=steady(duration_s, 1.0, 14.0),
        closed_posture=[(0, duration_s)],
        facing=[],
        nods=steady(duration_s, 0.8, 1.2),
    )


@pytest.mark.parametrize("profile", profile_names())
def test_everything_good_leaves_nothing_to_try(profile):
    found = items(good(300), profile)
    assert [item["type"] for item in found] == ["keep", "keep"]
    assert len({item["cue"] for item in found}) == 2


@pytest.mark.parametrize("profile", profile_names())
def test_everything_outside_leaves_nothing_to_keep(profile):
    found = items(bad(300), profile)
    assert [item["type"] for item in found] == ["try", "try"]
    assert len({item["cue"] for item in found}) == 2


def test_the_spans_are_those_of_the_events():
    table = good(300, eye_contact=steady(300, 1.0, 14.0))
    (looks_away,) = (item for item in items(table) if item["type"] == "try")
    assert looks_away["score"] == "eye_contact_share"
    for start, end in looks_away["spans"]:
        assert end - start == pytest.approx(14, abs=0.1)
        assert start % 15 == pytest.approx(1, abs=0.1)


def test_clear_of_the_edge_comes_first():
    # Crossed arms are far outside the band; the gaze is just below it.
    table = good(300, eye_contact=steady(300, 1.9, 3.1), open_posture=[], closed_posture=[(0, 300)])
    assert next(item["cue"] for item in items(table) if item["type"] == "try") == "posture"


def test_what_the_interval_leaves_open_is_said():
    # 30 s: the interval of the share reaches over the edges of the band.
    table = good(30, open_posture=[(0, 14)])
    (unsure,) = (item for item in items(table) if item["score"] == "open_posture_share")
    assert "too short or too varied to be sure" in unsure["seen"]
    (sure,) = (item for item in items(good(300)) if item["score"] == "open_posture_share")
    assert "to be sure" not in sure["seen"]


def test_a_value_outside_its_band_that_is_mostly_compatible_with_it_is_no_item():
    table = good(30, eye_contact=[(0, 11)], nods=[])
    assert not [item for item in items(table) if item["score"] == "eye_contact_share"]


def test_nothing_measurable_asks_for_a_better_view_and_nothing_else():
    found = items(person(times(60), unseen=[(0, 60)]))
    assert {item["cue"] for item in found} == {"coverage"}
    assert {item["type"] for item in found} == {"try"}
    assert found[0]["spans"] == [[0, 60]]


def test_an_unseen_cue_gets_no_item():
    time = times(300)
    unknown = np.full(len(time), np.nan)
    table = good(300, open_posture_prob=unknown, closed_posture_prob=unknown, torso_yaw_deg=unknown)
    found = items(table.assign(arms_visible=0.1))
    assert "posture" not in {item["cue"] for item in found}
    (view,) = (item for item in found if item["cue"] == "coverage")
    assert "arms" in view["title"]


def test_a_few_seconds_only_ask_for_more():
    found = items(good(5))
    assert [(item["type"], item["cue"]) for item in found] == [("try", "coverage")]
    assert found[0]["spans"] == [[0, 5]]


def test_a_column_that_the_table_does_not_have_is_nothing_to_try():
    table = good(60).drop(
        columns=["open_posture_prob", "closed_posture_prob", "arms_visible", "torso_yaw_deg"]
    )
    missing = ("open_posture_prob", "closed_posture_prob", "arms_visible", "torso_yaw_deg")
    found = judge(signals(table), Profile.load(), missing=missing).feedback
    assert "coverage" not in {item["cue"] for item in found}


def test_no_nods_are_shown_by_the_stretches_without_any():
    (item,) = (item for item in items(good(600, nods=[(100, 101)])) if item["cue"] == "nod")
    assert item["type"] == "try"
    assert item["spans"] == [[0, 100], [101, 600]]


def test_turning_away_is_shown_where_it_happened():
    time = times(300)
    table = good(300, torso_yaw_deg=during(time, [(50, 280)], yes=50.0))
    (item,) = (item for item in items(table) if item["score"] == "facing_share")
    assert item["spans"] == [[50, pytest.approx(280, abs=0.1)]]
