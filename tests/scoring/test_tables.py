"""Tables of other trackers: read as they come, refused with file, column and row."""

import pandas as pd
import pytest

from attune import InputError
from scoring.tables import read_table
from tests.synthetic import person, signals, times


def csv(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "tracker.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("time_s,head_pitch_deg\n0.0,1.5\n0.1,-2\n0.2,\n", "utf-8"),
        ("time_s,head_pitch_deg\r\n0.0,1.5\r\n0.1,-2\r\n0.2,NaN\r\n", "utf-8-sig"),
        ("time_s;head_pitch_deg\n0,0;1,5\n0,1;-2\n0,2;\n", "utf-8-sig"),
        ("time_s\thead_pitch_deg\n0.0\t1.5\n0.1\t-2\n0.2\tNA\n", "utf-8"),
        ("time_s\thead_pitch_deg\n0,0\t1,5\n0,1\t-2\n0,2\tnan\n\n\n", "utf-16"),
        ("sep=;\r\ntime_s;head_pitch_deg\r\n0,0;1,5\r\n0,1;-2\r\n0,2;\r\n", "utf-16-le"),
        ('"time_s", "head_pitch_deg"\n"0.0", "1.5"\n"0.1", "-2"\n"0.2", ""\n', "utf-8"),
    ],
)
def test_csv_in_its_dialects(tmp_path, text, encoding):
    got = read_table(csv(tmp_path, text, encoding))
    table = got.signals.table
    assert table["time_s"].tolist() == [0.0, 0.1, 0.2]
    assert table["head_pitch_deg"].tolist()[:2] == [1.5, -2]
    assert table["head_pitch_deg"].isna().tolist() == [False, False, True]
    assert table["face_found"].tolist() == [True, True, False]
    assert not table["pose_found"].any()
    assert set(table["person"]) == {"staff"}
    assert got.notices == ()
    assert "eye_contact_prob" in got.missing
    assert "head_pitch_deg" not in got.missing


def test_a_column_of_ones_own_is_left_out_and_said(tmp_path):
    got = read_table(csv(tmp_path, "time_s,smile,head_yaw_deg,note\n0,9,1,hello\n1,9,2,\n"))
    assert "smile, note" in got.notices[0]


def test_a_face_found_column_is_kept(tmp_path):
    got = read_table(csv(tmp_path, "time_s,face_found,head_yaw_deg\n0,True,1\n1,false,2\n2,1,3\n"))
    assert got.signals.table["face_found"].tolist() == [True, False, True]


def test_two_people_have_their_own_times(tmp_path):
    got = read_table(csv(tmp_path, "time_s,person\n0,staff\n0,Client\n0.1,staff\n0.1,client\n"))
    assert got.signals.persons == ("staff", "client")


def test_times_that_look_like_milliseconds_are_remarked_on(tmp_path):
    got = read_table(csv(tmp_path, "time_s,head_yaw_deg\n0,1\n33,1\n66,1\n"))
    assert "must be in seconds" in got.notices[0]


def test_parquet_and_our_own_signals(tmp_path):
    table = signals(person(times(2), eye_contact=[(0, 1)], unseen=[(1, 1.5)])).table
    table.to_parquet(tmp_path / "signals.parquet", index=False)
    got = read_table(tmp_path / "signals.parquet")
    pd.testing.assert_frame_equal(got.signals.table, table)
    assert got.missing == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("frame,head_yaw_deg\n0,1\n", "column 'time_s' is missing"),
        ("", "column 'time_s' is missing"),
        ("time_s,head_yaw_deg\n", "no rows"),
        ("time_s,head_yaw_deg\n0,1\n0.1,left\n", "column 'head_yaw_deg' holds 'left' in row 3"),
        ("time_s,head_yaw_deg\n0,1\n\n0.1,left\n", "'left' in row 4"),
        ("time_s,head_yaw_deg\n0,1\n,2\n", "column 'time_s' is empty in row 3"),
        ("time_s,head_yaw_deg\n0,1\n0,2\n", "column 'time_s' holds '0.0' in row 3"),
        ("time_s,head_yaw_deg\n0,1\n2,2\n1,3\n", "in row 4: less than the row before: sort"),
        ("time_s,head_yaw_deg\n-1,1\n", "column 'time_s' holds '-1.0' in row 2"),
        (
            "time_s,head_yaw_deg\n0,1\n1,500\n",
            "column 'head_yaw_deg' holds '500.0' in row 3: use -180 to 180 deg",
        ),
        ("time_s,nod_prob\n0,1.5\n", "use 0 to 1"),
        ("time_s,head_yaw_deg\n0,inf\n", "'inf' in row 2"),
        ("time_s,person\n0,guest\n", "column 'person' holds 'guest' in row 2: use staff or client"),
        ("time_s,time_s\n0,1\n", "column 'time_s' stands there twice"),
        ("time_s,head_yaw_deg\n0,1\n1,2,3\n", "can't be read as CSV"),
        ("time_s,head_yaw_deg\n0,1,7\n1,2,7\n", "can't be read as CSV"),
        ("time_s;head_yaw_deg\n0;1.000,5\n", "holds '1.000,5'"),
        ("time_s,face_found\n0,maybe\n", "column 'face_found' holds 'maybe'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, words):
    with pytest.raises(InputError) as error:
        read_table(csv(tmp_path, text))
    assert str(error.value).startswith("tracker.csv: ")
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["film.csv", "film.parquet"])
def test_other_files_are_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"\0\0\0\x18ftypmp42" + bytes(range(256)))
    with pytest.raises(InputError, match=f"^{name}"):
        read_table(tmp_path / name)
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "absent.csv")


def test_a_parquet_file_with_a_text_where_a_number_should_be(tmp_path):
    pd.DataFrame({"time_s": [0.0, 0.1], "head_yaw_deg": ["1", "x"]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputError, match="'head_yaw_deg' holds 'x' in row 1"):
        read_table(tmp_path / "t.parquet")
