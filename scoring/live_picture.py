"""The picture of a camera of this machine as the dashboard shows it: a mirror image with what was found."""

from __future__ import annotations

import time

import cv2
import numpy as np

from scoring.live import Live
from scoring.live_report import Reporter
from vision import topology
from vision.extract import Seen
from vision.overlay import GAZE_LENGTH, draw_body, draw_face, draw_gaze
from vision.source import Frame

WIDE = 800
EVERY_S = 1 / 15
_QUALITY = 72


class LivePicture:
    """Sends the newest picture, a few times a second.

    Parameters
    ----------
    reporter : Reporter
    """

    def __init__(self, reporter: Reporter):
        self._reporter, self._next_s, self._shown = reporter, 0.0, -1.0

    def show(self, frame: Frame, found: tuple[Live, Seen] | None = None) -> None:
        """Send a picture where it is time for the next one; `found`: what was measured last."""
        if time.monotonic() < self._next_s or frame.time_s == self._shown:
            return
        self._next_s, self._shown = time.monotonic() + EVERY_S, frame.time_s
        written, jpeg = cv2.imencode(
            ".jpg", drawn(frame, found)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
        )
        if written:
            self._reporter.picture(jpeg.tobytes())


def drawn(frame: Frame, found: tuple[Live, Seen] | None) -> np.ndarray:
    """The mirror image of a picture, at most `WIDE` wide, with face, line of sight and body in it."""
    height, width = frame.rgb.shape[:2]
    share = min(1.0, WIDE / width)
    rgb = cv2.resize(frame.rgb, (round(width * share), round(height * share)), interpolation=cv2.INTER_AREA)
    if found is not None:
        live, seen = found
        scale = share / frame.scale
        if seen.body is not None:
            body = seen.body[list(topology.OVERLAY_POSE)][:, [0, 1, 3]] * np.array([scale, scale, 1.0])
            draw_body(rgb, body)
        draw_face(rgb, seen.face[:, :2] * scale)
        eyes = np.array([live.row["face_x_px"], live.row["face_y_px"]]) * scale
        length = GAZE_LENGTH * live.row["face_height_px"] * scale
        draw_gaze(rgb, eyes, live.row["gaze_yaw_deg"], live.row["gaze_pitch_deg"], length)
    return cv2.flip(rgb, 1)
