"""Analyses as pages ask for them: a real server and worker, real recordings, processes that are killed."""

import json
import os
import signal
from pathlib import Path

import pytest

from scoring.catalogue import Catalogue
from scoring.jobs import Jobs
from scoring.uploads import FOLDER
from tests.dashboard.asking import (
    CONSENT,
    LONG,
    LONGER,
    OTHER,
    SHORT,
    ask,
    job,
    processes,
    request,
    until,
    until_measuring,
    until_state,
    upload,
)  # fmt: skip
from tests.dashboard.conftest import EVIL, start, stop

WORKER, ANALYSIS = "scoring.worker", "scoring.run_job"

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("jobs") / "library"


@pytest.fixture(scope="module")
def served(library):
    served = start(library, 8725)
    yield served
    stop(served)


def kill(*ids: int) -> None:
    for id in ids:
        os.kill(id, signal.SIGKILL)


def leftovers(library: Path) -> list[Path]:
    return [path for path in library.glob(".*") if path.suffix in (".partial", ".old", ".gone")]


def one_process(module: str, library: Path) -> int:
    return until(lambda: found[0] if len(found := processes(module, library)) == 1 else None)


def test_an_uploaded_recording_becomes_a_session(served, library):
    id = upload(served, SHORT.read_bytes(), f"My visit {EVIL}.mp4")
    what = {"person": "Ana", "scenario": "reception", "tags": ["first", "morning"]}
    done = until_state(served, request(served, upload=id, **what), "done")
    assert done["progress"] == 1 and done["reason"] == ""
    (entry,) = Catalogue(library).entries()
    assert entry.id == done["session"]
    assert (entry.person, entry.scenario, entry.tags) == ("Ana", "reception", ("first", "morning"))
    info = json.loads((library / done["session"] / "session.json").read_text())
    assert info["consent"] == {
        "text": "Agreed by Ana B. on 2025-03-12 for training", "by": "Ana B.", "at": "2025-03-12",
        "purpose": "training",
    }  # fmt: skip
    assert (library / done["session"] / "video.mp4").exists()
    assert not list((library / FOLDER).iterdir()), "what was uploaded is in the session now"
    assert Jobs(library).get(done["id"]).session == done["session"]
    Catalogue(library).forget(done["session"])
    assert done["id"] not in [one.id for one in Jobs(library).list()]


@pytest.mark.slow
def test_the_session_is_named_after_the_file(served, library):
    id = upload(served, SHORT.read_bytes(), "Empfang Köln.mp4")
    done = until_state(served, request(served, upload=id), "done")
    info = json.loads((library / done["session"] / "session.json").read_text())
    assert info["title"] == done["title"] == "Empfang Köln" and info["source"]["name"] == "Empfang Köln.mp4"
    assert done["session"].startswith("Empfang Köln-")


@pytest.mark.slow
def test_two_recordings_of_one_session(served, library):
    title = "Two cameras"
    fields = {"path": str(SHORT), "client_path": str(OTHER), "offset_s": 1.5, "title": title, "people": None}
    turns = upload(served, b"start,end,person\n2,4,staff\n6,9,client\n", "turns.csv")
    done = until_state(served, request(served, **fields, speech_upload=turns), "done")
    info = json.loads((library / done["session"] / "session.json").read_text())
    assert (info["title"], info["second_source"]["offset_s"]) == (title, 1.5)
    assert info["speech"] == {"source": "given"} and not (library / FOLDER / turns).exists()
    assert SHORT.exists() and OTHER.exists(), "recordings of this machine stay where they are"


@pytest.mark.slow
def test_a_bad_video_fails_at_once_and_its_upload_waits_for_another_try(served, library):
    id = upload(served, b"this is no video", "holiday.mp4")
    asked = request(served, upload=id)
    failed = until_state(served, asked, "failed")
    assert "holiday.mp4" in failed["reason"] and FOLDER not in failed["reason"]
    assert "--" not in failed["reason"] and Jobs(library).get(asked).attempts == 1
    status, answer = ask(served, "POST", "/api/recordings", {"upload": id, "consent": CONSENT})
    assert status == 422 and "holiday.mp4" in answer["error"], "an upload serves one job"
    assert ask(served, "DELETE", f"/api/uploads/{id}")[0] == 409
    assert ask(served, "POST", f"/api/jobs/{asked}/retry")[0] == 200
    until_state(served, asked, "failed")
    assert (library / FOLDER / id).exists()
    assert ask(served, "DELETE", f"/api/jobs/{asked}") == (200, {})
    assert not (library / FOLDER / id).exists()
    assert asked not in [one["id"] for one in ask(served, "GET", "/api/jobs")[1]["jobs"]]


def test_a_running_job_shows_progress_and_can_be_cancelled(served, library):
    asked = request(served, path=str(LONG), people="2")
    waiting = request(served, path=str(LONGER))
    first = until_measuring(served, asked)
    until(lambda: job(served, asked)["progress"] > first["progress"])
    assert job(served, waiting)["state"] == "queued", "one at a time"
    assert ask(served, "DELETE", f"/api/jobs/{asked}")[0] == 422, "what runs can't be dismissed"
    assert ask(served, "POST", f"/api/jobs/{waiting}/cancel")[1]["state"] == "cancelled"
    assert ask(served, "POST", f"/api/jobs/{asked}/cancel")[1]["cancelled"]
    until(lambda: job(served, asked)["state"] == "cancelled", 5)
    assert not processes(ANALYSIS, library) and not leftovers(library)
    assert not list(library.glob("demo-*"))
    for id in (asked, waiting):
        assert ask(served, "DELETE", f"/api/jobs/{id}")[0] == 200


