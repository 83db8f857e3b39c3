"""Recording over HTTP: a camera of the machine, whose process or server dies, and what is refused."""

import os
import signal
import socket

import cv2
import psutil
import pytest

from scoring import cut_short
from scoring.position_help import MOST_BYTES
from scoring.positioning import FINE
from scoring.unfinished import unfinished, video_of, waiting
from tests import clips
from tests.browser_recordings import CONSENT, TYPE
from tests.conftest import ROOT
from tests.dashboard.asking import ask, job, processes, until, until_state
from tests.dashboard.conftest import start, stop
from vision.source import VideoFile

DEMO = ROOT / "samples" / "demo.mp4"
FIELDS = {"consent": CONSENT, "person": "Ana B.", "title": "At the desk"}


@pytest.fixture
def library(tmp_path):
    return tmp_path / "library"


@pytest.fixture
def served(library):
    served = start(library, 8850)
    yield served
    if served.process.poll() is None:
        stop(served)


def state_of(served, id):
    return ask(served, "GET", f"/api/record/{id}")[1]


@pytest.fixture
def recording(served):
    """Id of a recording of a camera of the machine that has run for two seconds."""
    _, looking = ask(served, "POST", "/api/record/look", {"camera": str(DEMO), "sound": False})
    id = looking["id"]
    until(lambda: state_of(served, id)["state"] == "looking")
    assert ask(served, "POST", "/api/record", {**FIELDS, "looking": id})[1]["id"] == id
    until(lambda: state_of(served, id)["state"] == "ready")
    assert ask(served, "POST", f"/api/record/{id}/resume", {})[0] == 200
    until(lambda: state_of(served, id).get("elapsed_s", 0) > 2)
    return id


def capturing(library):
    return processes("scoring.capture", library)


def recorded_s(library):
    (folder,) = unfinished(library)
    return list(VideoFile(video_of(folder)))[-1].time_s


@pytest.mark.slow
def test_pictures_come_one_after_the_other(served, recording):
    seen = []
    for _ in range(3):
        after = seen[-1] if seen else 0
        status, picture = _picture(served, recording, after)
        assert status == 200 and picture[:2] == b"\xff\xd8"
        seen.append(after + 1)
    status, _ = _picture(served, recording, 10**6)
    assert status == 204
    assert ask(served, "GET", f"/api/record/{recording}/picture?after=x")[0] == 422


def _picture(served, id, after):
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
    connection.request("GET", f"/api/record/{id}/picture?after={after}")
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


@pytest.mark.slow
def test_a_capture_process_that_is_killed_leaves_what_it_recorded(served, recording, library):
    (process,) = capturing(library)
    os.kill(process, signal.SIGKILL)
    state = until(lambda: (one := state_of(served, recording))["state"] == "failed" and one)
    assert "ended without saying why" in state["reason"]  # the page adds that it is kept
    (one,) = until(lambda: cut_short.cut_short(library))
    assert one.person == "Ana B." and recorded_s(library) > 1.0

    status, answer = ask(served, "POST", f"/api/record/cut-short/{one.key}", {})
    assert status == 201
    again, refused = ask(served, "POST", f"/api/record/cut-short/{one.key}", {})
    assert again in (404, 422) and refused["error"]
    until_state(served, answer["job"], "done")
    assert job(served, answer["job"])["session"] and unfinished(library) == []


@pytest.mark.slow
def test_a_server_that_is_killed_ends_the_recording_and_keeps_it(served, recording, library):
    served.process.send_signal(signal.SIGKILL)
    served.process.wait()
    until(lambda: capturing(library) == [])
    assert waiting(library) == unfinished(library)
    assert recorded_s(library) > 1.5


def helping(served):
    """The processes that look at how somebody sits."""
    return [one for one in psutil.Process(served.process.pid).children() if "scoring.guarded" in words(one)]


def words(process):
    try:
        return process.cmdline()
    except psutil.Error:  # it ended meanwhile
        return []


@pytest.mark.slow
def test_help_with_the_position_stores_nothing_and_ends_for_a_recording_or_with_its_server(served, library):
    data = cv2.imencode(".jpg", clips.pictures(clips.OTHER, 1)[0].rgb[..., ::-1])[1].tobytes()

    def said():
        status, answer = ask(served, "POST", "/api/record/position", raw=data)
        return status == 200 and answer["advice"]

    assert said() == FINE and not library.exists() and len(helping(served)) == 1
    id = ask(served, "POST", "/api/record", {**FIELDS, "type": TYPE})[1]["id"]
    until(lambda: helping(served) == [])
    assert said() == "" and helping(served) == []
    assert ask(served, "DELETE", f"/api/record/{id}")[0] == 200
    assert said() == FINE
    (process,) = helping(served)
    served.process.send_signal(signal.SIGKILL)
    served.process.wait()
    until(lambda: words(process) == [])


