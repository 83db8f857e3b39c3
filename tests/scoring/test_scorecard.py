"""Scores in words: what is said about a band is what the interval supports."""

import re

import pytest

from scoring import scorecard, timeline
from scoring.events import KINDS
from scoring.profile import BANDED, Band

USED = "Strongest in: nods. Windows of 6 s."
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


def test_a_wide_interval_far_from_the_band_is_not_called_close_to_it():
    assert scorecard.compare(0.08, (0.01, 0.48), (0.4, 0.75)) == ("edge", "not clear whether in the band")


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
        (0.9, "p", "p = .90"),
        (1.0, "p", "p = 1.00"),
        (-0.8, "lag", "0.8 s, staff after client"),
    ],
)
def test_numbers_in_words(value, style, text):
    assert scorecard.write(value, style) == text


@pytest.mark.parametrize(
    ("value", "ci95", "text"),
    [
        (-0.8, (-1.1, -0.6), "95 %: 0.6 to 1.1 s"),
        (1.0, (0.3, 1.0), "95 %: 0.3 to 1.0 s"),
        (0.2, (-0.3, 0.5), "95 %: 0.3 s, staff after client to 0.5 s, client after staff"),
    ],
)
def test_a_delay_has_no_sign_but_a_follower(value, ci95, text):
    assert scorecard.row("mirroring_lag_s", score(value, ci95)).notes[0] == text


def dyad(p, staff=0.9, client=0.003, lag=None):
    by_chance = {"reason": "By chance."} if p > 0.05 else {}
    shown = None if by_chance else 0.4
    return {
        "mirroring_z": score(0.6, (0.2, 1.0), reason=USED),
        "mirroring_share": score(shown, **by_chance),
        "mirroring_lag_s": score(lag, **by_chance),
        **{
            name: score(value, reason=USED)
            for name, value in (("mirroring_p", p), ("staff_follows_p", staff), ("client_follows_p", client))
        },
    }


def test_what_holds_for_several_scores_is_said_once():
    (group,) = scorecard.groups(dyad(0.004, lag=1.0), {}, "dyad")
    assert group.notes == (scorecard.P_MEANS, USED)
    assert not any(USED in row.notes for row in group.rows)
    assert "how often chance alone would give movements that go together this much" in scorecard.P_MEANS


def test_who_follows_whom_is_said_in_words_where_they_move_together():
    (group,) = scorecard.groups(dyad(0.004, lag=1.0), {}, "dyad")
    rows = {row.name: (row.label, row.text, row.said) for row in group.rows}
    assert rows["mirroring_p"] == ("Moving together", "p = .004", "beyond chance")
    assert rows["staff_follows_p"] == ("Staff follows client", "p = .90", "not beyond chance")
    assert rows["client_follows_p"] == ("Client follows staff", "p = .003", "beyond chance")


def test_chance_suggests_nothing():
    (group,) = scorecard.groups(dyad(0.73), {}, "dyad")
    rows = {row.name: row for row in group.rows}
    assert rows["mirroring_p"].said == "not beyond chance"
    assert rows["mirroring_z"].said == "no more than chance gives"
    # one direction alone would be picked out of two
    assert rows["client_follows_p"].said == rows["staff_follows_p"].said == ""
    assert rows["mirroring_share"].text == rows["mirroring_lag_s"].text == "not measurable"
    assert group.notes[-1] == "Time in mirroring, Delay: By chance."


def test_one_reason_for_all_stands_alone_and_explains_no_p():
    untested = {name: score(None, reason="Too short.") for name in dyad(1.0)}
    (group,) = scorecard.groups(untested, {}, "dyad")
    assert group.notes == ("Too short.",)
    assert {row.text for row in group.rows} == {"not measurable"}
    assert all(row.notes == () for row in group.rows)


def test_a_client_faces_the_staff_member():
    scores = {"facing_share": score(0.9)}
    labels = [scorecard.groups(scores, {}, person)[0].rows[0].label for person in ("staff", "client")]
    assert labels == ["Facing the client", "Facing the staff member"]


def test_every_banded_score_and_every_kind_of_event_has_words():
    assert set(BANDED) <= set(scorecard.SCORES)
    assert set(KINDS) - {"not_measurable"} == set(timeline.KINDS)


def test_no_two_kinds_of_a_lane_differ_by_colour_alone():
    for _, kinds in timeline.CUES.values():
        assert len({kind.row for kind in kinds}) == len({kind.short for kind in kinds}) == len(kinds)
