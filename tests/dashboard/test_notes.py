"""Notes and corrections over HTTP: what the page sends, what a stranger might, and kill -9."""

import os
import signal
from pathlib import Path
from uuid import uuid4

import pytest

from tests.dashboard.asking import ask
from tests.dashboard.conftest import EVIL, Served, start, stop
from tests.sessions import NOD, make_session

BASE = "/api/session/reception-0a1b2c3d"
OTHER = "/api/session/other"


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    library = tmp_path_factory.mktemp("notes")
    make_session(library, video=False)
    make_session(library, "other", video=False)
    return library


@pytest.fixture(scope="module")
def served(library):
    served = start(library, 8761)
    yield served
    stop(served)


def note(text="Good pace", **fields) -> dict:
    given = {"id": uuid4().hex, "parent": None, "kind": "keep", "rubric": None, "rating": None}
    return {**given, "start_s": 3.0, "end_s": 3.0, "text": text, **fields}


def correction(**fields) -> dict:
    given = {"id": uuid4().hex, "verdict": "wrong", "person": "staff", "kind": "nod", "text": ""}
    return {**given, "start_s": NOD[0], "end_s": NOD[1], **fields}


def notes(served: Served, base: str = BASE) -> dict[str, dict]:
    _, answer = ask(served, "GET", f"{base}/notes")
    return {one["id"]: one for one in answer["notes"]}


def test_a_note_from_writing_to_deleting(served):
    sent = note(EVIL, kind="try", end_s=4.5, rubric="posture", rating=2)
    status, stored = ask(served, "POST", f"{BASE}/notes", sent)
    assert status == 201
    assert {name: stored[name] for name in sent} == sent
    assert (stored["author"], stored["version"], stored["deleted"]) == ("local", 1, False)
    assert ask(served, "POST", f"{BASE}/notes", sent) == (201, stored)
    reply = note("Yes", parent=sent["id"])
    assert ask(served, "POST", f"{BASE}/notes", reply)[0] == 201
    address = f"{BASE}/notes/{sent['id']}"
    status, changed = ask(served, "PUT", address, {**sent, "version": 1, "text": "two"})
    assert (status, changed["text"], changed["version"]) == (200, "two", 2)
    status, refused = ask(served, "PUT", address, {**sent, "version": 1, "text": "three"})
    assert (status, refused["note"]) == (409, changed)
    assert ask(served, "DELETE", address) == (200, {})
    gone = notes(served)[sent["id"]]
    assert (gone["deleted"], gone["text"], gone["rating"]) == (True, "", None)
    assert notes(served)[reply["id"]]["text"] == "Yes"
    _, history = ask(served, "GET", f"{address}/history")
    assert [version.get("text") for version in history["versions"]] == [EVIL, "two", None]
    assert [version["deleted"] for version in history["versions"]] == [False, False, True]


def test_the_page_learns_kinds_and_rubric(served):
    _, answer = ask(served, "GET", f"{BASE}/review")
    assert [kind["label"] for kind in answer["note_kinds"]] == ["Keep", "Try", "Question"]
    assert answer["rubric"][0]["id"] == "greeting"
    assert all(item["look_for"].endswith(".") for item in answer["rubric"])


