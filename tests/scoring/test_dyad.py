"""Two people together: events, scores, feedback and their reasons."""

import numpy as np
import pytest

from scoring.dyad import UNITS
from scoring.judge import Setting, judge
from scoring.probabilities import add_probabilities
from scoring.profile import Profile
from tests import pairs, synthetic

PROFILE = Profile.load()
LENGTH_S = 60.0
ONE_PICTURE = Setting(people=2, cameras=1, target="lens", asked=2)
TWO_CAMERAS = Setting(people=2, cameras=2, target="lens", asked=2)


@pytest.fixture(scope="module")
def mirrored():
    staff = pairs.moving(21, LENGTH_S)
    client = pairs.following(staff, pairs.moving(22, LENGTH_S), 1.0)
    return judged(staff, client)


def judged(staff, client, setting=ONE_PICTURE, **columns):
    measured = pairs.signals(pairs.rows(staff, "staff", **columns), pairs.rows(client, "client", **columns))
    return judge(add_probabilities(measured), PROFILE, setting=setting)


def of(judgement, kind, person="dyad"):
    return [event for event in judgement.events if (event.person, event.kind) == (person, kind)]


def test_mirroring_is_scored_with_events_that_say_the_lag(mirrored):
    scores = mirrored.scores["dyad"]
    assert list(scores) == list(UNITS)
    assert {name: score.unit for name, score in scores.items()} == UNITS
    assert scores["mirroring_p"].value < 0.01
    assert scores["mirroring_lag_s"].value == pytest.approx(1.0, abs=0.1)
    assert scores["mirroring_share"].value > 0.6
    events = of(mirrored, "mirroring")
    assert events and all(event.attributes["lag_s"] == pytest.approx(1.0, abs=0.3) for event in events)
    assert "Windows of 6 s every 2 s, lags up to 5 s" in scores["mirroring_z"].reason


def test_feedback_names_who_follows_and_when(mirrored):
    (item,) = [item for item in mirrored.feedback if item["cue"] == "mirroring"]
    assert item["title"] == "Your client moves with you" and item["spans"]
    assert "followed 1 s later" in item["seen"]
    kinds = [item["type"] for item in mirrored.feedback]
    assert kinds == sorted(kinds) and max(kinds.count("keep"), kinds.count("try")) <= 2


def test_by_chance_there_are_no_moments():
    judgement = judged(pairs.moving(23, LENGTH_S), pairs.moving(24, LENGTH_S))
    scores = judgement.scores["dyad"]
    assert scores["mirroring_p"].value > 0.05
    assert not of(judgement, "mirroring")
    assert scores["mirroring_share"].value is None and "beyond chance" in scores["mirroring_share"].reason
    assert scores["mirroring_lag_s"].value is None
    (item,) = [item for item in judgement.feedback if item["cue"] == "mirroring"]
    assert item["spans"] == [] and "not coordinated beyond chance" in item["seen"]


def test_a_session_too_short_for_mirroring_says_so():
    judgement = judged(pairs.moving(25, 14.0), pairs.moving(26, 14.0))
    reasons = {name: score.reason for name, score in judgement.scores["dyad"].items()}
    assert "14 s long" in reasons["mirroring_p"] and "21 s are needed" in reasons["mirroring_p"]
    assert not [item for item in judgement.feedback if item["cue"] == "mirroring"]


def test_people_who_sit_still_have_no_score_but_a_reason():
    still = {name: np.zeros(round(LENGTH_S * pairs.RATE_HZ)) for name in pairs.moving(0, 1.0)}
    score = judged(still, still).scores["dyad"]["mirroring_p"]
    assert score.value is None and "varied" in score.reason


def test_where_one_is_not_seen_it_is_not_measurable():
    staff = pairs.moving(27, LENGTH_S)
    measured = pairs.signals(
        pairs.rows(staff, "staff"), pairs.rows(pairs.moving(28, LENGTH_S), "client", unseen=[(20, 58)])
    )
    judgement = judge(measured, PROFILE, setting=ONE_PICTURE)
    (gap,) = [event for event in of(judgement, "not_measurable") if event.attributes["cue"] == "mirroring"]
    assert (gap.start_s, gap.end_s) == (pytest.approx(20, abs=0.3), pytest.approx(58, abs=0.3))
    assert gap.attributes["reason"] == "one_not_seen"
    score = judgement.scores["dyad"]["mirroring_p"]
    assert score.value is None and score.coverage == pytest.approx(22 / 60, abs=0.02)
    assert "one of the two people" in score.reason


def looks(setting):
    time_s = synthetic.times(60)
    staff = synthetic.person(time_s, eye_contact=[(0, 20), (40, 50)]).assign(person="staff")
    client = synthetic.person(time_s, eye_contact=[(10, 45)], unseen=[(50, 60)]).assign(person="client")
    return judge(pairs.signals(staff, client), PROFILE, setting=setting)


def test_mutual_eye_contact_is_when_both_look():
    judgement = looks(TWO_CAMERAS)
    spans = [(event.start_s, event.end_s) for event in of(judgement, "mutual_eye_contact")]
    assert spans == [(pytest.approx(10, abs=0.05), pytest.approx(20, abs=0.05)),
                     (pytest.approx(40, abs=0.05), pytest.approx(45, abs=0.05))]  # fmt: skip
    score = judgement.scores["dyad"]["mutual_eye_contact_share"]
    assert score.value == pytest.approx(15 / 50, abs=0.01)
    assert score.coverage == pytest.approx(50 / 60, abs=0.01)


def test_two_people_who_look_at_one_lens_do_not_meet_eyes():
    judgement = looks(ONE_PICTURE)
    assert not of(judgement, "mutual_eye_contact")
    score = judgement.scores["dyad"]["mutual_eye_contact_share"]
    assert score.value is None and "camera" in score.reason


def test_two_cameras_with_different_rates_share_one_clock():
    staff = synthetic.person(synthetic.times(60, 30), eye_contact=[(0, 30)]).assign(person="staff")
    client = synthetic.person(synthetic.times(40, 24), eye_contact=[(10, 40)])
    client = client.assign(time_s=client["time_s"] + 0.013, person="client")
    judgement = judge(pairs.signals(staff, client), PROFILE, setting=TWO_CAMERAS)
    (event,) = of(judgement, "mutual_eye_contact")
    assert (event.start_s, event.end_s) == (pytest.approx(10, abs=0.1), pytest.approx(30, abs=0.1))
    score = judgement.scores["dyad"]["mutual_eye_contact_share"]
    assert score.coverage == pytest.approx(40 / 60, abs=0.01)


def test_one_person_where_two_were_looked_for():
    staff = synthetic.signals(synthetic.person(synthetic.times(30), eye_contact=[(0, 10)]))
    judgement = judge(staff, PROFILE, setting=Setting(people=1, asked=2))
    assert judgement.scores["staff"]["eye_contact_share"].value == pytest.approx(1 / 3, abs=0.01)
    assert {score.reason for score in judgement.scores["dyad"].values()} == {"Only one person was seen."}
    assert "dyad" not in judge(staff, PROFILE).scores


def test_a_partner_target_is_spoken_of_as_the_clients_face():
    time_s = synthetic.times(60)
    alike = synthetic.person(time_s, eye_contact=[(0, 10)])
    both = [alike.assign(person=person) for person in ("staff", "client")]
    setting = Setting(people=2, target="partner", asked=2)
    judgement = judge(pairs.signals(*both), PROFILE, setting=setting)
    seen = " ".join(item["seen"] for item in judgement.feedback if item["cue"] == "eye_contact")
    assert "toward your client's face" in seen and "camera" not in seen
