"""``python -m scoring.worker LIBRARY``: works through a library's jobs, one by one, until its input closes.

The dashboard's server starts one. Of several on one library one works and the others wait to take over.
Every analysis is a process of its own, so that one that crashes takes nothing with it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from attune import AttuneError
from scoring import process, run_job
from scoring.job_queue import JobQueue, sound_queue
from scoring.jobs import RUNNING, Jobs

LOCK = ".worker.lock"
LOOK_S = 0.25  # how soon a cancelled analysis is noticed
RECONCILE_S = 2.0
PATIENCE_S = run_job.GRACE_S + 2
LEFT = "The worker was ended from outside while it analysed this: retry."


class Worker:
    """The worker of one library.

    Parameters
    ----------
    folder : Path
        The library.
    """

    def __init__(self, folder: Path):
        self.folder, self.jobs = folder, Jobs(folder)
        self._current: str | None = None
        self._child: subprocess.Popen | None = None
        self._working = False
        self._claiming = threading.Lock()

    def run(self) -> None:
        """Work until standard input closes or a signal says so."""
        process.when_parent_ends(self.end)
        with process.alone(self.folder / LOCK):
            self._working = True
            if self.jobs.recover(LEFT):
                self._tidy()
            queue = sound_queue(self.folder, self._analyse)
            queue.refill(self.jobs.waiting())
            threading.Thread(target=self._reconcile, args=(queue,), daemon=True).start()
            queue.huey.create_consumer(workers=1, periodic=False, max_delay=0.5).run()
            self.end()

    def end(self) -> None:
        """Let go of what is being analysed, for the next worker to begin anew, and end."""
        with self._claiming:
            working, self._working = self._working, False
            with contextlib.suppress(AttuneError):
                if working:
                    self.jobs.release()
        child = self._child
        if child is not None:
            process.end(child, PATIENCE_S)
            self._tidy_after(child)
        os._exit(0)  # other threads may wait for the queue; nothing of theirs is left to do

    def _analyse(self, id: str) -> None:
        """One attempt at a job; what the child process didn't say about its end itself is said here."""
        self._current = id
        try:
            with self._claiming:
                claimed = self._working and self.jobs.claim(id) is not None
            if claimed:
                child = self._finished(id)
                self._tidy_after(child)
                self.jobs.crash(id, _reason(child.returncode))
        finally:
            self._current = self._child = None

    def _finished(self, id: str) -> subprocess.Popen:
        """The process that analysed a job, once it ended by itself or was not wanted any more."""
        self._child = child = process.start("scoring.run_job", self.folder, id)
        while child.poll() is None:
            if self._unwanted(id):
                process.end(child, PATIENCE_S)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(LOOK_S)
        process.end(child, 0)
        return child

    def _unwanted(self, id: str) -> bool:
        try:
            job = self.jobs.get(id)
        except LookupError:
            return True
        except AttuneError:  # the database is busy: ask again
            return False
        return job.cancelled or job.state != RUNNING

    def _reconcile(self, queue: JobQueue) -> None:
        """The table is the truth: again and again, bring back what it says and nobody has in hand."""
        while True:
            with contextlib.suppress(AttuneError, OSError):
                for job in self.jobs.list():
                    if job.state == RUNNING and job.id != self._current:
                        self.jobs.crash(job.id, LEFT)
                if not len(queue):
                    for id in self.jobs.waiting():
                        queue.put(id)
            time.sleep(RECONCILE_S)

    def _tidy_after(self, child: subprocess.Popen) -> None:
        if child.returncode not in (0, run_job.STOPPED):  # killed: it could not do it itself
            self._tidy()

    def _tidy(self) -> None:
        """Remove what a killed analysis has left of its session."""
        from scoring.session import remove_partial

        with contextlib.suppress(AttuneError):
            remove_partial(self.folder)


def _reason(status: int) -> str:
    if status == -getattr(signal, "SIGKILL", 9):
        return (
            "The analysis was ended from outside (signal 9), which happens when memory runs out: close other "
            "programs, then retry."
        )
    if status < 0:
        return f"The analysis crashed (signal {-status}, {signal.strsignal(-status)}): retry, or report it."
    return f"The analysis ended without saying why (status {status}): retry, or report it."


if __name__ == "__main__":
    Worker(Path(sys.argv[1])).run()
