"""Who speaks when: what a person does while listening and speaking, with answers known by construction."""

import pandas as pd
import pytest

from scoring.events import Event
from scoring.judge import judge
from scoring.profile import Profile
from scoring.score import WHILE
from scoring.speech import LISTENING, SPEAKING, UNCLEAR, Speech, Turn, merged
from tests.synthetic import person, signals, times

PROFILE = Profile.load()
CLIENT_FIRST = Speech(staff=(Turn(30, 60),), client=(Turn(0, 30),))


def judged(table, speech, **options):
    return judge(signals(table), PROFILE, speech=speech, **options)


def spans(speech, state, who="staff"):
    return [tuple(turn) for turn in speech.spans(who, state, (0.0, 60.0))]


def test_one_listens_while_the_other_speaks_and_at_once_neither_does():
    speech = Speech(staff=(Turn(20, 40),), client=(Turn(0, 30), Turn(50, 70)))
    assert spans(speech, LISTENING) == [(0, 20), (50, 60)]
    assert spans(speech, SPEAKING) == [(30, 40)]
    assert spans(speech, LISTENING, "client") == [(30, 40)]
    assert spans(speech, SPEAKING, "client") == [(0, 20), (50, 60)]


def test_unclear_time_is_neither():
    speech = Speech(client=(Turn(0, 30),), unclear=(Turn(10, 15),))
    assert spans(speech, LISTENING) == [(0, 10), (15, 30)]
    assert spans(speech, UNCLEAR) == [(10, 15)]


def test_turns_that_touch_are_one():
    assert merged([Turn(5, 6), Turn(0, 2), Turn(2, 3), Turn(1, 2.5)]) == (Turn(0, 3), Turn(5, 6))


def test_shares_and_rates_are_of_listening_and_of_speaking():
    nods = [(5, 6), (15, 16), (25, 26), (40, 41)]
    table = person(times(60), eye_contact=[(0, 24), (50, 60)], nods=nods)
    got = judged(table, CLIENT_FIRST)
    scores = got.scores["staff"]
    assert scores["listening_eye_contact_share"].value == pytest.approx(24 / 30, abs=1e-3)
    assert scores["speaking_eye_contact_share"].value == pytest.approx(10 / 30, abs=1e-3)
    assert scores["eye_contact_share"].value == pytest.approx(34 / 60, abs=1e-3)
    assert scores["listening_nods_per_min"].value == pytest.approx(6, abs=0.01)
    assert scores["speaking_nods_per_min"].value == pytest.approx(2, abs=0.01)
    assert scores["nod_count"].value == 4
    for name in WHILE:
        low, high = scores[name].ci95
        assert low <= scores[name].value <= high and scores[name].coverage == pytest.approx(1)
    back = [event for event in got.events if event.kind == "backchannel_nod"]
    assert [event.start_s for event in back] == pytest.approx([5, 15, 25], abs=0.2)
    nod = {event.start_s: event for event in got.events if event.kind == "nod"}
    assert all(nod[event.start_s].attributes == event.attributes for event in back)


def test_a_nod_that_runs_on_into_ones_own_words_is_one_of_listening():
    table = person(times(60), nods=[(29.5, 30.5), (59, 60)])
    kinds = [event.kind for event in judged(table, CLIENT_FIRST).events]
    assert kinds.count("backchannel_nod") == 1 and kinds.count("nod") == 2


def test_speech_itself_is_among_the_events_also_of_somebody_off_camera():
    speech = Speech(client=(Turn(-1, 5), Turn(58, 70)), unclear=(Turn(20, 30),))
    events = judged(person(times(60)), speech).events
    told = [(e.person, e.start_s, round(e.end_s, 6)) for e in events if e.kind == "speech"]
    assert told == [("client", 0, 5), ("client", 58, 60)]
    hidden = [e for e in events if e.attributes.get("cue") == "speech"]
    assert {(e.person, e.start_s, e.end_s) for e in hidden} == {("staff", 20, 30), ("client", 20, 30)}
    assert {e.attributes["reason"] for e in hidden} == {"speaker_unknown"}


