"""Live measures: what is known of a person at each picture, by the code that a causal analysis uses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.classifier import load
from models.nod import features as nod
from scoring.events import DEFAULT_STEP_S, EventDetector
from scoring.probabilities import eye_contact_prob, posture_probs
from scoring.profile import Profile
from vision.extract import Seen
from vision.measure import BODY_COLUMNS, Measured, Measurement
from vision.running import RunningSignals
from vision.signals import COLUMNS
from vision.target import LENS, Target

PROBABILITIES = ("eye_contact_prob", "open_posture_prob", "closed_posture_prob", "nod_prob", "shake_prob")


@dataclass(frozen=True)
class Live:
    """What is known at one picture.

    Attributes
    ----------
    time_s : float
    row : dict of str to float
        The registered signals of this picture, `PROBABILITIES` among them; NaN: not measurable.
    eye_contact : bool or None
        Whether there is eye contact right now; None: not measurable.
    posture : str or None
        ``open``, ``closed``, ``neither``; None: not measurable.
    eye_contact_share : float
        Of the time measured so far; NaN before any.
    nods : int
        Nods that have ended.
    nodding : bool
    """

    time_s: float
    row: dict[str, float]
    eye_contact: bool | None
    posture: str | None
    eye_contact_share: float
    nods: int
    nodding: bool


class LiveMeasures:
    """One person's measures from a stream of landmarks.

    Parameters
    ----------
    measurement : Measurement
        Turns landmarks into measurements, and keeps what the session will need.
    profile : Profile
        When a probability becomes an event.
    target : Target
    """

    def __init__(self, measurement: Measurement, profile: Profile, target: Target = LENS):
        self._measurement, self._signals = measurement, RunningSignals(BODY_COLUMNS, target)
        self._head, self._tick_prob = nod.RunningWindow(), np.full(2, np.nan)
        self._detectors = {
            kind: EventDetector(kind, "staff", profile.hysteresis[kind], DEFAULT_STEP_S)
            for kind in ("eye_contact", "open_posture", "closed_posture", "nod")
        }
        self._before_s: float | None = None
        self._contact_s = self._measured_s = 0.0
        self._nods = 0

    def push(self, seen: Seen) -> Live:
        """Take in what was seen in the next picture."""
        face, body = self._measurement.measure_now(seen)
        row = self._signals.push(seen.time_s, seen.cut, face, body)
        columns = {
            name: row.get(name, np.full(1, np.nan)).astype(column.dtype)
            for name, column in COLUMNS.items() if column.dtype.startswith("float") and name != "time_s"
        }  # fmt: skip
        columns["eye_contact_prob"] = eye_contact_prob(columns)
        columns["open_posture_prob"], columns["closed_posture_prob"] = posture_probs(columns)
        columns["nod_prob"], columns["shake_prob"] = self._moves(seen.time_s, columns)
        return self._told(seen.time_s, {name: float(values[0]) for name, values in columns.items()})

    def finish(self) -> Measured:
        """What was measured in all; whatever is kept of the landmarks is handed over."""
        return self._measurement.finish()

    def _moves(self, time_s: float, columns: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        angles = np.array([columns[name][0] for name in nod.ANGLES], float)
        model = load("nod")
        given = model.probabilities(self._head.push(time_s, angles))
        measured = np.isfinite(angles).all()
        found = (given[:, model.classes.index(name)] for name in ("nod", "shake"))
        nods, shakes = (np.where(measured, one, np.nan) for one in found)
        return nods, shakes

    def _told(self, time_s: float, row: dict[str, float]) -> Live:
        ended = {
            kind: detector.push(time_s, row[f"{kind}_prob"]) for kind, detector in self._detectors.items()
        }
        self._nods += len(ended["nod"])
        active = {kind: detector.active for kind, detector in self._detectors.items()}
        contact = active["eye_contact"] if np.isfinite(row["eye_contact_prob"]) else None
        if contact is not None and self._before_s is not None:
            step_s = min(time_s - self._before_s, 1.0)
            self._measured_s += step_s
            self._contact_s += step_s * contact
        self._before_s = time_s
        posture = "closed" if active["closed_posture"] else "open" if active["open_posture"] else "neither"
        return Live(
            time_s, row, contact, posture if np.isfinite(row["open_posture_prob"]) else None,
            self._contact_s / self._measured_s if self._measured_s else float("nan"),
            self._nods, active["nod"],
        )  # fmt: skip
