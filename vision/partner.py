"""The other person's face as the target: where it is, seen from one's own, and how surely.

One picture shows in which direction of the lens each face lies, and by its height about how far away it
is; but faces differ in size, and the lens's field of view isn't known. Each pair of assumptions about the
two gives one direction from face to face. The line of sight is compared with all of them: what comes out
is an interval of angles, and eye contact is spoken of only where the whole of it says the same.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
from scipy.ndimage import median_filter

from vision.geometry import angle_between_deg, unit, yaw_pitch_deg

FIELDS_OF_VIEW_DEG = (50.0, 60.0, 75.0)
"""Across the picture's longer side; the middle one is taken for the most likely. Laptop and phone cameras
lie between the ends: a laptop's 70 to 78 degrees are measured from corner to corner."""

HEIGHT_RATIOS = (0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.18)
"""Height of one's own face over the other's. Forehead to chin varies by about 6 % (standard deviation) among
adults, so the ratio of two by about 8 %: the ends are two of these."""

TURNED_DEG = 45.0
"""A head turned further from the lens shows one eye only: no line of sight can be told."""

_STEADY_S = 1.0  # Faces don't come nearer within a second by as much as their measured height wavers.
_LIKELY = (1, 3)  # Place of the likely assumptions in the two lists.


def directions_deg(
    own: np.ndarray, other: np.ndarray, width_px: int, height_px: int
) -> tuple[np.ndarray, np.ndarray]:
    """Direction from one face to the other against the line to the lens, under every pair of assumptions.

    Parameters
    ----------
    own, other : ndarray, shape (n, 3)
        Centre between the eyes (x, y) and height of the face in source pixels.
    width_px, height_px : int
        Size of the picture.

    Returns
    -------
    yaw_deg, pitch_deg : ndarray, shape (len(FIELDS_OF_VIEW_DEG), len(HEIGHT_RATIOS), n)
        Signs as for ``gaze_yaw_deg`` and ``gaze_pitch_deg``; NaN where a face is.
    """
    found = [
        _direction(own, other, field, ratio, width_px, height_px)
        for field, ratio in product(FIELDS_OF_VIEW_DEG, HEIGHT_RATIOS)
    ]
    shape = (len(FIELDS_OF_VIEW_DEG), len(HEIGHT_RATIOS), len(own))
    yaw, pitch = zip(*found, strict=True)
    return np.reshape(yaw, shape), np.reshape(pitch, shape)


def _direction(own, other, field_deg, ratio, width_px, height_px) -> tuple[np.ndarray, np.ndarray]:
    focal_px = max(width_px, height_px) / 2 / np.tan(np.radians(field_deg) / 2)
    middle = np.array([width_px, height_px]) / 2
    # In heights of the other's face, from the lens: x image right, y up, z toward the lens.
    here, there = (
        np.column_stack([face[:, 0] - middle[0], middle[1] - face[:, 1], np.full(len(face), -focal_px)])
        * (size / face[:, 2])[:, None]
        for face, size in ((own, ratio), (other, 1.0))
    )
    forward = unit(-here)
    left = unit(np.cross(np.array([0.0, 1.0, 0.0]), forward))
    way = there - here
    axes = (left, np.cross(forward, left), forward)
    return yaw_pitch_deg(np.stack([np.sum(way * axis, axis=-1) for axis in axes], axis=-1))


def toward_partner(table: pd.DataFrame, partner: pd.DataFrame, width_px: int, height_px: int) -> pd.DataFrame:
    """One person's rows with the other's face as the target of their gaze.

    Parameters
    ----------
    table, partner : pandas.DataFrame
        Both people's rows of `vision.signals.Signals`, of the same frames.
    width_px, height_px : int

    Returns
    -------
    pandas.DataFrame
        With ``target_*``, ``gaze_angle_deg`` (the most likely), ``gaze_angle_low_deg`` and
        ``gaze_angle_high_deg``; NaN where either face was not found or the head is in profile.
    """
    yaw, pitch = directions_deg(_face(table), _face(partner), width_px, height_px)
    gaze_yaw, gaze_pitch = table["gaze_yaw_deg"].to_numpy(float), table["gaze_pitch_deg"].to_numpy(float)
    angle = angle_between_deg(gaze_yaw, gaze_pitch, yaw, pitch)
    angle[..., table["head_yaw_deg"].abs().to_numpy() > TURNED_DEG] = np.nan
    return table.assign(
        target_yaw_deg=yaw[_LIKELY], target_pitch_deg=pitch[_LIKELY], gaze_angle_deg=angle[_LIKELY],
        gaze_angle_low_deg=angle.min(axis=(0, 1)), gaze_angle_high_deg=angle.max(axis=(0, 1)),
    )  # fmt: skip


def _face(table: pd.DataFrame) -> np.ndarray:
    face = table[["face_x_px", "face_y_px", "face_height_px"]].to_numpy(float)
    return np.column_stack([face[:, :2], _steady(table["time_s"].to_numpy(), face[:, 2])])


def _steady(time_s: np.ndarray, height_px: np.ndarray) -> np.ndarray:
    """Heights as the median over about a second; NaN stays."""
    known = np.isfinite(height_px)
    if known.sum() < 3:
        return height_px
    frames = max(1, round(_STEADY_S / float(np.median(np.diff(time_s)))))
    steady = height_px.copy()
    steady[known] = median_filter(height_px[known], frames, mode="nearest")
    return steady
