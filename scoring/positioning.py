"""Help with sitting down before the camera: what in a picture would make measuring hard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.measurable import ARMS_VISIBLE
from vision.extract import Seen
from vision.measure import measure_bodies, measure_faces

# Our own conventions, tried on the bundled clips and on pictures made darker and smaller from them.
SMALL_SHARE = 0.11  # of the picture's height: a face of 80 pixels at 720p, an eye of some ten
DARK = 70.0  # The brightest tenth is darker than this (of 255): that is the room, whatever the skin.
# The brightest of the face is darker than that, and its surroundings brighter by this. Well lit, the white
# of the eyes and what shines are brighter on any skin; its mean would tell skin from skin.
BACKLIT_FACE, BACKLIT_BY = 80.0, 70.0

NO_FACE = "No face can be seen: sit so that the camera sees you from the front."
TOO_SMALL = "Your face is small in the picture: come closer to the camera."
TOO_DARK = "It is too dark: switch on a light in front of you."
BACKLIT = "The light is behind you: turn round, or close the curtain."
ARMS_OUT = "Your arms are outside the picture: move back, or tilt the camera down."
FINE = "You can be seen well."


@dataclass(frozen=True)
class View:
    """How a person stands in a picture.

    Attributes
    ----------
    face_share : float
        Height of the face, of the picture's height; NaN where there is none.
    brightest : float
        Brightness that a tenth of the picture surpasses, 0 to 255.
    face_light, around_light : float
        Brightness that a hundredth of the face surpasses, and the mean of what surrounds it; NaN without a
        face.
    arms_visible : float
        0 to 1, of the less visible arm; NaN where there is no body.
    """

    face_share: float
    brightest: float
    face_light: float
    around_light: float
    arms_visible: float


def advice(view: View) -> tuple[str, ...]:
    """What to change, a sentence each, the most important first; empty when all is well."""
    said = []
    if view.brightest < DARK:
        said.append(TOO_DARK)
    if not np.isfinite(view.face_share):
        return (*said, NO_FACE)
    if view.face_light < BACKLIT_FACE and view.around_light - view.face_light > BACKLIT_BY:
        said.append(BACKLIT)
    if view.face_share < SMALL_SHARE:
        said.append(TOO_SMALL)
    if not view.arms_visible >= ARMS_VISIBLE:
        said.append(ARMS_OUT)
    return tuple(said)


def sentences(rgb: np.ndarray, seen: Seen) -> str:
    """What a page says of a picture, as `view_of` takes it: what to change, or that all is well."""
    return " ".join(advice(view_of(rgb, seen))) or FINE


def view_of(rgb: np.ndarray, seen: Seen) -> View:
    """How the person stands in a picture.

    Parameters
    ----------
    rgb : ndarray, shape (height, width, 3), uint8
    seen : Seen
        Of the same picture, with a look at the body.
    """
    height, width = rgb.shape[:2]
    grey = rgb[::4, ::4].mean(axis=2)
    face = measure_faces(seen.face[None])
    arms = np.nan
    if seen.body is not None and seen.world is not None:
        arms = measure_bodies(seen.body[None], seen.world[None], face, width, height)["arms_visible"][0]
    size, x, y = (float(face[name][0]) for name in ("face_height_px", "face_x_px", "face_y_px"))
    face_light = around_light = float("nan")
    if np.isfinite(size):
        rows, columns = np.mgrid[: grey.shape[0], : grey.shape[1]] * 4
        far = np.hypot(columns - x, rows - (y + 0.2 * size)) / size  # face heights from its middle
        inside, outside = grey[far < 0.3], grey[(far > 0.9) & (rows < y + size)]
        if inside.size and outside.size:
            face_light, around_light = float(np.percentile(inside, 99)), float(outside.mean())
    return View(size / height, float(np.percentile(grey, 90)), face_light, around_light, float(arms))
