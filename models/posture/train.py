"""Labels and recipe of the posture model: pure functions on arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.posture.features import CLASSES, features, mirrored
from models.posture.simulate import postures
from models.training import Recipe, Recording, Rows, Trained
from models.training import train as fit_and_export

FACING_DEG = 20.0
JUDGED_VISIBLE = 0.5
LEAST_VISIBLE = 0.3  # Learn from arms less clearly seen than those that are judged, too.
RECIPE = Recipe(hidden=(16,), alpha=0.3, epochs=60)
POSITIVE = "closed"
MADE_ROWS = 8000  # About as many as real ones.


def labels(recording: Recording) -> np.ndarray:
    """Position in `CLASSES` of each frame, shape (n,); -1: left out."""
    arms = recording.truth["arms"]
    facing = np.abs(recording.truth["torso_yaw_deg"]) <= FACING_DEG
    uncrossed = np.where(facing, CLASSES.index("open"), CLASSES.index("neither"))
    found = np.where(arms == "crossed", CLASSES.index("closed"), uncrossed)
    found[arms == "moving"] = -1
    return found


def rows(recordings: Sequence[Recording]) -> tuple[Rows, np.ndarray, np.ndarray]:
    """Measurable frames; which recording and which frame of it each one is."""
    parts = []
    for number, recording in enumerate(recordings):
        table, found = features(recording.signals), labels(recording)
        seen = recording.signals["arms_visible"] >= LEAST_VISIBLE
        at = np.flatnonzero(np.isfinite(table).all(axis=1) & seen)
        parts.append((table[at], found[at], np.full(len(at), recording.person), np.full(len(at), number), at))
    x, y, person, number, frame = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Rows(x, y, person), number, frame


def judged(recordings: Sequence[Recording], number: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Rows whose arms are seen clearly enough to be judged in use."""
    seen = [recordings[i].signals["arms_visible"][k] for i, k in zip(number, frame, strict=True)]
    return np.array(seen) >= JUDGED_VISIBLE


def views(recordings: Sequence[Recording], number: np.ndarray, frame: np.ndarray) -> dict[str, np.ndarray]:
    """Rows by kind of clip: turned to the lens (solo) or half turned away (dyad)."""
    kind = np.array([recordings[i].groups.get("kind of clip", "") for i in number])
    return {f"clips of kind {one}": kind == one for one in sorted(set(kind))}


def train(recordings: Sequence[Recording], held_out: bool = True) -> Trained:
    """The classifier; its held-out predictions are in the order of `rows`."""
    made, kinds = postures(np.random.default_rng(RECIPE.seed), MADE_ROWS)
    extra = Rows(made, kinds, np.full(len(kinds), "made"))
    real = rows(recordings)[0]
    return fit_and_export(real, CLASSES, mirrored, RECIPE, extra=extra, held_out=held_out)
