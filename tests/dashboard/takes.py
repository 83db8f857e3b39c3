"""What the tests of the Record page do on it."""

from playwright.sync_api import expect

from scoring.catalogue import Catalogue
from tests.dashboard.asking import until

READY = ".record:not([aria-busy])"
RECORDING = "[data-state=recording]"
AWAY = ("ERR_", "Client Error", "not responding")  # what Chromium and Streamlit say of a server that is away
# How many points of the canvas have the colour in which bodies are drawn.
GREEN = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const near = (i, wanted) => wanted.every((value, k) => Math.abs(data[i + k] - value) < 60);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) count += near(i, [140, 240, 170]);
  return count;
}"""
ONLY_VP8 = "() => { MediaRecorder.isTypeSupported = (type) => type.startsWith('video/webm;codecs=vp8'); }"
# What keeps the screen on, and what a browser does with that where the page is hidden and then shown again.
NOTE_LOCKS = """() => {
  const { wakeLock } = navigator;
  const request = wakeLock.request.bind(wakeLock);
  window.locks = [];
  wakeLock.request = (kind) => request(kind).then((lock) => (window.locks.push(lock), lock));
}"""
HIDE = """async () => {
  await Promise.all(window.locks.map((lock) => lock.release()));
  document.dispatchEvent(new Event("visibilitychange"));
}"""
MICROPHONE_IN_USE = """() => {
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    if (wanted.audio) throw new DOMException("in use", "NotReadableError");
    return open(wanted);
  };
}"""
# Of the preview: its camera is gone.
UNPLUGGED = """(video) => {
  const [track] = video.srcObject.getVideoTracks();
  track.stop();
  track.dispatchEvent(new Event("ended"));
}"""


def fill(page, title="At the desk"):
    page.get_by_label("Scenario").fill("A longer wait")
    page.get_by_label("Person").fill("Ana B.")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Who agreed").fill("Ana B.")
    page.get_by_label("For what").fill("Practice")


def begin(page):
    expect(page.get_by_role("button", name="Start recording")).to_be_enabled(timeout=20_000)
    page.get_by_role("button", name="Start recording").click()
    page.wait_for_selector(RECORDING, timeout=20_000)


def time_of(page):
    minutes, seconds = page.get_by_role("timer").inner_text().split(":")
    return 60 * int(minutes) + int(seconds)


def record(page, seconds):
    until(lambda: time_of(page) >= seconds)


def stop_and_wait(page):
    page.get_by_role("button", name="Stop and see feedback").click()
    expect(page.locator(".job").first).to_contain_text("has been analysed", timeout=90_000)


def only_session(library):
    (entry,) = Catalogue(library).entries()
    return entry, Catalogue(library).open(entry.id)
