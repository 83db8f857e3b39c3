"""Exports hold what the session holds, and never stand in the way of anything else."""

import errno
import re

import pandas as pd
import pytest

from attune import InputError, OutputError, UsageError
from scoring.export import export_session
from scoring.files import room
from scoring.session import Session
from tests.sessions import TIMES, make_session
from vision.signals import COLUMNS


@pytest.fixture
def folder(tmp_path):
    return make_session(tmp_path / "library", video=False)


@pytest.mark.parametrize(("to", "read"), [("csv", pd.read_csv), ("parquet", pd.read_parquet)])
def test_tables_hold_what_the_session_holds(folder, tmp_path, to, read):
    written = export_session(folder, to, tmp_path / "tables")
    tables = {path.stem: read(path) for path in written.iterdir()}
    assert set(tables) == {"events", "scores", "signals", "codebook"}
    session = Session.open(folder)
    signals = session.signals().table
    assert len(tables["signals"]) == len(TIMES)
    pd.testing.assert_series_equal(
        tables["signals"]["eye_contact_prob"], signals["eye_contact_prob"], check_dtype=False
    )
    assert len(tables["events"]) == len(session.events())
    scores = tables["scores"].set_index("score")
    assert scores.loc["eye_contact_share", ["value", "ci_low", "ci_high"]].tolist() == [0.76, 0.45, 0.9]
    assert pd.isna(scores.loc["facing_share", "value"])
    assert "no body was found" in scores.loc["facing_share", "reason"]


def test_the_codebook_explains_every_column(folder, tmp_path):
    written = export_session(folder, "csv", tmp_path / "tables")
    book = pd.read_csv(written / "codebook.csv", keep_default_na=False)
    for table in ("events", "scores", "signals"):
        columns = list(pd.read_csv(written / f"{table}.csv", nrows=0).columns)
        assert book.loc[book["table"] == table, "column"].tolist() == columns
    assert (book["about"] != "").all()
    yaw = book.set_index("column").loc["head_yaw_deg"]
    assert (yaw["unit"], yaw["sign"]) == ("deg", COLUMNS["head_yaw_deg"].sign)


def test_without_a_name_it_lies_beside_you(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert export_session(folder, "html").name == f"{folder.name}.html"
    assert export_session(folder, "csv").name == f"{folder.name}-csv"
    assert {path.name for path in tmp_path.iterdir()} == {
        "library",
        f"{folder.name}.html",
        f"{folder.name}-csv",
    }


def test_a_folder_gets_the_report_inside(folder, tmp_path):
    (tmp_path / "reports").mkdir()
    assert (
        export_session(folder, "html", tmp_path / "reports") == tmp_path / "reports" / f"{folder.name}.html"
    )


def test_an_earlier_export_is_replaced_and_nothing_else(folder, tmp_path):
    target = tmp_path / "tables"
    export_session(folder, "csv", target)
    (target / "events.csv").write_text("old")
    export_session(folder, "csv", target)
    assert (target / "events.csv").read_text().startswith("person,kind")
    other = make_session(tmp_path / "other", "other-00000002", video=False)
    for to, place in (("csv", target), ("parquet", export_session(folder, "parquet", tmp_path / "parquet"))):
        with pytest.raises(OutputError, match=rf"{place.name} holds the tables of {folder.name}: choose"):
            export_session(other, to, place)
    numbered = make_session(tmp_path / "other", "01", video=False)
    again = [export_session(numbered, "csv", tmp_path / "numbered") for _ in range(2)]
    assert pd.read_csv(again[1] / "scores.csv", dtype=str)["session"].unique() == ["01"]
    (target / "thesis.docx").write_text("mine")
    with pytest.raises(OutputError, match="holds something else"):
        export_session(folder, "csv", target)
    assert (target / "thesis.docx").read_text() == "mine"
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="holds something else"):
        export_session(folder, "parquet", tmp_path / "file")


def test_wrong_wishes_are_named(folder, tmp_path):
    with pytest.raises(UsageError, match="'docx' is not a format: use html, pdf, csv, parquet, video"):
        export_session(folder, "docx", tmp_path / "x")
    with pytest.raises(InputError, match="without its video"):
        export_session(folder, "video", tmp_path / "x.mp4")
    with pytest.raises(OutputError, match=re.escape(f"{tmp_path / 'missing' / 'tables'} can't be written")):
        export_session(folder, "csv", tmp_path / "missing" / "tables")
    assert {path.name for path in tmp_path.iterdir()} == {"library"}


@pytest.mark.parametrize("to", ["html", "csv"])
def test_a_session_of_a_newer_attune_is_refused_and_nothing_is_written(tmp_path, run_attune, to):
    newer = make_session(tmp_path / "library", schema_version=2, video=False)
    done = run_attune("export", newer, "--to", to)
    assert done.returncode == 1 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert str(newer) in line and "newer Attune" in line and "schema_version 2" in line
    assert [path.name for path in tmp_path.iterdir()] == ["library"]


def test_a_full_disk_is_said_whoever_noticed_it(tmp_path):
    with pytest.raises(OutputError, match="can't be written: the disk is full"), room(tmp_path):
        raise OSError(errno.ENOSPC, "Error writing bytes to file")  # as Arrow says it
    with pytest.raises(OSError, match="something else"), room(tmp_path):
        raise OSError(errno.EIO, "something else")
