"""Cameras, and what may stand in for one."""

import functools
import http.server
import sys
import threading
import time
from contextlib import contextmanager
from itertools import pairwise

import cv2
import numpy as np
import pytest

from attune import InputError
from tests.videos import AT_30, index_of, make_video, picture
from vision.camera import open_camera

UNEVEN = (0.0, 0.1, 0.12, 0.4, 0.7)


@contextmanager
def serving(handler, port=0):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class NetworkCamera(Quiet):
    """Sends `pictures` JPEGs, twenty a second, as network cameras do, and hangs up."""

    pictures = 20

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        try:
            for k in range(self.pictures):
                jpeg = cv2.imencode(".jpg", picture(k)[..., ::-1])[1].tobytes()
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")
                time.sleep(0.05)
        except OSError:
            pass


class LeavingCamera(NetworkCamera):
    """Refuses the second call."""

    called = 0

    def do_GET(self):
        type(self).called += 1
        if self.called == 1:
            super().do_GET()
        else:
            self.send_error(503)


def _save(path, k):
    cv2.imwrite(str(path), picture(k)[..., ::-1])


def test_a_file_plays_at_its_own_pace_and_keeps_its_times(tmp_path):
    path = make_video(tmp_path / "a.mp4", UNEVEN)
    came = []
    with open_camera(path) as camera:
        assert not camera.live
        start = time.monotonic()
        for frame in camera:
            came.append((time.monotonic() - start, frame.time_s, index_of(frame.rgb)))
    assert [index for *_, index in came] == list(range(5))
    np.testing.assert_allclose([time_s for _, time_s, _ in came], UNEVEN, atol=1e-3)
    assert all(now >= time_s for now, time_s, _ in came)
    assert camera.gaps == []


def test_a_slow_reader_of_a_file_loses_nothing(tmp_path):
    seen = []
    for frame in open_camera(make_video(tmp_path / "a.mp4", UNEVEN)):
        time.sleep(0.2)
        seen.append((round(frame.time_s, 2), index_of(frame.rgb)))
    assert seen == list(zip(UNEVEN, range(5), strict=True))


def test_a_pause_is_a_gap_and_the_next_picture_a_cut(tmp_path):
    with open_camera(make_video(tmp_path / "a.mp4", (0.0, 0.1, 0.2, 1.0, 1.1))) as camera:
        cuts = [frame.cut for frame in camera]
    assert cuts == [False, False, False, True, False]
    ((start_s, end_s),) = [(gap.start_s, gap.end_s) for gap in camera.gaps]
    assert (start_s, end_s) == (pytest.approx(0.2), pytest.approx(1.0))


