"""The command line's manners: exit statuses, one sentence per mistake, names shown as they are."""

import ast
import io
import os
import subprocess
import sys

import pytest

from scoring import cli, terminal
from scoring.cli import _status
from tests.conftest import ROOT

STRANGE_NAMES = ["[red]a[/red] [b].mp4", "n" * 200 + ".mp4", "ünïcode 名前 🙂.mp4", "-100%_{x}\\n.mp4"]


@pytest.fixture
def status(monkeypatch, capsys):
    """Runs the command line in this process; gives exit status, stdout and stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["attune", *map(str, arguments)])
        code = _status()
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


def test_help_lists_the_commands(run_attune):
    done = run_attune("--help")
    assert done.returncode == 0 and done.stderr == ""
    commands = ["demo", "analyze", "record", "recover", "score", "synchrony", "export", "evaluate"]
    for command in [*commands, "dashboard"]:
        assert f"\n  {command} " in done.stdout


def test_help_imports_nothing_heavy():
    code = "import sys; sys.argv = ['attune', '--help']\nfrom scoring.cli import _status\n_status()\n"
    code += "print(sorted({m.split('.')[0] for m in sys.modules}), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {"numpy", "pandas", "cv2", "av", "mediapipe", "onnxruntime", "streamlit", "scipy", "rich"}
    assert not heavy & set(ast.literal_eval(done.stderr))


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["analyse"],
        ["analyze"],
        ["analyze", "--no-such-flag", "x.mp4"],
        ["analyze", "x.mp4", "--pose-hz", "often"],
        ["export", "x"],
        ["record", "--max-minutes", "0"],
        ["dashboard", "--port", "70000"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_2_with_a_reason(status, arguments):
    code, out, err = status(*arguments)
    assert code == 2 and out == "" and err.startswith("Usage: attune")
    assert "Traceback" not in err


def test_version(status):
    code, out, _ = status("--version")
    assert code == 0 and out.startswith("attune ")


@pytest.mark.parametrize("name", STRANGE_NAMES)
def test_names_are_shown_as_they_are(run_attune, name):
    done = run_attune("analyze", "--", name)
    assert done.returncode == 1 and done.stdout == ""
    assert name in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="file names are text on Windows")
def test_a_name_that_is_no_text_is_shown_escaped(run_attune):
    done = run_attune("analyze", os.fsdecode(b"a\xff.mp4"))
    assert done.returncode == 1
    assert "a\\udcff.mp4" in done.stderr and "Traceback" not in done.stderr


def test_one_line_even_for_a_name_with_a_line_break():
    stream = io.StringIO()
    terminal.say("a\nb\r.mp4 isn't a video", stream)
    assert stream.getvalue() == "a\\nb\\r.mp4 isn't a video\n"


@pytest.mark.slow
def test_every_input_that_fails_is_named(run_attune, tmp_path):
    (tmp_path / "empty.mp4").write_bytes(b"")
    done = run_attune("analyze", "missing.mp4", "empty.mp4", "--out", tmp_path / "library")
    assert done.returncode == 1
    first, second = done.stderr.splitlines()
    assert "missing.mp4" in first and "empty.mp4" in second
    assert not list((tmp_path / "library").glob("*")), "a failed input leaves nothing behind"


def test_an_unexpected_error_is_one_sentence_and_a_file(status, monkeypatch, own_user_folders):
    def broken(*_):
        raise ZeroDivisionError("division by [zero]")

    monkeypatch.setattr(cli, "_session_folder", broken)
    code, out, err = status("forget", "x", "--yes")
    assert code == 1 and out == "" and len(err.splitlines()) == 1
    assert "division by [zero]" in err and "Traceback" not in err
    (log,) = own_user_folders.rglob("error-*.txt")
    assert str(log) in err and "ZeroDivisionError" in log.read_text()


def test_interrupting_is_exit_130_with_one_sentence(status, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_session_folder", interrupted)
    code, _, err = status("forget", "x", "--yes")
    assert code == 130 and "Stopped" in err


def test_a_reader_that_leaves_is_no_error():
    done = subprocess.run(
        f'"{sys.executable}" -m attune --help | true', shell=True, cwd=ROOT, capture_output=True, text=True
    )
    assert done.stderr == ""


def test_forgetting_needs_a_yes(status, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))  # no terminal: nobody to ask
    code, _, err = status("forget", tmp_path)
    assert code == 1 and "--yes" in err and tmp_path.exists()


def test_native_noise_is_kept_away_and_python_is_heard():
    code = (
        "import os, sys\nfrom scoring.terminal import quiet_native\n"
        "with quiet_native():\n    os.write(2, b'native ')\n    print('python', end=' ', file=sys.stderr)\n"
        "os.write(2, b'after')\n"
    )

    def stderr(**extra):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **extra}
        return subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment).stderr

    assert stderr() == b"python after"
    assert stderr(ATTUNE_NATIVE_LOG="1") == b"native python after"


def test_a_closed_stream_is_an_empty_one(monkeypatch):
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    terminal.open_streams()
    terminal.say("to nobody")
    assert (sys.stdin.read(), sys.stdin.isatty(), sys.stdout.write("x"), sys.stderr.isatty()) == ("", 0, 1, 0)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.close()


def test_json_knows_no_nan(capsys):
    import numpy as np

    row = {"kind": "nod", "cycles": np.nan}
    terminal.print_json({"a": float("nan"), "b": np.float32(2), "events": [row], "c": [np.inf, np.arange(2)]})
    assert capsys.readouterr().out == (
        '{"a": null, "b": 2.0, "events": [{"kind": "nod", "cycles": null}], "c": [null, [0, 1]]}\n'
    )


def test_scores_for_people():
    scores = {
        "staff": {
            "eye_contact_share": {
                "value": 0.621, "unit": "share", "ci95": [0.5, 0.7], "coverage": 0.97, "reason": None,
            },
            "nod_count": {"value": 6, "unit": "count", "ci95": None, "coverage": 1.0, "reason": None},
            "closed_posture_share": {
                "value": None, "unit": "share", "ci95": None, "coverage": 0.1, "reason": "arms hidden",
            },
        }
    }  # fmt: skip
    assert list(terminal.score_lines(scores)) == [
        "staff",
        "  Eye contact",
        "    Time in eye contact: 62 % (95 %: 50 to 70 %, seen 97 % of the time)",
        "  Posture",
        "    Arms crossed: not measurable (arms hidden)",
        "  Nods and shakes",
        "    Nods: 6 (seen 100 % of the time)",
    ]


def test_feedback_for_people():
    item = {
        "type": "try", "cue": "nod", "title": "Nod now and then", "seen": "No nod for a minute.",
        "spans": [[5.2, 65.9]], "why": "A nod says: go on.", "try_next": "Nod once at the end of a sentence.",
    }  # fmt: skip
    assert list(terminal.feedback_lines([item])) == [
        "Try",
        "  Nod now and then",
        "    No nod for a minute. (0:05–1:05)",
        "    Why: A nod says: go on.",
        "    Nod once at the end of a sentence.",
    ]
