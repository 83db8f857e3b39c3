"""Fitting: persons stay apart, calibration keeps the order, the same rows give the same bytes."""

from copy import deepcopy
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy.special import log_expit
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models import training
from tests.models.examples import MODELS, RECIPE, flipped, part, separable


def unchanged(table):
    return table


def test_folds_leave_out_whole_persons():
    persons = np.repeat(list("abcdefg"), [5, 1, 9, 4, 4, 2, 7])
    tested = []
    for known, unseen in training.person_folds(persons, 4):
        assert not set(persons[known]) & set(persons[unseen])
        assert sorted([*known, *unseen]) == list(range(len(persons)))
        tested += unseen.tolist()
    assert sorted(tested) == list(range(len(persons)))


def test_there_are_no_more_folds_than_persons():
    folds = training.person_folds(np.array(list("aabbbc")), 5)
    assert sorted(sorted(unseen.tolist()) for _, unseen in folds) == [[0, 1], [2, 3, 4], [5]]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("folds", ["inner_folds", "outer_folds"])
def test_nobody_is_in_training_and_test_of_the_kept_models(name, folds, recordings):
    """By the recordings' own persons, whatever the rows call them."""
    module = part(name, "train")
    rows, number, _ = module.rows(recordings)
    persons = np.array([recordings[i].person for i in number])
    n = getattr(module.RECIPE, folds)
    split = training.person_folds(rows.persons, n)
    assert len(split) == min(n, len(np.unique(rows.persons))) > 1
    for known, unseen in split:
        assert not set(persons[known]) & set(persons[unseen])


def test_two_who_meet_in_a_clip_are_both_in_training_or_both_in_test(recordings):
    """In a pair one may repeat the other's nods."""
    module = part("nod", "train")
    rows, number, _ = module.rows(recordings)
    clips = np.array([recordings[i].clip for i in number])
    pairs = 0
    for known, unseen in training.person_folds(rows.persons, module.RECIPE.outer_folds):
        assert not set(clips[known]) & set(clips[unseen])
        pairs += len(set(clips[unseen]) & {one.clip for one, other in combinations(recordings, 2)
                                           if one.clip == other.clip})  # fmt: skip
    assert pairs == 2


def test_made_rows_carry_the_name_of_whom_they_are_made_of(recordings, monkeypatch):
    module = part("nod", "train")
    monkeypatch.setattr(module, "SERIES", 2)
    monkeypatch.setattr(module, "COPIES", 1)
    made, real = module.made(recordings), module.rows(recordings)[0]
    assert set(made.persons) == {"made", *real.persons}
    assert np.isfinite(made.features).all()
    assert set(made.labels) == {0, 1, 2}


def test_answers_of_a_person_never_reach_what_is_said_of_them():
    """Whatever is said to be true of one person: the predictions for that person stay, to the bit."""
    rows = separable(np.random.default_rng(0), persons=4, rows=20)
    recipe = replace(RECIPE, epochs=5, inner_folds=2, outer_folds=4)
    before = training.train(rows, ("no", "yes"), flipped, recipe, extra=rows)
    mine = rows.persons == "2"
    other = training.Rows(rows.features, np.where(mine, 1 - rows.labels, rows.labels), rows.persons)
    after = training.train(other, ("no", "yes"), flipped, recipe, extra=other)
    assert (before.held_out[mine] == after.held_out[mine]).all()
    assert (before.held_out[~mine] != after.held_out[~mine]).any()


def test_held_out_predictions_are_those_of_a_model_fitted_without_the_person():
    rows = separable(np.random.default_rng(1), persons=3, rows=30)
    recipe = replace(RECIPE, epochs=5, inner_folds=2)
    held_out = training.train(rows, ("no", "yes"), flipped, recipe).held_out
    for person in "012":
        mine = np.flatnonzero(rows.persons == person)
        others = training.fit(rows.take(np.flatnonzero(rows.persons != person)), None, flipped, recipe)
        assert held_out[mine] == pytest.approx(others.predict_proba(rows.features[mine]), abs=1e-6)


