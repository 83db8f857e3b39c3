"""What a batch is to analyse, from files, folders, patterns, and tables as spreadsheets write them."""

import unicodedata
from pathlib import Path

import pytest

from attune import InputError
from scoring.manifest import gather, read_manifest


@pytest.fixture
def folder(tmp_path) -> Path:
    for name in ("a.mp4", "b.mp4", "sub/a.mp4", "sub/deep/c.MOV", "sub/notes.txt", "client.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def table(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "study.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_folders_and_patterns_are_searched(folder):
    items, failures = gather([str(folder / "sub"), str(folder / "[ab].mp4"), str(folder / "**" / "c.*")])
    names = sorted(item.path.relative_to(folder).as_posix() for item in items)
    assert names == ["a.mp4", "b.mp4", "sub/a.mp4", "sub/deep/c.MOV"]
    assert failures == []


def test_folders_that_are_links_are_searched_and_each_folder_once(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "far.mp4").write_bytes(b"x")
    for name, to in {"linked": elsewhere, "a_link": folder / "sub", "sub/back": folder, "lost": "no"}.items():
        (folder / name).symlink_to(to)
    names = sorted(item.path.relative_to(folder).as_posix() for item in gather([str(folder)])[0])
    assert names == ["a.mp4", "b.mp4", "client.mp4", "linked/far.mp4", "sub/a.mp4", "sub/deep/c.MOV"]
    (item,), _ = gather([str(folder / "linked")])
    assert item.id == "far"


def test_names_that_repeat_are_told_apart_by_their_folders(folder):
    ids = {item.id for item in gather([str(folder)])[0]}
    assert ids == {"b", "c", "client", f"{folder.name}/a", "sub/a"}
    for name in ("b.mov", "sub/b.mov", "sub/b.mp4"):
        (folder / name).write_bytes(b"x")
    again = {item.id for item in gather([str(folder)])[0]}
    assert again >= {f"{folder.name}/b.mov", f"{folder.name}/b.mp4", "sub/b.mov", "sub/b.mp4", "c"}


def test_the_same_file_named_twice_is_one_recording(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert len(gather(["sub", str(folder / "sub"), "sub/../sub"])[0]) == 2
    items, failures = gather([str(folder / "a.mp4"), str(folder / "*.mp4")])
    assert [item.path.name for item in items] == ["a.mp4", "b.mp4", "client.mp4"]
    assert failures == []


def test_what_is_not_there_is_named_and_the_rest_goes_on(folder, monkeypatch):
    items, failures = gather([str(folder / name) for name in ("a.mp4", "z.mp4", "sub/deep/x*")])
    assert [item.id for item in items] == ["a"]
    assert [failure.path for failure in failures] == [str(folder / "z.mp4"), str(folder / "sub/deep/x*")]
    monkeypatch.chdir(folder)
    items, (failure,) = gather(["", "a.mp4"])
    assert [item.id for item in items] == ["a"] and "a name is empty" in failure.reason


@pytest.mark.parametrize(("mark", "encoding"), [
    (",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-16"), (";", "cp1252"),
])  # fmt: skip
def test_tables_as_spreadsheets_write_them(folder, mark, encoding):
    (folder / "Müller.mp4").write_bytes(b"x")
    rows = [
        ["Path", "client", "offset", "id", "Group", "Alter"],
        ["a.mp4", "client.mp4", '"1,5"', "P1", "früh", "41"],
        ["", "", "", "", "", ""],
        ["Müller.mp4", "", "", "P2", "spät", ""],
    ]
    text = "\r\n".join(mark.join(row) for row in rows)
    items, failures = read_manifest(table(folder, text, encoding))
    assert failures == []
    first, second = items
    assert (first.id, first.group, first.offset_s, first.covariates) == ("P1", "früh", 1.5, {"Alter": "41"})
    assert first.client == folder / "client.mp4"
    assert (second.path, second.client, second.covariates) == (folder / "Müller.mp4", None, {"Alter": ""})


@pytest.mark.parametrize(("row", "words"), [
    ("gone.mp4,,,P9", "gone.mp4 is not there"),
    (",,,P9", "column 'path' is empty"),
    ("a.mp4,client.mp4,soon,P9", "offset 'soon' is not a number"),
    ("a.mp4,client.mp4,1:x,P9", "offset '1:x' is not a number"),
    ("a.mp4,client.mp4,nan,P9", "offset 'nan' is not a number"),
    ("a.mp4,,2.0,P9", "no client recording"),
    ("a.mp4,nobody.mp4,2.0,P9", "nobody.mp4 is not there"),
    ("a.mp4,,,P9,,surplus", "it has 6 cells, the header 4"),
])  # fmt: skip
def test_a_bad_row_is_named_by_its_number(folder, row, words):
    path = table(folder, f"path,client,offset,id\nb.mp4,,,P1\n{row}\n")
    items, failures = gather([str(path)])
    assert [item.id for item in items] == ["P1"]
    (failure,) = failures
    assert failure.reason.startswith("study.csv, row 3: ") and words in failure.reason


def test_an_id_that_repeats_is_named(folder):
    items, failures = gather([str(table(folder, "path,id\na.mp4,P1\nb.mp4,P1\n"))])
    assert [item.path.name for item in items] == ["a.mp4"]
    assert failures[0].reason.startswith("study.csv, row 3: id 'P1' is already that of ")
    assert failures[0].path.endswith("b.mp4")


def test_a_file_is_found_however_its_letters_are_written(folder):
    places = [folder / unicodedata.normalize(form, f"Bär {form}.mp4") for form in ("NFC", "NFD")]
    for place in places:
        place.write_bytes(b"x")
    text = "path\n" + "".join(f"{unicodedata.normalize('NFC', place.name)}\n" for place in places[::-1])
    items, failures = read_manifest(table(folder, text))
    assert failures == [] and {item.path for item in items} == set(places)


def test_a_guessed_encoding_is_told_where_a_name_is_not_found(folder):
    _, failures = gather([str(table(folder, "path,id\nMüller.mp4,P1\n", "mac_roman"))])
    assert failures[0].reason.endswith("study.csv is not UTF-8 and was read as CP1252")


def test_copies_in_sessions_and_hidden_files_are_no_recordings(folder):
    for name in ("study/a-1/video.mp4", "study/a-1/session.json", "._a.mp4", ".trash/b.mp4"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    again = [str(folder), str(folder / "**" / "v*.mp4")]
    items, failures = gather(again, out=folder / "study")
    assert not [item for item in items if "study" in item.path.parts or item.path.name.startswith(".")]
    assert len(items) == 5 and len(failures) == 1
    assert len(gather(again)[0]) == 6, "another library's may be meant"


@pytest.mark.parametrize(("text", "words"), [
    ("", "is empty"), ("name,id\na,b\n", "no column 'path'"), ("path,id\n", "names no recording"),
    ("path,id,ID\na.mp4,1,2\n", "twice"),
])  # fmt: skip
def test_a_table_that_is_none_says_so(folder, text, words):
    with pytest.raises(InputError, match=words):
        read_manifest(table(folder, text))


def test_a_file_that_is_no_text_says_so(folder):
    for name in ("study.csv", "study.xlsx"):
        path = folder / name
        path.write_bytes(b"PK\x03\x04\x00\x00\x08\x00" * 20)
        with pytest.raises(InputError, match="no text that can be read: save it as CSV"):
            gather([str(path)])