def test_events_give_the_speech_back_that_made_them():
    speech = Speech(staff=(Turn(1, 2),), client=(Turn(3, 4),), unclear=(Turn(5, 6),), source="sound")
    assert Speech.of_events(speech.events((0.0, 60.0)), "sound") == speech
    assert speech.swapped().staff == speech.client


def test_unknown_speech_is_not_measurable_and_never_zero():
    got = judged(person(times(60), eye_contact=[(0, 60)], nods=[(5, 6)]), None)
    for name in WHILE:
        score = got.scores["staff"][name]
        assert score.value is None and "--speech" in score.reason and score.coverage == 0
    assert not {event.kind for event in got.events} & {"speech", "backchannel_nod"}


def test_who_never_listens_has_no_share_of_it():
    scores = judged(person(times(60)), Speech(staff=(Turn(0, 60),))).scores["staff"]
    assert scores["listening_eye_contact_share"].value is None
    assert "only the other person spoke" in scores["listening_nods_per_min"].reason
    assert scores["speaking_eye_contact_share"].value == 0


def test_coverage_is_of_the_time_of_listening():
    table = person(times(60), eye_contact=[(0, 60)], unseen=[(0, 12)])
    scores = judged(table, CLIENT_FIRST).scores["staff"]
    assert scores["listening_eye_contact_share"].coverage == pytest.approx(18 / 30, abs=0.01)
    assert scores["speaking_eye_contact_share"].coverage == pytest.approx(1)
    hidden = judged(person(times(60), unseen=[(0, 20)]), CLIENT_FIRST).scores["staff"]
    assert hidden["listening_nods_per_min"].value is None
    assert "no face was found" in hidden["listening_nods_per_min"].reason
    assert hidden["nods_per_min"].value == 0


def test_where_it_is_unclear_who_speaks_nothing_is_measured():
    table = person(times(60), eye_contact=[(0, 60)])
    scores = judged(table, Speech(client=(Turn(0, 10),), unclear=(Turn(10, 60),))).scores["staff"]
    share = scores["listening_eye_contact_share"]
    assert share.value is None and share.coverage == pytest.approx(10 / 60, abs=0.01)
    assert "who spoke could not be told" in share.reason


def test_a_few_seconds_of_listening_have_no_rate():
    scores = judged(person(times(60), nods=[(1, 2)]), Speech(client=(Turn(0, 5),))).scores["staff"]
    assert scores["listening_nods_per_min"].value is None
    assert "10 s" in scores["listening_nods_per_min"].reason


def test_two_people_listen_to_each_other():
    rows = [
        signals(
            person(times(60), nods=[(40, 41)] if who == "client" else [(10, 11)]).assign(person=who)
        ).table
        for who in ("staff", "client")
    ]
    both = signals(pd.concat(rows, ignore_index=True))
    got = judge(both, PROFILE, speech=CLIENT_FIRST)
    back = {(event.person, round(event.start_s)) for event in got.events if event.kind == "backchannel_nod"}
    assert back == {("staff", 10), ("client", 40)}


def test_feedback_speaks_of_listening_and_names_the_moments():
    table = person(times(300), eye_contact=[(0, 180)], open_posture=[(0, 300)])
    quiet = judged(table, Speech(client=(Turn(0, 250),)))
    items = {item["score"]: item for item in quiet.feedback}
    item = items["listening_nods_per_min"]
    assert item["type"] == "try" and "While your client spoke" in item["seen"]
    assert all(0 <= start < end <= 250.1 for start, end in item["spans"])


@pytest.mark.parametrize("profile", ["default", "de"])
def test_every_language_has_words_for_listening(profile):
    nods = [(t, t + 1) for t in range(2, 118, 3)]
    for contact, moves in (
        ([(0, 120)], nods),
        ([], []),
        ([(0, 90)], [(t, t + 1) for t in range(2, 118, 10)]),
    ):
        table = person(times(120), eye_contact=contact, nods=moves)
        found = judge(signals(table), Profile.load(profile), speech=Speech(client=(Turn(0, 120),)))
        assert found.feedback and all("{" not in item["seen"] for item in found.feedback)


def test_speech_events_need_no_probability():
    (event,) = Speech(client=(Turn(0, 1),)).events((0.0, 2.0))
    assert event == Event("client", "speech", 0, 1, event.peak_prob) and event.peak_prob != event.peak_prob
