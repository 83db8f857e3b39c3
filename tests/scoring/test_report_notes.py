"""What people wrote is in the report as they wrote it; a long session is drawn in several strips."""

import json
import re
import socket
import uuid

import pytest

from scoring import report
from scoring.access import User
from scoring.corrections import Corrector
from scoring.library import Library
from scoring.notes import Content, Notebook
from scoring.report import render
from scoring.report_drawing import BINS, LAST_MARK, strips
from scoring.report_notes import DELETED, written_about
from scoring.report_pdf import render_pdf
from scoring.session import Session
from scoring.summary import summary
from tests.sessions import AWAY, DURATION_S, make_session

EVIL = "<script>alert(1)</script>&\"'"
ADA = User("Ada", "trainer")


@pytest.fixture
def session(tmp_path) -> Session:
    return Session.open(make_session(tmp_path, people=("staff", "client"), video=False))


def write(session, kind, start, end, text, parent=None, user=ADA, **rated) -> str:
    id = uuid.uuid4().hex
    content = Content(kind=kind, start_s=float(start), end_s=float(end), text=text, **rated)
    Notebook(Library(session.path.parent), session, user).add(id, content, parent)
    return id


def correct(session, verdict, kind, start, end, text=""):
    values = {
        "verdict": verdict,
        "person": "staff",
        "kind": kind,
        "start_s": start,
        "end_s": end,
        "text": text,
    }
    Corrector(Library(session.path.parent), session, ADA).add({"id": uuid.uuid4().hex, **values})


def test_notes_stand_in_order_with_rating_author_and_replies(session):
    write(session, "try", 8, 11, "Arms", rubric="posture", rating=2)
    first = write(session, "keep", 0.4, 0.4, "One\n\ntwo", rubric="greeting", rating=5)
    write(session, "keep", 0.4, 0.4, "Thank you", parent=first, user=User("local", "admin"))
    write(session, "question", 9, 9, "Why?")
    said = written_about(session)
    assert [(n.number, n.sign, n.label, n.when, n.about) for n in said.notes] == [
        (1, "✓", "Keep", "0:00.4", "Greeting: 5 of 5"),
        (2, "→", "Try", "0:08–0:11", "Posture: 2 of 5"),
        (3, "?", "Question", "0:09.0", ""),
    ]
    assert said.ratings == ("Greeting 5", "Posture 2")
    assert said.notes[0].by.startswith("Ada · ") and not said.notes[0].replies[0].by.startswith("local")
    text = render(session)
    assert "One\n\ntwo" in text and text.index("One\n\ntwo") < text.index("Thank you") < text.index("Arms")
    assert "Ratings, 1 to 5: Greeting 5 · Posture 2" in text


def test_a_deleted_note_keeps_its_place_where_somebody_replied(session):
    gone, kept = write(session, "keep", 1, 1, "Not this"), write(session, "keep", 2, 2, "Nor that")
    write(session, "keep", 1, 1, "But this", parent=gone)
    for id in (gone, kept):
        Notebook(Library(session.path.parent), session).delete(id)
    text = render(session)
    assert DELETED in text and "But this" in text and "Not this" not in text and "Nor that" not in text


def test_script_stays_text(session):
    write(session, "keep", 1, 1, EVIL, user=User(EVIL, "trainer"))
    correct(session, "wrong", "gaze_away", *AWAY[0], EVIL)
    text = render(session)
    assert "<script" not in text and text.count("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#34;&#39;") == 3


def test_a_library_that_cant_be_read_leaves_out_the_notes_and_says_so(session):
    write(session, "try", 2, 2, "Unreadable soon.")
    database = session.path.parent / "library.sqlite"
    for file in database.parent.glob("library.sqlite-*"):
        file.unlink()
    database.write_bytes(b"no database at all" * 400)
    text = render(session)
    assert "Notes and corrections are missing here" in text and "library.sqlite" in text
    assert "Unreadable soon." not in text and "Time in eye contact" in text


def test_corrections_are_drawn_and_counted(session):
    assert "Corrections</h2>" not in render(session) and "Notes</h2>" not in render(session)
    correct(session, "wrong", "gaze_away", *AWAY[0])
    correct(session, "missing", "nod", 7.0, 7.5)
    said = written_about(session)
    assert [(one.event, one.verdict) for one in said.corrected] == [
        ("Looking away · staff", "Marked as wrong"),
        ("Nod · staff", "Added"),
    ]
    assert dict(said.agreement)["Looking away · staff"].startswith("Of 2 found, 1 marked as wrong")
    (strip,) = strips(session, summary(session), said.marks, said.corrections)
    drawn = {
        (lane.lane.person, box.kind.kind, box.left * DURATION_S, box.verdict)
        for lane in strip.lanes for box in lane.blocks if box.verdict
    }  # fmt: skip
    assert drawn == {("staff", "gaze_away", AWAY[0][0], "wrong"), ("staff", "nod", 7.0, "missing")}
    text = render(session)
    assert text.count('class="struck"') == text.count('class="added"') == 1


def test_marks_lie_at_their_times_and_never_on_each_other(session):
    for start in (1.0, 1.1, 6.0, DURATION_S):
        write(session, "keep", start, start, "x")
    (strip,) = strips(session, summary(session), written_about(session).marks)
    assert [mark.left * DURATION_S for mark in strip.marks] == pytest.approx([1.0, 1.1, 6.0, DURATION_S])
    assert [mark.row for mark in strip.marks] == [0, 1, 0, 0]
    assert [mark.text for mark in strip.marks] == ["1 ✓", "2 ✓", "3 ✓", "4 ✓"]
    assert strip.marks[-1].left > LAST_MARK


def test_an_hour_is_drawn_in_strips_of_ten_minutes(session):
    info = json.loads((session.path / "session.json").read_text())
    info["source"]["duration_s"] = 3600.0
    (session.path / "session.json").write_text(json.dumps(info))
    events = session.path / "events.csv"
    events.write_text(
        events.read_text().replace("staff,open_posture,0.0,8.0", "staff,open_posture,590.0,1230.0")
    )
    long = Session.open(session.path)
    write(long, "try", 600, 600, "At the start of the second")
    drawn = strips(long, summary(long), written_about(long).marks)
    assert [(strip.start_s, strip.end_s, strip.used) for strip in drawn] == [
        (600.0 * k, 600.0 * (k + 1), 1.0) for k in range(6)
    ]
    assert [len(strip.marks) for strip in drawn] == [0, 1, 0, 0, 0, 0]
    posture = [
        [(box.left * 600, (box.left + box.width) * 600) for box in lane.blocks if box.row == 0]
        for strip in drawn[:3]
        for lane in strip.lanes
        if (lane.lane.cue, lane.lane.person) == ("posture", "staff")
    ]
    assert posture == [[(590.0, 600.0)], [(0.0, 600.0)], [(0.0, pytest.approx(30.0))]]
    text = render(long)
    assert "10:00–20:00" in text and "<polyline" not in text and f"0 0 {BINS}" not in text


def test_nothing_is_fetched_for_a_pdf(session, monkeypatch):
    """Even if an address got into the page past the escaping."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        page = f'<img src="{address}.png" alt="x"><link rel="stylesheet" href="{address}.css"><p>Whole'
        monkeypatch.setattr(report, "render", lambda session, paper: page)
        assert len(re.findall(rb"%PDF-1.7|%%EOF", render_pdf(session))) == 2
        with pytest.raises(TimeoutError):
            listener.accept()
