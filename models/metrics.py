"""How well probabilities fit the truth, with intervals over persons."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 500
BINS = 10


def f1(prob: NDArray, true: NDArray) -> float:
    """F1 of ``prob > 0.5``; NaN where nothing is true and nothing was found."""
    found = prob > 0.5
    both, either = (found & true).sum(), found.sum() + true.sum()
    return float(2 * both / either) if either else float("nan")


def precision(prob: NDArray, true: NDArray) -> float:
    """Share of those found that are true; NaN where none was found."""
    found = prob > 0.5
    return float(true[found].mean()) if found.any() else float("nan")


def recall(prob: NDArray, true: NDArray) -> float:
    """Share of the true ones that were found; NaN where nothing is true."""
    return float((prob[true] > 0.5).mean()) if true.any() else float("nan")


def accuracy(prob: NDArray, true: NDArray) -> float:
    """Share judged rightly; NaN of nothing."""
    return float(((prob > 0.5) == true).mean()) if len(true) else float("nan")


def auc(prob: NDArray, true: NDArray) -> float:
    """Chance that a true one has the larger probability than a false one; NaN without both kinds."""
    positive = int(true.sum())
    if not 0 < positive < len(true):
        return float("nan")
    _, place, count = np.unique(prob, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    return float((rank[true].sum() - positive * (positive + 1) / 2) / (positive * (len(true) - positive)))


def brier(prob: NDArray, true: NDArray) -> float:
    """Mean squared difference of probability and truth; NaN of nothing."""
    return float(np.mean((prob - true) ** 2)) if len(true) else float("nan")


def calibration_error(prob: NDArray, true: NDArray) -> float:
    """Expected calibration error over ten bins of equal width: mean |share true - mean probability|."""
    if not len(true):
        return float("nan")
    place = np.minimum((prob * BINS).astype(int), BINS - 1)
    n = np.bincount(place, minlength=BINS)
    gap = np.bincount(place, true.astype(float), BINS) - np.bincount(place, prob, BINS)
    return float(np.abs(gap[n > 0]).sum() / len(true))


def interval(
    metric: Callable[[NDArray, NDArray], float], prob: NDArray, true: NDArray, persons: NDArray, seed: int = 0
) -> list[float]:
    """95 % interval of a metric by resampling whole persons; empty with fewer than three."""
    names, place = np.unique(persons, return_inverse=True)
    if len(names) < 3:
        return []
    rows = [np.flatnonzero(place == i) for i in range(len(names))]
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([rows[i] for i in rng.integers(0, len(names), len(names))])
        values.append(metric(prob[drawn], true[drawn]))
    values = [value for value in values if np.isfinite(value)]
    return [float(v) for v in np.percentile(values, [2.5, 97.5])] if values else []


def summary(prob: NDArray, true: NDArray, persons: NDArray) -> dict:
    """All of the above, rounded, for a card, but for what can't be known or says nothing of one answer."""
    every = {"f1": f1, "precision": precision, "recall": recall, "accuracy": accuracy, "auc": auc,
             "brier": brier, "calibration_error": calibration_error}  # fmt: skip
    if len(np.unique(true)) < 2:
        every = {name: every[name] for name in ("accuracy", "brier", "calibration_error")}
    found: dict = {"rows": len(true), "positive": int(true.sum()), "persons": len(np.unique(persons))}
    for name, metric in every.items():
        value = metric(prob, true)
        if np.isfinite(value):
            found[name] = round(value, 4)
    for name in ("f1", "auc", "accuracy"):
        low_high = interval(every[name], prob, true, persons) if name in found else []
        if low_high:
            found[f"{name}_ci95"] = [round(v, 3) for v in low_high]
    return found