def test_nothing_is_learned_by_heart():
    """Labels are drawn for each person, whom the features tell: they can only be known by heart."""
    rng = np.random.default_rng(2)
    who = np.repeat(np.arange(12), 20)
    looks = rng.normal(0, 3, (12, 3))
    features = (looks[who] + rng.normal(0, 0.1, (240, 3))).astype(np.float32)
    rows = training.Rows(features, rng.permutation([0, 1] * 6)[who], who.astype(str))
    by_heart = training.fit(rows, None, unchanged, RECIPE).predict_proba(features)
    assert (by_heart.argmax(axis=1) == rows.labels).mean() > 0.85
    trained = training.train(rows, ("no", "yes"), unchanged, RECIPE)
    assert (trained.held_out.argmax(axis=1) == rows.labels).mean() < 0.7


def test_made_rows_of_a_person_are_left_out_with_them():
    """The made rows carry the answer for their own person only; nobody may profit in the held-out figures."""
    rng = np.random.default_rng(4)
    rows = separable(rng, persons=6, rows=20)
    noise = training.Rows(rows.features, rng.integers(0, 2, len(rows)), rows.persons)
    made = noise.take(np.repeat(np.arange(len(noise)), 5))
    trained = training.train(noise, ("no", "yes"), flipped, RECIPE, extra=made)
    assert 0.35 < (trained.held_out.argmax(axis=1) == noise.labels).mean() < 0.65


def test_rows_left_out_are_predicted_but_not_learned():
    rows = separable(np.random.default_rng(3))
    unsure = rows.labels.copy()
    unsure[::2] = -1
    some = training.Rows(rows.features, unsure, rows.persons)
    trained = training.train(some, ("no", "yes"), flipped, RECIPE)
    assert np.isfinite(trained.held_out).all()
    assert trained.facts["rows"] == len(rows) // 2
    assert (trained.held_out.argmax(axis=1) == rows.labels).mean() > 0.8


def test_without_held_out_predictions_the_model_is_the_same():
    rows = separable(np.random.default_rng(5), rows=20)
    recipe = replace(RECIPE, epochs=3)
    whole = training.train(rows, ("no", "yes"), flipped, recipe)
    short = training.train(rows, ("no", "yes"), flipped, recipe, held_out=False)
    assert whole.onnx == short.onnx
    assert np.isnan(short.held_out).all() and np.isfinite(whole.held_out).all()


def test_the_same_rows_give_the_same_bytes_and_another_seed_others():
    rows = separable(np.random.default_rng(1), rows=20)
    recipe = replace(RECIPE, epochs=10)
    once, again = (training.train(rows, ("no", "yes"), flipped, recipe) for _ in range(2))
    assert once.onnx == again.onnx
    assert (once.held_out == again.held_out).all()
    other = training.train(rows, ("no", "yes"), flipped, replace(recipe, seed=1))
    assert once.onnx != other.onnx


def test_a_class_nobody_shows_is_refused():
    rows = separable(np.random.default_rng(6))
    with pytest.raises(RuntimeError, match="not one for each"):
        training.train(rows, ("a", "b", "c"), flipped, RECIPE, held_out=False)


def network(rows, epochs=60):
    """One fitted network, not calibrated."""
    known = make_pipeline(StandardScaler(), MLPClassifier(
        (16,), alpha=1e-4, max_iter=epochs, batch_size=50, n_iter_no_change=epochs, random_state=0,
    ))  # fmt: skip
    return known.fit(rows.features, rows.labels)


def loss(prob, labels):
    return float(-np.log(prob[np.arange(len(labels)), labels]).mean())


