"""What BORIS exports, of old versions and new, is read with its own pairing, clock and persons."""

import csv
from dataclasses import replace

import pytest

from attune import InputError
from scoring.coding_names import Names
from scoring.codings import read_codings
from tests.codings import ONE, TWO, problems, spans, write

HEADER = (
    "Observation id,Observation date,Description,Subject,Behavior,Behavioral category,Modifier #1,{}Comment\n"
)
TABULAR = HEADER.format("Behavior type,Time,Media file name,Image index,Image file path,")
AGGREGATED = HEADER.format("Behavior type,Start (s),Stop (s),Duration (s),Media file name,")


def tabular(*rows):
    lines = [
        f"S1,2025-01-01,,{who},{what},,{mod},{type_},{t},v.mp4,NA,NA," for who, what, mod, type_, t in rows
    ]
    return TABULAR + "\n".join(lines) + "\n"


def test_boris_tabular_events(tmp_path):
    text = tabular(
        ("staff", "eye_contact", "", "START", 1.5), ("client", "eye_contact", "", "START", 2),
        ("staff", "nod", "", "POINT", 3), ("client", "eye_contact", "", "STOP", 4),
        ("staff", "eye_contact", "", "STOP", 5.25),
    )  # fmt: skip
    (coded,) = read_codings(write(tmp_path / "b.csv", text), TWO)
    assert spans(coded) == [("staff", 1.5, 5.25), ("client", 2, 4)]
    assert spans(coded, "nod") == [("staff", 3, 3)]


def test_boris_aggregated_events_with_tabs_and_several_observations(tmp_path):
    rows = [
        [
            "S1",
            "d",
            "",
            "No focal subject",
            "eye_contact",
            "gaze",
            "",
            "STATE",
            "1.5",
            "4",
            "2.5",
            "v.mp4",
            "",
        ],
        ["S2", "d", "", "staff", "nod", "head", "", "POINT", "9", "NA", "NA", "v.mp4", ""],
    ]
    path = tmp_path / "b.tsv"
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter="\t").writerows([AGGREGATED.strip().split(","), *rows])
    assert spans(read_codings(path, ONE, observation=["other", "s1"])[0]) == [("staff", 1.5, 4)]
    assert spans(read_codings(path, ONE, observation=["S2"])[0], "nod") == [("staff", 9, 9)]
    with pytest.raises(
        InputError, match=r"holds 2 sessions \(S1, S2\), and none is named x: .*--observation"
    ):
        read_codings(path, ONE, observation=["x"])


def test_old_boris_has_lines_above_its_header(tmp_path):
    text = (
        "Observation id\tS1\t\t\t\t\n\nMedia file(s)\t\t\t\t\t\n\n"
        "Time\tMedia file path\tSubject\tBehavior\tComment\tStatus\n"
        "1.0\tv.mp4\tstaff\teye_contact\t\tSTART\n2.0\tv.mp4\tstaff\teye_contact\t\tSTOP\n"
    )
    assert spans(read_codings(write(tmp_path / "old.tsv", text), ONE)[0]) == [("staff", 1, 2)]


def test_boris_has_added_its_time_offset_to_all_times(tmp_path):
    row = "S1,2025-01-01,,{},staff,eye_contact,gaze,,{},{},{},NA,x\n"
    header = HEADER.replace("Subject", "Time offset (s),Subject", 1)
    new = header.format("Behavior type,Time,Media file name,Image index,")
    text = new + row.format("3600", "START", "3601.5", "") + row.format("3600", "STOP", "3604", "")
    (coded,) = read_codings(write(tmp_path / "new.csv", text), ONE)
    assert spans(coded) == [("staff", 1.5, 4)] and "time offset of 3600 s was taken off" in coded.notices[0]
    above = "Observation id\tS1\nTime offset (s)\t-2.0\n"
    old = f"{above}Time\tSubject\tBehavior\tStatus\n-1\tstaff\tnod\tPOINT\n"
    assert spans(read_codings(write(tmp_path / "old.tsv", old), ONE)[0], "nod") == [("staff", 1, 1)]


@pytest.mark.parametrize(
    ("column", "told"), [("Source", "player #1:C:\\a\\Client.mp4"), ("Media file path", "/a/Client.mp4")]
)
def test_boris_times_are_of_the_recording_that_was_played(tmp_path, column, told):
    text = f"{column},Subject,Behavior,Behavior type,Time\n{told},client,nod,POINT,1.5\n"
    frame = replace(TWO, others={"client": (2.5, 60.0)})
    assert spans(read_codings(write(tmp_path / "b.csv", text), frame)[0], "nod") == [("client", 4, 4)]
    both = text.replace("player #1:", "player #1:v.mp4;player #2:").replace("/a/Client", "v")
    assert spans(read_codings(write(tmp_path / "b.csv", both), frame)[0], "nod") == [("client", 1.5, 1.5)]


def test_boris_pairs_by_all_modifiers(tmp_path):
    rows = ((1, "a", "START"), (2, "b", "START"), (3, "a", "STOP"), (4, "b", "STOP"))
    text = "Time,Modifier #1,Modifier #2,Modifier #3,Behavior type,Subject,Behavior\n"
    text += "".join(f"{time_s},x,y,{third},{type_},staff,nod\n" for time_s, third, type_ in rows)
    assert spans(read_codings(write(tmp_path / "b.csv", text), ONE)[0], "nod") == [
        ("staff", 1, 3), ("staff", 2, 4),
    ]  # fmt: skip


def test_boris_rows_without_their_pair_are_named(tmp_path):
    text = tabular(
        ("staff", "nod", "", "STOP", 1), ("staff", "nod", "", "START", 2), ("staff", "nod", "", "START", 3),
        ("staff", "nod", "", "STOP", 4), ("staff", "shake", "", "START", 5),
        ("staff", "shake", "", "HALT", 6), ("staff", "smile", "", "START", 7),
    )  # fmt: skip
    found = "\n".join(problems(write(tmp_path / "b.csv", text)))
    assert "row 2: is a STOP of 'nod' without its START" in found
    assert "row 3: is a START of 'nod' without its STOP" in found
    assert "row 6: is a START of 'shake' without its STOP" in found
    assert "row 7: is a 'HALT'" in found
    assert "row 8: behaviour 'smile' is unknown" in found
    assert found.count("\n") == 4


def test_what_is_left_out_needs_no_person_and_no_pair(tmp_path):
    text = tabular(
        ("staff", "nod", "", "POINT", 1), ("No focal subject", "Pause", "", "POINT", 2),
        ("Katze", "Pause", "", "START", 3), ("", "Pause", "", "STOP", 4),
    )  # fmt: skip
    (coded,) = read_codings(write(tmp_path / "b.csv", text), TWO, Names.parse(["Pause="]))
    assert [(one.person, one.kind) for one in coded.codings] == [("staff", "nod")]
