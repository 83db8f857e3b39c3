"""`attune batch` on one worker, on two and on a cluster: python tests/benchmarks/batch.py [SECONDS] [--long]

Eight recordings of so many seconds each; with --long also a single one of eleven minutes, which the workers
share. The last line says what a hundred machines like this one would do with 10 000 hours if they shared
nothing but the folder; reading 10 000 hours of video from it is not measured here.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from _common import SAMPLE, attune, machine, repeated

from scoring.resources import sample_path
from tests.cluster import cluster

SECONDS, FILES, LONG_S = 60.0, 8, 660.0
HOURS, NODES = 10_000, 100


def took(videos: Path, out: Path, *how: str) -> float:
    """Seconds for a batch, from the start of Python to its tables."""
    seconds = attune("batch", videos, "--out", out, *how).wall_s
    shutil.rmtree(out)
    return seconds


def shown(name: str, seconds: float, hours: float) -> None:
    """One line: how long it took and how much faster than the recordings that is."""
    print(f"{name:32} {seconds:6.1f} s, {hours * 3600 / seconds:5.2f} h of video an hour", flush=True)


def main() -> None:
    long = "--long" in sys.argv
    length_s = next((float(one) for one in sys.argv[1:] if one != "--long"), SECONDS)
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        many, single, out = (Path(folder) / name for name in ("many", "single", "out"))
        for place in (many, single):
            place.mkdir()
        for number in range(FILES):
            repeated(sample_path(SAMPLE), many / f"{number}.mp4", length_s)
        hours = FILES * length_s / 3600
        one = took(many, out, "--workers", "1")
        shown("1 worker", one, hours)
        two = took(many, out, "--workers", "2")
        shown(f"2 workers ({one / two:.2f} times)", two, hours)
        with cluster(Path(folder)) as address:
            took(short_clips(Path(folder)), out, "--scheduler", address)  # its processes have started
            there = took(many, out, "--scheduler", address)
        shown(f"cluster of 2 ({there / two - 1:+.0%} of 2 workers)", there, hours)
        if long:
            repeated(sample_path(SAMPLE), single / "long.mp4", LONG_S)
            alone, shared = (took(single, out, "--workers", str(n)) for n in (1, 2))
            shown("one long recording, 1 worker", alone, LONG_S / 3600)
            shown(f"one long, 2 workers ({alone / shared:.2f} times)", shared, LONG_S / 3600)
    days = HOURS / (hours * 3600 / two) / NODES / 24
    print(f"{NODES} machines of 2 cores, {HOURS} h of 720p at 24 a second: {days:.1f} days")


def short_clips(folder: Path) -> Path:
    """A folder with two short recordings, one for each worker."""
    place = folder / "short"
    place.mkdir()
    for number in range(2):
        repeated(sample_path(SAMPLE), place / f"{number}.mp4", 5.0)
    return place


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"measured in {time.perf_counter() - started:.0f} s")
