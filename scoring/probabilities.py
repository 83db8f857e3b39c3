"""Ask the models: the one place where signals become probabilities, in batch, live and for tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from models.classifier import load
from models.eye_contact import features as eye_contact
from models.mirroring import features as mirroring
from models.nod import features as nod
from models.posture import features as posture
from scoring.eye_contact import uncertain
from vision.signals import Signals

TARGET = ("target_yaw_deg", "target_pitch_deg")
Columns = Mapping[str, np.ndarray]
ARMS_VISIBLE = 0.5  # As in scoring.measurable: below it an arm is not in the picture.


def add_probabilities(signals: Signals, causal: bool = False) -> Signals:
    """The same signals with every probability filled in that can be and isn't there already.

    Parameters
    ----------
    signals : Signals
        ``target_yaw_deg`` and ``target_pitch_deg`` say where the target is; NaN is the lens.
    causal : bool
        A movement is spoken of only after it was seen: a nod `models.nod.features.DELAY_S` late, mirroring
        `models.mirroring.features.DELAY_S`.
    """
    people = []
    for person in signals.persons:
        table = signals.person(person)
        columns = _columns(table)
        if not table["eye_contact_prob"].notna().any():
            table["eye_contact_prob"] = eye_contact_prob(columns)
        if not (table["open_posture_prob"].notna() | table["closed_posture_prob"].notna()).any():
            table["open_posture_prob"], table["closed_posture_prob"] = posture_probs(columns)
        if not (table["nod_prob"].notna() | table["shake_prob"].notna()).any():
            table["nod_prob"], table["shake_prob"] = _nod(table, causal)
        people.append(table)
    if len(people) == 2 and not any(table["mirroring_prob"].notna().any() for table in people):
        _add_mirroring(people, causal)
    return Signals(pd.concat(people, ignore_index=True)) if people else signals


def _add_mirroring(people: list[pd.DataFrame], causal: bool) -> None:
    """The same probability for both: it is about what they do with each other."""
    model = load("mirroring")
    times = [table["time_s"].to_numpy() for table in people]
    clock_s = mirroring.clock(min(time[0] for time in times), max(time[-1] for time in times))
    staff, client = (_columns(table) for table in people)
    features, _ = mirroring.features(*mirroring.pair_channels(staff, client, clock_s), causal)
    given = model.probabilities(features)[:, model.classes.index("mirroring")]
    known_s = clock_s + (mirroring.DELAY_S if causal else 0.0)
    for table, time_s in zip(people, times, strict=True):
        table["mirroring_prob"] = _at(time_s, known_s, given)


def _columns(table: pd.DataFrame) -> dict[str, np.ndarray]:
    return {name: table[name].to_numpy() for name in table.columns}


def eye_contact_prob(columns: Columns) -> np.ndarray:
    """Probability that the gaze is at the target, of each frame by itself, shape (n,).

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n,)
        The named signals; NaN in the target's direction is the lens.
    """
    model = load("eye_contact")
    given = model.probabilities(eye_contact.features(columns, *_target(columns)))
    contact = given[:, model.classes.index("contact")]
    return np.where(uncertain(columns), np.nan, contact)


def posture_probs(columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of open and of closed posture, of each frame by itself, shape (n,) each."""
    model = load("posture")
    given = model.probabilities(posture.features(columns, _target(columns)[0]))
    given[~(columns["arms_visible"] >= ARMS_VISIBLE)] = np.nan
    return given[:, model.classes.index("open")], given[:, model.classes.index("closed")]


def _target(columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    yaw, pitch = (np.nan_to_num(columns[name].astype(float)) for name in TARGET)
    return yaw, pitch


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
