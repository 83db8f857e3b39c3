"""Processes that end with the one that started them: the dashboard's worker, and the worker's analyses.

Each reads its standard input, into which nobody writes. It closes when the parent ends, also when that was
killed; a parent that wants a child to end closes it, too.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from scoring.lock import locked

ROOT = Path(__file__).resolve().parent.parent
_LOOK_S = 0.2


def start(module: str, *arguments: str | Path, stdout: int = subprocess.DEVNULL) -> subprocess.Popen:
    """Run a module of ours in a process of its own, which Ctrl-C in the terminal doesn't reach."""
    # Dask has its workers give memory back at once: that costs whoever works on pictures a fifth of the time.
    environment = {name: value for name, value in os.environ.items() if name != "MALLOC_TRIM_THRESHOLD_"}
    if not {"site-packages", "dist-packages"} & set(ROOT.parts):  # a checkout
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [environment.get("PYTHONPATH"), str(ROOT)]))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, *map(str, arguments)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def messages(pipe: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """The pairs that a process of ours pickles into a pipe, until it ends."""
    with contextlib.suppress(EOFError, OSError, ValueError, pickle.UnpicklingError):
        while True:
            yield pickle.load(pipe)


def end(child: subprocess.Popen, patience_s: float) -> None:
    """Have a child end; one that doesn't in time is killed."""
    if child.stdin is not None:
        with contextlib.suppress(OSError):
            child.stdin.close()
    try:
        child.wait(patience_s)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def when_parent_ends(act: Callable[[], None]) -> None:
    """Call `act`, in a thread, as soon as standard input closes."""

    def watch() -> None:
        # not through sys.stdin: its buffer's lock would keep Python from ending
        with contextlib.suppress(OSError):
            while os.read(0, 1024):
                pass
        act()

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock file, once whoever else holds it lets it go."""
    while True:
        with locked(path) as held:
            if held:
                yield
                return
        time.sleep(_LOOK_S)
