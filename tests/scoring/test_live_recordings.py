"""Recordings that a browser sends piece by piece: nothing lost, nothing twice, measured as they arrive."""

import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from attune import InputError, OutputError
from scoring import cut_short, live_recordings
from scoring.access import User
from scoring.analyze import analyze_recording
from scoring.catalogue import Catalogue
from scoring.live_recordings import LiveRecordings
from scoring.notes import notes_of
from scoring.options import Options
from scoring.record import recover
from scoring.session import Session
from scoring.unfinished import held, unfinished, video_of, waiting
from scoring.uploads import CHUNK_BYTES, Mismatch
from tests import clips
from tests.browser_recordings import CONSENT, TYPE, as_sent, pieces
from tests.conftest import ROOT
from tests.videos import index_of, picture
from vision.source import Frame, VideoFile

FIELDS = {
    "type": TYPE,
    "consent": CONSENT,
    "person": "Ana B.",
    "scenario": "Check-in",
    "title": "At the desk",
}
NOTE = {"id": "0" * 32, "kind": "try", "text": "look <b>up</b>", "time_s": 1.25}


@pytest.fixture(scope="module")
def numbered(tmp_path_factory):
    """Four seconds of pictures that say which one they are."""
    frames = [Frame(k, k / 25, picture(k)) for k in range(100)]
    return as_sent(tmp_path_factory.mktemp("sent") / "numbered.mkv", frames)


@pytest.fixture(scope="module")
def person(tmp_path_factory):
    """Four seconds of a person."""
    return as_sent(tmp_path_factory.mktemp("sent") / "person.mkv", clips.pictures(clips.DEMO, 4))


@pytest.fixture
def recordings(tmp_path):
    found = LiveRecordings(tmp_path / "library")
    yield found
    for live in list(found._known.values()):
        if live.process is not None:
            live.process.end(0)


