"""How quick the review of an hour is: python tests/benchmarks/review.py [PORT]

Two people, 54 000 frames, landmarks and a real H.264 video with a key frame a second, served by the real
server on loopback and opened in headless Chromium.
"""

import io
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pandas as pd
from _common import machine
from PIL import Image
from playwright.sync_api import sync_playwright

from scoring.events import EVENT_COLUMNS
from tests.conftest import _chromium
from tests.dashboard.conftest import start, stop
from tests.sessions import FACE_X_PX, make_landmarks, make_session
from tests.videos import index_of, make_video
from vision.signals import COLUMNS, Signals

FPS, SECONDS, SIZE = 15, 3600, (320, 180)
TIMES = np.arange(FPS * SECONDS) / FPS
PEOPLE = ("staff", "client")
SEEKS, SHOTS = 40, 30
FACE = (130, 220, 255)
# Whether the picture is of a frame: sought, decoded and told of.
SEEK = """([video, timeline, share]) => new Promise((done) => {
  const box = timeline.getBoundingClientRect();
  const [left, top] = [box.left + share * box.width, box.top + 32 + 22 + 36 + 10];
  const began = performance.now();
  video.requestVideoFrameCallback(() => done(performance.now() - began));
  for (const type of ["pointerdown", "pointerup"]) timeline.dispatchEvent(new PointerEvent(type,
    { clientX: left, clientY: top, button: 0, pointerId: 1, bubbles: true }));
})"""
# From the first stroke of the pen until all of it is in the canvas; zooming draws anew each time.
REDRAW = """async (timeline) => {
  const took = [];
  const pen = timeline.querySelector("canvas").getContext("2d");
  const clear = pen.clearRect.bind(pen);
  pen.clearRect = (...all) => {
    const began = performance.now();
    queueMicrotask(() => {
      pen.getImageData(0, 0, 1, 1);
      took.push(performance.now() - began);
    });
    clear(...all);
  };
  for (let turn = 0; turn < 40; turn++) {
    const box = timeline.getBoundingClientRect();
    timeline.dispatchEvent(new WheelEvent("wheel", { deltaY: turn < 20 ? -100 : 100, cancelable: true,
      clientX: box.left + box.width / 3, clientY: box.top + 60 }));
    await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
  }
  return took;
}"""


def hour(library: Path) -> Path:
    """A session of an hour: probabilities that wander, an event every few seconds."""
    folder = make_session(library, "hour", title="An hour", people=PEOPLE, video=False)
    info = (folder / "session.json").read_text()
    (folder / "session.json").write_text(info.replace('"duration_s": 12.0', f'"duration_s": {SECONDS}'))
    rng = np.random.default_rng(0)
    tables = [_signals(rng, person) for person in PEOPLE]
    Signals(pd.concat(tables, ignore_index=True)).table.to_parquet(folder / "signals.parquet", index=False)
    _events(rng).to_csv(folder / "events.csv", index=False)
    make_landmarks(folder / "landmarks.parquet", dict.fromkeys(PEOPLE, TIMES), chunk=256)
    part = make_video(folder / "part.mp4", TIMES[:256], size=SIZE, options={"g": "15", "bf": "0"})
    _repeated(part, folder / "video.mp4")
    part.unlink()
    return folder


def _signals(rng, person: str) -> pd.DataFrame:
    table = {"time_s": TIMES, "frame": np.arange(len(TIMES)), "person": person, "face_found": True}
    for name, column in COLUMNS.items():
        if name in table:
            continue
        low, high = max(column.low, -60), min(column.high, 60)
        waves = np.interp(TIMES, TIMES[::20], rng.uniform(low, high, len(TIMES[::20])))
        table[name] = (
            np.where(rng.random(len(TIMES)) < 0.02, np.nan, waves) if column.dtype != "bool" else True
        )
    return pd.DataFrame(table)


def _events(rng) -> pd.DataFrame:
    rows = []
    kinds = (("eye_contact", "gaze_away"), ("open_posture", "closed_posture"), ("nod", "shake"))
    for person in PEOPLE:
        for pair in kinds:
            borders = np.cumsum(rng.uniform(1, 12, 600))
            for place, (start_s, end_s) in enumerate(pairwise(borders)):
                if end_s < SECONDS:
                    rows.append((person, pair[place % 2], start_s, end_s, 0.9, 1.0))
    return pd.DataFrame(rows, columns=list(EVENT_COLUMNS[:6])).reindex(columns=list(EVENT_COLUMNS))


def _repeated(part: Path, path: Path) -> None:
    """The part's pictures over and over, its frame n always at n / FPS; nothing is encoded anew."""
    with av.open(str(part)) as container, av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        source = container.streams.video[0]
        stream = out.add_stream_from_template(source)
        packets = [packet for packet in container.demux(source) if packet.dts is not None]
        known = [(bytes(p), p.is_keyframe, round(float(p.pts * p.time_base) * FPS)) for p in packets]
        for first in range(0, len(TIMES), len(known)):
            for data, key, frame in known:
                if first + frame >= len(TIMES):
                    break
                packet = av.Packet(data)
                packet.stream, packet.time_base, packet.is_keyframe = stream, source.time_base, key
                packet.pts = packet.dts = round((first + frame) / FPS / source.time_base)
                packet.duration = round(1 / FPS / source.time_base)
                out.mux(packet)


