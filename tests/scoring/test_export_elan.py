"""Sessions written for ELAN and BORIS: whole, well-formed, and the same when read again."""

import csv
from urllib.parse import unquote, urlparse
from urllib.request import url2pathname
from xml.etree import ElementTree

import pandas as pd
import pytest

from scoring.agree import frame_of
from scoring.codings import read_codings
from scoring.codings_boris import AGGREGATED, TABULAR
from scoring.export import export_session
from scoring.session import Session
from tests.sessions import DURATION_S, make_session

NAME = "Rezeption [1] & Co. é-0a1b2c3d"


@pytest.fixture
def folder(tmp_path):
    return make_session(tmp_path / "library", NAME, people=("staff", "client"), title="é & <Co>, \t1")


def events_of(folder, measured=True):
    table = Session.open(folder).events()
    table = table[table["kind"] != "not_measurable"] if measured else table
    columns = ["person", "kind", "start_s", "end_s"]
    return sorted(table[columns].itertuples(index=False, name=None))


def change_events(folder, *rows):
    table = pd.read_csv(folder / "events.csv")
    added = pd.DataFrame(rows, columns=["person", "kind", "start_s", "end_s"]).assign(coverage=1.0)
    pd.concat([table, added]).to_csv(folder / "events.csv", index=False)


@pytest.mark.parametrize("to", ["elan", "boris", "boris-aggregated"])
@pytest.mark.parametrize("people", [("staff",), ("staff", "client")])
def test_what_is_written_is_read_again(tmp_path, to, people):
    folder = make_session(tmp_path / "library", people=people)
    written = export_session(folder, to, tmp_path / ("x.eaf" if to == "elan" else "x.csv"))
    (coded,) = read_codings(written, frame_of(Session.open(folder)))
    found = [(one.person, one.kind, one.start_s, one.end_s) for one in coded.codings]
    measured = sorted(one for one in found if one[1] != "not_measurable")
    assert measured == events_of(folder)
    hidden = {(one.person, one.cue) for one in coded.codings if one.kind == "not_measurable"}
    table = Session.open(folder).events()
    unseen = table[table["kind"] == "not_measurable"]
    assert hidden == set(unseen[["person", "cue"]].itertuples(index=False, name=None))


