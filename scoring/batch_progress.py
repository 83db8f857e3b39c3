"""How far a batch has come: a line per worker and one for all, with the time left, on a terminal."""

from __future__ import annotations

import sys
import threading
from typing import Any

from scoring.terminal import plain_name, say


class BatchProgress:
    """A context manager; on no terminal, a line on stderr for every tenth of the batch."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._rows: dict[int, Any] = {}
        self._all: Any = None
        self._said = 0
        self._lock = threading.Lock()

    def __enter__(self) -> BatchProgress:
        if sys.stderr.isatty():
            from rich import progress
            from rich.console import Console

            self._bar = progress.Progress(
                progress.TextColumn("{task.description}", markup=False),
                progress.BarColumn(),
                progress.TaskProgressColumn(),
                progress.TimeRemainingColumn(),
                console=Console(stderr=True, markup=False, highlight=False),
                transient=True,
            )
            self._all = self._bar.add_task("all", total=None)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def told(self, done: int, known: int) -> None:
        """So many of the tasks known so far are done."""
        if self._bar is not None:
            self._bar.update(self._all, completed=done, total=known)
        elif done and 10 * done // known > self._said:
            self._said = 10 * done // known
            say(f"{done} of {known} steps are done")

    def report(self, worker: int, label: str, share: float) -> None:
        """A worker has done this share of what it works on."""
        if self._bar is None:
            return
        with self._lock:
            if worker not in self._rows:
                self._rows[worker] = self._bar.add_task("", total=1.0)
        row = self._rows[worker]
        if share == 0.0:
            self._bar.reset(row, description=f"{worker + 1}  {plain_name(label)}", total=1.0)
        self._bar.update(row, completed=share)
