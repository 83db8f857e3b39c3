"""ELAN files as people make them: tiers of kinds or persons, subdivisions, vocabularies, shifted videos."""

import re
from dataclasses import replace

import pytest

from attune import InputError
from scoring.coding_names import Names
from scoring.codings import read_codings
from tests.codings import ONE, TWO, problems, spans, write


def elan(path, tiers, vocabulary=()):
    """Writes tiers: name -> (attributes, annotations)."""
    from pympi.Elan import Eaf, to_eaf

    eaf = Eaf(author="tests")
    eaf.remove_tier("default")
    eaf.add_language("eng")
    eaf.add_controlled_vocabulary("cv")
    for value in vocabulary:
        eaf.add_cv_entry("cv", value, [(value, "eng", None)])
    eaf.add_linguistic_type("coded")
    eaf.linguistic_types["coded"]["CONTROLLED_VOCABULARY_REF"] = "cv"
    for name, (about, annotations) in tiers.items():
        eaf.add_tier(name, ling="coded", **about)
        for start, end, value in annotations:
            eaf.add_annotation(name, start, end, value)
    to_eaf(str(path), eaf)
    return path


def test_an_elan_tier_of_a_kind_and_an_empty_one(tmp_path):
    path = elan(
        tmp_path / "Zoë.eaf",
        {
            "eye_contact@staff": ({}, [(1500, 4000, ""), (5000, 6000, "no"), (7000, 9000, "not codable")]),
            "nods": ({"part": "client"}, []),
            "staff gaze_away": ({"ann": "Kim"}, [(100, 200, "x")]),
            "default": ({}, []),
        },
    )
    kim, zoe = read_codings(path, TWO)
    assert (zoe.coder, spans(zoe)) == ("Zoë", [("staff", 1.5, 4.0)])
    assert zoe.looked_for == {("staff", "eye_contact"), ("client", "nod")}
    assert [(one.kind, one.cue) for one in zoe.codings[1:]] == [("not_measurable", "eye_contact")]
    assert (kim.coder, spans(kim, "gaze_away")) == ("Kim", [("staff", 0.1, 0.2)])
    assert any("'default' is empty" in one for one in kim.notices + zoe.notices)


def test_what_is_not_codable_without_an_annotator_counts_for_those_there_are(tmp_path):
    tiers = {
        "nod@staff": ({"ann": "Kim"}, [(1000, 2000, "")]), "not_measurable@staff": ({}, [(3000, 9000, "")]),
    }  # fmt: skip
    (kim,) = read_codings(elan(tmp_path / "a.eaf", tiers), ONE)
    assert kim.coder == "Kim" and spans(kim, "not_measurable") == [("staff", 3, 9)]
    assert "counts for all" in kim.notices[0]


def test_elan_stores_no_times_for_borders_within_a_subdivision(tmp_path):
    spoken = [(1000, 2000, ""), (2000, 2500, "no"), (2500, 4000, "")]
    path = elan(tmp_path / "a.eaf", {"nod@staff": ({}, spoken)})
    text = path.read_text("utf-8")
    for time_ms in ("2000", "2500"):
        first, second = re.findall(rf'TIME_SLOT_ID="(\w+)" TIME_VALUE="{time_ms}"', text)
        text = text.replace(f'"{second}"', f'"{first}"')  # neighbours share their border
    path.write_text(re.sub(r' TIME_VALUE="2[05]00"', "", text), "utf-8")
    assert spans(read_codings(path, ONE)[0], "nod") == [("staff", 1, 2), ("staff", 3, 4)]


def test_who_a_participant_is_has_to_be_said_where_there_are_two(tmp_path):
    path = elan(tmp_path / "a.eaf", {"nod": ({"part": "Frau Meier"}, [(0, 900, ""), (950, 999, "")])})
    (problem,) = problems(path, TWO)
    assert "tier 'nod': participant 'Frau Meier' is unknown: say what it means with --map" in problem
    assert spans(read_codings(path, TWO, Names.parse(["Frau Meier=client"]))[0], "nod")[0][0] == "client"
    assert spans(read_codings(path, ONE)[0], "nod")[0][0] == "staff", "with one person it can be nobody else"


