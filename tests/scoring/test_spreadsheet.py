"""Tables of text as spreadsheets write them: which row is the header, what cells say, what is none."""

import pytest

from attune import InputError
from scoring.spreadsheet import file_named, read_rows, seconds


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.5", 12.5),
        ("12,5", 12.5),
        ("1:02.5", 62.5),
        ("1:00:01", 3601),
        ("-3", -3),
        ("\N{MINUS SIGN}1,5", -1.5),
        ("", None),
        ("NA", None),
    ],
)
def test_times_as_people_write_them(text, value):
    found = seconds(text)
    assert found == value if value is not None else found != found
    assert seconds("soon") == float("inf")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("text", [
    "name,t\nÄ,1\n", "name;t\r\nÄ;1\r\n", "name\tt\rÄ\t1\r", '"name", "t"\n"Ä", "1"\n',
    "sep=;\r\nname;t\r\nÄ;1\r\n", '"sep=|"\nname|t\nÄ|1\n', "sep=\t\nname\tt\nÄ\t1\n",
])  # fmt: skip
def test_the_same_table_however_it_is_written(tmp_path, text, encoding):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))
    table = read_rows(path)
    assert (table.header, table.rows) == (("name", "t"), ((2, ("Ä", "1")),))


def test_lines_within_a_cell_end_in_one_way(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b'name\r\n"one\rtwo\r\nthree\nfour"\r\n')
    assert read_rows(path).rows == ((2, ("one\ntwo\nthree\nfour",)),)


def test_rows_have_the_numbers_that_a_spreadsheet_shows(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('\n\nname,note\na,"two\nlines"\n,\nb,\n')
    table = read_rows(path)
    assert table.header == ("name", "note")
    assert [number for number, _ in table.rows] == [4, 6]


@pytest.mark.parametrize(("text", "words"), [
    ("", "t.csv is empty: say it"), ("\n \n", "is empty"), (";;\n;\n", "is empty"),
    ('a,b\n"c" d,e\n', "t.csv, line 2: can't be read as a table"), ('a\n"b\n', "can't be read as a table"),
    (f"a\n{'x' * 200_000}\n", "can't be read as a table: field larger"),
])  # fmt: skip
def test_what_is_no_table_says_so(tmp_path, text, words):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_rows(path, empty="say it")


@pytest.mark.parametrize("name", ["gone.csv", "sub", "x" * 5000, "~nobody-of-that-name/a.csv"])
def test_a_file_that_a_cell_names_has_to_be_one(tmp_path, name):
    (tmp_path / "sub").mkdir()
    with pytest.raises(InputError, match="is not there, or is no file"):
        file_named(name, tmp_path)


def test_a_table_from_windows_names_files_in_its_way(tmp_path):
    file = tmp_path / "sub" / "a.csv"
    file.parent.mkdir()
    file.touch()
    assert file_named("sub\\a.csv", tmp_path) == file_named(".\\sub/a.csv", tmp_path) == file
