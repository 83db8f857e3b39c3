"""Made postures: arms in many places, crossed and not, so that the rule learned is the crossing itself.

The rendered persons hold their arms in four ways; a real person signs, types, lifts one hand or holds a
cup. Each row here is an upper body whose elbows and wrists were placed at random within reach (upper arm
and forearm of .85 shoulder widths at most, as seen by the camera), with the noise of measured landmarks.
Crossed: each wrist on the other arm's side before the trunk, one of them sometimes misplaced as Pose does
with a tucked hand. Open: the wrists on their own sides, at any height. What lies between (hands clasped
in the middle) is left out: it is neither clearly crossed nor clearly open.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.posture.features import CLASSES, features

REACH = 0.85  # Shoulder widths
APART = 0.35  # Wrists further apart than this, each on its own side, are uncrossed.
PAST_MIDDLE = 0.1
FACING_DEG, TURNED_DEG = 16.0, 26.0  # Clear of the 20 degrees that part open from neither.
LANDMARK_NOISE = 0.05
_SIDES = (("left", 1.0), ("right", -1.0))


def postures(rng: Generator, rows: int) -> tuple[NDArray, NDArray]:
    """Features and class positions of made postures: half uncrossed, a quarter turned, a quarter crossed.

    Returns
    -------
    table : ndarray, shape (rows, len(FEATURES)), float32
    labels : ndarray, shape (rows,)
    """
    kinds = rng.choice(len(CLASSES), size=rows, p=[0.25, 0.5, 0.25])
    closed = kinds == CLASSES.index("closed")
    turned = kinds == CLASSES.index("neither")
    columns = _elbows(rng, rows, closed)
    free, crossed = _free_wrists(rng, columns, rows), _crossed_wrists(rng, rows)
    columns |= {name: np.where(closed, crossed[name], free[name]) for name in free}
    for name in columns:
        columns[name] = columns[name] + rng.normal(0, LANDMARK_NOISE, rows)
    columns["wrist_separation"] = columns["left_wrist_across"] - columns["right_wrist_across"]
    columns |= _seen(rng, closed)
    away = rng.choice([-1.0, 1.0], rows) * rng.uniform(TURNED_DEG, 75.0, rows)
    toward = rng.uniform(-FACING_DEG, FACING_DEG, rows)
    either = np.where(rng.random(rows) < 0.5, away, toward)
    columns["torso_yaw_deg"] = np.where(turned, away, np.where(closed, either, toward))
    clear = closed | (columns["wrist_separation"] > APART)
    for (side, sign), (other, _) in zip(_SIDES, _SIDES[::-1], strict=True):
        # With one wrist to go by, a hand well past the middle can't be called uncrossed.
        past = sign * columns[f"{side}_wrist_across"] < -PAST_MIDDLE
        clear &= closed | ~past | (columns[f"{other}_wrist_seen"] > 0)
    return features(columns)[clear], kinds[clear]


def _seen(rng: Generator, closed: NDArray) -> dict[str, NDArray]:
    """Which wrists can be seen: both, one, or none; with crossed arms at least one."""
    hidden = rng.random((len(closed), 2)) < np.where(closed, 0.2, 0.3)[:, None]
    hidden[closed & hidden.all(axis=1)] = False
    return {f"{side}_wrist_seen": 1.0 - hidden[:, number] for number, (side, _) in enumerate(_SIDES)}


def _elbows(rng: Generator, rows: int, closed: NDArray) -> dict[str, NDArray]:
    """Elbows beside the trunk, now and then lifted; never lifted with crossed arms, but often before it."""
    columns = {}
    for side, sign in _SIDES:
        lifted = (rng.random(rows) < 0.15) & ~closed
        columns[f"{side}_elbow_across"] = sign * (0.5 + rng.uniform(np.where(closed, -0.4, -0.1), 0.5, rows))
        columns[f"{side}_elbow_up"] = np.where(
            lifted, rng.uniform(-0.4, 0.3, rows), rng.uniform(-0.95, -0.45, rows)
        )
    return columns


def _free_wrists(rng: Generator, elbows: Mapping[str, NDArray], rows: int) -> dict[str, NDArray]:
    """Wrists anywhere a forearm reaches: hanging (half of them), before the body, lifted."""
    columns = {}
    for side, sign in _SIDES:
        hanging = rng.random(rows) < 0.5
        angle = np.where(hanging, rng.normal(-90, 15, rows), rng.uniform(-200, 110, rows))
        length = REACH * rng.uniform(0.3, 1.0, rows)
        angle = np.radians(angle)
        columns[f"{side}_wrist_across"] = elbows[f"{side}_elbow_across"] + sign * length * np.cos(angle)
        columns[f"{side}_wrist_up"] = elbows[f"{side}_elbow_up"] + length * np.sin(angle)
    return columns


def _crossed_wrists(rng: Generator, rows: int) -> dict[str, NDArray]:
    """Each wrist on the other side before the trunk; a tucked hand may be placed far off."""
    tucked = rng.random((rows, 2)) < 0.15
    columns = {}
    for number, (side, sign) in enumerate(_SIDES):
        off = np.where(tucked[:, number], 0.25, 0.0)
        columns[f"{side}_wrist_across"] = -sign * rng.uniform(0.1, 0.75, rows) + off * rng.normal(size=rows)
        columns[f"{side}_wrist_up"] = rng.uniform(-0.95, -0.25, rows) + off * rng.normal(size=rows)
    return columns