def test_an_elan_tier_of_a_person_with_kinds_as_values(tmp_path):
    tiers = {"staff": ({}, [(1000, 2000, "nod"), (3000, 4000, "Eye contact")])}
    (coded,) = read_codings(elan(tmp_path / "a.eaf", tiers, vocabulary=("nod", "shake", "eye_contact")), TWO)
    assert spans(coded) == [("staff", 3, 4)]
    assert coded.looked_for == {("staff", kind) for kind in ("nod", "shake", "eye_contact")}


def test_what_is_wrong_in_elan_is_named_by_tier_and_annotation(tmp_path):
    tiers = {
        "nod@staff": ({}, [(1000, 2000, ""), (59000, 99000, "")]),
        "words": ({}, [(0, 900, "hello"), (900, 1000, "you")]),
        "client": ({}, [(0, 900, "nod"), (900, 1000, "smile")]),
        "shake": ({}, [(0, 900, "")]),
    }
    found = problems(elan(tmp_path / "a.eaf", tiers), TWO)
    assert len(found) == 4
    assert found[0].startswith(
        "a.eaf, tier 'nod@staff', annotation 2: ends at 99 s, and the video at 60.00 s"
    )
    assert found[1].startswith("a.eaf, tier 'shake': names no person")
    assert found[2].startswith("a.eaf, with 2 annotations: tier 'words' is unknown")
    assert found[3].startswith("a.eaf, tier 'client', annotation 2: value 'smile' is unknown")
    names = Names.parse(["words=", "smile=", "shake=client:shake"])
    path = elan(tmp_path / "b.eaf", tiers | {"nod@staff": ({}, [])})
    (coded,) = read_codings(path, TWO, names)
    assert [(one.person, one.kind) for one in coded.codings] == [("client", "nod"), ("client", "shake")]


def test_a_video_shifted_in_elan_shifts_its_codings(tmp_path):
    path = elan(tmp_path / "a.eaf", {"nod@staff": ({}, [(1000, 2000, "")])})
    media = '<MEDIA_DESCRIPTOR MEDIA_URL="v" MIME_TYPE="m" TIME_ORIGIN="500"/>'
    text = path.read_text("utf-8").replace("<HEADER>", f"<HEADER>{media}", 1)
    (coded,) = read_codings(write(path, text), ONE)
    assert spans(coded, "nod") == [("staff", 1.5, 2.5)]
    assert "shifted by 500 ms" in coded.notices[0]
    other = '<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/b%20c.mp4" MIME_TYPE="m" TIME_ORIGIN="2500"/>'
    (coded,) = read_codings(write(path, text.replace(media, media + other)), ONE, observation=["B C"])
    assert spans(coded, "nod") == [("staff", 3.5, 4.5)], "by the recording's own place among several"


def test_the_client_camera_coded_by_itself_has_a_clock_of_its_own(tmp_path):
    frame = replace(TWO, others={"client": (-2.5, 61.0)})
    nods = [(0, 1000, ""), (2000, 3000, ""), (8000, 9000, ""), (60200, 60400, "")]
    path = elan(tmp_path / "a.eaf", {"nod@client": ({}, nods)})
    media = '<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/Client.mp4" MIME_TYPE="m"/>'
    text = path.read_text("utf-8").replace("<HEADER>", f"<HEADER>{media}", 1)
    (coded,) = read_codings(write(path, text), frame)
    assert spans(coded, "nod") == [("client", 0, 0.5), ("client", 5.5, 6.5), ("client", 57.7, 57.9)]
    assert "a.eaf: it is of Client.mp4, and its times were moved by -2.50 s" in coded.notices[0]
    both = media + '<MEDIA_DESCRIPTOR MEDIA_URL="./video.mp4" MIME_TYPE="m"/>'
    (coded,) = read_codings(write(path, text.replace(media, both)), frame)
    assert spans(coded, "nod")[:2] == [("client", 0, 1), ("client", 2, 3)], "of both: on the session's clock"
    late = write(path, text.replace('"60400"', '"99000"'))
    assert "ends at 99 s, and the video at 61.00 s" in problems(late, frame)[0]


@pytest.mark.parametrize("content", [b"", b"<a/>", b"no xml", "<ANNOTATION_DOCUMENT".encode("utf-16")])
def test_what_is_no_elan_file_is_said(tmp_path, content):
    path = tmp_path / "x.eaf"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.eaf can't be read as an ELAN file"):
        read_codings(path, ONE)
