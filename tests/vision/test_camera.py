"""Cameras, and what may stand in for one."""

import functools
import http.server
import threading
import time
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pytest

from attune import InputError
from tests.videos import AT_30, index_of, make_video
from vision.camera import CameraSource

UNEVEN = (0.0, 0.1, 0.12, 0.4, 0.7)


@contextmanager
def _served(folder):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_file_plays_at_its_own_pace_and_keeps_its_times(tmp_path):
    path = make_video(tmp_path / "a.mp4", UNEVEN)
    came = []
    with CameraSource(path) as camera:
        assert not camera.live
        start = time.monotonic()
        for time_s, rgb in camera:
            came.append((time.monotonic() - start, time_s, index_of(rgb)))
    assert [index for *_, index in came] == list(range(5))
    np.testing.assert_allclose([time_s for _, time_s, _ in came], UNEVEN, atol=1e-3)
    assert all(now >= time_s for now, time_s, _ in came)


def test_a_slow_reader_of_a_file_loses_nothing(tmp_path):
    seen = []
    for time_s, rgb in CameraSource(make_video(tmp_path / "a.mp4", UNEVEN)):
        time.sleep(0.2)
        seen.append((round(time_s, 2), index_of(rgb)))
    assert seen == list(zip(UNEVEN, range(5), strict=True))


def test_an_address_is_live_and_its_pictures_have_the_time_at_which_they_came(tmp_path):
    make_video(tmp_path / "a.mp4", AT_30, container_options={"movflags": "faststart"})
    with _served(tmp_path) as address, CameraSource(f"{address}/a.mp4") as camera:
        assert camera.live
        times, indices = zip(*((time_s, index_of(rgb)) for time_s, rgb in camera), strict=True)
    assert times[0] == 0
    assert all(b > a for a, b in pairwise(times))
    assert list(indices) == list(range(indices[0], 45))
    assert camera.loss.startswith(f"{address}/a.mp4 stopped sending pictures after")


@pytest.mark.parametrize("camera", ["98", 98, "http://127.0.0.1:9/none"])
def test_without_a_camera_one_sentence_says_what_to_do(camera, capfd):
    with pytest.raises(InputError, match=r"can't be opened: plug it in, close other programs .* --camera$"):
        CameraSource(camera)
    if "://" not in str(camera):  # Of an address FFmpeg itself says why, which may help.
        assert capfd.readouterr() == ("", "")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.mp4 is not there"):
        CameraSource(tmp_path / "none.mp4")
