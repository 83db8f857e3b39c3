"""The server: where it listens, who may speak to it, what it hands out and what it doesn't."""

import asyncio
import http.client
import json
import socket
from urllib.parse import quote

import numpy as np
import pytest
from starlette.requests import Request
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dashboard.answers import GONE, session_route
from dashboard.gate import own_hosts
from dashboard.review import COLUMNS
from dashboard.server import listen
from scoring.catalogue import Catalogue
from scoring.session import SIGNALS, forget
from tests.dashboard.conftest import start, stop
from tests.sessions import CONTACT, DURATION_S, TIMES, UNSEEN, make_session

ID = "reception-0a1b2c3d"
FOREIGN = (
    {"Host": "attune.example"},
    {"Host": "127.0.0.1"},
    {"Host": "127.0.0.1:1"},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "https://127.0.0.1:{port}"},
)
PATHS = (
    "/", "/_stcore/health", f"/api/session/{ID}/review", f"/api/session/{ID}/video",
    "/api/session/cameras/video2", "/player/review.js",
)  # fmt: skip


HALF_A_REQUEST = (
    "POST /api/record/position HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 9\r\n"
    "Expect: 100-continue\r\n\r\n1234"
)


def get(served, path, headers=None, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    headers = {name: value.format(port=served.port) for name, value in (headers or {}).items()}
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    answer.content = answer.read()
    connection.close()
    return answer


@pytest.mark.parametrize("path", PATHS)
def test_own_page_is_served(served, path):
    for name in ("127.0.0.1", "localhost"):
        own = {"Host": f"{name}:{{port}}", "Origin": f"http://{name}:{{port}}"}
        answer = get(served, path, own)
        assert answer.status == 200
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("path", PATHS)
def test_foreign_host_or_origin_is_refused(served, path, headers):
    answer = get(served, path, headers)
    assert answer.status == 403
    assert b"Attune" in answer.content and len(answer.content) < 100


def test_foreign_websocket_is_refused(served):
    address = f"ws://127.0.0.1:{served.port}/_stcore/stream"
    with connect(address, origin=served.url, subprotocols=["streamlit"]):
        pass
    with pytest.raises(InvalidStatus) as refused:
        connect(address, origin="http://evil.example", subprotocols=["streamlit"])
    assert refused.value.response.status_code == 403
    with socket.create_connection(("127.0.0.1", served.port)) as raw:
        raw.sendall(
            b"GET /_stcore/stream HTTP/1.1\r\nHost: evil.example\r\n"
            b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert raw.recv(100).startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize("name", ["video", "video2"])
def test_video_in_ranges(served, library, name):
    whole = (library / "cameras" / f"{name}.mp4").read_bytes()
    answer = get(served, f"/api/session/cameras/{name}", {"Range": "bytes=10-29"})
    assert (answer.status, answer.content) == (206, whole[10:30])
    assert answer.headers["content-range"] == f"bytes 10-29/{len(whole)}"
    assert answer.headers["cache-control"] == "no-store"
    assert get(served, f"/api/session/cameras/{name}").content == whole


def test_one_camera_has_no_second_video(served):
    assert get(served, f"/api/session/{ID}/video2").status == 404


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "../library",
        "..%2f..",
        "%2e%2e",
        "..%5c..",
        ".hidden",
        "%00",
        "none",
        "reception-0a1b2c3d%2f..",
        "/etc",
    ],
)
@pytest.mark.parametrize("part", ["review", "video", "video2", "signals/staff", "report"])
def test_no_way_out_of_the_library(served, name, part):
    answer = get(served, f"/api/session/{name}/{part}")
    assert answer.status in (400, 404)
    assert b"secret" not in answer.content


@pytest.mark.parametrize(
    "path", ["/api/x", "/player/server.py", "/player/..%2fserver.py", f"/api/session/{ID}/session.json"]
)
def test_nothing_else_is_served(served, path):
    assert get(served, path).status in (400, 404)