def test_pictures_in_a_folder_come_in_the_order_of_their_names(tmp_path):
    for k in (0, 1, 2, 10, 11):
        _save(tmp_path / f"frame{k}.png", k)
    (tmp_path / "frame3.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("not a picture")
    with open_camera(tmp_path) as camera:
        (tmp_path / "frame11.png").unlink()
        frames = [(round(frame.time_s * 30), index_of(frame.rgb)) for frame in camera]
    assert frames == [(0, 0), (1, 1), (2, 2), (4, 10)]
    assert camera.loss == "2 of 6 pictures could not be read"


def test_digits_that_are_no_numbers_sort_as_letters(tmp_path):
    for k, name in enumerate(("²1", "²2", "²10")):
        _save(tmp_path / f"{name}.png", k)
    with open_camera(tmp_path) as camera:
        assert [index_of(frame.rgb) for frame in camera] == [0, 1, 2]


def test_names_that_are_seconds_are_the_pictures_times(tmp_path):
    for k, name in enumerate(("1305031102.10", "1305031102.15", "1305031102.40")):
        _save(tmp_path / f"{name}.png", k)
    with open_camera(tmp_path) as camera:
        times, indices = zip(*((frame.time_s, index_of(frame.rgb)) for frame in camera), strict=True)
    assert indices == (0, 1, 2)
    np.testing.assert_allclose(times, (0, 0.05, 0.3), atol=1e-6)


@pytest.mark.parametrize(
    ("size", "inner"),
    [((64, 48), (64, 48)), ((128, 96), (64, 48)), ((24, 48), (24, 48)), ((64, 24), (64, 24))],
)
def test_pictures_of_another_shape_get_black_bars_and_are_not_stretched(tmp_path, size, inner):
    cv2.imwrite(str(tmp_path / "1.png"), np.full((48, 64, 3), 255, np.uint8))
    cv2.imwrite(str(tmp_path / "2.png"), np.full((size[1], size[0], 3), 255, np.uint8))
    with open_camera(tmp_path) as camera:
        _, second = (frame.rgb for frame in camera)
    assert second.shape == (48, 64, 3)
    rows, columns = np.nonzero(second.any(axis=2))
    assert (np.ptp(columns) + 1, np.ptp(rows) + 1) == inner and second[rows, columns].min() == 255
    assert (columns.min() + columns.max(), rows.min() + rows.max()) == (63, 47)  # in the middle


def test_a_folder_without_pictures_is_none(tmp_path):
    with pytest.raises(InputError, match="holds no pictures"):
        open_camera(tmp_path)


def test_an_address_is_live_and_its_pictures_have_the_time_at_which_they_came(tmp_path):
    make_video(tmp_path / "a.mp4", AT_30, container_options={"movflags": "faststart"})
    with serving(functools.partial(Quiet, directory=tmp_path)) as port:
        camera = open_camera(f"http://127.0.0.1:{port}/a.mp4")
        times, indices = zip(*((one.time_s, index_of(one.rgb)) for one in camera), strict=True)
        camera.close()
    assert camera.live
    assert times[0] == 0
    assert all(b > a for a, b in pairwise(times))
    assert list(indices) == list(range(indices[0], 45))
    assert camera.loss.startswith(f"http://127.0.0.1:{port}/a.mp4 stopped sending pictures after")


def test_a_camera_that_goes_away_goes_on_when_it_is_back():
    told = []
    with serving(NetworkCamera) as port:
        camera = open_camera(f"http://127.0.0.1:{port}/")
        camera.tell = told.append
        pictures = iter(camera)
        before = [next(pictures)]
        while not camera.gaps:  # It hangs up after a second, and is called again.
            before.append(next(pictures))
        pictures.close()
    camera.close()
    (gap,) = camera.gaps
    assert gap.start_s == before[-2].time_s and gap.end_s == before[-1].time_s
    assert gap.end_s - gap.start_s >= 0.9
    assert before[-1].cut and not any(frame.cut for frame in before[:-1])
    assert not camera.waiting and told == [True, False]


def test_a_camera_that_is_waited_for_can_be_stopped():
    with serving(NetworkCamera) as port:
        camera = open_camera(f"http://127.0.0.1:{port}/")
        pictures = iter(camera)
        next(pictures)
    stopper = threading.Timer(2.5, camera.stop)
    stopper.start()
    left = list(pictures)
    camera.close()
    assert len(left) < NetworkCamera.pictures and camera.loss is None


@pytest.mark.parametrize(
    ("camera", "sentence"),
    [
        ("98", r"camera 98 .* --camera"),
        (98, r"camera 98 .* --camera"),
        pytest.param(
            "/dev/video98", r"camera 98 is not there.* --camera",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="Linux names cameras so"),
        ),
        (" ", "camera is empty: give its number"),
        ("http://me:secret@127.0.0.1:9/none", r"^http://127\.0\.0\.1:9/none can't be reached"),
        ("http://127.0.0.1:9/none", "none can't be reached: switch that camera on, and check the address"),
    ],
)
def test_without_a_camera_one_sentence_says_what_to_do(camera, sentence, capfd):
    with pytest.raises(InputError, match=sentence):
        open_camera(camera)
    if "://" not in str(camera):  # Of an address FFmpeg itself says why, which may help.
        assert capfd.readouterr() == ("", "")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.mp4 is not there"):
        open_camera(tmp_path / "none.mp4")
