"""Fitting, calibration, held-out predictions and ONNX export, the same for every classifier.

The only importer of scikit-learn and skl2onnx. Nobody is ever in both training and test: folds leave
whole persons out, the outer ones that make the held-out predictions and the inner ones that calibrate.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GroupKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

PARITY = 1e-5  # Largest difference between scikit-learn's and onnxruntime's probabilities.
OPSET = 18

Augment = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Recipe:
    """How a classifier is fitted.

    Attributes
    ----------
    hidden : tuple of int
        Units of each hidden layer.
    alpha : float
        Weight decay.
    epochs : int
    inner_folds, outer_folds : int
        Networks in the calibrated ensemble; folds of the held-out predictions.
    seed : int
    """

    hidden: tuple[int, ...]
    alpha: float
    epochs: int = 60
    inner_folds: int = 5
    outer_folds: int = 5
    seed: int = 0


@dataclass(frozen=True)
class Recording:
    """One person in one clip, as the models' trainers get it: arrays only.

    Attributes
    ----------
    clip, person : str
        The same person may be in several clips.
    groups : mapping of str to str
        Skin tone, age band and so on; never a feature, only for the metrics by group.
    signals : mapping of str to ndarray, shape (n,)
        The named signals of each frame.
    truth : mapping of str to ndarray, shape (n,)
    events : list of mapping
        ``kind``, ``start_s``, ``end_s``, ``cycles``, ``hz``, ``amplitude_deg``.
    """

    clip: str
    person: str
    groups: Mapping[str, str]
    signals: Mapping[str, np.ndarray]
    truth: Mapping[str, np.ndarray]
    events: list[Mapping[str, Any]]


@dataclass(frozen=True)
class Rows:
    """Labelled rows.

    Attributes
    ----------
    features : ndarray, shape (n, k), float32
        No NaN.
    labels : ndarray, shape (n,), int
        Positions in the model's ``CLASSES``; -1: not to learn from, but predicted.
    persons : ndarray, shape (n,), str
        Who must not be in both training and test.
    """

    features: np.ndarray
    labels: np.ndarray
    persons: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: np.ndarray) -> Rows:
        return Rows(self.features[index], self.labels[index], self.persons[index])

    def __add__(self, other: Rows) -> Rows:
        return Rows(
            np.concatenate([self.features, other.features]),
            np.concatenate([self.labels, other.labels]),
            np.concatenate([self.persons, other.persons]),
        )


@dataclass(frozen=True)
class Trained:
    """A classifier and what it said of people it had never seen.

    Attributes
    ----------
    onnx : bytes
    held_out : ndarray, shape (n, classes), float32
        Probabilities of the rows given as `real`, each from an ensemble that never saw its person.
    facts : dict
        For the card: rows, persons, parity and the recipe.
    """

    onnx: bytes
    held_out: np.ndarray
    facts: dict[str, Any] = field(default_factory=dict)


def person_folds(persons: np.ndarray, folds: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Train and test rows of each fold; a person's rows are all in one fold's test."""
    folds = min(folds, len(np.unique(persons)))
    return list(GroupKFold(folds).split(np.zeros((len(persons), 1)), groups=persons))


def fit(real: Rows, extra: Rows | None, augment: Augment, recipe: Recipe) -> CalibratedClassifierCV:
    """A calibrated ensemble: one network per fold of persons, calibrated on the persons it left out.

    Parameters
    ----------
    real : Rows
        Calibration uses these only.
    extra : Rows or None
        More rows to learn from, made of the same persons or of none; rows of a person left out of a
        network are left out of it here too.
    augment : callable
        Makes further training rows from real ones (their mirror image); calibration never sees them.
    recipe : Recipe
    """
    real = real.take(np.flatnonzero(real.labels >= 0))
    every = real + Rows(augment(real.features), real.labels, real.persons)
    if extra is not None:
        every = every + extra
    folds = []
    for _, test in person_folds(real.persons, recipe.inner_folds):
        left_out = np.isin(every.persons, np.unique(real.persons[test]))
        folds.append((np.flatnonzero(~left_out), test))
    network = MLPClassifier(
        recipe.hidden, alpha=recipe.alpha, max_iter=recipe.epochs, random_state=recipe.seed, tol=0.0
    )
    ensemble = CalibratedClassifierCV(make_pipeline(StandardScaler(), network), cv=folds, method="sigmoid")
    with threadpool_limits(1), warnings.catch_warnings():  # one thread: sums in the same order everywhere
        warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are the recipe's, not a failure
        return ensemble.fit(every.features, every.labels)


def train(
    real: Rows,
    classes: tuple[str, ...],
    augment: Augment,
    recipe: Recipe,
    extra: Rows | None = None,
    held_out: bool = True,
) -> Trained:
    """Fit on everybody for use, and on all but each fold's persons for the held-out predictions.

    Raises
    ------
    RuntimeError
        When the exported model doesn't say what the fitted one says.
    """
    predictions = np.full((len(real), len(classes)), np.nan, np.float32)
    for known, unseen in person_folds(real.persons, recipe.outer_folds) if held_out else ():
        others = None
        if extra is not None:
            others = extra.take(~np.isin(extra.persons, np.unique(real.persons[unseen])))
        ensemble = fit(real.take(known), others, augment, recipe)
        predictions[unseen] = ensemble.predict_proba(real.features[unseen])
    ensemble = fit(real, extra, augment, recipe)
    if list(ensemble.classes_) != list(range(len(classes))):
        raise RuntimeError(f"the labels are {list(ensemble.classes_)}, not one for each of {classes}")
    onnx = export(ensemble, real.features.shape[1])
    difference = parity(ensemble, onnx, real.features)
    if not difference < PARITY:
        raise RuntimeError(f"the exported model is off by {difference:g}, more than {PARITY:g}")
    facts = {
        "rows": int((real.labels >= 0).sum()), "persons": len(np.unique(real.persons)),
        "made_rows": 0 if extra is None else len(extra), "seed": recipe.seed,
        "networks": recipe.inner_folds, "hidden_units": list(recipe.hidden), "weight_decay": recipe.alpha,
        "epochs": recipe.epochs, "outer_folds": recipe.outer_folds, "parity": float(f"{difference:.1g}"),
    }  # fmt: skip
    return Trained(onnx, predictions, facts)


def export(ensemble: CalibratedClassifierCV, columns: int) -> bytes:
    """ONNX with the input ``features`` [n, columns] and the output ``probabilities`` [n, classes]."""
    model = to_onnx(
        ensemble,
        initial_types=[("features", FloatTensorType([None, columns]))],
        options={id(ensemble): {"zipmap": False}},
        target_opset=OPSET,
        name="attune",
    )
    keep = [output for output in model.graph.output if output.name == "probabilities"]
    keep[0].type.tensor_type.shape.dim[1].dim_value = len(ensemble.classes_)
    return model.SerializeToString(deterministic=True)


def parity(ensemble: CalibratedClassifierCV, onnx: bytes, features: np.ndarray) -> float:
    """Largest difference between what the fitted and the exported model say of the same rows."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    given = session.run(["probabilities"], {"features": features.astype(np.float32)})[0]
    return float(np.abs(given - ensemble.predict_proba(features)).max())
