"""Uploads over a real server: in pieces, cut off, resumed, refused."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from scoring.uploads import CHUNK_BYTES, DATA, FOLDER, KEPT_S, Uploads
from tests.dashboard.asking import ask, until, upload
from tests.dashboard.conftest import EVIL, Served, start, stop

MB = 10**6
RANDOM = os.urandom(3 * MB)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("uploads") / "library"


@pytest.fixture(scope="module")
def served(library):
    served = start(library, 8721)
    yield served
    stop(served)


def begin(served: Served, name: str = "visit.mp4", size: int = len(RANDOM), modified: int = 1) -> dict:
    asked = {"name": name, "size": size, "modified": modified}
    status, begun = ask(served, "POST", "/api/uploads", asked)
    assert status == 201
    return begun


def put(served: Served, id: str, offset: int | str, raw: bytes, **options):
    return ask(served, "PUT", f"/api/uploads/{id}?offset={offset}", raw=raw, **options)


def send_part(served: Served, id: str, offset: int, promised: int, sent: bytes) -> socket.socket:
    """Begin to send a piece of `promised` bytes and stop after those in `sent`."""
    connection = socket.create_connection(("127.0.0.1", served.port))
    head = (
        f"PUT /api/uploads/{id}?offset={offset} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n"
        f"Content-Length: {promised}\r\n\r\n"
    )
    connection.sendall(head.encode() + sent)
    return connection


def received(served: Served, id: str) -> int:
    return ask(served, "GET", f"/api/uploads/{id}")[1]["received"]


@pytest.mark.slow
def test_an_upload_that_is_cut_off_goes_on_where_it_stopped(served, library):
    id = begin(served)["id"]
    send_part(served, id, 0, len(RANDOM), RANDOM[:1_300_000]).close()
    until(lambda: received(served, id) == 1_300_000)
    again = begin(served)
    assert (again["id"], again["received"]) == (id, 1_300_000)
    assert put(served, id, 1_300_000, RANDOM[1_300_000:]) == (200, {"received": len(RANDOM)})
    assert Uploads(library).file(id).read_bytes() == RANDOM


@pytest.mark.slow
def test_an_upload_survives_kill_9(tmp_path):
    library = tmp_path / "library"
    served = start(library, 8722)
    id = begin(served)["id"]
    with send_part(served, id, 0, len(RANDOM), RANDOM[:2_500_000]):
        until(lambda: received(served, id) >= 2 * 2**20)  # what is held in memory is 1 MiB at most
        served.process.send_signal(signal.SIGKILL)
        served.process.communicate()
    served = start(library, 8722)
    try:
        again = begin(served)
        assert again["id"] == id and again["received"] >= 2 * 2**20
        assert put(served, id, again["received"], RANDOM[again["received"] :])[0] == 200
        assert Uploads(library).file(id).read_bytes() == RANDOM
    finally:
        stop(served)


def test_a_piece_that_begins_elsewhere_is_refused_and_says_where_to_go_on(served):
    id = begin(served, modified=2)["id"]
    put(served, id, 0, RANDOM[:MB])
    for offset in (0, MB - 1, MB + 1, len(RANDOM)):
        status, answer = put(served, id, offset, RANDOM[:MB])
        assert status == 409 and answer["received"] == MB and answer["error"].endswith(".")
    assert received(served, id) == MB


def test_of_two_senders_only_one_is_believed(served, library):
    id = begin(served, modified=3)["id"]
    with send_part(served, id, 0, len(RANDOM), RANDOM[:1_200_000]) as slow:
        until(lambda: received(served, id) >= 2**20)
        quick = received(served, id)
        assert put(served, id, quick, RANDOM[quick:])[0] == 200
        slow.sendall(bytes(len(RANDOM) - 1_200_000))
        assert b" 409 " in slow.recv(1000)
    assert Uploads(library).file(id).read_bytes() == RANDOM


def test_more_than_was_announced_is_refused(served):
    id = begin(served, size=1000)["id"]
    assert put(served, id, 0, RANDOM[:1001])[0] == 413
    chunked = iter([RANDOM[:900], RANDOM[:900]])  # without a length
    assert put(served, id, 0, chunked)[0] == 413
    assert received(served, id) == 0
    big = begin(served, size=10 * CHUNK_BYTES)["id"]
    with send_part(served, big, 0, CHUNK_BYTES + 1, b"x") as connection:
        assert b" 413 " in connection.recv(1000)


@pytest.mark.parametrize("offset", ["", "-1", "1.5", "x", "1e3", "%D9%A3", "9" * 30])
def test_an_offset_is_a_number(served, offset):
    status, answer = put(served, begin(served)["id"], offset, b"x")
    assert status in (409, 422) and "error" in answer


@pytest.mark.parametrize(
    "asked", [
        {"name": "", "size": 1}, {"name": 7, "size": 1}, {"name": "x" * 300, "size": 1}, {"size": 1},
        {"name": "a.mp4", "size": 0}, {"name": "a.mp4", "size": -5}, {"name": "a.mp4", "size": True},
        {"name": "a.mp4", "size": "9"}, {"name": "a.mp4"}, {"name": "a.mp4", "size": 1, "modified": "now"},
        {"name": "\ud800.mp4", "size": 1},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(served, asked):
    status, answer = ask(served, "POST", "/api/uploads", asked)
    assert status == 422 and len(answer["error"]) > 10


def test_a_file_that_does_not_fit_is_refused_before_it_is_sent(served, library):
    before = list((library / FOLDER).iterdir())
    asked = {"name": "huge.mp4", "size": 10**18, "modified": 1}
    status, answer = ask(served, "POST", "/api/uploads", asked)
    assert status == 422 and "huge.mp4" in answer["error"] and "free" in answer["error"]
    assert list((library / FOLDER).iterdir()) == before


@pytest.mark.parametrize(
    "name",
    ["../../evil.mp4", "/etc/passwd", "a\\..\\b.mp4", "con.mp4", ".hidden", "..", "a\0b.mp4", EVIL, "x.m/p4"],
)
def test_a_name_is_never_a_path(served, library, name):
    id = begin(served, name, size=4)["id"]
    assert put(served, id, 0, b"data")[0] == 200
    file = Uploads(library).file(id)
    assert file.parent == library / FOLDER / id / DATA and file.read_bytes() == b"data"
    assert not file.name.startswith(".")
    assert ask(served, "GET", f"/api/uploads/{id}")[1]["name"] == name
    assert ask(served, "DELETE", f"/api/uploads/{id}") == (200, {})
    assert not (library / FOLDER / id).exists()


@pytest.mark.parametrize(
    "id",
    ["..", "..%2f..", "%2e%2e%2flibrary.sqlite", "0" * 31, "A" * 32, "0" * 32, "0" * 32 + "%00", "*" * 32],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_id_is_nothing_but_an_id(served, method, id):
    status, answer = ask(served, method, f"/api/uploads/{id}?offset=0", raw=b"x")
    assert status in (400, 404) and "sqlite" not in str(answer)


def test_two_files_of_one_name_are_two_uploads(served):
    first, second = begin(served, "same.mp4", modified=1), begin(served, "same.mp4", modified=2)
    assert first["id"] != second["id"]
    assert begin(served, "same.mp4", modified=1)["id"] == first["id"]


def test_other_pages_can_neither_begin_nor_send(served):
    foreign = {"origin": "http://evil.example"}
    asked = {"name": "a.mp4", "size": 1, "modified": 1}
    assert ask(served, "POST", "/api/uploads", asked, headers=foreign)[0] == 403
    id = begin(served, modified=9)["id"]
    assert put(served, id, 0, b"x", headers=foreign)[0] == 403
    assert ask(served, "DELETE", f"/api/uploads/{id}", headers=foreign)[0] == 403
    assert received(served, id) == 0


def test_a_large_file_is_never_in_memory(served):
    def resident() -> int:
        status = Path(f"/proc/{served.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    upload(served, bytes(CHUNK_BYTES), "small.mp4")
    before = resident()
    upload(served, bytes(12 * CHUNK_BYTES), "large.mp4")
    assert resident() - before < 3 * CHUNK_BYTES


def test_what_nobody_goes_on_with_is_removed_after_a_week(tmp_path):
    uploads = Uploads(tmp_path)
    kept, used, old = (uploads.begin(name, 3) for name in ("new.mp4", "used.mp4", "old.mp4"))
    uploads.append(old.id, 0, b"ab")
    for one in (used, old):
        for path in (uploads.folder / one.id, *(uploads.folder / one.id).rglob("*")):
            os.utime(path, (time.time() - KEPT_S - 60,) * 2)
    (uploads.folder / f".{'0' * 32}").mkdir()  # a folder just being made
    uploads.tidy({used.id})
    assert {upload.id for upload in uploads.list()} == {kept.id, used.id}
    assert (uploads.folder / f".{'0' * 32}").exists()
