"""Codings of other tools as they come: what their names and times mean, and every way they can be wrong."""

import pickle

import pytest

from attune import InputError, UsageError
from scoring.coding_names import Meaning, Names, fold
from scoring.codings import Coding, CodingError, read_codings
from tests.codings import ONE, TWO, problems, spans, write


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("eye_contact", Meaning(kind="eye_contact")),
        ("Eye Contact", Meaning(kind="eye_contact")),
        ("STAFF", Meaning(person="staff")),
        ("nod@client", Meaning("client", "nod")),
        ("staff: closed posture", Meaning("staff", "closed_posture")),
        ("not_measurable_mutual_eye_contact@dyad", Meaning("dyad", "not_measurable", "mutual_eye_contact")),
        ("smile", None),
        ("staff client", None),
    ],
)
def test_names_are_understood(name, meaning):
    assert Names().meaning(name) == meaning


def test_names_that_a_user_explains():
    names = Names.parse(["Blickkontakt=eye_contact", "Beraterin = staff", "K1=client:nod", "Notiz="])
    assert names.meaning("BLICKKONTAKT") == Meaning(kind="eye_contact")
    assert names.meaning("Blickkontakt@Beraterin") == Meaning("staff", "eye_contact")
    assert names.meaning("k1") == Meaning("client", "nod")
    assert names.meaning("Notiz").left_out
    assert fold("Café – 1") == "café_1"
    for wrong in ("eye_contact", "=nod", "x=smile"):
        with pytest.raises(UsageError, match="--map"):
            Names.parse([wrong])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize(
    "text",
    [
        "person,kind,start_s,end_s,note\nstaff,eye_contact,1.5,4,Gespräch\n",
        "person;kind;start_s;end_s;note\r\nstaff;eye_contact;1,5;4,0;Gespräch\r\n;;;;\r\n",
        "Subject\tBehaviour\tStart\tEnd\tnote\nstaff\tEye contact\t0:01.5\t0:04\tGespräch",
        "role,label,onset_ms,duration_ms,note\nstaff,eye_contact,1500,2500,Gespräch\n",
    ],
)
def test_tables_of_any_spreadsheet_say_the_same(tmp_path, text, encoding):
    (coded,) = read_codings(write(tmp_path / "anna.csv", text, encoding), ONE)
    assert spans(coded) == [("staff", 1.5, 4.0)]
    assert coded.coder == "anna"
    assert coded.looked_for == {("staff", "eye_contact")}
    assert bool(coded.notices) == (encoding in ("cp1252", "utf-16-le"))


def test_columns_of_any_name_and_several_coders(tmp_path):
    path = write(tmp_path / "all.csv", "Wer;Was;Von;Bis;Rater\nB;Blick;1;2;Eva\nB;Blick;5;6;Ute\n")
    columns = {"person": "Wer", "kind": "Was", "start_s": "Von", "end_s": "Bis"}
    names = Names.parse(["B=staff", "Blick=eye_contact"])
    eva, ute = read_codings(path, ONE, names, columns=columns)
    assert (eva.coder, spans(eva)) == ("Eva", [("staff", 1, 2)])
    assert (ute.coder, spans(ute)) == ("Ute", [("staff", 5, 6)])
    with pytest.raises(InputError, match="has no column 'Ende'"):
        read_codings(path, ONE, names, columns=columns | {"end_s": "Ende"})
    with pytest.raises(UsageError, match="--column colour="):
        read_codings(path, ONE, names, columns=columns | {"colour": "Was"})
    with pytest.raises(InputError, match=r"all.csv has no column 'kind'.*--column kind=NAME"):
        read_codings(path, ONE)


def test_a_kind_without_times_was_looked_for_and_not_seen(tmp_path):
    path = write(tmp_path / "a.csv", "person,kind,start_s,end_s\nstaff,nod,,\nstaff,shake,3,4\n")
    (coded,) = read_codings(path, ONE)
    assert coded.looked_for == {("staff", "nod"), ("staff", "shake")}
    assert [one.kind for one in coded.codings] == ["shake"]


