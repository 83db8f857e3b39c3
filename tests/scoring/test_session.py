"""The session folder: whole or not at all."""

import json
import multiprocessing
import os
import shutil
import sys

import pandas as pd
import pytest

from attune import InputError, OutputError
from scoring.events import EVENT_COLUMNS, events_table
from scoring.judge import judge
from scoring.lock import locked
from scoring.profile import Profile
from scoring.session import (
    PARTS,
    Session,
    SessionWriter,
    forget,
    list_sessions,
    remove_partial,
    session_id,
    write_session,
)
from tests.synthetic import nodding, person, signals, times

HASH = "ab" * 32


@pytest.fixture(scope="module")
def measured():
    time = times(20)
    table = person(
        time,
        eye_contact=[(0, 12)],
        nods=[(3, 4)],
        unseen=[(14, 16)],
        head_pitch_deg=nodding(time, 3, 2, 2.0, 8.0),
    )
    return signals(table)


@pytest.fixture(scope="module")
def judged(measured):
    return judge(measured, Profile.load())


def write(library, measured, judged, id="desk-0a1b2c3d", **info):
    return write_session(
        library, id, {"title": "Desk", "source": {"name": "desk.mp4"}, **info}, measured, judged
    )


def hidden(library):
    return [path.name for path in library.iterdir() if path.name.startswith(".")]


def test_what_is_written_is_read_again(tmp_path, measured, judged):
    session = Session.open(write(tmp_path, measured, judged, loss=float("nan")).path)
    assert session.info["schema_version"] == 1
    assert session.info["id"] == session.path.name == "desk-0a1b2c3d"
    assert session.info["loss"] is None
    pd.testing.assert_frame_equal(session.signals().table, measured.table)
    assert tuple(session.events().columns) == EVENT_COLUMNS
    pd.testing.assert_frame_equal(session.events(), events_table(judged.events), check_exact=False, atol=0.01)
    share = session.scores()["staff"]["eye_contact_share"]
    assert share["value"] == pytest.approx(12 / 18, abs=1e-3)
    assert list(share) == ["value", "unit", "ci95", "coverage", "reason"]
    assert session.feedback() == judged.feedback
    assert session.video is None
    assert session.landmarks() is None
    assert hidden(tmp_path) == []


def test_the_files_hold_no_nan_and_are_the_same_every_time(tmp_path, measured, judged):
    first, second = (
        write(tmp_path / name, measured, judged, created="2025-01-01T00:00:00+00:00") for name in "ab"
    )
    for part in PARTS:
        content = (first.path / part).read_bytes()
        assert content == (second.path / part).read_bytes()
        if part.endswith(("json", "csv")):
            assert b"NaN" not in content
            assert b"\r" not in content


def test_large_files_go_straight_into_the_folder(tmp_path, measured, judged):
    landmarks = pd.DataFrame({"time_s": [0.0], "person": ["staff"]})
    with SessionWriter(tmp_path, "desk-00000000") as writer:
        (writer.folder / "video.mp4").write_bytes(b"moving pictures")
        landmarks.to_parquet(writer.folder / "landmarks.parquet")
        session = writer.commit({}, measured, judged)
    assert session.video.read_bytes() == b"moving pictures"
    pd.testing.assert_frame_equal(session.landmarks(), landmarks)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_writing_leaves_nothing(tmp_path, error):
    with pytest.raises(error), SessionWriter(tmp_path, "desk-00000000") as writer:
        (writer.folder / "video.mp4").write_bytes(b"x")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_the_same_id_is_replaced(tmp_path, measured, judged):
    first = write(tmp_path, measured, judged, title="first")
    (first.path / "video.mp4").write_bytes(b"x")
    second = write(tmp_path, measured, judged, title="second")
    assert [session.info["title"] for session in list_sessions(tmp_path)] == ["second"]
    assert second.video is None
    assert hidden(tmp_path) == []


def test_a_failed_replacement_keeps_the_old_one(tmp_path, measured, judged):
    write(tmp_path, measured, judged, title="first")
    with pytest.raises(RuntimeError), SessionWriter(tmp_path, "desk-0a1b2c3d"):
        raise RuntimeError
    assert [session.info["title"] for session in list_sessions(tmp_path)] == ["first"]