def until(happens, seconds=60.0):
    end = time.monotonic() + seconds
    while not (found := happens()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return found


def finished(live):
    until(lambda: live.state["state"] in ("done", "failed"))
    assert live.state["state"] == "done", live.state
    return live.state["session"]


def shown(video):
    return [index_of(frame.rgb) for frame in VideoFile(video)]


def test_a_recording_is_measured_while_it_arrives_and_becomes_a_session(recordings, person, tmp_path):
    live = recordings.begin(FIELDS)
    (folder,) = unfinished(recordings.library)
    assert waiting(recordings.library) == [], "it is held while it is under way"
    sent = pieces(person, 8)
    for offset, piece in sent[:-1]:
        assert recordings.append(live.id, offset, piece) == offset + len(piece)
    until(lambda: live.state["live"] is not None)
    measured = until(lambda: live.state["live"]["time_s"] > 2 and live.state)
    assert measured["state"] == "recording" and measured["live"]["posture"] in (
        "open",
        "closed",
        "neither",
        None,
    )
    recordings.note(live.id, NOTE)
    recordings.note(live.id, NOTE)
    recordings.pause(live.id, 1.5)
    recordings.append(live.id, *sent[-1])
    recordings.end(live.id, len(person))

    session = Session.open(recordings.library / finished(live))
    assert not folder.exists()
    info = session.info
    assert (info["title"], info["consent"]["by"], info["consent"]["purpose"]) == (
        "At the desk",
        "Ana B.",
        "Practice",
    )
    assert info["source"]["frames"] == info["recording"]["pictures"] == 100
    assert info["pauses_s"] == [1.5]
    assert info["recording"]["latency_p95_s"] is None, "nobody knows when a browser took a picture"
    assert np.isclose(info["source"]["duration_s"], 4.0, atol=0.05)
    (entry,) = Catalogue(recordings.library).entries()
    assert (entry.person, entry.scenario, entry.pictured) == ("Ana B.", "Check-in", True)
    (note,) = notes_of(Catalogue(recordings.library).library, session.path.name)
    assert (note.author, note.text, note.start_s, note.kind) == ("Ana B.", NOTE["text"], 1.25, "try")
    same_as_the_file(session, person, tmp_path)


def same_as_the_file(session, data, tmp_path):
    """What was measured on the way is what an analysis of the file measures, at the same times."""
    file = tmp_path / "sent.mkv"
    file.write_bytes(data)
    whole = analyze_recording(file, Options(people="1")).signals.table
    live = session.signals().table
    at = np.searchsorted(whole["time_s"], live["time_s"] - 1e-6)
    assert np.allclose(whole["time_s"].to_numpy()[at], live["time_s"], atol=1e-6)
    assert live["face_found"].mean() == pytest.approx(whole["face_found"].mean(), abs=0.05)
    for name, most in (("head_yaw_deg", 2.0), ("gaze_yaw_deg", 4.0)):
        assert np.nanmedian(np.abs(whole[name].to_numpy()[at] - live[name])) < most


def test_a_piece_may_come_twice_but_none_may_be_missing(recordings, numbered):
    live = recordings.begin(FIELDS)
    first, second, third, *_ = pieces(numbered, 5)
    recordings.append(live.id, *first)
    with pytest.raises(Mismatch) as gap:
        recordings.append(live.id, *third)
    assert gap.value.received == len(first[1])
    recordings.append(live.id, *second)
    for again in (first, second, (0, first[1] + second[1])):
        assert recordings.append(live.id, *again) == len(first[1]) + len(second[1])
    overlapping = second[1][-100:] + third[1]
    assert recordings.append(live.id, third[0] - 100, overlapping) == third[0] + len(third[1])
    with pytest.raises(Mismatch):
        recordings.end(live.id, len(numbered))  # the rest has not come
    recordings.append(live.id, third[0] + len(third[1]), numbered[third[0] + len(third[1]) :])
    assert live.file.read_bytes() == numbered
    recordings.end(live.id, len(numbered))
    recordings.end(live.id, len(numbered))
    session = Session.open(recordings.library / finished(live))
    assert shown(session.video) == list(range(100))
    assert recordings.end(live.id, len(numbered)).state["state"] == "done"


def test_what_browsers_without_h264_send_is_encoded_as_it_arrives(recordings, tmp_path):
    frames = [Frame(k, k / 20, picture(k)) for k in range(30)]
    data = as_sent(tmp_path / "vp8.mkv", frames, "libvpx")
    live = recordings.begin({**FIELDS, "type": "video/webm;codecs=vp8,opus"})
    recordings.append(live.id, 0, data)
    recordings.end(live.id, len(data))
    video = Session.open(recordings.library / finished(live)).video
    assert shown(video) == list(range(30)) and VideoFile(video).info.codec == "h264"


def test_what_can_not_be_is_refused_by_name(recordings, numbered):
    for changed, word in (
        ({"consent": None}, "consent is missing"),
        ({"consent": {**CONSENT, "purpose": " "}}, "what the recording may be used for"),
        ({"type": "image/png"}, "type is none of"),
        ({"title": "x" * 201}, "title is longer"),
        ({"profile": "../x"}, "profile '../x' is not known"),
        ({"target": "partner"}, "target partner"),
    ):
        with pytest.raises(InputError, match=word):
            recordings.begin({**FIELDS, **changed})
    assert not recordings.library.exists(), "nothing is stored before somebody agreed"
    with pytest.raises(LookupError):
        recordings.append("../../etc", 0, b"x")
    live = recordings.begin(FIELDS)
    with pytest.raises(InputError, match="too long"):
        recordings.append(live.id, 0, bytes(CHUNK_BYTES + 1))
    for changed, word in (({"id": "x"}, "'id'"), ({"kind": "mood"}, "'kind'"), ({"text": " "}, "'text'"),
                          ({"time_s": -1}, "'start_s'"), ({"time_s": None}, "'start_s'")):  # fmt: skip
        with pytest.raises(InputError, match=word):
            recordings.note(live.id, {**NOTE, **changed})
    with pytest.raises(InputError):
        recordings.pause(live.id, float("nan"))
    stranger = LiveRecordings(recordings.library, User("eve", "staff"))
    with pytest.raises(LookupError):
        stranger.append(live.id, 0, numbered[:10])


def test_a_full_disk_is_said_first_and_on_the_way(recordings, numbered, monkeypatch):
    live = recordings.begin(FIELDS)
    recordings.append(live.id, *pieces(numbered, 3)[0])
    with monkeypatch.context() as patched:
        patched.setattr(live_recordings.shutil, "disk_usage", lambda _: _Full())
        with pytest.raises(OutputError, match="free some space"):
            recordings.append(live.id, *pieces(numbered, 3)[1])
        with pytest.raises(OutputError, match="free some space"):
            LiveRecordings(recordings.library).begin(FIELDS)
    assert live.size == len(pieces(numbered, 3)[0][1])


class _Full:
    free = 1000


@pytest.mark.slow
def test_a_process_that_is_killed_is_started_again_and_nothing_is_lost(recordings, numbered):
    live = recordings.begin(FIELDS)
    sent = pieces(numbered, 4)
    recordings.append(live.id, *sent[0])
    until(lambda: live.state["live"] is not None)
    first = live.process
    first._child.send_signal(signal.SIGKILL)
    until(lambda: not first.running)
    assert live.state["state"] == "recording"
    for one in sent[1:]:
        recordings.append(live.id, *one)
    assert live.process is not first
    recordings.end(live.id, len(numbered))
    assert shown(Session.open(recordings.library / finished(live)).video) == list(range(100))


SERVER = """
import sys, pathlib, time
from scoring.live_recordings import LiveRecordings
library, data, count = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).read_bytes(), int(sys.argv[3])
recordings = LiveRecordings(library)
consent = {"by": "A", "at": "2025-03-12", "purpose": "p"}
live = recordings.begin({"type": "video/webm;codecs=h264", "consent": consent})
recordings.append(live.id, 0, data[:count])
print(live.id, flush=True)
time.sleep(60)
"""


@pytest.fixture
def cut_off(tmp_path, numbered):
    """A library in which a server was killed that had half of a recording; the recording's id."""
    (tmp_path / "data").write_bytes(numbered)
    library = tmp_path / "library"
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(library), str(tmp_path / "data"), str(len(numbered) // 2)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    id = server.stdout.readline().strip()
    server.kill()
    server.wait()
    until(lambda: waiting(library))  # its process has ended, too
    return library, id


@pytest.mark.slow
def test_the_next_server_takes_a_recording_up_where_the_last_one_was_killed(cut_off, numbered):
    library, id = cut_off
    recordings = LiveRecordings(library)
    half = len(numbered) // 2
    with pytest.raises(Mismatch) as elsewhere:
        recordings.append(id, len(numbered), b"more")
    assert elsewhere.value.received == half
    recordings.append(id, half - 500, numbered[half - 500 :])
    live = recordings.end(id, len(numbered))
    assert shown(Session.open(library / finished(live)).video) == list(range(100))


def test_what_a_killed_server_had_is_offered_and_recovered(cut_off):
    library, _ = cut_off
    (one,) = cut_short.cut_short(library)
    assert one.size > 0 and one.title.startswith("Practice of 20")
    before = shown(video_of(unfinished(library)[0]))
    assert before == list(range(len(before))) and len(before) > 40
    (result,) = recover(library)
    session = Session.open(result.session)
    assert shown(session.video) == before and session.info["consent"]["by"] == "A"
    assert unfinished(library) == [] and cut_short.cut_short(library) == ()


def test_a_silent_page_is_let_go_and_its_recording_offered(recordings, numbered, monkeypatch):
    monkeypatch.setattr(live_recordings, "SILENT_S", 0.5)
    live = recordings.begin(FIELDS)
    recordings.append(live.id, *pieces(numbered, 2)[0])
    nothing = recordings.begin({**FIELDS, "title": "Nothing came"})
    (one,) = until(lambda: cut_short.cut_short(recordings.library))
    assert (one.title, one.person) == ("At the desk", "Ana B.")
    until(lambda: not nothing.folder.exists())
    assert not live.process.running and live.folder.exists()
    monkeypatch.setattr(live_recordings, "SILENT_S", 60.0)
    assert recordings.append(live.id, *pieces(numbered, 2)[1]) == len(numbered)  # it was asleep, not gone
    assert cut_short.cut_short(recordings.library) == ()


def test_who_only_looks_is_waited_for(recordings, numbered):
    live = recordings.begin(FIELDS)
    recordings.append(live.id, *pieces(numbered, 2)[0])
    live.process.end(0)
    recordings._known.clear()
    live.release()
    looking = threading.Event()

    def look():
        with held(live.folder) as free:
            assert free
            looking.set()
            time.sleep(0.4)

    thread = threading.Thread(target=look)
    thread.start()
    looking.wait()
    assert recordings.append(live.id, *pieces(numbered, 2)[1]) == len(numbered)
    thread.join()
    with held(live.folder) as free:
        assert not free


def test_a_discarded_recording_leaves_nothing(recordings, numbered):
    live = recordings.begin(FIELDS)
    recordings.append(live.id, *pieces(numbered, 2)[0])
    recordings.discard(live.id)
    recordings.discard(live.id)
    assert list(recordings.library.iterdir()) == []
    with pytest.raises(LookupError):
        recordings.append(live.id, *pieces(numbered, 2)[1])


def test_one_that_was_cut_short_can_be_thrown_away(cut_off):
    library, _ = cut_off
    (one,) = cut_short.cut_short(library)
    for key in ("../x", one.key + "0", "20250312T101112000000"):
        with pytest.raises(LookupError):
            cut_short.discard(library, key)
    cut_short.discard(library, one.key)
    assert unfinished(library) == []


def test_a_recording_without_a_picture_fails_in_a_sentence(recordings):
    live = recordings.begin(FIELDS)
    recordings.append(live.id, 0, b"no video at all")
    recordings.end(live.id, 15)
    until(lambda: live.state["state"] == "failed")
    assert "record again" in live.state["reason"] and "Traceback" not in live.state["reason"]
