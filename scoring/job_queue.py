"""The queue of jobs: huey over a SQLite file in the library. It holds ids; the table of jobs is the truth."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from huey import SqliteHuey
from huey.registry import Message
from huey.serializer import Serializer

FILE = "queue.sqlite"
WAIT_S = 15.0  # for another process's write to end


class JsonSerializer(Serializer):
    """Messages as JSON: huey's pickles would run whatever somebody put into a library's file."""

    def _serialize(self, data: Message) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Message:
        return Message(*json.loads(data))


class JobQueue:
    """The queue of one library.

    Parameters
    ----------
    folder : Path
        The library.
    analyse : callable, optional
        What the consumer does with a job's id; who only puts jobs in needs none.

    Raises
    ------
    sqlite3.Error
        When the file can't be used.
    """

    def __init__(self, folder: Path, analyse: Callable[[str], None] | None = None):
        self.huey = SqliteHuey(
            "jobs", filename=str(folder / FILE), results=False, serializer=JsonSerializer(),
            timeout=WAIT_S, strict_fifo=True,
        )  # fmt: skip

        # its name and module are the task's name in the file
        def task(id: str) -> None:
            if analyse is not None:
                analyse(id)

        self._task = self.huey.task(name="analyse")(task)

    def put(self, id: str) -> None:
        """Put a job at the end."""
        self._task(id)

    def refill(self, ids: Iterable[str]) -> None:
        """These jobs, in this order, instead of whatever is in the queue."""
        self.huey.storage.flush_queue()
        for id in ids:
            self.put(id)

    def __len__(self) -> int:
        return self.huey.storage.queue_size()

    def close(self) -> None:
        self.huey.storage.close()


def enqueue(folder: Path, id: str) -> None:
    """Put a job into a library's queue."""
    # Where that fails nothing is lost: the worker looks for waiting jobs in the table, too.
    with contextlib.suppress(sqlite3.Error, OSError), contextlib.closing(JobQueue(folder)) as queue:
        queue.put(id)


def sound_queue(folder: Path, analyse: Callable[[str], None]) -> JobQueue:
    """The queue of a library for its worker; a broken file is made anew, for nothing is lost with it."""
    try:
        queue = JobQueue(folder, analyse)
        len(queue)
        return queue
    except sqlite3.DatabaseError:
        for path in folder.glob(f"{FILE}*"):
            path.unlink(missing_ok=True)
        return JobQueue(folder, analyse)
