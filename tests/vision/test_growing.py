"""A recording that is read while it grows gives the pictures and times of the complete file."""

import threading
import time

import pytest

from attune import InputError
from tests.browser_recordings import as_sent, pieces
from tests.videos import index_of, picture
from vision.growing import GrowingVideo
from vision.source import Frame, VideoFile

UNEVEN = [0.0, 0.05, 0.3, 0.32, 0.8, 1.2, 1.21, 1.5, 1.55, 2.0, 2.6, 2.65, 3.0]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    frames = [Frame(k, time_s, picture(k)) for k, time_s in enumerate(UNEVEN)]
    return as_sent(tmp_path_factory.mktemp("sent") / "whole.mkv", frames)


def _read(video):
    return [(round(frame.time_s, 3), index_of(frame.rgb), frame.cut) for frame in video]


def _grown(path, data, count, ended):
    for _, piece in pieces(data, count):
        with path.open("ab") as out:
            out.write(piece)
        time.sleep(0.03)
    ended.set()


@pytest.mark.parametrize("count", [1, 7, 60])
def test_pictures_come_as_from_the_complete_file(tmp_path, data, count):
    whole = tmp_path / "whole.mkv"
    whole.write_bytes(data)
    path, ended = tmp_path / "growing.mkv", threading.Event()
    path.touch()
    sender = threading.Thread(target=_grown, args=(path, data, count, ended))
    sender.start()
    with GrowingVideo(path, ended.is_set) as video:
        found = _read(video)
        assert video.read_share == 1.0 and video.behind_s(3.0) == 0.0
    sender.join()
    assert found == _read(VideoFile(whole))
    assert [(time_s, index) for time_s, index, _ in found] == [(t, k) for k, t in enumerate(UNEVEN)]


def test_one_that_ends_before_its_first_picture_says_so(tmp_path, data):
    path = tmp_path / "short.mkv"
    path.write_bytes(data[:200])
    with pytest.raises(InputError, match=r"before the first picture|no picture"):
        GrowingVideo(path, lambda: True)


def test_it_tells_how_far_behind_it_is(tmp_path, data):
    path, ended = tmp_path / "whole.mkv", threading.Event()
    path.write_bytes(data)
    with GrowingVideo(path, lambda: True) as video:
        first = next(iter(video))
        assert first.time_s == 0.0
        assert 0.0 < video.read_share <= 1.0
    assert not ended.is_set()
