"""A real Dask scheduler with workers, on loopback."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@contextmanager
def cluster(home: Path, workers: int = 2) -> Iterator[str]:
    """Address of the scheduler while it runs; `home` takes what both write."""
    log = home / "scheduler.log"

    def run(*arguments):
        command = [sys.executable, "-m", "dask", *arguments]
        with log.open("ab") as file:
            return subprocess.Popen(command, cwd=home, env=ENVIRONMENT, stdout=file, stderr=file)

    def until(pattern):
        deadline = time.monotonic() + 60
        while not (found := re.findall(pattern, log.read_text())):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        return found

    main = run("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    address = until(r"tcp://127\.0\.0\.1:\d+")[0]
    options = ("--nworkers", str(workers), "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1")
    below = run("worker", address, *options)
    try:
        until(rf"(?s)(?:Register worker.*){{{workers}}}")
        yield address
    finally:
        for process in (below, main):
            process.terminate()
            process.wait(30)