@pytest.mark.slow
def test_a_job_that_crashes_twice_has_failed_and_says_why(served, library):
    asked = request(served, path=str(LONG), people="2")
    for attempt in (1, 2):
        until_measuring(served, asked)
        assert Jobs(library).get(asked).attempts == attempt
        kill(one_process(ANALYSIS, library))
        until(lambda: job(served, asked)["state"] != "running")
    failed = until_state(served, asked, "failed")
    assert "signal 9" in failed["reason"] and failed["reason"].endswith(".")
    assert not leftovers(library)
    ask(served, "DELETE", f"/api/jobs/{asked}")


@pytest.mark.slow
def test_a_worker_that_is_killed_is_started_again_and_goes_on(served, library):
    asked = request(served, path=str(LONGER), title="Again")
    until_measuring(served, asked)
    worker, analysis = one_process(WORKER, library), one_process(ANALYSIS, library)
    kill(worker)
    until(lambda: analysis not in processes(ANALYSIS, library), 10)
    done = until_state(served, asked, "done")
    assert Jobs(library).get(asked).attempts == 2
    assert processes(WORKER, library) not in ([], [worker])
    assert not leftovers(library) and Catalogue(library).open(done["session"]).info["title"] == "Again"


@pytest.mark.slow
def test_a_session_may_be_deleted_while_it_is_analysed_again(served, library):
    fields = {"path": str(OTHER), "keep_video": False}
    first = until_state(served, request(served, **fields), "done")
    again = request(served, **fields)
    until_state(served, again, "running")
    Catalogue(library).forget(first["session"])
    done = until_state(served, again, "done")
    assert done["session"] == first["session"]
    Catalogue(library).open(done["session"])


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/recordings"), ("POST", "/api/jobs/x/cancel"), ("POST", "/api/jobs/x/retry"),
     ("DELETE", "/api/jobs/x"), ("GET", "/api/jobs")],
)  # fmt: skip
def test_other_pages_can_ask_for_nothing(served, method, path):
    fields = {"path": str(SHORT), "consent": CONSENT} if path == "/api/recordings" else None
    before = ask(served, "GET", "/api/jobs")
    assert ask(served, method, path, fields, headers={"origin": "http://evil.example"})[0] == 403
    assert ask(served, method, path, fields, headers={"host": "evil.example"})[0] == 403
    assert ask(served, "GET", "/api/jobs") == before


@pytest.mark.parametrize("id", ["..", "..%2f..%2flibrary.sqlite", "'%20or%201=1--", "0" * 32])
def test_an_id_is_nothing_but_an_id(served, id):
    for method, path in (("POST", f"{id}/cancel"), ("POST", f"{id}/retry"), ("DELETE", id)):
        assert ask(served, method, f"/api/jobs/{path}")[0] in (400, 404)


def test_a_mistake_is_said_before_a_job_is_made(served):
    before = ask(served, "GET", "/api/jobs")
    for fields in ({"path": str(SHORT)}, {"consent": CONSENT}, {"upload": "0" * 32, "consent": CONSENT}):
        status, answer = ask(served, "POST", "/api/recordings", fields)
        assert status in (404, 422) and len(answer["error"]) > 10
    assert ask(served, "GET", "/api/jobs") == before


@pytest.mark.slow
def test_another_server_takes_over_when_the_first_is_killed(tmp_path):
    library = tmp_path / "library"
    first, second = start(library, 8727), start(library, 8728)
    try:
        asked = request(first, path=str(LONGER))
        until_measuring(second, asked)
        until(lambda: len(processes(WORKER, library)) == 2)
        assert len(processes(ANALYSIS, library)) == 1, "one of them works"
        workers = processes(WORKER, library)
        first.process.send_signal(signal.SIGKILL)
        first.process.communicate()
        until(lambda: len(processes(WORKER, library)) == 1, 10)
        (left,) = processes(WORKER, library)
        assert left in workers
        until_state(second, asked, "done")
        assert Jobs(library).get(asked).attempts == 1, "an ending server costs no attempt"
    finally:
        stop(second)
    until(lambda: not processes(WORKER, library), 10)


@pytest.mark.slow
def test_what_waits_and_what_runs_survive_kill_9_and_an_end(tmp_path):
    library = tmp_path / "library"
    served = start(library, 8729)
    running = request(served, path=str(LONGER), title="runs")
    waiting = request(served, path=str(SHORT), title="waits")
    until_measuring(served, running)
    served.process.send_signal(signal.SIGKILL)
    served.process.communicate()
    until(lambda: not processes(WORKER, library) and not processes(ANALYSIS, library), 10)
    found = {one.title: (one.state, one.attempts) for one in Jobs(library).list()}
    assert found == {"runs": ("queued", 0), "waits": ("queued", 0)} and not leftovers(library)

    served = start(library, 8729)
    until_measuring(served, running)
    assert job(served, waiting)["state"] == "queued", "in their order"
    code, _, err = stop(served)
    assert code == 0 and err == ""
    assert not processes(WORKER, library) and not processes(ANALYSIS, library)
    assert {one.state for one in Jobs(library).list()} == {"queued"} and not leftovers(library)

    served = start(library, 8729)
    try:
        for id in (running, waiting):
            until_state(served, id, "done")
            assert Jobs(library).get(id).attempts == 1
    finally:
        stop(served)
    assert len(Catalogue(library).entries()) == 2


def test_without_anything_asked_nothing_is_made(tmp_path):
    served = start(tmp_path / "library", 8730)
    assert ask(served, "GET", "/api/jobs") == (200, {"jobs": []})
    stop(served)
    assert not (tmp_path / "library").exists()
