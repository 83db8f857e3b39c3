"""How soon after stop the feedback is there, of a recording made in the dashboard with a browser's camera.

    python -m tests.benchmarks.record_page [--seconds 300] [--sample clips/solo_03_0]

Chromium encodes on the same machine while Attune measures: a harder case than a browser's hardware encoder.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import psutil

from scoring.catalogue import Catalogue
from tests import clips
from tests.dashboard.conftest import start, stop
from vision.source import VideoFile

CHROMIUM = "/usr/bin/chromium"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--sample", default=clips.STANDING)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        camera = _camera(Path(folder) / "camera.mjpeg", asked.sample)
        library = Path(folder) / "library"
        served = start(library, 8970)
        try:
            after_s, memory = _recorded(served, camera, library, asked.seconds)
        finally:
            stop(served)
        (entry,) = Catalogue(library).entries()
        session = Catalogue(library).open(entry.id)
        info, recording = session.info, session.info["recording"]
        times_s = np.array([frame.time_s for frame in VideoFile(session.video)])
    source = info["source"]
    print(f"recorded            {source['duration_s']:.1f} s, {source['width']} x {source['height']}")
    print(f"pictures            {source['frames']}, longest step {1000 * np.diff(times_s).max():.0f} ms")
    print(f"measured            {recording['measured']} ({recording['measures_hz']:.1f} a second)")
    print(f"feedback after stop {after_s:.1f} s")
    print(
        f"follower's memory   {memory[0]:.0f} MB after a minute or at first, {memory[-1]:.0f} MB at the end"
    )


def _camera(path: Path, sample: str) -> Path:
    """Ten seconds of a sample, which Chromium's pretended camera shows again and again."""
    with path.open("wb") as out:
        for frame in clips.pictures(sample, 10):
            out.write(cv2.imencode(".jpg", np.ascontiguousarray(frame.rgb[..., ::-1]))[1].tobytes())
    return path


def _recorded(served, camera: Path, library: Path, seconds: float) -> tuple[float, list[float]]:
    """Seconds from stop to the session; the follower's memory in MB, once a minute and at the end."""
    from playwright.sync_api import sync_playwright

    arguments = [
        "--no-sandbox", "--disable-gpu",
        "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    ]  # fmt: skip
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{served.url}/record")
        page.wait_for_selector("button[type=submit]:enabled", timeout=60_000)
        page.get_by_label("Who agreed").fill("A")
        page.get_by_label("For what").fill("Practice")
        page.get_by_role("button", name="Start recording").click()
        page.wait_for_selector("[data-state=recording]", timeout=30_000)
        memory, begun = [], time.monotonic()
        while (left := begun + seconds - time.monotonic()) > 0:
            page.wait_for_timeout(1000 * min(left, 60.0))
            memory += [psutil.Process(one).memory_info().rss / 1e6 for one in _following()]
        stopped = time.monotonic()
        page.get_by_role("button", name="Stop and see feedback").click()
        page.wait_for_selector("text=has been analysed", timeout=600_000)
        after_s = time.monotonic() - stopped
        browser.close()
    return after_s, memory or [float("nan")]


def _following() -> list[int]:
    return [
        one.pid for one in psutil.process_iter(["cmdline"])
        if "scoring.follow_recording" in (one.info["cmdline"] or [])
    ]  # fmt: skip


if __name__ == "__main__":
    main()
