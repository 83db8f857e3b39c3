"""Two people whose movements are known by construction: who follows whom, when, and how much later."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter1d

from tests import synthetic
from vision.signals import Signals

RATE_HZ = 15.0
_MOVES = {
    "head_yaw_deg": 8.0, "head_pitch_deg": 6.0, "head_roll_deg": 5.0, "lean_deg": 5.0,
    "wrist_separation": 0.4, "left_wrist_up": 0.2, "right_wrist_up": 0.2,
}  # fmt: skip


def moving(seed: int, duration_s: float) -> dict[str, np.ndarray]:
    """One person's own smooth random movement at `RATE_HZ`, on which all else is built."""
    rng = np.random.default_rng(seed)
    n = round(duration_s * RATE_HZ)
    moved = {}
    for name, size in _MOVES.items():
        noise = gaussian_filter1d(rng.normal(size=n), 0.6 * RATE_HZ, mode="wrap")
        moved[name] = size * noise / noise.std()
    return moved


def following(
    leader: dict[str, np.ndarray], own: dict[str, np.ndarray], lag_s: float, mirror: bool = True
) -> dict[str, np.ndarray]:
    """The leader's movement `lag_s` later, with a little of one's own; turned as in a mirror."""
    shift = round(lag_s * RATE_HZ)
    followed = {name: np.roll(values, shift) + 0.3 * own[name] for name, values in leader.items()}
    if mirror:
        for name in ("head_yaw_deg", "head_roll_deg"):
            followed[name] = np.roll(-leader[name], shift) + 0.3 * own[name]
    return followed


def rows(moved: dict[str, np.ndarray], person: str, **columns: np.ndarray) -> pd.DataFrame:
    """A person's rows: what `synthetic.person` says of one who does nothing, moving like this."""
    n = len(moved["lean_deg"])
    time_s = np.arange(n) / RATE_HZ
    speed = np.abs(np.gradient(moved["wrist_separation"])) * RATE_HZ
    table = synthetic.person(time_s, motion_energy=speed, **moved, **columns)
    return table.assign(person=person)


def signals(staff: pd.DataFrame, client: pd.DataFrame) -> Signals:
    """Both people's rows as validated signals."""
    return Signals(pd.concat([staff, client], ignore_index=True))
