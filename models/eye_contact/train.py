"""Labels and recipe of the eye contact model: pure functions on arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.eye_contact.features import CLASSES, features, mirrored
from models.training import Recipe, Recording, Rows, Trained
from models.training import train as fit_and_export

CONTACT_DEG, AWAY_DEG = 6.0, 9.0  # Between them nobody could say.
BLINK = 0.3  # More closed than this: no line of sight to be right or wrong about.
RECIPE = Recipe(hidden=(24,), alpha=0.1, epochs=60)
POSITIVE = "contact"


def labels(recording: Recording) -> np.ndarray:
    """Position in `CLASSES` of each frame, shape (n,); -1: left out."""
    truth = recording.truth
    angle = truth["gaze_to_lens_deg"]
    found = np.where(angle <= CONTACT_DEG, 1, np.where(angle >= AWAY_DEG, 0, -1))
    found[(truth["blink"] > BLINK) | (truth["target"] == "moving")] = -1
    return found


def rows(recordings: Sequence[Recording]) -> tuple[Rows, np.ndarray, np.ndarray]:
    """Measurable frames; which recording and which frame of it each one is."""
    parts = []
    for number, recording in enumerate(recordings):
        table, found = features(recording.signals), labels(recording)
        at = np.flatnonzero(np.isfinite(table).all(axis=1))
        parts.append((table[at], found[at], np.full(len(at), recording.person), np.full(len(at), number), at))
    x, y, person, number, frame = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Rows(x, y, person), number, frame


def views(recordings: Sequence[Recording], number: np.ndarray, frame: np.ndarray) -> dict[str, np.ndarray]:
    """Rows that show more than all of them together: by name, which rows."""
    truth = {
        name: np.array([recordings[i].truth[name][k] for i, k in zip(number, frame, strict=True)])
        for name in ("gaze_to_lens_deg", "head_yaw_to_lens_deg", "head_pitch_to_lens_deg")
    }
    kind = np.array([recordings[i].groups.get("kind of clip", "") for i in number])
    head = np.hypot(truth["head_yaw_to_lens_deg"], truth["head_pitch_to_lens_deg"])
    gaze = truth["gaze_to_lens_deg"]
    return {
        "head more than 9 degrees off, eyes on the lens": (head > 9) & (gaze <= CONTACT_DEG),
        "head within 7 degrees, eyes 9 to 25 off": (head < 7) & (gaze >= AWAY_DEG) & (gaze <= 25),
        **{f"clips of kind {one}": kind == one for one in sorted(set(kind))},
    }


def train(recordings: Sequence[Recording], held_out: bool = True) -> Trained:
    """The classifier; its held-out predictions are in the order of `rows`."""
    return fit_and_export(rows(recordings)[0], CLASSES, mirrored, RECIPE, held_out=held_out)
