"""Lanes of two people: in order, with what belongs to both under them, and no moments where chance rules."""

import pandas as pd
import pytest

from scoring import timeline
from scoring.session import Session
from scoring.summary import summary
from tests.sessions import MIRRORING, MUTUAL, UNSEEN, make_session

PAIR = ("staff", "client")


def lanes_of(folder) -> dict[tuple[str, str], timeline.Lane]:
    return {(lane.cue, lane.person): lane for lane in summary(Session.open(folder)).lanes}


def test_both_people_of_a_cue_lie_together_and_what_is_both_lies_under_them(tmp_path):
    lanes = lanes_of(make_session(tmp_path, people=PAIR, video=False))
    people = [(cue, person) for cue in ("eye_contact", "posture", "nod") for person in PAIR]
    assert list(lanes) == [*people, ("mirroring", "dyad"), ("mutual_eye_contact", "dyad")]
    both = [lanes[cue, "dyad"] for cue in timeline.OF_BOTH]
    assert [(b.start_s, b.end_s) for lane in both for b in lane.blocks] == [MIRRORING, MUTUAL]
    assert [kind.line for kind in both[0].curves] == ["mirroring_prob"]
    assert [(gap.start_s, gap.end_s) for gap in both[1].gaps] == [UNSEEN]
    assert both[0].gaps == () and both[0].note == both[1].note == ""


def test_what_could_not_be_measured_of_both_is_in_either_lane(tmp_path):
    lanes = lanes_of(make_session(tmp_path, people=PAIR, video=False, offset_s=2.0))
    spans = {cue: [(g.start_s, g.end_s) for g in lanes[cue, "dyad"].gaps] for cue in timeline.OF_BOTH}
    assert spans["mirroring"] == [(0.0, 2.0), (10.0, 12.0)]
    assert sorted(spans["mutual_eye_contact"]) == [(0.0, 2.0), (10.0, 11.5), (10.0, 12.0)]
    assert lanes["mirroring", "dyad"].gaps[0].reason == "one of the two people could not be measured"


@pytest.mark.parametrize("p", [0.051, 0.73])
def test_chance_has_no_moments_and_no_curve(tmp_path, p):
    folder = make_session(tmp_path, people=PAIR, video=False, p=p)
    events = pd.read_csv(folder / "events.csv")
    extra = {"person": "dyad", "kind": "mirroring", "start_s": 1.0, "end_s": 2.0}  # as from elsewhere
    pd.concat([events, pd.DataFrame([extra])]).to_csv(folder / "events.csv", index=False)
    lane = lanes_of(folder)["mirroring", "dyad"]
    assert (lane.blocks, lane.curves, lane.empty) == ((), (), True)
    assert lane.note == "Not beyond chance, so no moments are shown."


def test_what_was_not_tested_says_why_and_keeps_its_gaps():
    reason = "The session is 14 s long; 21 s are needed."
    row = {"person": "dyad", "kind": "not_measurable", "start_s": 0.0, "end_s": 2.0, "cue": "mirroring"}
    events = pd.DataFrame([{**row, "reason": "one_not_seen"}])
    both = {"mirroring_p": {"value": None, "reason": reason}, "mutual_eye_contact_share": {"reason": "Lens."}}
    mirroring, mutual = timeline.lanes(events, PAIR, {}, both)[-2:]
    assert (mirroring.note, mirroring.empty, mirroring.curves) == (reason, False, ())
    assert [(gap.start_s, gap.end_s) for gap in mirroring.gaps] == [(0.0, 2.0)]
    assert (mutual.note, mutual.empty) == ("Lens.", True)
    assert timeline.lanes(events, PAIR, {})[-2].note == timeline.NOT_TESTED


def test_one_person_has_one_line_for_what_needs_two():
    events = pd.DataFrame(columns=["person", "kind", "start_s", "end_s", "cue", "reason"])
    lanes = timeline.lanes(events, ("staff",), {})
    assert [lane.label for lane in lanes[:3]] == ["Eye contact", "Posture", "Nods and shakes"]
    assert [(lane.note, lane.empty) for lane in lanes[3:]] == [(timeline.NEEDS_TWO, True)]
