"""Fitting, calibration, held-out predictions and ONNX export, the same for every classifier.

The only importer of scikit-learn and skl2onnx. Nobody is ever in both training and test: folds leave
whole persons out, the outer ones that make the held-out predictions and the inner ones that calibrate.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnxruntime
from scipy.optimize import minimize
from scipy.special import logsumexp
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GroupKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler
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
    epochs, batch : int
        Passes over the rows; rows a step.
    inner_folds, outer_folds : int
        Networks in the calibrated ensemble; folds of the held-out predictions.
    seed : int
    """

    hidden: tuple[int, ...]
    alpha: float
    epochs: int = 60
    batch: int = 200
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
    events: Sequence[Mapping[str, Any]]


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


def linked(recordings: Sequence[Recording]) -> dict[str, str]:
    """One name for all persons who share a clip: in a pair one may repeat the other's nods."""
    name = {recording.person: recording.person for recording in recordings}
    for clip in sorted({recording.clip for recording in recordings}):
        pair = sorted(name[one.person] for one in recordings if one.clip == clip)
        name = {person: "+".join(pair) if known in pair else known for person, known in name.items()}
    return name


def fit(real: Rows, extra: Rows | None, augment: Augment | None, recipe: Recipe) -> VotingClassifier:
    """A calibrated ensemble: one network per fold of persons, calibrated on the persons it left out.

    Parameters
    ----------
    real : Rows
        Calibration uses these only.
    extra : Rows or None
        More rows to learn from, made of the same persons or of none; rows of a person left out of a
        network are left out of it here too.
    augment : callable or None
        Makes further training rows from real ones (their mirror image); calibration never sees them.
    recipe : Recipe

    Returns
    -------
    VotingClassifier
        Its probabilities are the networks' means.
    """
    real = real.take(np.flatnonzero(real.labels >= 0))
    every = real
    if augment is not None:
        every = every + Rows(augment(real.features), real.labels, real.persons)
    if extra is not None:
        every = every + extra
    networks = []
    for _, test in person_folds(real.persons, recipe.inner_folds):
        known = every.take(~np.isin(every.persons, np.unique(real.persons[test])))
        network = make_pipeline(StandardScaler(), MLPClassifier(
            recipe.hidden, alpha=recipe.alpha, max_iter=recipe.epochs, batch_size=recipe.batch,
            n_iter_no_change=recipe.epochs, random_state=recipe.seed,
        ))  # fmt: skip
        with threadpool_limits(1), warnings.catch_warnings():  # one thread: the same sums everywhere
            warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are the recipe's, no failure
            network.fit(known.features, known.labels)
        calibrate(network, real.features[test], real.labels[test])
        networks.append((f"network{len(networks)}", network))
    return _ensemble(networks)


def _ensemble(networks: list[tuple[str, Pipeline]]) -> VotingClassifier:
    ensemble = VotingClassifier(networks, voting="soft", flatten_transform=False)
    ensemble.estimators_ = [network for _, network in networks]  # They are fitted, each on its own rows.
    ensemble.classes_ = networks[0][1].classes_
    ensemble.le_ = LabelEncoder().fit(ensemble.classes_)
    return ensemble


def calibrate(network: Pipeline, features: np.ndarray, labels: np.ndarray) -> None:
    """Scale and shift a network's logits in place, so that its probabilities fit unseen persons' labels.

    Platt's method for two classes, temperature and one shift a class for more, by maximum likelihood
    (Guo, Pleiss, Sun and Weinberger 2017, ICML). Scale and shift go into the last layer's weights, so
    that the exported network is calibrated as it is.
    """
    scaler, mlp = network[0], network[-1]
    values = scaler.transform(features).astype(float)
    for weights, bias in zip(mlp.coefs_[:-1], mlp.intercepts_[:-1], strict=True):
        values = np.maximum(values @ weights + bias, 0)
    logits = values @ mlp.coefs_[-1] + mlp.intercepts_[-1]
    two = logits.shape[1] == 1

    def loss(parameters: np.ndarray) -> float:
        moved = np.exp(parameters[0]) * logits + parameters[1:]
        both = np.concatenate([np.zeros_like(moved), moved], axis=1) if two else moved
        likelihood = both[np.arange(len(labels)), labels] - logsumexp(both, axis=1)
        # One look's worth of a prior: no change. It holds the scale where everything is told apart.
        return float(-likelihood.sum() + 0.5 * (parameters**2).sum())

    found = minimize(loss, np.zeros(1 + logits.shape[1]), method="L-BFGS-B").x
    mlp.coefs_[-1] = mlp.coefs_[-1] * np.exp(found[0])
    mlp.intercepts_[-1] = mlp.intercepts_[-1] * np.exp(found[0]) + found[1:]


def train(
    real: Rows,
    classes: tuple[str, ...],
    augment: Augment | None,
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


def export(ensemble: VotingClassifier, columns: int) -> bytes:
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


def parity(ensemble: VotingClassifier, onnx: bytes, features: np.ndarray) -> float:
    """Largest difference between what the fitted and the exported model say of the same rows."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    given = session.run(["probabilities"], {"features": features.astype(np.float32)})[0]
    return float(np.abs(given - ensemble.predict_proba(features)).max())
