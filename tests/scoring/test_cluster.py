"""A batch on a Dask cluster: a real scheduler and two workers on loopback."""

import contextlib

import psutil
import pytest

from attune import InputError
from scoring import pools
from scoring.guarded import Limits
from tests.clips import SAMPLES
from tests.cluster import cluster
from tests.scoring import guarded_tasks as tasks

pytestmark = pytest.mark.slow

CLIPS = [SAMPLES / "clips" / name for name in ("face_12_0.mp4", "face_43_0.mp4")]


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """Address of a scheduler with two workers."""
    with cluster(tmp_path_factory.mktemp("cluster")) as address:
        yield address


def test_a_cluster_gives_what_this_machine_gives(run_attune, scheduler, tmp_path):
    here = run_attune("batch", *CLIPS, "--out", tmp_path / "here", "--workers", "1")
    # As typed: relative to where the batch is begun, which is not where the workers were.
    (tmp_path / "clips").symlink_to(SAMPLES / "clips")
    names = [f"clips/{clip.name}" for clip in CLIPS]
    there = run_attune("batch", *names, "--out", "there", "--scheduler", scheduler)
    assert (here.returncode, there.returncode) == (0, 0), there.stderr
    for name in ("scores.csv", "scores.parquet", "events.parquet"):
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()


def test_what_fails_there_is_named_here(run_attune, scheduler, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    done = run_attune("batch", broken, "--out", tmp_path / "out", "--scheduler", scheduler)
    assert done.returncode == 1
    assert "not a video" in (tmp_path / "out" / "failures.csv").read_text()


def test_no_scheduler_is_said(run_attune, tmp_path):
    out = tmp_path / "out"
    done = run_attune("batch", CLIPS[0], "--out", out, "--scheduler", "tcp://127.0.0.1:9")
    assert done.returncode == 1
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in done.stderr


@pytest.mark.parametrize(("which", "said"), [
    ("worker", "has no workers: start some"), ("scheduler", "went away: start it and its workers"),
])  # fmt: skip
def test_a_cluster_that_is_lost_keeps_nobody_waiting(tmp_path, monkeypatch, which, said):
    for name, value in {"LOOK_S": 0.5, "PATIENCE": 4, "ANSWERS_S": 2}.items():
        monkeypatch.setattr(pools, name, value)
    with cluster(tmp_path, workers=1) as address, pools.ClusterPool(address, Limits()) as pool:
        assert pool.submit("", tasks.double, 21).result(60) == 42
        with pytest.raises(TimeoutError, match="the task's own"):
            pool.submit("", tasks.run_out_of_time).result(60)
        waiting = [pool.submit("", tasks.hang) for _ in range(2)]
        known = [(one, one.as_dict(["cmdline"])["cmdline"] or ()) for one in psutil.Process().children()]
        lost = [one for one, words in known if which in words]
        for one in [*lost, *(child for process in lost for child in process.children(recursive=True))]:
            with contextlib.suppress(psutil.NoSuchProcess):  # it ended with its parent
                one.kill()
        for future in waiting:
            with pytest.raises(InputError, match=said):
                future.result(60)
