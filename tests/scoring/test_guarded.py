"""A worker process is ended when it hangs, eats memory or crashes, and never outlives who began it."""

import contextlib
import os
import subprocess
import sys
import time

import psutil
import pytest

from attune import InputError, UsageError
from scoring.guarded import GuardedWorker, Limits, Stopped
from tests.conftest import ROOT
from tests.scoring import guarded_tasks as tasks

FREE = Limits()


@pytest.fixture
def worker(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with GuardedWorker() as worker:
        yield worker


def test_gives_results_progress_and_errors_and_stays(worker):
    shares = []
    assert worker.run(tasks.double, 21, limits=FREE, progress=shares.append) == 42
    assert shares == [0.5]
    pid = worker.run(tasks.own_pid, limits=FREE)
    with pytest.raises(InputError, match="the file is empty"):
        worker.run(tasks.fail, limits=FREE)
    with pytest.raises(OSError, match="No space left"):
        worker.run(tasks.fill, limits=FREE)
    assert worker.run(tasks.own_pid, limits=FREE) == pid, "the same process goes on"


@pytest.mark.parametrize(("task", "limits", "words"), [
    (tasks.hang, Limits(timeout_s=1), "not done after 1 s"),
    (tasks.eat, Limits(memory_gb=0.4), "more than 0.4 GB"),
    (tasks.die, FREE, "SIGKILL"),
])  # fmt: skip
def test_what_has_to_be_ended_is_and_the_next_task_runs(worker, task, limits, words):
    with pytest.raises(Stopped, match=words):
        worker.run(task, limits=limits)
    assert worker.run(tasks.double, 1, limits=FREE) == 2


def test_ends_with_whoever_began_it(tmp_path):
    code = (
        "import sys; from pathlib import Path; from scoring.guarded import GuardedWorker, Limits;"
        "from tests.scoring import guarded_tasks as tasks;"
        "GuardedWorker().run(tasks.say_pid, sys.argv[1], limits=Limits())"
    )
    file = tmp_path / "pid"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, "-c", code, str(file)], cwd=ROOT, env=environment)
    deadline = time.monotonic() + 30
    while not (file.exists() and file.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    child = psutil.Process(int(file.read_text()))
    parent.kill()
    parent.wait()
    child.wait(timeout=10)


@pytest.mark.parametrize("limits", [{"timeout_s": 0}, {"memory_gb": -1}])
def test_limits_make_sense(limits):
    with pytest.raises(UsageError, match="out of range"):
        Limits(**limits)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux keeps a process on a core")
def test_each_keeps_to_a_core_of_its_own_until_there_are_none(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # the locks of other batches are elsewhere
    cores = os.sched_getaffinity(0)
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(GuardedWorker(alone=True)) for _ in range(len(cores) + 1)]
        pids = [worker.run(tasks.own_pid, limits=FREE) for worker in workers]
        kept = [psutil.Process(pid).cpu_affinity() for pid in pids]
    assert sorted(core for one in kept[:-1] for core in one) == sorted(cores)
    assert set(kept[-1]) == cores