def test_links_out_of_the_library_are_not_followed(served, library, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    for name in ("video.mp4", "video2.mp4"):
        (outside / name).write_bytes(b"private")
    (outside / "session.json").write_text((library / ID / "session.json").read_text())
    linked = library / "linked"
    linked.symlink_to(outside)
    videos = [library / "quiet" / name for name in ("video.mp4", "video2.mp4")]
    for video in videos:
        video.symlink_to(outside / video.name)
    try:
        for id in ("linked", "quiet"):
            for name in ("video", "video2"):
                assert get(served, f"/api/session/{id}/{name}").status == 404
    finally:
        for link in (linked, *videos):
            link.unlink()


def test_review_holds_what_the_session_holds(served):
    review = json.loads(get(served, f"/api/session/{ID}/review").content)
    assert review["duration_s"] == DURATION_S
    lanes = {lane["cue"]: lane for lane in review["lanes"]}
    contact = [(b["start"], b["end"]) for b in lanes["eye_contact"]["blocks"] if b["kind"] == "eye_contact"]
    assert contact == list(CONTACT)
    gap = {"start": UNSEEN[0], "end": UNSEEN[1], "reason": "the head was turned too far from the camera"}
    assert lanes["eye_contact"]["gaps"] == [gap]
    assert lanes["mirroring"]["empty"] and lanes["mirroring"]["note"] == "Needs two people in the picture."
    assert "differs between cultures" in " ".join(review["foot"])


def test_review_says_which_camera_shows_whom(served):
    cameras = {
        id: json.loads(get(served, f"/api/session/{id}/review").content) for id in (ID, "cameras", "turned")
    }
    assert [camera["video"] for camera in cameras[ID]["cameras"]] == [f"/api/session/{ID}/video"]
    first, second = cameras["cameras"]["cameras"]
    assert (first["label"], second["label"]) == ("Staff · camera 1", "Client · camera 2")
    assert (second["video"], second["offset_s"]) == ("/api/session/cameras/video2", 2.0)
    assert second["aspect"] == pytest.approx(240 / 180)
    assert [cameras[id]["frames_of"] for id in (ID, "cameras", "turned")] == ["staff", "staff", "client"]
    assert [camera["staff"] for camera in cameras["turned"]["cameras"]] == [False, True]


def test_signals_are_raw_columns(served):
    answer = get(served, f"/api/session/{ID}/signals/staff")
    numbers = np.frombuffer(answer.content, "<f4").reshape(len(COLUMNS), -1)
    signals = dict(zip(COLUMNS, numbers, strict=True))
    np.testing.assert_allclose(signals["time_s"], TIMES, atol=1e-6)
    unseen = (numbers[0] >= UNSEEN[0] - 1e-6) & (numbers[0] < UNSEEN[1] - 1e-6)
    np.testing.assert_array_equal(np.isnan(signals["eye_contact_prob"]), unseen)
    assert get(served, f"/api/session/{ID}/signals/nobody").status == 404


@pytest.mark.parametrize(
    ("id", "words"),
    [("newer", "update Attune"), ("broken", "can't be read"), ("odd", "something unexpected")],
)
def test_what_cannot_be_opened_says_why(served, id, words):
    answer = get(served, f"/api/session/{id}/review")
    assert answer.status == 422
    assert words in json.loads(answer.content)["error"]


def test_a_session_deleted_while_it_is_read_is_not_there(tmp_path):
    make_session(tmp_path, "one")

    def read(session, request):
        forget(session.path)
        return session.video, (session.path / SIGNALS).read_bytes()

    request = Request({"type": "http", "headers": [], "path_params": {"id": "one"}})
    answer = asyncio.run(session_route(Catalogue(tmp_path), read)(request))
    assert answer.status_code == 404 and json.loads(answer.body) == {"error": GONE}


def test_any_name_is_an_address(served):
    base = f"/api/session/{quote('evil [1] #?%', safe='')}"
    review = json.loads(get(served, f"{base}/review").content)
    assert review["video"] == f"{base}/video"
    assert get(served, review["video"], method="GET").status == 200


def test_a_taken_port_is_said_and_the_next_used_until_it_is_ended_in_the_midst_of_an_answer(tmp_path):
    with listen(8700) as taken:
        port = taken.getsockname()[1]
        served = start(tmp_path / "not there yet", port)
        assert served.port > port
        with socket.create_connection(("127.0.0.1", served.port)) as half:
            half.sendall(HALF_A_REQUEST.format(port=served.port).encode())
            assert half.recv(100).startswith(b"HTTP/1.1 100")  # it is being read
            code, out, err = stop(served)
    assert code == 0
    assert out == ""  # one line, read by start
    assert err == f"Port {port} is taken, using {served.port}.\n"


def test_a_browser_does_not_name_the_port_that_http_has_anyway():
    assert own_hosts(80) == {"127.0.0.1", "localhost", "127.0.0.1:80", "localhost:80"}
    assert own_hosts(8501) == {"127.0.0.1:8501", "localhost:8501"}


def test_it_listens_on_loopback_only():
    with listen(8750) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_answers_are_sent_at_once():
    """Held back until the browser confirms what came before, each small file of a page would take 40 ms."""

    async def delayed(listener):
        heard = asyncio.get_running_loop().create_future()
        server = await asyncio.start_server(lambda _, writer: heard.set_result(writer), sock=listener)
        async with server:
            _, ours = await asyncio.open_connection(*listener.getsockname())
            theirs = await heard
            now = theirs.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            for one in (ours, theirs):
                one.close()
            return not now

    with listen(8760) as listener:
        assert not asyncio.run(delayed(listener))
