"""The pages for researchers say what the code does."""

import re
import shutil
import subprocess

import pandas as pd
import pytest

from scoring import batch_tables, codebook, landmark_store
from scoring.coding_names import CUE_OF
from scoring.events import ATTRIBUTES, EVENT_COLUMNS, KINDS
from scoring.export import export_session
from scoring.manifest import Item
from scoring.scorecard import SCORES
from tests.conftest import ROOT
from tests.sessions import make_session

ANALYSIS = ROOT / "docs" / "analysis.md"


def test_the_page_is_what_the_code_says():
    again = "`python -m scoring.codebook > docs/codebook.md` makes it again"
    assert (ROOT / "docs" / "codebook.md").read_text("utf-8") == codebook.markdown(), again


def test_nothing_is_left_undescribed():
    assert set(codebook.SCORES_ABOUT) == set(SCORES)
    assert tuple(codebook.KIND_ABOUT) == KINDS
    assert tuple(codebook.EVENT_ABOUT) == EVENT_COLUMNS and set(ATTRIBUTES) <= set(codebook.EVENT_ABOUT)
    described = set(codebook.SCORE_ABOUT) | set(codebook.BATCH_ABOUT)
    assert set(batch_tables.COLUMNS) <= described
    assert tuple(codebook.FAILURE_ABOUT) == batch_tables.FAILURE
    assert list(codebook.LANDMARK_ABOUT) == landmark_store.SCHEMA.names
    assert all(cue in codebook.EVENT_ABOUT["cue"][1] for cue in CUE_OF.values())


@pytest.fixture
def batch(tmp_path):
    """What `attune batch` leaves behind, of two sessions in two groups, and codings of both."""
    folders = [make_session(tmp_path, f"visit{k}-0000000{k}", video=False) for k in (1, 2)]
    items = [
        Item(folder, folder.name, group=group, covariates={"age": age})
        for folder, group, age in zip(folders, ("new", "trained"), ("31", "44"), strict=True)
    ]
    batch_tables.write(tmp_path, list(zip(items, folders, strict=True)), [], {})
    return tmp_path


def test_the_python_of_the_page_runs(batch, monkeypatch):
    monkeypatch.chdir(batch)
    blocks = re.findall(r"```python\n(.*?)```", ANALYSIS.read_text("utf-8"), re.DOTALL)
    assert blocks
    names: dict = {}
    for block in blocks:
        exec(compile(block, str(ANALYSIS), "exec"), names)
    assert set(names["wide"].columns) >= {"eye_contact_share", "nods_per_min"}
    assert len(names["wide"]) == 2
    assert names["signals"]["eye_contact_prob"].isna().any()


def test_the_r_of_the_page_names_columns_that_exist(batch):
    (block,) = re.findall(r"```r\n(.*?)```", ANALYSIS.read_text("utf-8"), re.DOTALL)
    scores = pd.read_csv(batch / re.findall(r"read.csv\(\"([^\"]+)\"", block)[0])
    for name in ("session", "person", "group", "score", "value", "reason", "age"):
        assert name in block and name in scores.columns
    if shutil.which("Rscript") and not _r(batch, "library(dplyr); library(tidyr)").returncode:
        done = _r(batch, block)
        assert done.returncode == 0 and "eye_contact" in done.stdout, done.stderr


def _r(folder, block) -> subprocess.CompletedProcess:
    return subprocess.run(["Rscript", "-e", block], cwd=folder, capture_output=True, text=True)


def test_an_export_has_the_codebook(tmp_path):
    folder = make_session(tmp_path / "library", video=False)
    export_session(folder, "csv", tmp_path / "tables")
    table = pd.read_csv(tmp_path / "tables" / "codebook.csv")
    assert not table["about"].isna().any()
