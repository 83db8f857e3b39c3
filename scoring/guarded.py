"""A worker process that is ended when what it does takes too long, needs too much memory, or crashes.

``python -m scoring.guarded`` is that process: it reads tasks from its standard input and writes what came of
them, until its input closes because whoever began it ended.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import psutil

from attune import AttuneError, UsageError
from scoring import process
from scoring.lock import locked

POLL_S = 0.2
GIGABYTE = 2**30

Progress = Callable[[float], None]
Task = Callable[..., Any]


class Stopped(AttuneError):
    """A task was ended from outside, or its process crashed; says why."""


@dataclass(frozen=True)
class Limits:
    """What a task may take.

    Attributes
    ----------
    timeout_s : float or None
    memory_gb : float or None
        Resident memory of the worker's process.
    """

    timeout_s: float | None = None
    memory_gb: float | None = None

    def __post_init__(self) -> None:
        for name, flag in (("timeout_s", "--timeout"), ("memory_gb", "--max-memory")):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"{flag} {value:g} is out of range: use a number above 0")


class GuardedWorker:
    """One process that runs tasks one after the other, begun anew after each that had to be ended.

    It ends with whoever began it, however that one ends. A context manager.

    Parameters
    ----------
    alone : bool
        Keep it on a processor core that no other one of this user's keeps to, where there is one and the
        operating system can be told so: threads that wander take time from each other.
    """

    def __init__(self, alone: bool = False):
        self._alone = alone
        self._child: subprocess.Popen | None = None
        self._answers: queue.Queue = queue.Queue()

    def __enter__(self) -> GuardedWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]

    def run(self, task: Task, *arguments: Any, limits: Limits, progress: Progress | None = None) -> Any:
        """What ``task(*arguments, progress)`` gives; a function of a module, called in the worker's process.

        Raises
        ------
        Stopped
            It took too long or too much memory, or the process crashed.
        Exception
            Whatever the task raised.
        """
        if self._child is None or self._child.poll() is not None:
            self._begin()
        child = self._child
        started = time.monotonic()
        try:
            self._tell(child, task, arguments)  # type: ignore[arg-type]
            while True:
                try:
                    kind, value = self._answers.get(timeout=POLL_S)
                except queue.Empty:
                    self._check(limits, started)
                    continue
                if kind == "progress":
                    if progress is not None:
                        progress(value)
                elif kind == "ended":
                    raise Stopped(_death(child.wait()))  # type: ignore[union-attr]
                elif kind == "error":
                    raise value
                else:
                    return value
        except (Stopped, KeyboardInterrupt):
            self.close()
            raise

    @staticmethod
    def _tell(child: subprocess.Popen, task: Task, arguments: tuple) -> None:
        # What the task itself raises may be an OSError, too, and leaves the process as it is.
        try:
            pickle.dump((task, arguments), child.stdin)  # type: ignore[arg-type]
            child.stdin.flush()  # type: ignore[union-attr]
        except OSError:  # it ended before it could be told what to do
            raise Stopped(_death(child.wait())) from None

    def _begin(self) -> None:
        self.close()
        self._answers = queue.Queue()
        alone = ("alone",) if self._alone else ()
        self._child = process.start("scoring.guarded", *alone, stdout=subprocess.PIPE)
        threading.Thread(target=_read, args=(self._child.stdout, self._answers), daemon=True).start()

    def _check(self, limits: Limits, started: float) -> None:
        if limits.timeout_s is not None and time.monotonic() - started > limits.timeout_s:
            raise Stopped(f"it was not done after {limits.timeout_s:g} s (--timeout), and was stopped")
        if limits.memory_gb is not None and self._resident() > limits.memory_gb * GIGABYTE:
            most = f"{limits.memory_gb:g} GB"
            raise Stopped(f"it needed more than {most} of memory (--max-memory), and was stopped")

    def _resident(self) -> int:
        with contextlib.suppress(psutil.Error, AttributeError):
            return psutil.Process(self._child.pid).memory_info().rss  # type: ignore[union-attr]
        return 0


def _read(pipe: BinaryIO, answers: queue.Queue) -> None:
    """Hand on what the process writes, until it ends."""
    for message in process.messages(pipe):
        answers.put(message)
    answers.put(("ended", None))


def _death(code: int) -> str:
    if code < 0:
        name = signal.Signals(-code).name
        memory = ", often a sign that memory ran out" if name == "SIGKILL" else ""
        return f"its process was ended by {name}{memory}"
    return f"its process ended unexpectedly (status {code})"


def main(alone: bool) -> None:
    """Run what comes in at standard input, one task after the other."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # as many workers as cores then take nothing from each other
    with _core_of_its_own() if alone else contextlib.nullcontext():
        _work()


def _work() -> None:
    tasks: queue.Queue = queue.Queue()
    threading.Thread(target=_receive, args=(os.fdopen(os.dup(0), "rb"), tasks), daemon=True).start()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    with contextlib.suppress(OSError):
        while True:
            task, arguments = tasks.get()
            try:
                answer = ("done", task(*arguments, lambda share: _send(answers, ("progress", share))))
            except Exception as error:
                answer = ("error", error)
            try:
                _send(answers, answer)
            except (pickle.PicklingError, TypeError, AttributeError):
                _send(answers, ("error", RuntimeError(repr(answer[1]))))


def _send(pipe: BinaryIO, answer: tuple[str, Any]) -> None:
    pipe.write(pickle.dumps(answer))
    pipe.flush()


def _receive(pipe: BinaryIO, tasks: queue.Queue) -> None:
    """Take in tasks until the pipe closes: nothing stays running, in the midst of one, for nobody."""
    try:
        while True:
            tasks.put(pickle.load(pipe))
    finally:
        os._exit(1)


@contextlib.contextmanager
def _core_of_its_own() -> Iterator[None]:
    """Stay on the first core that nobody holds the lock of; anywhere where all are taken."""
    with contextlib.ExitStack() as held:
        for core in sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else ():
            path = Path(tempfile.gettempdir()) / f"attune-{os.getuid()}-core-{core}.lock"
            with contextlib.suppress(OSError):
                if held.enter_context(locked(path)):
                    os.sched_setaffinity(0, {core})
                    break
        yield


if __name__ == "__main__":
    main(sys.argv[1:] == ["alone"])