def test_half_written_sessions_are_never_listed(tmp_path, measured, judged):
    whole = write(tmp_path, measured, judged)
    (tmp_path / ".other-00000000.partial").mkdir()
    shutil.copytree(whole.path, tmp_path / "no-info")
    (tmp_path / "no-info" / "session.json").unlink()
    assert [session.id for session in list_sessions(tmp_path)] == ["desk-0a1b2c3d"]
    with pytest.raises(InputError, match="not a whole session"):
        Session.open(tmp_path / "no-info")


def test_recovery_removes_the_unfinished_and_places_the_finished(tmp_path, measured, judged):
    whole = write(tmp_path, measured, judged)
    whole.path.rename(tmp_path / ".desk-0a1b2c3d.partial")
    (tmp_path / ".half-00000000.partial").mkdir()
    (tmp_path / ".half-00000000.partial" / "signals.parquet").write_bytes(b"x")
    (tmp_path / ".thrown-00000000.gone").mkdir()
    assert remove_partial(tmp_path) == ["desk-0a1b2c3d", "half-00000000", "thrown-00000000"]
    assert [session.id for session in list_sessions(tmp_path)] == ["desk-0a1b2c3d"]
    assert hidden(tmp_path) == []


def test_recovery_puts_a_session_back_that_was_only_moved_aside(tmp_path, measured, judged):
    write(tmp_path, measured, judged).path.rename(tmp_path / ".desk-0a1b2c3d.old")
    remove_partial(tmp_path)
    assert [session.id for session in list_sessions(tmp_path)] == ["desk-0a1b2c3d"]


def test_recovery_leaves_alone_what_is_being_written(tmp_path):
    with SessionWriter(tmp_path, "desk-00000000") as writer:
        assert remove_partial(tmp_path) == []
        assert writer.folder.is_dir()
        with pytest.raises(OutputError, match="another process"), SessionWriter(tmp_path, "desk-00000000"):
            pass
    assert list(tmp_path.iterdir()) == []


def _hold_and_die(path, held):
    with locked(path) as free:
        held.put(free)
        held.close()
        held.join_thread()
        os._exit(1)


def test_a_lock_goes_with_its_process(tmp_path):
    path = tmp_path / "lock"
    context = multiprocessing.get_context("spawn")
    held = context.Queue()
    process = context.Process(target=_hold_and_die, args=(path, held))
    process.start()
    assert held.get(timeout=60)
    process.join()
    with locked(path) as free:
        assert free
    assert not path.exists()


def test_a_newer_schema_is_refused_in_a_sentence_but_can_be_forgotten(tmp_path, measured, judged):
    path = write(tmp_path, measured, judged).path
    info = json.loads((path / "session.json").read_text("utf-8"))
    (path / "session.json").write_text(json.dumps({**info, "schema_version": 2}), "utf-8")
    with pytest.raises(InputError, match=r"newer Attune.*update"):
        Session.open(path)
    problems = []
    assert list_sessions(tmp_path, problems) == []
    assert len(problems) == 1
    forget(path)
    assert not path.exists()


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"schema_version": "1"}', '{"schema_version": true}', "\x00", "[" * 100_000]
)
def test_a_broken_session_json_is_an_input_error(tmp_path, content):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "session.json").write_text(content)
    with pytest.raises(InputError, match=r"session\.json"):
        Session.open(tmp_path / "x")


@pytest.mark.parametrize("part", ["signals.parquet", "events.csv", "scores.json", "feedback.json"])
def test_a_broken_part_is_an_input_error_that_names_it(tmp_path, measured, judged, part):
    session = write(tmp_path, measured, judged)
    for broken in (lambda path: path.write_bytes(b"\xff\x00{"), lambda path: path.unlink()):
        broken(session.path / part)
        fresh = Session.open(session.path)
        read = getattr(fresh, part.split(".")[0])
        with pytest.raises(InputError, match=part):
            read()