def test_corrections_and_their_figures(served):
    sent = correction()
    assert ask(served, "POST", f"{BASE}/corrections", sent)[0] == 201
    added = correction(verdict="missing", start_s=9, end_s=9.5, text=EVIL)
    assert ask(served, "POST", f"{BASE}/corrections", added)[0] == 201
    _, answer = ask(served, "GET", f"{BASE}/corrections")
    assert [(one["id"], one["found"]) for one in answer["corrections"]] == [
        (sent["id"], True), (added["id"], False)
    ]  # fmt: skip
    [nods] = answer["agreement"]
    assert nods["words"] == "Of 1 found, 1 marked as wrong, 1 added: agreement F1 .00."
    assert (nods["person_label"], nods["kind_label"], nods["precision"]) == ("Staff", "Nod", 0)
    assert ask(served, "DELETE", f"{BASE}/corrections/{sent['id']}") == (200, {})
    _, answer = ask(served, "GET", f"{BASE}/corrections")
    assert [one["id"] for one in answer["corrections"]] == [added["id"]]
    assert answer["agreement"][0]["f1"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", f"{BASE}/notes", note(start_s=float("nan")), 422),
        ("POST", f"{BASE}/notes", note(end_s=float("inf")), 422),
        ("POST", f"{BASE}/notes", note(end_s=10**400), 422),
        ("POST", f"{BASE}/notes", note(id="../../etc/passwd"), 422),
        ("POST", f"{BASE}/notes", note(id=["x"]), 422),
        ("POST", f"{BASE}/notes", note(parent={"a": 1}), 422),
        ("POST", f"{BASE}/notes", note(parent=uuid4().hex), 422),
        ("POST", f"{BASE}/notes", note("\ud800"), 422),
        ("POST", f"{BASE}/notes", note("x" * 5001), 422),
        ("POST", f"{BASE}/notes", note("x" * 300_000), 422),
        ("POST", f"{BASE}/notes", {}, 422),
        ("POST", f"{BASE}/notes", [], 422),
        ("POST", "/api/session/none/notes", note(), 404),
        ("PUT", f"{BASE}/notes/{uuid4().hex}", {**note(), "version": 1}, 404),
        ("PUT", f"{BASE}/notes/x", {**note(), "version": 1}, 404),
        ("DELETE", f"{BASE}/notes/{uuid4().hex}", None, 404),
        ("GET", f"{BASE}/notes/{uuid4().hex}/history", None, 404),
        ("POST", f"{BASE}/corrections", correction(kind="not_measurable"), 422),
        ("POST", f"{BASE}/corrections", correction(person="client"), 422),
        ("POST", f"{BASE}/corrections", correction(start_s=float("-inf")), 422),
        ("POST", f"{BASE}/corrections", correction(verdict="missing", end_s=99), 422),
        ("POST", f"{BASE}/corrections", {}, 422),
        ("DELETE", f"{BASE}/corrections/{uuid4().hex}", None, 404),
    ],
)
def test_what_is_wrong_is_refused_with_a_sentence(served, method, path, body, status):
    before = notes(served)
    answered, answer = ask(served, method, path, body)
    assert answered == status
    assert 10 < len(answer["error"]) < 200 and "Traceback" not in answer["error"]
    assert notes(served) == before


def test_a_session_knows_only_its_own(served):
    mine, marked = note(), correction()
    assert ask(served, "POST", f"{BASE}/notes", mine)[0] == 201
    assert ask(served, "POST", f"{BASE}/corrections", marked)[0] == 201
    for method, path, body, status in (
        ("POST", f"{OTHER}/notes", note(parent=mine["id"]), 422),
        ("POST", f"{OTHER}/notes", mine, 422),
        ("PUT", f"{OTHER}/notes/{mine['id']}", {**mine, "version": 1, "text": "x"}, 404),
        ("DELETE", f"{OTHER}/notes/{mine['id']}", None, 404),
        ("GET", f"{OTHER}/notes/{mine['id']}/history", None, 404),
        ("POST", f"{OTHER}/corrections", marked, 422),
        ("DELETE", f"{OTHER}/corrections/{marked['id']}", None, 404),
    ):
        assert ask(served, method, path, body)[0] == status, (method, path)
    assert notes(served)[mine["id"]]["text"] == "Good pace" and notes(served, OTHER) == {}


def test_foreign_pages_and_plain_forms_are_refused(served):
    for headers, status in (
        ({"Origin": "http://evil.example"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"content-type": "text/plain"}, 422),
    ):
        assert ask(served, "POST", f"{BASE}/notes", note(), headers=headers)[0] == status
    assert ask(served, "DELETE", f"{BASE}/notes/x", headers={"Origin": "http://evil.example"})[0] == 403


@pytest.mark.slow
def test_what_was_answered_survives_kill_9(library, tmp_path):
    make_session(tmp_path, video=False)
    served = start(tmp_path, 8763)
    sent = note("stored")
    assert ask(served, "POST", f"{BASE}/notes", sent)[0] == 201
    os.kill(served.process.pid, signal.SIGKILL)
    served.process.wait()
    served = start(tmp_path, 8763)
    try:
        assert notes(served)[sent["id"]]["text"] == "stored"
    finally:
        stop(served)
