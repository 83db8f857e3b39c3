"""The supervisor: keeps a worker at the library's jobs for as long as the dashboard is served."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from pathlib import Path

from attune import AttuneError
from scoring import process
from scoring.jobs import Jobs
from scoring.library import FILE
from scoring.uploads import Uploads

LOOK_S = 0.2
SHORT_LIFE_S = 5.0  # a worker that died sooner is started again after a longer and longer pause
LONGEST_PAUSE_S = 30.0
PATIENCE_S = 8.0  # for it to end what it is at


class Supervisor:
    """Starts the worker once there is a library to work at, and again whenever it dies; a context manager.

    Parameters
    ----------
    library : Path
    wanted : bool, optional
        False starts no worker.
    """

    def __init__(self, library: Path, wanted: bool = True):
        self.library = library
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True) if wanted else None

    def __enter__(self) -> Supervisor:
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ending.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        with contextlib.suppress(AttuneError, OSError):  # the jobs themselves are what matters
            Uploads(self.library).tidy(Jobs(self.library).uploads_in_use())
        pause = LOOK_S
        while not self._ending.wait(pause):
            if (self.library / FILE).exists():  # before, nobody has asked for anything
                lived = self._one_worker()
                pause = LOOK_S if lived >= SHORT_LIFE_S else min(LONGEST_PAUSE_S, 2 * pause)

    def _one_worker(self) -> float:
        """Run a worker until it dies or the server ends; for how many seconds it lived."""
        started = time.monotonic()
        try:
            worker = process.start("scoring.worker", self.library)
        except OSError:  # too many processes, no memory: later
            return 0.0
        while worker.poll() is None:
            if self._ending.is_set():
                process.end(worker, PATIENCE_S)
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(LOOK_S)
        process.end(worker, 0)
        return time.monotonic() - started
