"""Files that others change: what is asked of them has an answer at every moment."""

import threading

import pytest

from scoring.files import changed_ns, size_of
from scoring.live_recordings import Live
from scoring.unfinished import described, video_of


@pytest.fixture
def vanishing(tmp_path):
    """A video that comes and goes all the time, as a log of SQLite and what is being finished do."""
    path, over = tmp_path / "recording-1.mp4", threading.Event()

    def come_and_go():
        while not over.is_set():
            path.write_bytes(b"1234")
            path.unlink()

    coming = threading.Thread(target=come_and_go)
    coming.start()
    yield path
    over.set()
    coming.join()


def test_what_vanishes_while_it_is_looked_at_is_not_there(vanishing):
    live = Live("one")
    live.file = vanishing
    seen = set()
    for _ in range(3000):
        seen |= {size_of(vanishing), live.size, described(vanishing.parent).size}
        assert changed_ns(vanishing) == 0 or changed_ns(vanishing.parent) > 0
        assert video_of(vanishing.parent) in (None, vanishing)
    assert seen <= {0, 4} and len(seen) == 2


def test_what_cannot_be_looked_at_never_changed(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    assert changed_ns(tmp_path / "loop") == 0 == changed_ns(tmp_path / "none") == size_of(tmp_path / "none")
