"""What the benchmarks share: long videos made of a short sample, and a command's time and memory."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import av

SAMPLE = "clips/solo_03_0.mp4"  # 1280 x 720, one person, 24 frames a second


@dataclass(frozen=True)
class Usage:
    """What a command took.

    Attributes
    ----------
    wall_s : float
    peak_mb : float
        Largest resident memory in megabytes (10^6 bytes).
    """

    wall_s: float
    peak_mb: float


def repeated(clip: Path, path: Path, seconds: float) -> Path:
    """Write the clip's pictures over and over until the video is so long; nothing is encoded anew."""
    with av.open(str(path), "w") as out:
        stream, offset = None, 0
        while True:
            with av.open(str(clip)) as container:
                source = container.streams.video[0]
                stream = stream or out.add_stream_from_template(source)
                for packet in container.demux(source):
                    if packet.dts is None:
                        continue
                    if (packet.dts + offset) * source.time_base >= seconds:
                        return path
                    packet.dts += offset
                    packet.pts += offset
                    packet.stream = stream
                    out.mux(packet)
                offset += source.duration


def attune(*arguments: str | Path) -> Usage:
    """Run a command of Attune in a process of its own.

    Raises
    ------
    SystemExit
        When it fails.
    """
    started = time.perf_counter()
    command = [sys.executable, "-m", "attune", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)  # the usage of this one process, not of all so far
    wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"attune {arguments[0]} failed with exit status {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Usage(wall_s, used.ru_maxrss * unit / 1e6)


def machine() -> str:
    """The machine in a few words."""
    system = f"{platform.system()} {platform.machine()}"
    return f"{system}, {os.cpu_count()} cores, Python {platform.python_version()}"