def opening(browser, served) -> tuple[float, object]:
    """Seconds from the address to a page that answers, and the page."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    began = time.perf_counter()
    page.goto(f"{served.url}/review?session=hour", wait_until="commit")
    _ready(page)
    return time.perf_counter() - began, page


def opening_from_the_list(page, served) -> float:
    """Seconds from the click on a session in the list to a page that answers."""
    page.goto(served.url)
    link = page.get_by_role("link", name="An hour")
    link.wait_for()
    page.wait_for_timeout(1500)
    began = time.perf_counter()
    link.click()
    _ready(page)
    return time.perf_counter() - began


def _ready(page) -> None:
    page.wait_for_selector(".review:not([aria-busy])")
    page.wait_for_function("() => [...document.querySelectorAll('*')].some((n) => n.shadowRoot?"
                           ".querySelector('video')?.readyState >= 2)")  # fmt: skip


def seeking(page) -> list[float]:
    """Milliseconds from a click on the timeline to the shown frame."""
    video, timeline = (page.locator(name).element_handle() for name in ("video", ".timeline"))
    rng = np.random.default_rng(1)
    took = []
    for share in rng.uniform(0.01, 0.99, SEEKS):
        took.append(page.evaluate(SEEK, [video, timeline, float(share)]))
        page.wait_for_timeout(50)
    return took


def lag(page) -> tuple[list[float], list[float]]:
    """Frames between the picture and what is drawn over it, on the screen: paused, and while playing."""
    for name in ("Skeleton", "Gaze", "Labels"):
        page.get_by_role("group", name="Overlay").get_by_role("button", name=name).click()
    page.wait_for_timeout(500)
    paused = []
    for share in (0.1, 0.35, 0.6, 0.85):
        box = page.locator(".timeline").bounding_box()
        page.mouse.click(box["x"] + share * box["width"], box["y"] + 100)
        page.wait_for_timeout(500)
        paused.append(_apart(page))
    page.get_by_role("button", name="Play", exact=True).click()
    playing = []
    for _ in range(SHOTS):
        page.wait_for_timeout(37)
        playing.append(_apart(page))
    page.get_by_role("button", name="Pause", exact=True).click()
    return paused, playing


def _apart(page) -> float:
    video = page.locator("video")
    scale = video.evaluate("v => Math.min(v.clientWidth / v.videoWidth, v.clientHeight / v.videoHeight)")
    box = video.bounding_box()
    shot = np.asarray(Image.open(io.BytesIO(page.screenshot(clip=box))).convert("RGB")).astype(int)
    left = (box["width"] - SIZE[0] * scale) / 2
    near = (np.abs(shot[: shot.shape[0] * 2 // 5] - FACE).max(axis=-1) < 40).any(axis=0)
    places = (np.flatnonzero(near) + 0.5 - left) / scale
    shown = index_of(shot[:, round(left) : round(left + SIZE[0] * scale)])
    # two people's lines: the nearer one to where the staff member's ought to be
    return min((place - FACE_X_PX["staff"] - shown for place in places), key=abs, default=np.nan)


def main() -> None:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8760
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        session = hour(Path(folder))
        sizes = ", ".join(f"{p.name} {p.stat().st_size / 1e6:.0f} MB" for p in sorted(session.iterdir()))
        print(f"made in {time.perf_counter() - began:.0f} s: {sizes}", flush=True)
        served = start(Path(folder), port)
        try:
            with sync_playwright() as play:
                options = {"executable_path": _chromium(), "args": ["--no-sandbox", "--disable-gpu"]}
                report(play.chromium.launch(**options), served)
        finally:
            stop(served)


def report(browser, served) -> None:
    for _ in range(3):
        seconds, page = opening(browser, served)
        print(f"opened by its address in a fresh browser: {seconds:.2f} s", flush=True)
    for _ in range(3):
        print(f"opened from the list: {opening_from_the_list(page, served):.2f} s", flush=True)
    page.wait_for_timeout(2000)
    took = seeking(page)
    middle, most = np.quantile(took, (0.5, 0.95))
    print(f"seek to shown frame: {middle:.0f} ms (median), {most:.0f} ms (95 %) of {SEEKS}")
    drawn = page.locator(".timeline").evaluate(REDRAW)
    middle, most = np.quantile(drawn, (0.5, 0.95))
    print(f"timeline redraw ({len(drawn)} times): {middle:.1f} ms (median), {most:.1f} ms (95 %)")
    paused, playing = lag(page)
    behind = np.round(playing)
    still, very = np.abs(np.round(paused)).max(), (behind == 0).mean()
    print(f"overlay apart from the picture while paused: {still:.0f} frames")
    print(f"while playing: {very:.0%} of {SHOTS} screenshots show both of one frame, "
          f"the others are at most {np.abs(behind).max():.0f} apart")  # fmt: skip


if __name__ == "__main__":
    main()