@pytest.mark.slow
def test_looking_ends_when_the_page_is_gone(library, monkeypatch):
    from tests.dashboard import conftest

    hasty = "from scoring import live_recordings; live_recordings.SILENT_S = 1.0; "
    monkeypatch.setattr(conftest, "SERVE", hasty + conftest.SERVE)
    served = start(library, 8853)
    try:
        ask(served, "POST", "/api/record/look", {"camera": str(DEMO)})
        until(lambda: capturing(library))
        until(lambda: capturing(library) == [])
    finally:
        stop(served)
    assert unfinished(library) == []


@pytest.mark.slow
def test_why_a_recording_ended_by_itself_is_said(library, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("from scoring import files; files.SPARE_BYTES = 2**62")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    served = start(library, 8854)
    try:
        id = ask(served, "POST", "/api/record/look", {"camera": str(DEMO), "sound": False})[1]["id"]
        until(lambda: state_of(served, id)["state"] == "looking")
        ask(served, "POST", "/api/record", {**FIELDS, "looking": id})
        until(lambda: state_of(served, id)["state"] == "ready")
        ask(served, "POST", f"/api/record/{id}/resume", {})
        state = until(lambda: (one := state_of(served, id)).get("over") and one)
        assert state["ended"] == "the disk is nearly full, so the recording ended here: free some space"
    finally:
        stop(served)


@pytest.mark.slow
def test_a_discarded_recording_leaves_nothing(served, recording, library):
    assert ask(served, "DELETE", f"/api/record/{recording}")[0] == 200
    assert unfinished(library) == [] and capturing(library) == []
    assert ask(served, "GET", f"/api/record/{recording}")[0] == 404
    assert ask(served, "DELETE", f"/api/record/{recording}")[0] == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("camera", "word"),
    [
        ("http://127.0.0.1:9/", "begin with / or ~"), ("relative.mp4", "begin with / or ~"), ("", "number"),
        (7, "number"), ("/dev", "is not a file"), ("/x\0", "not a file"),
    ],
)  # fmt: skip
def test_only_a_number_or_a_file_is_a_camera(served, camera, word):
    status, answer = ask(served, "POST", "/api/record/look", {"camera": camera})
    assert status == 422 and word in answer["error"]


@pytest.mark.slow
def test_a_camera_serves_one_page_at_a_time_and_is_let_go(served):
    _, first = ask(served, "POST", "/api/record/look", {"camera": str(DEMO)})
    status, answer = ask(served, "POST", "/api/record/look", {"camera": str(DEMO)})
    assert status == 422 and "in use" in answer["error"]
    until(lambda: state_of(served, first["id"])["state"] == "looking")
    assert ask(served, "DELETE", f"/api/record/{first['id']}")[0] == 200
    assert ask(served, "POST", "/api/record/look", {"camera": str(DEMO)})[0] == 201


def test_what_the_page_would_never_send_is_refused(served):
    for path in ("x", "0" * 32, "..%2f..", "%2e%2e"):
        assert ask(served, "GET", f"/api/record/{path}")[0] in (400, 404)
        assert ask(served, "PUT", f"/api/record/{path}?offset=0", raw=b"x")[0] in (400, 404, 405)
    assert ask(served, "PUT", f"/api/record/{'0' * 32}?offset=-1", raw=b"x")[0] == 422
    assert ask(served, "POST", "/api/record", {"type": "video/webm"})[0] == 422
    assert ask(served, "POST", f"/api/record/{'0' * 32}/end", {"size": "much"})[0] == 422
    assert ask(served, "POST", "/api/record/cut-short/x", {})[0] == 404
    status, answer = ask(served, "POST", "/api/record/position", raw=b"no picture")
    assert status == 422 and "no JPEG" in answer["error"]
    status, answer = ask(served, "POST", "/api/record/position", raw=bytes(MOST_BYTES + 1))
    assert status == 413 and answer["error"].startswith("The picture is too large")
    assert helping(served) == []
    for path in ("/api/record", "/api/record/look", "/api/record/position"):
        status, answer = ask(served, "POST", path, {}, headers={"origin": "http://evil.example"})
        assert status == 403 and "Attune" in answer


def test_a_request_that_is_cut_off_leaves_no_traceback(served):
    for method, path in (("POST", "/api/record"), ("PUT", f"/api/record/{'0' * 32}?offset=0")):
        with socket.create_connection(("127.0.0.1", served.port), timeout=30) as browser:
            host = f"Host: 127.0.0.1:{served.port}\r\ncontent-type: application/json"
            browser.sendall(f"{method} {path} HTTP/1.1\r\n{host}\r\ncontent-length: 9\r\n\r\n{{".encode())
    assert ask(served, "GET", "/api/record/cut-short")[0] == 200
    assert stop(served) == (0, "", "")
