"""Speech from a table, through the command line to the stored session and out of it again."""

import codecs
import csv
import json
from pathlib import Path

import pytest

from attune import InputError
from scoring.batch_tasks import Work
from scoring.codings import Frame, read_codings
from scoring.export import export_session
from scoring.manifest import read_manifest
from scoring.report import render
from scoring.roles import swap_roles
from scoring.session import Session, speech_of
from scoring.speech import Speech, Turn
from scoring.speech_csv import read_speech
from tests import clips
from tests.runs import analyze

TURNS = Speech(staff=(Turn(4, 6),), client=(Turn(0, 2.5),))
PLAIN = "start,end,person\n0,2.5,client\n4,6,staff\n"


def table(folder: Path, text: str | bytes, name: str = "speech.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        codecs.BOM_UTF8 + PLAIN.encode(),
        PLAIN.encode("utf-16"),
        PLAIN.replace(",", ";").replace("2.5", "2,5"),
        PLAIN.replace(",", "\t"),
        "Person;Onset;Offset\nClient;0,0;1,5\nclient;1,5;0:02,5\n\nSTAFF;4;6\n",
        "subject,start_ms,duration_ms,note\nclient,0,2500,hm\nstaff,4000,2000,\n",
    ],
    ids=["plain", "bom", "utf-16", "semicolons", "tabs", "merged", "milliseconds"],
)
def test_tables_as_spreadsheets_write_them(tmp_path, text):
    assert read_speech(table(tmp_path, text), 60.0) == (TURNS, ())


def test_another_encoding_is_read_and_told(tmp_path):
    text = "start,end,person,note\n0,2.5,client,für\n4,6,staff,\n"
    found, (notice,) = read_speech(table(tmp_path, text.encode("cp1252")), 60.0)
    assert found == TURNS and "CP1252" in notice


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("1,2,bob", "row 3: person 'bob' is unknown: use staff or client"),
        ("1,2,", "row 3: names no person"),
        ("5,4,staff", "row 3: ends at 4 s, before its start at 5 s"),
        ("-1,4,staff", "row 3: starts at -1 s"),
        ("1,99,staff", "row 3: ends at 99 s, and the video at 60.00 s"),
        ("1,x,staff", "row 3: has a start or an end without the other one"),
        (",,staff", "row 3: has neither a start nor an end"),
        ("1,2,staff,more", "row 3: has 4 cells, the header 3"),
    ],
)
def test_what_is_wrong_is_named_by_its_row(tmp_path, row, why):
    with pytest.raises(InputError, match=r"speech\.csv, ") as caught:
        read_speech(table(tmp_path, f"start,end,person\n0,2,client\n{row}\n"), 60.0)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("start,person\n1,staff\n", "has no column 'end_s': speech needs the columns start, end and person"),
        ("start,end\n1,2\n", "has no column 'person'"),
        ("start,end,person\n", "has no turn"),
        ("", "is empty"),
        (b"\x00\x81\xff" * 40, "is no text"),
    ],
)
def test_tables_without_speech_are_refused(tmp_path, text, why):
    with pytest.raises(InputError, match=r"speech\.csv") as caught:
        read_speech(table(tmp_path, text), 60.0)
    assert why in str(caught.value)


def test_of_a_table_of_codings_the_speech_counts(tmp_path):
    text = "{},start,end,speaker\n{},0,2,client\n{},1,3,staff\n"
    told, _ = read_speech(table(tmp_path, text.format("kind", "talking", "nod")), 60.0)
    assert told == Speech(client=(Turn(0, 2),))
    words, _ = read_speech(table(tmp_path, text.format("label", "hello", "good day")), 60.0)
    assert words == Speech(client=(Turn(0, 2),), staff=(Turn(1, 3),))
    with pytest.raises(InputError, match="has no turn"):
        read_speech(table(tmp_path, text.format("kind", "nod", "shake")), 60.0)


def test_every_wrong_row_is_named_at_once(tmp_path):
    with pytest.raises(InputError) as caught:
        read_speech(table(tmp_path, "start,end,person\n3,2,client\n1,2,eve\n"), 60.0)
    assert "row 2" in str(caught.value) and "row 3" in str(caught.value)


