"""A lock between processes that the operating system drops when its holder ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Hold the lock file ``path`` while inside; yields False, at once, where another one holds it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        held = _acquire(handle) and _same_file(handle, path)
        try:
            yield held
        finally:
            if held:
                # Before the lock goes, so that nobody can hold a file that is about to vanish.
                with contextlib.suppress(OSError):
                    path.unlink()
    finally:
        os.close(handle)


def _same_file(handle: int, path: Path) -> bool:
    """Whether the locked file is still the one of that name, not one its last holder removed."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _acquire(handle: int) -> bool:
        with contextlib.suppress(OSError):
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            return True
        return False

else:
    import fcntl

    def _acquire(handle: int) -> bool:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False