def test_an_event_without_a_number_for_a_time_is_named(tmp_path, measured, judged):
    session = write(tmp_path, measured, judged)
    row = "person,kind,start_s,end_s,peak_prob,coverage\nstaff,nod,soon,2,,\n"
    (session.path / "events.csv").write_text(row)
    with pytest.raises(InputError, match=r"events\.csv: column 'start_s'"):
        session.events()


def test_numbers_that_are_none_are_null(tmp_path, measured, judged):
    session = write(tmp_path, measured, judged)
    huge = "9" * 400
    (session.path / "scores.json").write_text(f"[NaN, -Infinity, 1e999, {huge}, -{huge}, 1.5, {huge[:20]}]")
    assert session.scores() == [None, None, None, None, None, 1.5, int(huge[:20])]


def test_columns_of_a_newer_minor_version_are_left_unread(tmp_path, measured, judged):
    session = write(tmp_path, measured, judged)
    pd.read_parquet(session.path / "signals.parquet").assign(new_deg=1.0).to_parquet(
        session.path / "signals.parquet"
    )
    assert list(Session.open(session.path).signals().table.columns) == list(measured.table.columns)


def test_forget_removes_the_whole_folder(tmp_path, measured, judged):
    path = write(tmp_path, measured, judged).path
    (path / "video.mp4").write_bytes(b"x")
    forget(path)
    assert list(tmp_path.iterdir()) == []


def test_forget_refuses_what_is_no_session(tmp_path, measured, judged):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "session.json").write_text('{"browser": "tabs"}')
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "session.json").write_bytes(b"\xff")
    for wrong in (tmp_path / "photos", tmp_path / "torn", tmp_path / "nowhere", tmp_path):
        with pytest.raises(InputError, match="nothing was deleted"):
            forget(wrong)
    path = write(tmp_path, measured, judged).path
    (tmp_path / "link").symlink_to(path, target_is_directory=True)
    forget(path)
    assert (tmp_path / "photos" / "session.json").exists()


def test_a_library_that_can_not_be_written(tmp_path, measured, judged):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="can't be written"):
        write(tmp_path / "file", measured, judged)


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() == 0, reason="root may write everywhere")
def test_a_read_only_library(tmp_path, measured, judged):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="can't be written"):
        write(tmp_path, measured, judged)


def test_an_empty_or_absent_library_has_no_sessions(tmp_path):
    assert list_sessions(tmp_path) == []
    assert list_sessions(tmp_path / "absent") == []
    assert remove_partial(tmp_path / "absent") == []


def test_newest_first(tmp_path, measured, judged):
    for day in (2, 3, 1):
        write(tmp_path, measured, judged, f"day{day}-00000000", created=f"2025-01-0{day}T00:00:00+00:00")
    assert [session.id[:4] for session in list_sessions(tmp_path)] == ["day3", "day2", "day1"]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Empfang – Übung 1.mp4", "Empfang – Übung 1"),
        ("[a] & b.mkv", "[a] & b"),
        ("接客 練習.mov", "接客 練習"),
        ('a:b*c?"d.mp4', "a_b_c__d"),
        (".hidden.mp4", "hidden"),
        ("--json.mp4", "json"),
        ("con.mp4", "_con"),
        ("...", "session"),
        ("line\nbreak\x1b[31m.mp4", "line_break_[31m"),
        ("bad\udcff.mp4", "bad_"),
    ],
)
def test_ids_are_safe_file_names_that_keep_the_stem(name, stem, tmp_path):
    id = session_id(name, HASH, {})
    assert id[:-9] == stem
    assert id[-9] == "-"
    assert int(id[-8:], 16) >= 0
    (tmp_path / id).mkdir()


def test_ids_depend_on_the_source_and_the_parameters():
    ids = {session_id("a.mp4", hash, {"rate": rate}) for hash in (HASH, "cd" * 32) for rate in (10, 12)}
    assert len(ids) == 4
    assert session_id("a.mp4", HASH, {"a": 1, "b": 2}) == session_id("a.mp4", HASH, {"b": 2, "a": 1})


def test_long_names_fit_into_the_file_system(tmp_path, measured, judged):
    id = session_id("ü" * 300 + ".mp4", HASH, {})
    assert write(tmp_path, measured, judged, id).path.is_dir()