def test_a_manifest_names_the_speech_of_each_recording(tmp_path):
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        (tmp_path / name).write_bytes(b"x")
    table(tmp_path, PLAIN)
    manifest = table(
        tmp_path, "path,speech,age\na.mp4,speech.csv,3\nb.mp4,auto,4\nc.mp4,,5\na.mp4,no.csv,6\n", "study.csv"
    )
    items, (failure,) = read_manifest(manifest)
    assert [item.speech for item in items] == [tmp_path / "speech.csv", "auto", None]
    assert [item.covariates for item in items] == [{"age": "3"}, {"age": "4"}, {"age": "5"}]
    assert "row 5" in failure.reason and "no.csv" in failure.reason
    before = Work(items[0], tmp_path, {}).key
    table(tmp_path, PLAIN + "7,8,staff\n")
    assert Work(items[0], tmp_path, {}).key != before, "other speech is other work"


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two people in one picture for three seconds; the client speaks first."""
    folder = tmp_path_factory.mktemp("speech")
    both = clips.beside(clips.pictures(clips.DEMO, 3.0), clips.pictures(clips.OTHER, 3.0))
    video = clips.write(folder / "pair.mp4", both)
    told = table(folder, "start,end,person\n0,1.5,client\n2,2.8,staff\n")
    return analyze(video, "--speech", told, "--json", library=folder / "library")


@pytest.mark.slow
def test_an_analysis_takes_speech_and_keeps_it(pair):
    assert pair.code == 0, pair.err
    (session,) = pair.sessions
    assert session.info["speech"] == {"source": "given"}
    assert speech_of(session) == Speech(client=(Turn(0, 1.5),), staff=(Turn(2, 2.8),))
    scores = pair.rows[0]["scores"]
    assert scores["staff"]["listening_eye_contact_share"]["coverage"] > 0.5
    assert "10 s" in scores["staff"]["listening_nods_per_min"]["reason"]
    html = render(session)
    assert "Speech · staff" in html and "While listening and speaking" in html


def test_other_speech_makes_another_session(pair, tmp_path):
    (session,) = pair.sessions
    assert "speech" in session.info["parameters"]


def test_swapping_roles_keeps_who_spoke_as_it_was_given(pair, tmp_path):
    from shutil import copytree

    (session,) = pair.sessions
    copy = copytree(session.path, tmp_path / session.path.name)
    before = session.scores()["staff"]["speaking_eye_contact_share"]
    swapped = Session.open(swap_roles(copy).session)
    assert speech_of(swapped) == speech_of(session)
    assert swapped.scores()["client"]["listening_eye_contact_share"]["unit"] == before["unit"]


def test_exports_know_who_spoke(pair, tmp_path):
    (session,) = pair.sessions
    frame = Frame(3.0, ("staff", "client"))
    for form in ("elan", "boris"):
        path = export_session(session, form, tmp_path)
        (coded,) = read_codings(path, frame)
        told = {(one.person, one.start_s, one.end_s) for one in coded.codings if one.kind == "speech"}
        assert told == {("client", 0, 1.5), ("staff", 2, 2.8)}, form
    folder = export_session(session, "csv", tmp_path / "tables")
    with (folder / "events.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "speech"]
    assert [(row["person"], float(row["end_s"])) for row in rows] == [("client", 1.5), ("staff", 2.8)]


def test_wrong_speech_stops_before_the_pictures_are_read(tmp_path):
    done = analyze(
        clips.SAMPLES / "clips" / "solo_00_0.mp4", "--speech", table(tmp_path, PLAIN + "1,900,staff\n"),
        library=tmp_path / "library",
    )  # fmt: skip
    assert done.code == 1 and "speech.csv, row 4" in done.sentence
    assert not list((tmp_path / "library").glob("*"))


def test_the_review_page_has_a_lane_for_speech(pair):
    from dashboard.review import review

    (session,) = pair.sessions
    lanes = [lane for lane in review(session, session.id)["lanes"] if lane["cue"] == "speech"]
    assert [(lane["person"], "speech" in [block["kind"] for block in lane["blocks"]]) for lane in lanes] == [
        ("staff", True), ("client", True),
    ]  # fmt: skip
    json.dumps(lanes)
