"""What the tests in a browser do on the page, and how they read what it shows."""

import base64
import io

import numpy as np
from PIL import Image

from tests.sessions import DURATION_S
from tests.videos import index_of

VIDEOS = {1: "video[aria-label='The recording']", 2: "video[aria-label^='The second']"}
# Whether a colour is drawn anywhere between two heights of the timeline.
HAS = """(canvas, [colour, top, height]) => {
  const scale = canvas.width / canvas.clientWidth;
  const wanted = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  const { data } = canvas.getContext("2d").getImageData(0, top * scale, canvas.width, height * scale);
  const here = (i) => wanted.every((v, k) => Math.abs(data[i + k] - v) < 3);
  for (let i = 0; i < data.length; i += 4) if (here(i)) return true;
  return false;
}"""


def clock_of(page) -> float:
    """What the page shows as the time, in seconds."""
    minutes, seconds = page.locator("[data-slot=now]").inner_text().split(":")
    return 60 * int(minutes) + float(seconds)


def settle(page):
    """Waits until the shown picture is the one that was asked for."""
    for video in page.locator("video").all():
        page.wait_for_function("(v) => !v.seeking && v.readyState >= 2", arg=video.element_handle())
    page.wait_for_timeout(100)


def picture_of(page, camera=1) -> int:
    """The number that the shown picture of a camera carries."""
    coded = page.locator(VIDEOS[camera]).evaluate(
        "v => { const c = document.createElement('canvas'); c.width = v.videoWidth; c.height = v.videoHeight;"
        " c.getContext('2d').drawImage(v, 0, 0); return c.toDataURL('image/png').split(',')[1]; }"
    )
    return index_of(np.asarray(Image.open(io.BytesIO(base64.b64decode(coded))).convert("RGB")))


HEAD = 32  # overview and axis, above the first lane
# Of the first lane's probability, where no event is in the way of a click.
CURVE_Y = HEAD + 22 + 2 * 18 + 1 + 10


def click_at(page, time, y=CURVE_Y):
    slider = page.get_by_role("slider")
    width = slider.bounding_box()["width"]
    slider.click(position={"x": width * time / DURATION_S, "y": y})


def colour_at(page, time, y) -> str:
    return page.locator(".timeline canvas").evaluate(
        "(c, [share, y]) => { const k = c.width / c.clientWidth;"
        " const [r, g, b] = c.getContext('2d').getImageData(share * c.width, y * k, 1, 1).data;"
        " return '#' + [r, g, b].map(n => n.toString(16).padStart(2, '0')).join('').toUpperCase(); }",
        [time / DURATION_S, y],
    )


def middle(span) -> float:
    return (span[0] + span[1]) / 2
