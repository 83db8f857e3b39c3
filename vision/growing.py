"""A recording that is read while it is still being written: a browser sends it piece by piece."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from av.container import InputContainer

from vision.decode import open_growing
from vision.source import VideoFile

_LOOK_S = 0.05


class GrowingFile:
    """What PyAV reads from: waits for bytes that aren't there yet.

    Parameters
    ----------
    path : Path
    ended : callable
        Whether nothing will be added any more.

    Attributes
    ----------
    position : int
        Bytes read.
    """

    def __init__(self, path: Path, ended: Callable[[], bool]):
        self._file, self._ended = path.open("rb"), ended
        self.position = 0

    def read(self, size: int) -> bytes:
        """Some bytes, at most `size`; none only once the recording has ended."""
        while not (block := self._file.read(size)):
            if self._ended():
                block = self._file.read(size)  # what came between the last look and the end
                break
            time.sleep(_LOOK_S)
        self.position += len(block)
        return block

    def close(self) -> None:
        self._file.close()


class GrowingVideo(VideoFile):
    """As `VideoFile`, of a file that grows: iterates until the recording has ended.

    Making one waits for the first picture. The pictures have the times that `VideoFile` gives them when the
    file is complete. ``info`` has no hash, and the frame rate may be another: it is for thresholds only.

    Parameters
    ----------
    path : Path
    ended : callable
        Whether nothing will be added any more.

    Raises
    ------
    InputError
        When the recording ends before its first picture.
    """

    def __init__(self, path: Path, ended: Callable[[], bool]):
        self._ended = ended
        self._reading: GrowingFile | None = None
        super().__init__(path, sha256="")

    @property
    def read_share(self) -> float:
        """How much of what has arrived was read, 0 to 1."""
        size = self.path.stat().st_size
        return min(1.0, self._reading.position / size) if self._reading is not None and size else 0.0

    def behind_s(self, time_s: float) -> float:
        """About how many seconds of what has arrived come after a picture's time."""
        share = self.read_share
        return time_s * (1 - share) / share if share else 0.0

    def _open(self) -> InputContainer:
        if self._reading is not None:
            self._reading.close()
        self._reading = GrowingFile(self.path, self._ended)
        return open_growing(self._reading, self.path)
