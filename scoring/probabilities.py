"""Ask the models: the one place where signals become probabilities, in batch, live and for tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.classifier import load
from models.eye_contact import features as eye_contact
from models.nod import features as nod
from models.posture import features as posture
from vision.signals import Signals

ARMS_VISIBLE = 0.5  # As in scoring.measurable: below it an arm is not in the picture.


def add_probabilities(
    signals: Signals,
    target_yaw_deg: float = 0.0,
    target_pitch_deg: float = 0.0,
    causal: bool = False,
    target_known_s: float = 0.0,
) -> Signals:
    """The same signals with every probability filled in that can be and isn't there already.

    Parameters
    ----------
    signals : Signals
    target_yaw_deg, target_pitch_deg : float
        Direction of the target against the line to the lens.
    causal : bool
        A nod is spoken of only after it was seen: `models.nod.features.DELAY_S` late.
    target_known_s : float
        Until then the trunk is compared with the lens.
    """
    people = []
    for person in signals.persons:
        table = signals.person(person)
        if not table["eye_contact_prob"].notna().any():
            table["eye_contact_prob"] = _eye_contact(table, target_yaw_deg, target_pitch_deg)
        if not (table["open_posture_prob"].notna() | table["closed_posture_prob"].notna()).any():
            table["open_posture_prob"], table["closed_posture_prob"] = _posture(
                table, np.where(table["time_s"] < target_known_s, 0.0, target_yaw_deg)
            )
        if not (table["nod_prob"].notna() | table["shake_prob"].notna()).any():
            table["nod_prob"], table["shake_prob"] = _nod(table, causal)
        people.append(table)
    return Signals(pd.concat(people, ignore_index=True)) if people else signals


def _columns(table: pd.DataFrame) -> dict[str, np.ndarray]:
    return {name: table[name].to_numpy() for name in table.columns}


def _eye_contact(table: pd.DataFrame, target_yaw_deg: float, target_pitch_deg: float) -> np.ndarray:
    model = load("eye_contact")
    features = eye_contact.features(_columns(table), target_yaw_deg, target_pitch_deg)
    return model.probabilities(features)[:, model.classes.index("contact")]


def _posture(table: pd.DataFrame, target_yaw_deg: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    model = load("posture")
    given = model.probabilities(posture.features(_columns(table), target_yaw_deg))
    given[~(table["arms_visible"].to_numpy() >= ARMS_VISIBLE)] = np.nan
    return given[:, model.classes.index("open")], given[:, model.classes.index("closed")]


def _nod(table: pd.DataFrame, causal: bool) -> tuple[np.ndarray, np.ndarray]:
    model = load("nod")
    time_s = table["time_s"].to_numpy()
    angles = np.stack([table[name].to_numpy(float) for name in nod.ANGLES], axis=1)
    for column in range(angles.shape[1]):  # A tracker without roll, say: taken as held still.
        if not np.isfinite(angles[:, column]).any():
            angles[:, column] = 0.0
    measured = np.isfinite(angles).all(axis=1)
    if not table[["head_pitch_deg", "head_yaw_deg"]].notna().any().all():
        measured[:] = False  # Nods need pitch, and yaw to tell them from turns.
    clock_s, features = nod.clock_features(time_s, angles, 0.0 if causal else nod.DELAY_S)
    given = model.probabilities(features)
    moment_s = clock_s if causal else clock_s - nod.DELAY_S
    found = []
    for name in ("nod", "shake"):
        at_frames = _at(time_s, moment_s, given[:, model.classes.index(name)])
        found.append(np.where(measured, at_frames, np.nan))
    return found[0], found[1]


def _at(time_s: np.ndarray, clock_s: np.ndarray, prob: np.ndarray) -> np.ndarray:
    """Probability at the frames: the clock's last tick up to each (what is known by then)."""
    if not len(clock_s):
        return np.full(len(time_s), np.nan)
    tick = np.searchsorted(clock_s, time_s + 1e-6, side="right") - 1
    return np.where(tick >= 0, prob[np.clip(tick, 0, None)], np.nan)