def test_every_wrong_row_is_named(tmp_path):
    path = write(
        tmp_path / "wrong.csv",
        "person,kind,start_s,end_s\n"
        "staff,nod,1,2\n"
        "staff,nodd,1,2\n"
        "\n"
        "boss,nod,1,2\n"
        "staff,nod,-1,2\n"
        "staff,nod,9,8\n"
        "staff,nod,55,75\n"
        "staff,nod,soon,8\n"
        "staff,nod,4,\n"
        "client,nod,4,5\n"
        "staff,nod,1,5,3,4\n"
        "dyad,nod,1,2\n",
    )
    found = problems(path)
    assert all(one.startswith("wrong.csv, row ") for one in found)
    by_row = {int(one.split("row ")[1].split(":")[0]): one for one in found}
    assert sorted(by_row) == [3, *range(5, 14)]
    for row, words in (
        (3, "kind 'nodd' is unknown"), (5, "person 'boss' is unknown"), (6, "before the video"),
        (7, "before its start"), (8, "ends at 75 s, and the video at 60.00 s"), (9, "that is no number"),
        (10, "without the other"), (11, "about the client, and only staff"), (12, "has 6 cells"),
        (13, "is a nod of the dyad"),
    ):  # fmt: skip
        assert words in by_row[row]
    # What is unknown may be left out; what is wrong may not.
    assert len(problems(path, names=Names(ignore_unknown=True))) == 8
    text = "person,kind,start_s,end_s\nstaff,nod,1,2\nstaff,smile,1,2\nstaff,smile,5,6\n"
    (coded,) = read_codings(write(tmp_path / "b.csv", text), ONE, Names(ignore_unknown=True))
    assert len(coded.codings) == 1
    assert "kind 'smile' is unknown and was left out, row 3 (and 1 more)" in coded.notices[0]


def test_the_problems_of_a_file_come_whole_from_another_process():
    error = pickle.loads(pickle.dumps(CodingError(["a.csv, row 2: wrong", "a.csv, row 3: wrong"])))
    assert error.problems == ("a.csv, row 2: wrong", "a.csv, row 3: wrong")
    assert str(error) == "a.csv, row 2: wrong; a.csv, row 3: wrong"


def test_a_coder_may_have_seen_nothing_at_all(tmp_path):
    path = write(tmp_path / "a.csv", "person,kind,start_s,end_s\n")
    (coded,) = read_codings(path, ONE, may_be_empty=True)
    assert (coded.coder, coded.codings) == ("a", ())
    assert "holds no coding" in problems(path)[0]


def test_the_person_may_be_left_out_where_there_is_only_one(tmp_path):
    path = write(tmp_path / "a.csv", "kind,start_s,end_s\nnod,1,2\nmutual_eye_contact,3,4\n")
    assert {one.person for one in read_codings(path, ONE)[0].codings} == {"staff", "dyad"}
    (problem,) = problems(path, TWO)
    assert "row 2: names no person, and the session has two" in problem


def test_the_last_event_may_end_just_after_the_video(tmp_path):
    path = write(tmp_path / "a.csv", "kind,start_s,end_s\neye_contact,58,60.4\n")
    assert spans(read_codings(path, ONE)[0]) == [("staff", 58.0, 60.0)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\x00\x01\x02\xff\xfe" * 30, "is no text"),
        (b"kind,start_s,end_s\n", "holds no coding"),
        (b"kind,kind,start_s,end_s\nnod,nod,1,2\n", "column 'kind' is there twice"),
        (b'kind,start_s,end_s\nnod,"1,2\n', "line 2: can't be read as a table"),
    ],
)
def test_what_is_no_table_of_codings_is_said(tmp_path, content, words):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_codings(path, ONE)
    assert "x.csv" in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"gone\.csv is not there"):
        read_codings(tmp_path / "gone.csv", ONE)


def test_time_that_a_coder_could_not_judge(tmp_path):
    path = write(
        tmp_path / "a.csv",
        "person,kind,start_s,end_s,cue\n"
        "staff,nod,1,2,\nstaff,not codable,5,9,nod\nstaff,not_measurable,10,11,\n",
    )
    (coded,) = read_codings(path, ONE)
    hidden = [(one.start_s, one.end_s, one.cue) for one in coded.codings if one.kind == "not_measurable"]
    assert hidden == [(5, 9, "nod"), (10, 11, "")]
    assert coded.looked_for == {("staff", "nod")}


def test_a_coding_checks_itself():
    for wrong in ({"person": "boss"}, {"kind": "smile"}, {"end_s": 0.5}, {"start_s": -1.0}, {"cue": "nod"}):
        with pytest.raises(InputError):
            Coding(**{"person": "staff", "kind": "nod", "start_s": 1.0, "end_s": 2.0, "coder": "a"} | wrong)
