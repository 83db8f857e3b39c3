"""Two columns of any table, read as they come or refused with file and column; `attune synchrony`."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from attune import InputError, UsageError
from scoring.series import Settings, file_synchrony, read_pair

RATE_HZ = 10.0


def table(tmp_path, text, encoding="utf-8", name="two.csv"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def following(n=600, by=8):
    """B does what A did `by` samples before, half as much, and something of its own."""
    rng = np.random.default_rng(1)
    a, own = (np.convolve(rng.standard_normal(n + by + 4), np.ones(5), "valid") for _ in range(2))
    return a[by:].round(4), (0.5 * a[:-by] + 0.5 * own[:n]).round(4)


@pytest.fixture
def recording(tmp_path):
    """A file with a header; B follows A by 0.8 s at 10 samples a second."""
    path = tmp_path / "motion [b].csv"
    pd.DataFrame(dict(zip(("guide", "guest"), following(), strict=True))).to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("text", "columns", "encoding"),
    [
        ("1 2\n3 4\n5 9\n", "12", "utf-8"),
        ("  1   2 \n 3\t4\n5 9\n\n\n", "12", "utf-8"),
        ("1,0 2\n3 4,0\n5 9\n", "12", "utf-8"),
        ("a,b\n1,2\n3,4\n5,9\n", "ab", "utf-8-sig"),
        ("b,a\n2,1\n4,3\n9,5\n", "ab", "utf-8"),
        ("a;b\r\n1,0;2,0\r\n3,0;4,0\r\n5,0;9,0\r\n", "ab", "latin-1"),
        ("a\tb\n1\t2\n3\t4\n5\t9\n", "a2", "utf-16"),
        ('"a" "b"\n1 2\n3 4\n5 9\n', "ab", "utf-8"),
        ('"a" "b"\n"1" 1 2\n"2" 3 4\n"3" 5 9\n', "ab", "utf-8"),
        ("12:00:01,1,2\n12:00:02,3,4\n12:00:03,5,9\n", "23", "utf-8"),
        ("a,b,\n1,2,\n3,4,\n5,9,\n", "ab", "utf-8"),
        ("a,b\n1,2,\n3,4,\n5,9,\n", "ab", "utf-8"),
        ("# made by a tracker\n1,2\n3,4\n5,9\n", "12", "utf-8"),
        ("time,2,1\n0,2,1\n1,4,3\n2,9,5\n", "12", "utf-8"),
        ("note;a;b\nhello, you;1;2\nx;3;4\ny;5;9\n", "ab", "utf-8"),
        ("a,b\n1e0,2\n3.,4\n+5,.9E1\n", "ab", "utf-8"),
    ],
)
def test_text_in_its_dialects(tmp_path, text, columns, encoding):
    got = read_pair(table(tmp_path, text, encoding), tuple(columns))
    assert got.a.tolist() == [1, 3, 5] and got.b.tolist() == [2, 4, 9]
    assert got.names == tuple(columns.replace("a2", "ab")) and got.notices == ()


def test_parquet(tmp_path):
    path = tmp_path / "two.parquet"
    whole = pd.array([1, None, 3], dtype="Int64")
    pd.DataFrame({"a": [1.0, 2, 4], "b": whole, "c": ["1", "5", ""]}, index=[7, 7, 7]).to_parquet(path)
    assert read_pair(path, ("a", "2")).b.tolist()[::2] == [1, 3]
    assert math.isnan(read_pair(path, ("a", "b")).b[1])
    cut = read_pair(path, ("a", "c"))
    assert cut.a.tolist() == [1, 2] and cut.b.tolist() == [1, 5]


def test_a_column_that_ends_earlier_cuts_both(tmp_path):
    path = table(tmp_path, "a,b\n1,2\n3,\n5,6\n7\n9,\n")
    got = read_pair(path, ("a", "b"))
    assert got.a.tolist() == [1, 3, 5] and got.b.tolist()[::2] == [2, 6]
    cut, gap = got.notices
    assert cut == "column 'b' ends after 3 rows and 'a' after 5: only the first 3 rows of both were used"
    assert gap == "column 'b' is empty in 1 of 3 rows: these were left out"


def test_an_explicit_nan_at_the_end_is_a_gap(tmp_path):
    assert len(read_pair(table(tmp_path, "a,b\n1,2\n3,4\nNaN,6\n"), ("a", "b")).a) == 3


@pytest.mark.parametrize(
    ("text", "columns", "words"),
    [
        ("a,b\n1,2\n3,4\n", "ac", r"no column 'c': use a number from 1 to 2 or one of a, b"),
        ("1,2\n3,4\n", "13", r"no column '3': use a number from 1 to 2$"),
        ("1,2\n3,4\n", "01", r"no column '0'"),
        ("1\n3\n", "12", r"no column '2': use a number from 1 to 1"),
        ("a,a\n1,2\n3,4\n", "a2", r"column 'a' stands there twice: give its number"),
        ("a,b\n1,2\n3,x\n", "ab", r"column 'b' holds 'x' in row 3: use numbers"),
        ("\na,b\n\n1,2\n3,inf\n", "ab", r"column 'b' holds 'inf' in row 5"),
        ("a,b\n1,2\n1,4\n", "ab", r"column 'a' is 1 throughout"),
        ("a,b\n1,2\n3,2\n5,2\n,9\n", "ab", r"column 'b' is 2 throughout"),
        ("a,b\n,2\n,4\n", "ab", r"column 'a' has no numbers"),
        ("a,b\n1,2\n3,4,5\n", "ab", r"row 3 has 3 cells and the rows before it 2"),
        ('a,b\n1,2\n"3,4\n5,6\n', "ab", r"quotation mark left open"),
        ('a,b\n1,2\n"3,4\n5",6\n', "ab", r"quotation mark left open"),
        ("a,b\n", "ab", r"no rows"),
        ("", "12", r"no rows"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, columns, words):
    with pytest.raises(InputError, match=words) as error:
        read_pair(table(tmp_path, text), tuple(columns))
    assert str(error.value).startswith("two.csv: ") and "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["film.csv", "film.parquet"])
def test_other_files_are_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"\0\0\0\x18ftypmp42" + bytes(range(256)))
    with pytest.raises(InputError, match=f"^{name}"):
        read_pair(tmp_path / name, ("1", "2"))
    with pytest.raises(InputError, match="no such file"):
        read_pair(tmp_path / "absent.csv", ("1", "2"))
    pd.DataFrame({"a": pd.date_range("2024", periods=3), "b": [1, 2, 4]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputError, match="column 'a' holds '2024-01-01"):
        read_pair(tmp_path / "t.parquet", ("a", "b"))


def test_a_late_long_row_is_named_by_its_line(tmp_path):
    rows = "".join(f"{i},{i * i}\n" for i in range(80))
    with pytest.raises(InputError, match="row 83 has 3 cells"):
        read_pair(table(tmp_path, f"a,b\n\n{rows}1,2,3\n"), ("a", "b"))


def test_defaults_fit_the_length_and_flags_come_first():
    assert Settings(RATE_HZ).windowing(600).window_s == 30
    assert Settings(RATE_HZ).windowing(90).window_s == 9
    chosen = Settings(RATE_HZ, window_s=5.0, lag_s=1.0).windowing(600)
    assert (chosen.window_s, chosen.step_s, chosen.lag_s) == (5, 5, 1), "no gaps between windows"
    assert Settings(RATE_HZ, step_s=2.0).windowing(600).step_s == 2


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"rate_hz": 0.0}, "--rate is 0"),
        ({"rate_hz": math.nan}, "--rate is nan"),
        ({"rate_hz": -25.0}, "--rate is -25"),
        ({"smooth_s": -1.0}, "--smooth is -1"),
        ({"window_s": -1.0}, "window is -1 s"),
        ({"step_s": 0.0}, "step is 0 s"),
        ({"lag_s": math.inf}, "lag is inf s"),
    ],
)
def test_flags_that_make_no_sense(flags, words):
    with pytest.raises(UsageError, match=words):
        Settings(**{"rate_hz": RATE_HZ, **flags})


def test_a_file_is_found_to_follow(recording):
    result = file_synchrony(recording, ("guide", "guest"), Settings(RATE_HZ, smooth_s=0.3, kind="shuffle"))
    assert result.found.peak_lag_s == pytest.approx(0.8, abs=0.1)
    assert result.found.p < 0.01 and result.found.b_follows_p < 0.01
    assert result.notices == ()
    swapped = file_synchrony(recording, ("2", "1"), Settings(RATE_HZ, surrogates=0))
    assert swapped.found.peak_lag_s == -0.8
    assert "guide follows guest" not in result.text().splitlines()[1]


def test_what_makes_a_result_doubtful_is_said(tmp_path):
    a, b = following()
    b[100:220] = b[99]  # still for longer than a window
    path = tmp_path / "still.csv"
    pd.DataFrame({"a": a, "b": b}).to_csv(path, index=False)
    few, short = file_synchrony(path, ("a", "b"), Settings(RATE_HZ, surrogates=9)).notices
    assert "of 25 windows were left out at the peak: there a series doesn't change" in few
    assert short.startswith("60 s are short for circular shifts when 10 s of lags are searched")


def test_errors_of_the_statistics_name_the_file(recording):
    with pytest.raises(InputError, match=r"^motion \[b\]\.csv: a window of 70 s and a lag of 5 s need 75 s"):
        file_synchrony(recording, ("1", "2"), Settings(RATE_HZ, window_s=70.0))


def test_scaling_changes_nothing_of_a_correlation(recording):
    plain, scaled = (
        file_synchrony(recording, ("1", "2"), Settings(RATE_HZ, scaled=scaled, surrogates=9)).found
        for scaled in (False, True)
    )
    assert scaled.z == pytest.approx(plain.z) and scaled.p == plain.p


def test_the_command_prints_one_json_object(run_attune, recording):
    flags = ["--rate", "10", "--lag", "1", "--surrogates", "99", "--seed", "3"]
    done = run_attune("synchrony", recording, "--columns", "guide", "guest", *flags, "--json")
    assert done.returncode == 0 and done.stderr == ""
    got = json.loads(done.stdout)
    assert list(got) == [
        "peak_lag_s", "z", "effect_size", "ci95", "p", "surrogate_kind", "n_surrogates", "n_windows",
        "mean_lag_curve", "b_follows_p", "a_follows_p", "n_windows_measured", "window_s", "step_s", "lag_s",
        "rate_hz",
    ]  # fmt: skip
    assert got["peak_lag_s"] == 0.8 and got["p"] == 0.01 and got["surrogate_kind"] == "circular"
    assert got["ci95"][0] < got["z"] < got["ci95"][1]
    assert len(got["mean_lag_curve"]) == 21 and got["mean_lag_curve"][0][0] == -1.0
    assert (got["window_s"], got["step_s"], got["lag_s"], got["rate_hz"]) == (6, 2, 1, 10)


def test_the_command_speaks_to_people(run_attune, recording):
    done = run_attune("synchrony", recording, "--columns", "1", "2", "--rate", "10", "--smooth", "0.3")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("A: guide, B: guest; 25 windows of 6 s every 2 s, lags up to 5 s, 10 samples")
    assert "at a lag of +0.8 s: guest follows guide" in lines[1]
    assert "1000 circular surrogates: p = 0.00" in lines[2]
    assert done.stderr == (
        "motion [b].csv: 60 s are short for circular shifts when 10 s of lags are searched: p is often too "
        "small; use a shorter --lag or --kind shuffle\n"
    )


def test_without_surrogates_the_command_gives_null(run_attune, recording):
    flags = ["--columns", "1", "2", "--rate", "10", "--surrogates", "0"]
    got = json.loads(run_attune("synchrony", recording, *flags, "--json").stdout)
    assert got["p"] is None and got["effect_size"] is None and got["n_surrogates"] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--columns", "1", "2"], 2, "--rate is missing"),
        (["--rate", "10"], 2, "--columns is missing"),
        (["--rate", "10", "--columns", "1"], 2, "--columns"),
        (["--columns", "1", "2", "--rate", "0"], 2, "--rate is 0"),
        (["--columns", "1", "2", "--rate", "fast"], 2, "--rate"),
        (["--columns", "1", "2", "--rate", "10", "--kind", "both"], 2, "--kind"),
        (["--columns", "1", "2", "--rate", "10", "--surrogates", "-1"], 2, "--surrogates"),
        (["--columns", "1", "2", "--rate", "10", "--window", "0"], 2, "window is 0 s"),
        (["--columns", "1", "2", "--rate", "10", "--window", "70"], 1, "motion [b].csv: a window of 70 s"),
        (["--columns", "1", "host", "--rate", "10"], 1, "motion [b].csv: there is no column 'host'"),
    ],
)
def test_wrong_calls_are_answered_in_words(status, recording, arguments, code, words):
    got, out, err = status("synchrony", recording, *arguments)
    assert got == code and out == "" and words in err and "Traceback" not in err


@pytest.fixture
def status(monkeypatch, capsys):
    """Runs the command line in this process; gives exit status, stdout and stderr."""
    from scoring.cli import _status

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["attune", *map(str, arguments)])
        code = _status()
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run
