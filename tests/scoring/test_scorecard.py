"""Scores in words: what is said about a band is what the interval supports."""

import re

import pytest

from scoring import scorecard, timeline
from scoring.events import KINDS
from scoring.profile import BANDED, Band

BAND = Band(0.4, 0.75, "somewhere")


def score(value, ci95=None, **rest):
    return {"value": value, "unit": "share", "ci95": ci95, "coverage": 1.0, "reason": None, **rest}


@pytest.mark.parametrize(
    ("value", "ci95", "state"),
    [
        (0.5, (0.45, 0.6), "in"),
        (0.5, (0.4, 0.75), "in"),
        (0.5, (0.3, 0.6), "edge"),
        (0.3, (0.2, 0.5), "edge"),
        (0.3, (0.2, 0.39), "below"),
        (0.9, (0.8, 0.95), "above"),
        (0.5, None, "in"),
        (0.3, None, "below"),
    ],
)
def test_the_verdict_is_what_the_interval_supports(value, ci95, state):
    assert scorecard.row("eye_contact_share", score(value, ci95), BAND).state == state


def test_no_band_no_verdict():
    row = scorecard.row("nod_count", score(3, (1, 5)))
    assert (row.state, row.verdict, row.sign, row.text) == ("none", "", "", "3")


def test_what_is_not_measurable_has_its_reason_and_no_number():
    row = scorecard.row("eye_contact_share", score(None, reason="No face was found.", coverage=0.1), BAND)
    assert (row.text, row.value, row.scale, row.verdict) == ("not measurable", None, None, "")
    assert row.notes == ("No face was found.",)
    assert not re.search(r"\d", row.text)


def test_an_open_end_of_a_band_is_said_so():
    row = scorecard.row("open_posture_share", score(0.7, (0.65, 0.8)), Band(0.6, 1.0, "x"))
    assert "band from 60 %" in row.notes
    row = scorecard.row("longest_gaze_away_s", score(3.0), Band(0.0, 10.0, "x"))
    assert "band up to 10.0 s" in row.notes


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        (0.0004, "p", "p < .001"),
        (0.042, "p", "p = .042"),
        (1.0, "p", "p = 1.000"),
        (-0.8, "lag", "0.8 s, staff after client"),
    ],
)
def test_numbers_in_words(value, style, text):
    assert scorecard.write(value, style) == text


def test_every_banded_score_and_every_kind_of_event_has_words():
    assert set(BANDED) <= set(scorecard.SCORES)
    assert set(KINDS) - {"not_measurable"} == set(timeline.KINDS)


def test_no_two_kinds_of_a_lane_differ_by_colour_alone():
    for _, kinds in timeline.CUES.values():
        assert len({kind.row for kind in kinds}) == len({kind.short for kind in kinds}) == len(kinds)
