"""Speaks to a running dashboard as its pages do, and waits for what happens there."""

import http.client
import json
import os
import time
from pathlib import Path

from tests.conftest import ROOT
from tests.dashboard.conftest import Served

CLIPS = ROOT / "samples" / "clips"
SHORT, OTHER = CLIPS / "face_12_0.mp4", CLIPS / "face_43_0.mp4"  # 14 s of 4 pictures a second
LONGER = CLIPS / "solo_00_0.mp4"  # takes some seconds
LONG = ROOT / "samples" / "demo.mp4"  # takes long enough to be stopped
CONSENT = {"by": "Ana B.", "at": "2025-03-12", "purpose": "training"}


def ask(served: Served, method: str, path: str, value=None, *, raw: bytes | None = None, headers=None):
    """The answer's status and JSON; `value` goes as JSON, `raw` as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
    try:
        body, headers = raw, dict(headers or {})
        if value is not None:
            body, headers = json.dumps(value), {"content-type": "application/json", **headers}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        is_json = answer.headers.get_content_type() == "application/json"
        return answer.status, json.loads(text) if is_json else text.decode()
    finally:
        connection.close()


def upload(served: Served, data: bytes, name: str, modified: int = 1) -> str:
    """Upload all of a file; its id."""
    _, begun = ask(served, "POST", "/api/uploads", {"name": name, "size": len(data), "modified": modified})
    for offset in range(0, len(data), begun["chunk_bytes"]):
        piece = data[offset : offset + begun["chunk_bytes"]]
        status, _ = ask(served, "PUT", f"/api/uploads/{begun['id']}?offset={offset}", raw=piece)
        assert status == 200
    return begun["id"]


def request(served: Served, **fields) -> str:
    """Ask for an analysis; the job's id."""
    fields = {"people": "1", "consent": CONSENT, **fields}
    status, answer = ask(served, "POST", "/api/recordings", fields)
    assert status == 201, answer
    return answer["job"]


def job(served: Served, id: str) -> dict:
    _, answer = ask(served, "GET", "/api/jobs")
    return next(one for one in answer["jobs"] if one["id"] == id)


def until(happens, seconds: float = 60.0):
    """What `happens` gives, as soon as it is true."""
    end = time.monotonic() + seconds
    while not (found := happens()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return found


def until_state(served: Served, id: str, state: str) -> dict:
    return until(lambda: (one := job(served, id))["state"] == state and one)


def until_measuring(served: Served, id: str) -> dict:
    """The job once its pictures are being measured."""
    return until(lambda: (one := job(served, id))["state"] == "running" and one["progress"] and one)


def processes(module: str, library: Path) -> list[int]:
    """Ids of the processes of one of our modules that are at work on a library."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = os.fsdecode(path.read_bytes()).split("\0")  # of all that run here, in any encoding
        except OSError:  # it ended meanwhile
            continue
        if module in words and str(library) in words:
            found.append(int(path.parent.name))
    return found
