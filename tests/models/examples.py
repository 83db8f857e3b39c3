"""What the tests of the models share: the models that are kept, frames made by hand, rows with answers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from models import training
from models.classifier import FOLDER

# Found by their folders, so that a new one is held to the same.
MODELS = tuple(sorted(path.parent.name for path in FOLDER.glob("*/model.onnx")))

# One frame's signals: somebody who looks almost at the lens, and somebody whose arms hang.
LOOK = {
    "gaze_angle_deg": 5.0, "gaze_yaw_deg": 3.0, "gaze_pitch_deg": -4.0, "head_yaw_deg": 15.0,
    "head_pitch_deg": -6.0, "eye_openness": 0.27,
}  # fmt: skip
ARMS = {
    "wrist_separation": 0.7,
    "left_elbow_across": 0.6, "left_elbow_up": -0.8, "right_elbow_across": -0.5, "right_elbow_up": -0.7,
    "left_wrist_across": 0.4, "left_wrist_up": -1.1, "right_wrist_across": -0.3, "right_wrist_up": -1.2,
    "torso_yaw_deg": 10.0, "left_wrist_seen": 0.9, "right_wrist_seen": 0.8,
}  # fmt: skip

RECIPE = training.Recipe(hidden=(32,), alpha=0.01, epochs=40, batch=32, inner_folds=3, outer_folds=3)


def kept_card(name: str) -> dict[str, Any]:
    """What the kept ``card.toml`` of a model holds."""
    return tomllib.loads((FOLDER / name / "card.toml").read_text("utf-8"))


def part(name: str, module: str) -> ModuleType:
    """A module of a model: ``part("nod", "train")``."""
    return import_module(f"models.{name}.{module}")


MIRRORED = tuple(name for name in MODELS if hasattr(part(name, "features"), "mirrored"))


def columns(frame: Mapping[str, Any], rows: int = 1, **changed: Any) -> dict[str, np.ndarray]:
    """The frame so many times; what is changed may be one value or one for each row."""
    every = {**frame, **changed}
    return {name: np.broadcast_to(np.asarray(value, float), rows) for name, value in every.items()}


def separable(rng: np.random.Generator, persons: int = 6, rows: int = 40, classes: int = 2) -> training.Rows:
    """Rows whose class is the first feature's third (or half), of persons who differ in the second."""
    who = np.repeat(np.arange(persons), rows)
    features = rng.normal(0, 1, (len(who), 3)).astype(np.float32)
    features[:, 1] += who
    limits = [0.0] if classes == 2 else [-0.5, 0.5]
    return training.Rows(features, np.digitize(features[:, 0], limits), who.astype(str))


def flipped(table: np.ndarray) -> np.ndarray:
    """The mirror image of `separable` rows: their third feature says nothing."""
    return table * np.array([1, 1, -1], np.float32)
