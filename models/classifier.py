"""Load a model and ask it: the only importer of onnxruntime."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from attune import ModelError

onnxruntime.disable_telemetry_events()  # for what attune.py's setting doesn't reach: Windows' own tracing

FOLDER = Path(__file__).parent
NAMES = ("eye_contact", "posture", "nod", "mirroring")
_BATCH = 8192  # Rows a call: bounds memory, and a thousandth of a second each.


@dataclass(frozen=True)
class Classifier:
    """A model and its card.

    Attributes
    ----------
    name : str
    sha256 : str
        Of ``model.onnx``.
    features, classes : tuple of str
        Input columns and output probabilities, in order.
    card : dict
        All of ``card.toml``.
    session : onnxruntime.InferenceSession
    """

    name: str
    sha256: str
    features: tuple[str, ...]
    classes: tuple[str, ...]
    card: dict[str, Any]
    session: onnxruntime.InferenceSession

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """Probability of each class.

        Parameters
        ----------
        features : ndarray, shape (n, len(self.features))
            A row with any NaN is not measurable.

        Returns
        -------
        ndarray, shape (n, len(self.classes)), float32
            Rows sum to 1, or are NaN where the input was.

        Raises
        ------
        ModelError
            When the array has another number of columns.
        """
        if features.ndim != 2 or features.shape[1] != len(self.features):
            raise ModelError(
                f"model {self.name} takes {len(self.features)} columns, not an array of {features.shape}"
            )
        result = np.full((len(features), len(self.classes)), np.nan, dtype=np.float32)
        known = np.flatnonzero(np.isfinite(features).all(axis=1))
        for start in range(0, len(known), _BATCH):
            rows = known[start : start + _BATCH]
            batch = features[rows].astype(np.float32)
            result[rows] = self.session.run(["probabilities"], {"features": batch})[0]
        return result


@cache
def load(name: str, folder: Path = FOLDER) -> Classifier:
    """Load a model by name and check it against its card.

    Raises
    ------
    ModelError
        When a file is missing, the hash is not the card's, or inputs don't have the card's shape.
    """
    model, card_file = folder / name / "model.onnx", folder / name / "card.toml"
    try:
        data = model.read_bytes()
        card = tomllib.loads(card_file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"model {name}: {error.filename} can't be read; install Attune again") from None
    except ValueError:  # broken TOML, or not text at all
        raise ModelError(f"model {name}: {card_file} is damaged; install Attune again") from None
    missing = {"sha256", "features", "classes"} - set(card)
    if missing:
        raise ModelError(f"model {name}: {card_file} has no '{min(missing)}'; install Attune again")
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != card["sha256"]:
        raise ModelError(f"model {name}: model.onnx is not the file its card describes; install Attune again")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # Same result on every machine, and the pictures need the cores.
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    features, classes = tuple(card["features"]), tuple(card["classes"])
    given = session.get_inputs()
    if [i.name for i in given] != ["features"] or given[0].shape[-1] != len(features):
        raise ModelError(f"model {name}: inputs of model.onnx are not those of its card")
    outputs = {o.name: o.shape[-1] for o in session.get_outputs()}
    if outputs.get("probabilities") != len(classes):
        raise ModelError(f"model {name}: outputs of model.onnx are not those of its card")
    return Classifier(name, sha256, features, classes, card, session)


def hashes() -> dict[str, str]:
    """Each model's hash, for session.json."""
    return {name: load(name).sha256 for name in NAMES}
