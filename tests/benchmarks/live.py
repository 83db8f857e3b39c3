"""What `attune record` must reach, on a stand-in camera of 30 pictures a second, 1280 x 720:

    python tests/benchmarks/live.py [--minutes 10] [--session-minutes 5] [--kills 12]

Prints each figure with its target; exit status 1 when one is missed. The short version is `--minutes 2
--session-minutes 1 --kills 3`. Nothing else should run on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import psutil
from _common import SAMPLE, machine

from scoring.resources import sample_path

FPS, RATE = 30, 48_000
FLAGS = ("--no-check", "--countdown", "0", "--no-window", "--consent", "benchmark", "--json")
_SETTLED_S = 60.0  # When memory is taken for flat: "from minute 1 on"; half of a shorter recording.
_missed: list[str] = []


def told(what: str, value: str, target: str, reached: bool) -> None:
    """Print a figure with its target."""
    print(f"{'ok    ' if reached else 'MISSED'}  {what}: {value} (target: {target})", flush=True)
    if not reached:
        _missed.append(what)


def stand_in(path: Path, seconds: float) -> Path:
    """The sample over and over, its 24 pictures a second played at 30, with a tone; no picture is new."""
    with av.open(str(path), "w") as out:
        stream, shift, count, heard = None, 0, 0, 0
        sound = out.add_stream("aac", rate=RATE, layout="mono")
        while count < seconds * FPS:
            with av.open(str(sample_path(SAMPLE))) as container:
                source = container.streams.video[0]
                if stream is None:
                    stream = out.add_stream_from_template(source)
                    step = round(1 / (source.average_rate * source.time_base))
                    base = Fraction(1, FPS * step)
                for packet in container.demux(source):
                    if packet.dts is None:
                        continue
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.time_base, packet.stream = base, stream
                    out.mux(packet)
                    count += 1
                shift += source.frames * step
            for packet in tone(sound, heard, count / FPS):
                out.mux(packet)
            heard = (int(count / FPS * RATE) // 1024 + 1) * 1024
    return path


def tone(sound: av.AudioStream, since: int, until_s: float) -> Iterator[av.Packet]:
    """The packets of a tone from sample `since` on."""
    for at in range(since, (int(until_s * RATE) // 1024 + 1) * 1024, 1024):
        samples = 0.1 * np.sin(2 * np.pi * 440 * np.arange(at, at + 1024) / RATE)
        frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
        yield from sound.encode(frame)


def length_of(video: Path) -> tuple[int, float]:
    """How many pictures a video has, and the time of the last: from its packets."""
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        times = [float(packet.pts * packet.time_base) for packet in container.demux(stream) if packet.size]
    return len(times), max(times) - min(times)


@dataclass
class Run:
    """A recording that came to its end."""

    info: dict
    video: Path
    memory_mb: list[tuple[float, float]]
    finished_s: float


def recorded(camera: Path, library: Path, minutes: float) -> Run:
    """Record for so long; Ctrl-C ends it, and the clock runs until the feedback is there."""
    process = started(camera, library)
    begun, memory = time.monotonic(), []
    while time.monotonic() < begun + minutes * 60:
        time.sleep(1)
        memory.append((time.monotonic() - begun, resident_mb(process.pid)))
    stopped = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate()
    finished_s = time.monotonic() - stopped
    if process.returncode:
        sys.exit(f"attune record failed with exit status {process.returncode}")
    session = Path(json.loads(out)["session"])
    return Run(json.loads((session / "session.json").read_text()), session / "video.mp4", memory, finished_s)


def started(camera: Path, library: Path) -> subprocess.Popen:
    """`attune record`, from when it says that it records."""
    command = [sys.executable, "-m", "attune", "record", "--camera", camera, "--out", library, *FLAGS]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if line.startswith("Recording."):
            break
    stream, process.stderr = process.stderr, None
    # Somebody has to read what it says, or it waits.
    threading.Thread(target=lambda: deque(stream, maxlen=0), daemon=True).start()
    return process


def resident_mb(pid: int) -> float:
    """Resident memory in megabytes (10^6 bytes)."""
    return psutil.Process(pid).memory_info().rss / 1e6


def long_recording(folder: Path, minutes: float) -> None:
    """Nothing lost, measures fast and soon, memory flat."""
    camera = stand_in(folder / "camera.mp4", minutes * 60 + 120)
    run = recorded(camera, folder / "library", minutes)
    figures = run.info["recording"]
    pictures, last_s = length_of(run.video)
    missing = round(last_s * FPS) + 1 - pictures
    behind_s = minutes * 60 - last_s
    told("recorded pictures lost", f"{missing + figures['pictures_lost']} of {pictures}", "0",
         missing + figures["pictures_lost"] == 0)  # fmt: skip
    told("the last picture before the stop", f"{behind_s:.2f} s", "under 1 s: it kept pace", behind_s < 1)
    told("measures a second", f"{figures['measures_hz']:.1f}", "15 or more", figures["measures_hz"] >= 15)
    latency_ms = 1000 * figures["latency_p95_s"]
    told("from capture to measure, 95 %", f"{latency_ms:.0f} ms", "under 150 ms", latency_ms < 150)
    told(f"feedback after {minutes:g} minutes", f"{run.finished_s:.1f} s after the stop", "within 20 s",
         run.finished_s <= 20)  # fmt: skip
    settled = [mb for at, mb in run.memory_mb if at >= min(_SETTLED_S, minutes * 30)]
    growth = max(settled) / settled[0] - 1
    told("memory from minute 1 to the end", f"{settled[0]:.0f} MB, then up to {growth:+.1%}", "within 5 %",
         growth <= 0.05)  # fmt: skip


def session_length(folder: Path, minutes: float) -> None:
    """Feedback soon after the stop."""
    camera = stand_in(folder / "session.mp4", minutes * 60 + 120)
    run = recorded(camera, folder / "library", minutes)
    told(f"feedback after {minutes:g} minutes", f"{run.finished_s:.1f} s after the stop", "within 20 s",
         run.finished_s <= 20)  # fmt: skip


def kills(folder: Path, times: int) -> None:
    """Killed at random moments, the file can be played to two seconds before that."""
    camera, dice, reached = stand_in(folder / "kills.mp4", 90), random.Random(1), 0
    for k in range(times):
        library = folder / f"killed-{k}"
        process = started(camera, library)
        begun = time.monotonic()
        time.sleep(dice.uniform(3, 20))
        at_s = time.monotonic() - begun
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        (video,) = library.glob(".recording-*/recording-*.mp4")
        _, last_s = length_of(video)
        reached += at_s - last_s <= 2
        print(f"        killed at {at_s:.1f} s, playable to {last_s:.1f} s", flush=True)
    what = "killed recordings playable within 2 s of their end"
    told(what, f"{reached} of {times}", "all", reached == times)


if __name__ == "__main__":
    # A shell that starts this in the background has Ctrl-C ignored, in all that it starts, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    as_it_is = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_it_is)
    parser.add_argument("--minutes", type=float, default=10, help="0: leave out")
    parser.add_argument("--session-minutes", type=float, default=5, help="0: leave out")
    parser.add_argument("--kills", type=int, default=12)
    asked = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        if asked.minutes:
            long_recording(Path(folder), asked.minutes)
        if asked.session_minutes:
            session_length(Path(folder), asked.session_minutes)
        if asked.kills:
            kills(Path(folder), asked.kills)
    sys.exit(1 if _missed else 0)