@pytest.fixture(scope="module")
def unsure():
    """Two classes that overlap: true with a probability that only the first feature moves."""
    rng = np.random.default_rng(5)
    features = rng.normal(0, 1, (1200, 3)).astype(np.float32)
    labels = (rng.random(1200) < np.exp(log_expit(features[:, 0]))).astype(int)
    return training.Rows(features, labels, np.repeat(np.arange(24), 50).astype(str))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_calibration_keeps_the_order(unsure):
    """Whom the network thought likelier it thinks likelier still: one scale above zero, one shift."""
    known = network(unsure.take(np.arange(200)))
    before = known.predict_proba(unsure.features)
    calibrated = deepcopy(known)
    training.calibrate(calibrated, unsure.features[200:], unsure.labels[200:])
    after = calibrated.predict_proba(unsure.features)
    order = np.argsort(before[:, 1])
    assert (np.diff(after[order, 1]) >= 0).all()
    log_odds = [np.log(prob[:, 1] / prob[:, 0]) for prob in (before, after)]
    scale, shift = np.polyfit(*log_odds, 1)
    assert log_odds[1] == pytest.approx(scale * log_odds[0] + shift, abs=1e-3)
    assert 0 < scale < 1, "a network that knows 200 rows by heart is too sure of others"
    assert loss(after[200:], unsure.labels[200:]) < loss(before[200:], unsure.labels[200:])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_calibration_of_three_classes_keeps_the_order_between_any_two():
    rng = np.random.default_rng(7)
    rows = separable(rng, persons=10, classes=3)
    noisy = np.where(rng.random(len(rows)) < 0.3, rng.integers(0, 3, len(rows)), rows.labels)
    rows = training.Rows(rows.features, noisy, rows.persons)
    known = network(rows.take(np.arange(150)))
    calibrated = deepcopy(known)
    training.calibrate(calibrated, rows.features[150:], rows.labels[150:])
    before, after = (np.log(one.predict_proba(rows.features)) for one in (known, calibrated))
    slopes = []
    for one, another in combinations(range(3), 2):
        odds, moved = before[:, one] - before[:, another], after[:, one] - after[:, another]
        slope, shift = np.polyfit(odds, moved, 1)
        assert moved == pytest.approx(slope * odds + shift, abs=1e-2)
        slopes.append(slope)
    assert slopes == pytest.approx([slopes[0]] * 3, rel=1e-3)
    assert slopes[0] > 0
    assert loss(np.exp(after[150:]), noisy[150:]) < loss(np.exp(before[150:]), noisy[150:])


def test_calibration_finds_the_scale_and_shift_that_were_taken_away(unsure):
    """A network whose log odds are the first feature itself is right as it is; moved, it is moved back."""
    scaler = StandardScaler().fit(np.array([[-1.0] * 3, [1.0] * 3]))  # leaves the features as they are
    mlp = MLPClassifier((2,))
    mlp.partial_fit(unsure.features, unsure.labels, classes=[0, 1])
    mlp.coefs_ = [np.array([[1.0, -1], [0, 0], [0, 0]]), np.array([[3.0], [-3.0]])]
    mlp.intercepts_ = [np.zeros(2), np.array([2.0])]
    moved = make_pipeline(scaler, mlp)
    training.calibrate(moved, unsure.features, unsure.labels)
    # 1200 looks tell the scale to about .09 and the shift to about .07.
    assert mlp.coefs_[-1].ravel() == pytest.approx([1, -1], abs=0.2)
    assert mlp.intercepts_[-1] == pytest.approx([0], abs=0.2)


def test_probabilities_of_an_ensemble_are_the_shares_that_are_true(unsure):
    recipe = replace(RECIPE, epochs=30, batch=100)
    ensemble = training.fit(unsure, None, flipped, recipe)
    true_prob = np.exp(log_expit(unsure.features[:, 0]))
    assert np.abs(ensemble.predict_proba(unsure.features)[:, 1] - true_prob).mean() < 0.07


def test_an_ensemble_says_the_mean_of_its_networks():
    rows = separable(np.random.default_rng(8), rows=20)
    ensemble = training.fit(rows, None, flipped, replace(RECIPE, epochs=5))
    each = [network.predict_proba(rows.features) for network in ensemble.estimators_]
    assert len(each) == RECIPE.inner_folds
    assert np.abs(each[0] - each[1]).max() > 0.01
    assert ensemble.predict_proba(rows.features) == pytest.approx(np.mean(each, axis=0))
