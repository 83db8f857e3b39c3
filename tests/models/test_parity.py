"""The exported model says what the fitted one says, of the rows it is trained on.

Each model is trained by `attune retrain`'s own code from the kept tables; only fewer passes and fewer
made rows keep it short. The `slow` ones train by the whole recipe.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx.reference
import pytest
from sklearn.ensemble import VotingClassifier

from models import cards, metrics, training
from models.classifier import FOLDER, Classifier, load
from scoring.retrain import retrain
from tests.models.examples import MODELS, RECIPE, flipped, kept_card, part, separable

SHORT = {"SERIES": 12, "COPIES": 1, "MADE_ROWS": 800}


@dataclass(frozen=True)
class Fitted:
    """A model just trained: scikit-learn's, the rows, and the folder with what was exported."""

    name: str
    ensemble: VotingClassifier
    rows: training.Rows
    folder: Path

    @property
    def exported(self) -> Classifier:
        return load(self.name, self.folder)


def fitted(name, recordings, folder, change=None) -> Fitted:
    """Train with `retrain`, and keep the scikit-learn model that it exports and forgets."""
    module, kept, fit = part(name, "train"), [], training.fit
    with pytest.MonkeyPatch.context() as patch:
        if change:
            change(patch, module)
        patch.setattr(training, "fit", lambda *args: kept.append(fit(*args)) or kept[-1])
        retrain([name], out=folder)
    return Fitted(name, kept[-1], module.rows(recordings)[0], folder)


def shorten(patch, module):
    patch.setattr(module, "RECIPE", replace(module.RECIPE, epochs=2, outer_folds=2))
    patch.setattr(metrics, "RESAMPLES", 20)
    for size in SHORT.keys() & vars(module).keys():
        patch.setattr(module, size, SHORT[size])


@pytest.fixture(scope="module", params=MODELS)
def short(request, recordings, tmp_path_factory) -> Fitted:
    return fitted(request.param, recordings, tmp_path_factory.mktemp("models"), shorten)


def largest_difference(model: Fitted, features: np.ndarray) -> float:
    ours = model.ensemble.predict_proba(features)
    assert ours.shape == (len(features), len(model.exported.classes))
    return float(np.abs(model.exported.probabilities(features) - ours).max())


@pytest.mark.slow
def test_exported_and_fitted_model_agree_on_all_rows(short):
    assert len(short.rows) > 1000
    assert largest_difference(short, short.rows.features) < training.PARITY


def test_they_agree_far_from_what_was_seen_too(short):
    rng = np.random.default_rng(0)
    far = rng.normal(0, 5, (2000, short.rows.features.shape[1])).astype(np.float32)
    assert largest_difference(short, far) < training.PARITY


def test_they_call_every_row_the_same(short):
    """But for rows whose two largest probabilities are closer than the two models may differ."""
    ours = short.ensemble.predict_proba(short.rows.features)
    second, first = np.sort(ours, axis=1)[:, -2:].T
    clear = first - second > 2 * training.PARITY
    assert clear.mean() > 0.99
    theirs = short.exported.probabilities(short.rows.features).argmax(axis=1)
    assert (theirs == short.ensemble.predict(short.rows.features))[clear].all()


def test_a_few_passes_have_learned_something(short):
    """Parity of models that say the same of every row would show nothing."""
    given = short.exported.probabilities(short.rows.features)
    for number in range(given.shape[1]):
        shown = short.rows.labels == number
        others = (short.rows.labels >= 0) & ~shown
        assert given[shown, number].mean() > given[others, number].mean() + 0.1


def test_what_training_writes_belongs_together(short):
    folder = short.folder / short.name
    card = tomllib.loads((folder / "card.toml").read_text("utf-8"))
    kept = kept_card(short.name)
    assert card["sha256"] == hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    assert card["fit"]["parity"] < training.PARITY
    same = ("name", "title", "about", "positive", "features", "classes")
    assert {key: card[key] for key in same} == {key: kept[key] for key in same}
    for key in ("rows", "positive", "persons"):
        assert card["held_out"][key] == kept["held_out"][key]
    assert [g["group"] for g in card["groups"]] == [g["group"] for g in kept["groups"]]
    notes = (FOLDER / short.name / "notes.md").read_text("utf-8")
    assert (folder / "card.md").read_text("utf-8") == cards.to_markdown(card, notes)


@pytest.mark.parametrize("name", MODELS)
def test_another_runtime_says_the_same_of_the_kept_model(name, recordings):
    """onnx's own evaluator, which shares no code with onnxruntime."""
    rows = part(name, "train").rows(recordings)[0].features[::7]
    theirs = onnx.reference.ReferenceEvaluator(str(FOLDER / name / "model.onnx"))
    (given,) = theirs.run(["probabilities"], {"features": rows})
    assert np.abs(given - load(name).probabilities(rows)).max() < training.PARITY


@pytest.mark.parametrize("classes", [2, 3])
def test_two_and_more_classes_are_exported(classes):
    rows = separable(np.random.default_rng(0), classes=classes)
    ensemble = training.fit(rows, None, flipped, RECIPE)
    exported = training.export(ensemble, 3)
    assert training.parity(ensemble, exported, rows.features * 3) < training.PARITY
    assert (ensemble.predict_proba(rows.features).argmax(axis=1) == rows.labels).mean() > 0.85


def test_parity_is_the_largest_difference():
    """Two models that aren't the same: their largest difference, not their mean one."""
    rows = separable(np.random.default_rng(1))
    other = training.Rows(rows.features, 1 - rows.labels, rows.persons)
    one, another = (training.fit(some, None, flipped, RECIPE) for some in (rows, other))
    expected = np.abs(one.predict_proba(rows.features) - another.predict_proba(rows.features)).max()
    assert expected > 0.9
    given = training.parity(one, training.export(another, 3), rows.features)
    assert given == pytest.approx(expected, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_training_again_gives_the_model_that_is_kept(name, recordings, tmp_path):
    again = fitted(name, recordings, tmp_path)
    assert largest_difference(again, again.rows.features) < training.PARITY
    card = tomllib.loads((tmp_path / name / "card.toml").read_text("utf-8"))
    kept = kept_card(name)
    assert {**card["fit"], "parity": 0} == {**kept["fit"], "parity": 0}
    assert card["held_out"]["f1"] == pytest.approx(kept["held_out"]["f1"], abs=0.01)
    # Other processors round sums otherwise, and the optimiser carries that on.
    difference = np.abs(load(name).probabilities(again.rows.features)
                        - again.exported.probabilities(again.rows.features))  # fmt: skip
    assert difference.mean() < 0.01
    assert (difference.max(axis=1) > 0.1).mean() < 0.01
