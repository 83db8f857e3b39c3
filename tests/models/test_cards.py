"""Each card is that of its model: hash, inputs, outputs, figures, and the text made of them."""

import hashlib
import tomllib

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import cards, training
from models.classifier import FOLDER, NAMES, load
from tests.models.examples import MODELS, kept_card, part


def shape(value: onnx.ValueInfoProto) -> list[int | None]:
    """Sizes of a model's input or output; None: any."""
    sizes = value.type.tensor_type.shape.dim
    return [size.dim_value if size.HasField("dim_value") else None for size in sizes]


def test_every_model_that_is_kept_can_be_asked_for():
    assert set(NAMES) == set(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_card_names_the_file_by_its_hash(name):
    card = kept_card(name)
    assert card["name"] == name
    assert card["sha256"] == hashlib.sha256((FOLDER / name / "model.onnx").read_bytes()).hexdigest()
    assert f"SHA-256 of model.onnx: `{card['sha256']}`" in (FOLDER / name / "card.md").read_text("utf-8")


@pytest.mark.parametrize("name", MODELS)
def test_inputs_and_outputs_are_those_of_the_file(name):
    card, model = kept_card(name), onnx.load(FOLDER / name / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    (given,) = model.graph.input
    assert given.name == "features"
    assert given.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    assert shape(given) == [None, len(card["features"])]
    outputs = {output.name: output for output in model.graph.output}
    assert outputs["probabilities"].type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    assert shape(outputs["probabilities"]) == [None, len(card["classes"])]


@pytest.mark.parametrize("name", MODELS)
def test_columns_and_classes_are_those_of_the_code(name):
    card, features = kept_card(name), part(name, "features")
    assert tuple(card["features"]) == features.FEATURES == load(name).features
    assert tuple(card["classes"]) == features.CLASSES == load(name).classes
    assert len(set(card["features"])) == len(card["features"])
    assert card["positive"] == part(name, "train").POSITIVE
    assert card["positive"] in card["classes"]


@pytest.mark.parametrize("name", MODELS)
def test_classes_stand_in_the_order_of_the_labels(name):
    """The file's own answer is a position in the card's classes: that of the largest probability."""
    model = load(name)
    rows = np.random.default_rng(0).normal(0, 1, (300, len(model.features))).astype(np.float32)
    label, prob = model.session.run(["label", "probabilities"], {"features": rows})
    assert set(label) <= set(range(len(model.classes)))
    assert (label == prob.argmax(axis=1)).all()


@pytest.mark.parametrize("name", MODELS)
def test_recipe_is_the_cards(name):
    fit, recipe = kept_card(name)["fit"], part(name, "train").RECIPE
    assert fit["hidden_units"] == list(recipe.hidden)
    assert (fit["seed"], fit["epochs"], fit["networks"]) == (recipe.seed, recipe.epochs, recipe.inner_folds)
    assert (fit["weight_decay"], fit["outer_folds"]) == (recipe.alpha, recipe.outer_folds)
    assert fit["parity"] < training.PARITY


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_rows_are_those_of_the_tables(name, recordings):
    card, rows = kept_card(name), part(name, "train").rows(recordings)[0]
    assert card["fit"]["rows"] == (rows.labels >= 0).sum()
    assert 0 < card["held_out"]["positive"] < card["held_out"]["rows"] <= card["fit"]["rows"]


@pytest.mark.parametrize("name", MODELS)
def test_card_to_read_is_made_of_the_card_and_the_notes(name):
    notes = (FOLDER / name / "notes.md").read_text("utf-8")
    assert (FOLDER / name / "card.md").read_text("utf-8") == cards.to_markdown(kept_card(name), notes)


@pytest.mark.parametrize("name", MODELS)
def test_card_to_read_holds_the_figures(name):
    card, text = kept_card(name), (FOLDER / name / "card.md").read_text("utf-8")
    held_out = card["held_out"]
    for metric in ("f1", "auc", "accuracy"):
        low, high = held_out[f"{metric}_ci95"]
        assert 0 <= low < held_out[metric] < high <= 1
        assert f"| {held_out[metric]:.3f} ({low:.3f} to {high:.3f}) |" in text
    for metric in ("precision", "recall", "brier", "calibration_error"):
        assert f"| {held_out[metric]:.3f} |" in text
    for fact, value in card["fit"].items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        assert f"- {fact.replace('_', ' ')}: {shown}\n" in text


@pytest.mark.parametrize("name", MODELS)
def test_weak_groups_are_named(name):
    card, text = kept_card(name), (FOLDER / name / "card.md").read_text("utf-8")
    overall = card["held_out"]["f1"]
    for group in card["groups"]:
        assert group["persons"] > 0 and group["rows"] > 0
        if group.get("f1", 1.0) < overall - cards.WEAKER:
            assert f"{group['kind']}: {group['group']} ({group['f1']:.3f}" in text


def test_a_weak_group_is_told_from_the_others():
    card = {"held_out": {"f1": 0.9}, "groups": [
        {"kind": "light", "group": "dim", "f1": 0.80, "persons": 4},
        {"kind": "light", "group": "soft", "f1": 0.86, "persons": 5},
        {"kind": "glasses", "group": "with", "persons": 5},
    ]}  # fmt: skip
    assert cards.weaker_groups(card).endswith("overall 0.900: light: dim (0.800, 4 persons).")
    card["held_out"]["f1"] = 0.84
    assert cards.weaker_groups(card).startswith("No group's F1")


def test_what_a_group_has_no_figure_for_stays_empty():
    card = {
        "name": "wave", "title": "Wave", "about": "Does a hand wave?", "sha256": "0" * 64,
        "fit": {"rows": 30, "hidden_units": [8, 4]},
        "held_out": {"rows": 20, "f1": 0.75, "f1_ci95": [0.5, 0.875], "accuracy": 0.8},
        "groups": [
            {"kind": "light", "group": "dim", "persons": 3, "rows": 9, "f1": 0.72, "accuracy": 0.9},
            {"kind": "light", "group": "soft", "persons": 2, "rows": 11, "accuracy": 0.7},
        ],
    }  # fmt: skip
    text = cards.to_markdown(card, "\n## Limits\n\nNone.\n")
    assert text.startswith("# Wave\n\n<!-- Made by `attune retrain wave` ")
    assert "\n\nDoes a hand wave?\n\n## Limits\n\nNone.\n\n## Data and fit\n" in text
    assert "- rows: 30\n- hidden units: 8, 4\n" in text
    assert "| all | 20 | 0.750 (0.500 to 0.875) | 0.800 |" in text
    assert "| light | dim | 3 | 9 | 0.720 | 0.900 |\n| light | soft | 2 | 11 |  | 0.700 |\n" in text
    assert "No group's F1 is more than 0.05 below the overall one." in text
    assert text.endswith(f"SHA-256 of model.onnx: `{'0' * 64}`\n")


def test_toml_comes_back_as_it_was():
    card = {
        "name": 'a "b" \\ c\nd', "n": 3, "share": 0.125, "sure": True, "names": ["x" * 60, "y" * 60],
        "fit": {"rows": 5, "deep": {"a b": [1, 2]}},
        "groups": [{"kind": "light", "f1_ci95": [0.5, 0.75]}, {"n": 1}],
    }  # fmt: skip
    assert tomllib.loads(cards.to_toml(card)) == card


# What no card holds is left out: control characters other than the line break.
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n"), max_size=30)
VALUES = st.one_of(TEXT, st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False))
TABLES = st.dictionaries(TEXT, st.one_of(VALUES, st.lists(VALUES, max_size=5)), max_size=4)


@given(st.dictionaries(TEXT, st.one_of(VALUES, TABLES, st.lists(TABLES, min_size=1, max_size=3)), max_size=4))
def test_any_card_comes_back_from_toml(card):
    assert tomllib.loads(cards.to_toml(card)) == card
