"""Where the tasks of a batch run: worker processes of this machine, or a Dask cluster."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from attune import InputError, UsageError
from scoring.guarded import GuardedWorker, Limits, Task

_ADDRESS = re.compile(r"((tcp|tls)://)?[^\s/]+:\d+")

ANSWERS_S = 10.0  # So long a scheduler is waited for.
LOOK_S = 10.0  # How often a task that a cluster has is looked after ...
PATIENCE = 6  # ... and for so many looks no worker is there before they are taken to be gone: some come back.

Report = Callable[[int, str, float], None]
"""Called with a worker's number, what it works on, and the share done."""


class Pool(Protocol):
    """Runs tasks; a context manager."""

    workers: int

    def submit(self, label: str, task: Task, *arguments: Any) -> Future:
        """Have a task run; its future gives the result or raises."""
        ...

    def __enter__(self) -> Pool: ...

    def __exit__(self, *exc: object) -> None: ...


def pool_for(scheduler: str | None, workers: int | None, limits: Limits, report: Report) -> Pool:
    """A cluster's pool where a scheduler is named, else one of this machine."""
    if scheduler is not None:
        return ClusterPool(scheduler, limits)
    return LocalPool(cores() if workers is None else workers, limits, report)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalPool:
    """Worker processes of this machine, each on a core of its own.

    Parameters
    ----------
    workers : int
    limits : Limits
    report : callable
    """

    def __init__(self, workers: int, limits: Limits, report: Report):
        if workers < 1:
            raise UsageError(f"--workers {workers} is out of range: use 1 or more")
        self.workers, self._limits, self._report = workers, limits, report
        self._own = threading.local()
        self._guards: list[GuardedWorker] = []
        numbers = itertools.count()
        self._threads = ThreadPoolExecutor(workers, initializer=lambda: self._begin(next(numbers)))

    def __enter__(self) -> LocalPool:
        return self

    def __exit__(self, *exc: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for guard in self._guards:
            guard.close()
        self._threads.shutdown()

    def submit(self, label: str, task: Task, *arguments: Any) -> Future:
        return self._threads.submit(self._run, label, task, arguments)

    def _begin(self, number: int) -> None:
        self._own.number, self._own.guard = number, GuardedWorker(alone=True)
        self._guards.append(self._own.guard)

    def _run(self, label: str, task: Task, arguments: tuple) -> Any:
        number = self._own.number
        self._report(number, label, 0.0)
        return self._own.guard.run(
            task, *arguments, limits=self._limits,
            progress=lambda share: self._report(number, label, share),
        )  # fmt: skip


class ClusterPool:
    """The workers of a Dask cluster; they have to see the recordings and the output folder by the same paths.

    Parameters
    ----------
    address : str
        The scheduler's, ``tcp://HOST:PORT``.
    limits : Limits
    """

    def __init__(self, address: str, limits: Limits):
        try:
            from distributed import Client
        except ImportError:
            raise UsageError("--scheduler needs Dask's distributed: pip install 'attune[cluster]'") from None
        if not _ADDRESS.fullmatch(address):  # a client that can't even try leaves a traceback behind
            raise UsageError(f"--scheduler '{address}' is no address: use tcp://HOST:PORT")
        try:
            self._client = Client(address, timeout=ANSWERS_S, set_as_default=False)
        except (OSError, ValueError) as error:
            what = f"no Dask scheduler answers at {address}"
            raise InputError(f"{what}: start one, or check the address") from error
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # what is lost is said once, below
        self._limits, self._address, self._lost = limits, address, ""
        threads = self._client.scheduler_info(n_workers=-1)["workers"].values()
        self.workers = sum(worker["nthreads"] for worker in threads)
        if not self.workers:
            self._client.close()
            raise InputError(_NO_WORKERS.format(address))
        self._threads = ThreadPoolExecutor(self.workers)

    def __enter__(self) -> ClusterPool:
        return self

    def __exit__(self, *exc: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        with contextlib.suppress(OSError):
            self._client.close()
        self._threads.shutdown()

    def submit(self, label: str, task: Task, *arguments: Any) -> Future:
        # No more at once than there are workers: Dask would share out all in advance, by lengths it can't
        # know, and some workers would be idle at the end.
        return self._threads.submit(self._run, task, arguments)

    def _run(self, task: Task, arguments: tuple) -> Any:
        from distributed import KilledWorker
        from distributed.client import ClosedClientError

        if self._lost:
            raise InputError(self._lost)
        # Not pure: a task leaves files, and the same one later is a task of its own.
        here = str(Path.cwd())
        try:
            remote = self._client.submit(on_cluster, here, task, arguments, self._limits, pure=False)
            return self._result(remote)
        except KilledWorker:
            raise InputError("the cluster gave it up: several workers ended while they had it") from None
        except (CancelledError, ClosedClientError):
            raise InputError(self._lost or _GONE.format(self._address)) from None

    def _result(self, remote: Any) -> Any:
        """What a task gives; looks meanwhile whether there is still somebody to do it."""
        empty = 0
        while True:
            try:
                return remote.result(timeout=LOOK_S)
            except TimeoutError:
                if remote.done():  # just now, or the error is the task's own
                    return remote.result()
            # A client that gave up never tells of what it took in while it looked for its scheduler.
            if self._client.status == "closed":
                self._lost = _GONE.format(self._address)
            empty = 0 if self._client.scheduler_info(n_workers=-1).get("workers", True) else empty + 1
            if empty >= PATIENCE:
                self._lost = _NO_WORKERS.format(self._address)
            if self._lost:
                raise InputError(self._lost)


_GONE = "the scheduler at {0} went away: start it and its workers, and give the same command again"
_NO_WORKERS = "the scheduler at {0} has no workers: start some with dask worker {0}"


_own = threading.local()


def on_cluster(folder: str, task: Task, arguments: tuple, limits: Limits) -> Any:
    """What a cluster's worker does: the task in a guarded process that stays for the next one."""
    if not hasattr(_own, "guard"):
        _own.guard = GuardedWorker(alone=True)
    return _own.guard.run(within, folder, task, *arguments, limits=limits)


def within(folder: str, task: Task, *arguments: Any) -> Any:
    """The task in the folder in which the batch was begun: relative paths mean there what they mean here."""
    with contextlib.suppress(OSError):  # only absolute paths are the same on that machine, then
        os.chdir(folder)
    return task(*arguments)
