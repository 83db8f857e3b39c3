"""`attune batch` from the command line: tables, failures, and that nothing is lost or done twice."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from attune import InputError
from scoring import batch_tasks
from scoring.batch import _Run, batch
from scoring.batch_tables import losses, write
from scoring.batch_tasks import Plan, Work, basis
from scoring.manifest import Failure, Item, gather
from tests.clips import SAMPLES
from tests.conftest import ROOT
from tests.sessions import make_session

CLIPS = [SAMPLES / "clips" / name for name in ("face_12_0.mp4", "face_43_0.mp4")]
TABLES = ("scores.csv", "scores.parquet", "events.parquet")


@pytest.fixture
def study(tmp_path) -> Path:
    """A manifest of two recordings, a broken one and one that is not there; one of the two in two rows."""
    (tmp_path / "broken.mp4").write_bytes(b"no video at all")
    rows = [
        f"{CLIPS[0]};P1;before;41;a", f"{CLIPS[1]};P2;;;", "broken.mp4;P3;;;", "gone.mp4;P4;;;",
        f"{CLIPS[0]};P5;after;;b",
    ]  # fmt: skip
    path = tmp_path / "study.csv"
    path.write_text("\n".join(["path;id;group;value;covariate_value", *rows]), "utf-8-sig")
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """The output of a batch with one worker."""
    out = tmp_path_factory.mktemp("one")
    command = [sys.executable, "-m", "attune", "batch", *map(str, CLIPS), "--out", str(out), "--workers", "1"]
    subprocess.run(command, cwd=out, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    return out


def test_a_manifest_gives_tidy_tables_and_names_what_failed(run_attune, study, tmp_path):
    out = tmp_path / "out"
    done = run_attune("batch", study, "--out", out, "--workers", "2")
    assert done.returncode == 1
    assert done.stdout == f"3 sessions and their tables are in {out}\n"
    assert "Traceback" not in done.stderr and "gone.mp4" in done.stderr
    assert done.stderr.count("broken.mp4") == 1, "named once in its sentence"
    scores = pd.read_csv(out / "scores.csv")
    assert list(scores.columns) == [
        "session", "person", "group", "score", "value", "unit", "ci_low", "ci_high", "coverage", "reason",
        "covariate_covariate_value", "covariate_value",
    ]  # fmt: skip
    assert set(scores["session"]) == {"P1", "P2", "P5"}
    assert len(list(out.glob("*/session.json"))) == 2
    first = scores[scores["session"] == "P1"]
    assert set(first["group"]) == {"before"} and set(first["covariate_covariate_value"]) == {41}
    share = first[first["score"] == "eye_contact_share"].iloc[0]
    folder = next(out.glob("face_12_0-*"))
    stored = json.loads((folder / "scores.json").read_text())["staff"]["eye_contact_share"]
    assert share["value"] == pytest.approx(stored["value"])
    assert not (folder / "video.mp4").exists(), "a batch keeps no copies unless asked"
    failures = pd.read_csv(out / "failures.csv")
    assert [Path(path).name for path in failures["path"]] == ["gone.mp4", "broken.mp4"]
    assert "row 5" in failures["reason"][0] and "not a video" in failures["reason"][1]
    run = json.loads((out / "run.json").read_text())
    assert run["versions"]["models"].keys() >= {"eye_contact", "nod"} and run["parameters"]["pose_hz"] == 10
    assert run["folders"].keys() == {"P1", "P2", "P5"} and run["folders"]["P1"] == folder.name
    assert {"speech", "video", "anonymise"} <= run["parameters"].keys() and run["incomplete"] == {}
    given = ["covariate_covariate_value", "covariate_value"]
    typed = pd.read_parquet(out / "scores.parquet").drop(columns=given)
    pd.testing.assert_frame_equal(typed.fillna(""), scores.drop(columns=given).fillna(""))
    assert set(pd.read_parquet(out / "events.parquet")["session"]) <= {"P1", "P2", "P5"}


@pytest.mark.slow
def test_tables_are_the_same_to_the_byte_whatever_the_number_of_workers(run_attune, finished, tmp_path):
    done = run_attune("batch", *CLIPS, "--out", tmp_path / "two", "--workers", "2")
    assert done.returncode == 0, done.stderr
    for name in TABLES:
        assert (finished / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    text = (finished / "scores.csv").read_text()
    assert os.uname().nodename not in text and "20" + time.strftime("%y-") not in text
    assert "more session" not in done.stderr
    done = run_attune("batch", CLIPS[0], "--out", tmp_path / "two")
    assert f"{tmp_path / 'two'} holds 1 more session, of another recording or other options" in done.stderr
    before = (tmp_path / "two" / "scores.csv").read_bytes()
    with pytest.raises(InputError, match=r"stay as they are: nothing .*clps is not there"):
        batch([str(tmp_path / "clps")], tmp_path / "two")
    assert (tmp_path / "two" / "scores.csv").read_bytes() == before


def test_what_is_finished_is_not_done_again(run_attune, finished):
    before = {path: path.stat().st_mtime_ns for path in finished.glob("*/session.json")}
    for done in finished.glob(".batch/*.done"):  # as a kill at the very end leaves it
        done.with_suffix("").mkdir()
    started = time.monotonic()
    done = run_attune("batch", *CLIPS, "--out", finished, "--json")
    assert {path: path.stat().st_mtime_ns for path in finished.glob("*/session.json")} == before
    assert len(json.loads(done.stdout)["sessions"]) == 2
    assert not [path for path in finished.glob(".batch/*") if path.is_dir()]
    assert time.monotonic() - started < 20


def test_names_that_are_no_utf_8_stay_tellable(tmp_path):
    name = os.fsdecode(b"caf\xe9")
    folder = make_session(tmp_path / "out", "caf_-0a1b2c3d", video=False)
    (tmp_path / "clips").mkdir()
    for suffix in (".mp4", ".txt"):
        try:
            (tmp_path / "clips" / f"{name}{suffix}").write_bytes(b"x")
        except OSError:
            pytest.skip("this file system has no such names")
    (item,), _ = gather([str(tmp_path / "clips")])
    failure = Failure(item.id, str(item.path), f"{item.path} is not a video")
    write(tmp_path / "out", [(item, folder)], [failure], {})
    assert set(pd.read_parquet(tmp_path / "out" / "scores.parquet")["session"]) == {"caf\\udce9"}
    assert pd.read_csv(tmp_path / "out" / "failures.csv")["path"][0].endswith("caf\\udce9.mp4")


def test_an_edited_profile_is_other_work(tmp_path):
    keys = set()
    for onset in (0.6, 0.7, 0.7):
        text = f'extends = "default"\nname = "own"\n[hysteresis.eye_contact]\nonset = {onset}\n'
        (tmp_path / "own.toml").write_text(text)
        keys.add(Work(Item(CLIPS[0], "a"), tmp_path, {}, basis=basis(str(tmp_path / "own.toml"))).key)
    assert len(keys) == 2
    edited = basis(str(tmp_path / "own.toml"))
    other = Work(Item(CLIPS[0], "a"), tmp_path, {"profile": "default"}, basis=edited)
    for task, more in ((batch_tasks.plan, ()), (batch_tasks.part, (None, 0)), (batch_tasks.finish, (None,))):
        with pytest.raises(InputError, match="worker has another Attune, models or profile than the batch"):
            task(other, *more, lambda share: None)


def test_a_session_that_was_made_anew_with_another_profile_is_not_taken_for_finished(tmp_path):
    folder = make_session(tmp_path, video=False)
    info = json.loads((folder / "session.json").read_text())
    found = []
    for made, asked in (("first", "first"), ("edited", "first"), (None, "first")):
        work = Work(Item(CLIPS[0], "a"), tmp_path, {}, basis=asked)
        work.done.parent.mkdir(exist_ok=True)
        work.done.write_text(folder.name)
        (folder / "session.json").write_text(json.dumps(info | ({"basis": made} if made else {})))
        found.append(work.session())
    assert found == [folder.name, None, None]
    anonymised = replace(work, anonymise=True)
    anonymised.done.write_text(folder.name)
    assert anonymised.session() == folder.name, "its name is of what it holds"


def test_tables_without_a_row_have_their_types(tmp_path):
    folder = make_session(tmp_path, video=False)
    schemas = []
    for sessions in ([(Item(folder, "P1"), folder)], []):
        write(tmp_path, sessions, [], {})
        schemas.append([pq.read_schema(tmp_path / name).remove_metadata() for name in TABLES[1:]])
    assert schemas[0] == schemas[1]


def test_a_recording_that_was_cut_short_is_named(tmp_path):
    folders = [make_session(tmp_path, f"{name}-0a1b2c3d", video=False) for name in ("whole", "cut")]
    info = json.loads((folders[1] / "session.json").read_text())
    info["source"]["loss"] = "the last 3.0 s of 15.0 s could not be decoded"
    (folders[1] / "session.json").write_text(json.dumps(info))
    sessions = [(Item(folder, folder.name[:-9]), folder) for folder in folders]
    assert losses(sessions) == {"cut": info["source"]["loss"]}
    write(tmp_path, sessions, [], {})
    assert json.loads((tmp_path / "run.json").read_text())["incomplete"] == losses(sessions)


class _Busy:
    """A pool that counts how many sessions are made at once; each gives the others time to begin."""

    workers = 2

    def __init__(self, patience_s=0.05):
        self.at_once, self.most, self._threads = 0, 0, ThreadPoolExecutor(self.workers)
        self._patience_s, self._two = patience_s, threading.Event()

    def submit(self, label, task, *arguments):
        return self._threads.submit(self._answer, label, task)

    def _answer(self, label, task):
        if task is batch_tasks.plan:
            return Plan(((0.0, float("inf")),), "the same in all")
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        if self.most == 2:
            self._two.set()
        self._two.wait(self._patience_s)
        self.at_once -= 1
        if label == "sub/a":
            raise InputError("it can't be read")
        return "a-0a1b2c3d"


def _copies(folder, *names, anonymise=False):
    for name in names:
        path = folder / f"{name}.mp4"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
        yield Work(Item(path, name), folder, {}, anonymise=anonymise)


def test_copies_of_a_recording_are_made_one_after_the_other(tmp_path):
    pool = _Busy()
    made, failed = _Run(pool, lambda *_: None).run([*_copies(tmp_path, "a", "sub/a", "sub/deep/a")])
    assert made == {"a": "a-0a1b2c3d", "sub/deep/a": "a-0a1b2c3d"}
    assert [failure.id for failure in failed] == ["sub/a"]
    assert pool.most == 1, "they are one session, which one worker at a time can write"


@pytest.mark.parametrize(("anonymise", "most", "patience_s"), [(False, 2, 30), (True, 1, 0.05)])
def test_copies_of_other_names_are_other_sessions_until_anonymised(tmp_path, anonymise, most, patience_s):
    pool = _Busy(patience_s)
    _Run(pool, lambda *_: None).run([*_copies(tmp_path, "a", "b", "c", anonymise=anonymise)])
    assert pool.most == most


@pytest.mark.slow
def test_killed_at_any_moment_and_started_again_nothing_is_lost_or_doubled(finished, tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "attune", "batch", *map(str, CLIPS), "--out", str(out), "--workers", "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for wait_s in (1.5, 4.0, 5.0):
        batch = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
        time.sleep(wait_s)
        batch.send_signal(signal.SIGKILL)
        batch.wait()
    deadline = time.monotonic() + 60
    while (again := subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True)).returncode:
        assert time.monotonic() < deadline, again.stderr  # the killed one's worker may take a moment to end
        time.sleep(0.5)
    for name in TABLES:
        assert (finished / name).read_bytes() == (out / name).read_bytes()
    assert sorted(path.name for path in out.glob("*/")) == sorted(path.name for path in finished.glob("*/"))
    assert {path.name for path in (out / ".batch").iterdir() if path.is_dir()} == set()


def test_a_second_batch_on_the_same_folder_refuses(run_attune, tmp_path):
    from scoring.lock import locked

    (tmp_path / "out" / ".batch").mkdir(parents=True)
    with locked(tmp_path / "out" / ".batch" / "lock") as held:
        assert held
        done = run_attune("batch", *CLIPS, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "another batch is at work" in done.stderr


def test_what_hangs_is_stopped_and_named(run_attune, tmp_path):
    done = run_attune("batch", CLIPS[0], "--out", tmp_path / "out", "--timeout", "0.5")
    assert done.returncode == 1
    (failure,) = pd.read_csv(tmp_path / "out" / "failures.csv").to_dict("records")
    assert failure["id"] == "face_12_0" and "not done after 0.5 s (--timeout)" in failure["reason"]


@pytest.mark.parametrize("arguments", [("--workers", "0"), ("--timeout", "0"), ("--people", "7"),
                                       ("--scheduler", "http://x:1")])  # fmt: skip
def test_wrong_usage_is_said(run_attune, tmp_path, arguments):
    done = run_attune("batch", CLIPS[0], "--out", tmp_path / "out", *arguments)
    assert done.returncode == 2 and arguments[0] in done.stderr and "Traceback" not in done.stderr