def test_names_where_none_is_given(tmp_path, folder, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(export_session(folder, "elan")) == f"{NAME}.eaf"
    assert str(export_session(folder, "boris")) == f"{NAME}-boris.csv"
    (tmp_path / "out").mkdir()
    assert export_session(folder, "elan", tmp_path / "out").parent.name == "out"


def test_an_elan_file_is_well_formed(tmp_path, folder):
    root = ElementTree.parse(export_session(folder, "elan", tmp_path / "x.eaf")).getroot()
    assert root.tag == "ANNOTATION_DOCUMENT"
    # In the order that the schema of EAF asks for.
    order = ["LICENSE", "HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE", "LOCALE", "LANGUAGE", "CONSTRAINT",
             "CONTROLLED_VOCABULARY"]  # fmt: skip
    tags = [child.tag for child in root]
    assert sorted(tags, key=order.index) == tags
    slots = {one.get("TIME_SLOT_ID"): int(one.get("TIME_VALUE")) for one in root.iter("TIME_SLOT")}
    types = {one.get("LINGUISTIC_TYPE_ID"): one for one in root.iter("LINGUISTIC_TYPE")}
    vocabularies = {
        one.get("CV_ID"): {value.text for value in one.iter("CVE_VALUE")}
        for one in root.iter("CONTROLLED_VOCABULARY")
    }
    languages = {one.get("LANG_ID") for one in root.iter("LANGUAGE")}
    assert {one.get("LANG_REF") for one in root.iter("CVE_VALUE")} == languages
    ids = [one.get("ANNOTATION_ID") for one in root.iter("ALIGNABLE_ANNOTATION")]
    assert len(set(ids)) == len(ids) > 0
    tiers = {tier.get("TIER_ID"): tier for tier in root.iter("TIER")}
    for person in ("staff", "client"):
        for kind in ("eye_contact", "gaze_away", "open_posture", "closed_posture", "nod", "shake"):
            assert tiers[f"{kind}@{person}"].get("PARTICIPANT") == person
        assert f"not_measurable_posture@{person}" in tiers  # looked for, and nothing in it
    assert len(list(tiers["mirroring@dyad"])) == 1
    for tier in tiers.values():
        allowed = vocabularies[types[tier.get("LINGUISTIC_TYPE_REF")].get("CONTROLLED_VOCABULARY_REF")]
        end = 0
        for annotation in tier.iter("ALIGNABLE_ANNOTATION"):
            start, stop = (slots[annotation.get(f"TIME_SLOT_REF{k}")] for k in (1, 2))
            assert end <= start < stop <= DURATION_S * 1000
            assert annotation.find("ANNOTATION_VALUE").text in allowed
            end = stop


def test_an_elan_file_finds_its_video(tmp_path, folder):
    (tmp_path / "annotations").mkdir()
    path = export_session(folder, "elan", tmp_path / "annotations" / "x.eaf")
    (media,) = ElementTree.parse(path).getroot().iter("MEDIA_DESCRIPTOR")
    video = (folder / "video.mp4").resolve()
    assert url2pathname(urlparse(media.get("MEDIA_URL")).path) == str(video)
    assert (path.parent / unquote(media.get("RELATIVE_MEDIA_URL"))).resolve() == video
    assert media.get("RELATIVE_MEDIA_URL").startswith("../library/")
    assert media.get("MIME_TYPE") == "video/mp4"


@pytest.mark.parametrize(("offset_s", "linked"), [(-1.5, 2), (0.0, 2), (2.0, 1)])
def test_a_second_video_is_linked_where_elan_can_keep_it_in_step(tmp_path, offset_s, linked):
    folder = make_session(tmp_path / "library", people=("staff", "client"), offset_s=offset_s, second="staff")
    root = ElementTree.parse(export_session(folder, "elan", tmp_path / "x.eaf")).getroot()
    media = list(root.iter("MEDIA_DESCRIPTOR"))
    assert len(media) == linked
    if offset_s < 0:
        assert media[1].get("TIME_ORIGIN") == "1500"
    boris = export_session(folder, "boris", tmp_path / "x.csv")
    for written in (tmp_path / "x.eaf", boris):  # on the clock of the first camera, whomever it shows
        (coded,) = read_codings(written, frame_of(Session.open(folder)))
        found = [(one.person, one.kind, one.start_s, one.end_s) for one in coded.codings]
        assert sorted(one for one in found if one[1] != "not_measurable") == events_of(folder)
    assert ",player #1:video.mp4," in boris.read_text("utf-8")


def test_what_would_last_no_millisecond_lasts_one(tmp_path):
    folder = make_session(tmp_path / "library", video=False)
    change_events(folder, ("staff", "shake", 9.0001, 9.0003), ("staff", "shake", 9.0004, 9.0005))
    frame = frame_of(Session.open(folder))
    (coded,) = read_codings(export_session(folder, "elan", tmp_path / "x.eaf"), frame)
    assert [(one.start_s, one.end_s) for one in coded.codings if one.kind == "shake"] == [
        (5.0, 5.8), (9.0, 9.001), (9.001, 9.002),
    ]  # fmt: skip
    assert not list(ElementTree.parse(tmp_path / "x.eaf").getroot().iter("MEDIA_DESCRIPTOR"))
    (coded,) = read_codings(export_session(folder, "boris", tmp_path / "x.csv"), frame)
    assert [one.end_s - one.start_s for one in coded.codings if one.kind == "shake"][1:] == [
        pytest.approx(0.001)
    ] * 2


@pytest.mark.parametrize("to", ["elan", "boris"])
def test_a_title_that_is_no_utf_8_is_no_obstacle(tmp_path, to):
    folder = make_session(tmp_path / "library", video=False)
    info = (folder / "session.json").read_text("utf-8")
    (folder / "session.json").write_text(info.replace("Reception", "caf\\udce9"), "utf-8")
    assert Session.open(folder).info["title"].startswith("caf?")
    assert export_session(folder, to, tmp_path / "x").is_file()


def test_the_same_session_gives_the_same_files(tmp_path, folder):
    first = [export_session(folder, to, tmp_path / to).read_bytes() for to in ("elan", "boris")]
    again = [export_session(folder, to, tmp_path / to).read_bytes() for to in ("elan", "boris")]
    assert first == again
    assert {path.name for path in tmp_path.iterdir()} == {"library", "elan", "boris"}


@pytest.mark.parametrize(
    ("to", "columns", "name"), [("boris", TABULAR, "x.csv"), ("boris-aggregated", AGGREGATED, "x.tsv")]
)
def test_boris_columns_as_it_exports_them(tmp_path, folder, to, columns, name):
    path = export_session(folder, to, tmp_path / name)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t" if name.endswith("tsv") else ","))
    assert tuple(rows[0]) == columns
    assert {row["Observation id"] for row in rows} == {NAME}
    assert {row["Description"] for row in rows} == {"é & <Co>, 1"}
    nod = [row for row in rows if (row["Subject"], row["Behavior"]) == ("staff", "nod")]
    if to == "boris":
        assert [(row["Behavior type"], row["Time"]) for row in nod] == [("START", "2.000"), ("STOP", "3.000")]
        times = [float(row["Time"]) for row in rows]
        assert times == sorted(times)
    else:
        span = [nod[0][name] for name in ("Behavior type", "Start (s)", "Stop (s)", "Duration (s)")]
        assert span == ["STATE", "2.000", "3.000", "1.000"]
    assert nod[0]["Behavioral category"] == "head movement"
    assert nod[0]["Media file name"] == "video.mp4"


@pytest.mark.slow
def test_the_command(tmp_path, folder, run_attune):
    done = run_attune("export", folder, "--to", "elan", "--out", tmp_path / "x.eaf")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == str(tmp_path / "x.eaf")
    done = run_attune("export", folder, "--to", "boris", "--out", tmp_path / "missing" / "x.csv")
    assert done.returncode == 1 and "can't be written" in done.stderr
