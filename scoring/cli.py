"""The command line: `attune`. Thin, and heavy imports only inside the commands that need them."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from attune import AttuneError, InputError, UsageError, __version__
from scoring import terminal
from scoring.agree_command import agree
from scoring.analyze_command import add_analyze, add_roles
from scoring.batch_command import batch
from scoring.record_command import record, recover
from scoring.synchrony_command import synchrony
from scoring.terminal import say

INTERRUPTED = 130  # 128 + SIGINT, what shells expect; typer turns Ctrl-C into it

app = typer.Typer(
    name="attune",
    help="Measures observable body language in a recording: eye contact, open posture, nodding, mirroring. "
    "Nothing leaves this machine.",
    add_completion=False,
    rich_markup_mode=None,  # file names and texts are data, and help stays quick
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Library: where sessions are kept.")]
Profile = Annotated[str, typer.Option(help="Target bands and wording: a profile's name or a .toml file.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout and nothing else.")]
SessionArgument = Annotated[Path, typer.Argument(metavar="SESSION", help="A session's folder, or its id.")]


@app.callback(invoke_without_command=True)
def _attune(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        print(f"attune {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help(), file=sys.stderr)
        raise typer.Exit(2)


@app.command()
def demo(
    out: Out = None,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Open the dashboard at the end.")] = True,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the dashboard.")] = 8501,
) -> None:
    """Analyse the bundled sample, then open the dashboard."""
    from scoring.demo import run_demo
    from scoring.resources import user_library

    library = out or user_library()
    with terminal.quiet_native():
        session = run_demo(library)
    if serve:
        from dashboard.server import serve as serve_dashboard

        serve_dashboard(library, port, open_browser=sys.stdout.isatty(), session=session.name)


add_analyze(app, lambda inputs, work: _each(inputs, work))


app.command()(record)
app.command()(recover)


@app.command()
def score(
    tables: Annotated[
        list[Path], typer.Argument(metavar="TABLE", help="CSV or Parquet with time_s and signal columns.")
    ],
    profile: Profile = "default",
    json: Json = False,
) -> None:
    """Events and scores from a table of signals, of any tracker."""
    from scoring.score_table import score_table

    def one(table: Path) -> None:
        terminal.show(table, score_table(table, profile), json, many=len(tables) > 1)

    _each(tables, one)


app.command()(synchrony)
app.command()(agree)
app.command()(batch)


@app.command()
def export(
    session: SessionArgument,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="html, pdf, csv, parquet, video, elan, boris, boris-aggregated, or session (anonymised).",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="PATH", help="File or folder to write, else beside you.")
    ] = None,
    anonymise: Annotated[
        bool, typer.Option("--anonymise", help="No picture, title, date or name of a file.")
    ] = False,
    blur_faces: Annotated[
        bool, typer.Option("--blur-faces", help="Of a video: hide every face, checked, and leave out sound.")
    ] = False,
) -> None:
    """Write a session as a report, tables, a labelled video, or for ELAN and BORIS."""
    from scoring.export import export_session

    with terminal.quiet_native(), terminal.Progress(session.name, wanted=to == "video") as progress:
        written = export_session(
            _session_folder(session), to, out, progress=progress, anonymise=anonymise,
            blur_faces=blur_faces,
        )  # fmt: skip
    if blur_faces:
        say("No face can be found in the video any more; a voice tells who speaks, too: it has no sound.")
    print(written)


@app.command()
def evaluate(
    truth: Annotated[Path, typer.Argument(metavar="TRUTH_DIR", help="Clips, each with its truth in .json.")],
    by_clip: Annotated[bool, typer.Option("--by-clip", help="One line per clip, too.")] = False,
    json: Json = False,
) -> None:
    """Measured error against clips with truth, overall and by group."""
    from scoring.evaluate import evaluate_folder

    with terminal.quiet_native(), terminal.Progress(truth.name) as progress:
        evaluation = evaluate_folder(truth, progress=progress)
    if json:
        terminal.print_json(evaluation.as_dict())
    else:
        print(evaluation.text(by_clip), end="")
    if evaluation.failed:
        raise typer.Exit(1)


@app.command(hidden=True)
def training_data(
    clips: Annotated[Path, typer.Argument(metavar="CLIPS_DIR", help="Clips, each with its truth in .json.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Instead of models/data.")] = None,
) -> None:
    """Extract the landmark tables that the classifiers are trained on."""
    from scoring.training_data import FOLDER, write_training_data

    with terminal.quiet_native(), terminal.Progress(clips.name) as progress:
        rows = write_training_data(clips, out or FOLDER, progress=progress)
    say(f"{rows} rows are in {out or FOLDER}")


@app.command(hidden=True)
def retrain(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME", help="eye_contact, posture, nod, mirroring; gaze or torso print constants."
        ),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Landmark tables, instead of models/data.")
    ] = None,
) -> None:
    """Train the classifiers again, all without a name."""
    from scoring.retrain import retrain as train_again
    from scoring.training_data import FOLDER

    train_again(names or [], data or FOLDER)


@app.command()
def dashboard(
    library: Annotated[Path | None, typer.Option(metavar="DIR", help="Where the sessions are kept.")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8501,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
) -> None:
    """Look at sessions in the browser, on this machine only."""
    from dashboard.server import serve
    from scoring.resources import user_library

    serve(library or user_library(), port, open_browser=not no_browser)


@app.command()
def doctor(json: Json = False) -> None:
    """Check that everything Attune needs is there.

    Where something is missing, say what to do."""
    from scoring.doctor import examine, print_checks, print_json

    with terminal.quiet_native():
        checks = examine()
    if json:
        print_json(checks)
    else:
        print_checks(checks)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


@app.command()
def forget(
    sessions: Annotated[list[Path], typer.Argument(metavar="SESSION", help="Folders or ids.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask first.")] = False,
) -> None:
    """Delete sessions with everything in them."""
    from scoring.library import Library
    from scoring.session import forget as forget_session

    def one(session: Path) -> None:
        folder = _session_folder(session)
        if not (yes or terminal.agreed(f"Delete {folder} with everything in it? [y/N] ")):
            raise InputError(f"{folder} was kept: nobody agreed to deleting it (--yes agrees)")
        where = folder.resolve()
        forget_session(folder)
        Library(where.parent).forget_session(where.name)
        say(f"Deleted {folder}")

    _each(sessions, one)


add_roles(app, lambda session: _session_folder(session))


def _session_folder(session: Path) -> Path:
    """The folder named, or the one of that id in the user's library."""
    from scoring.resources import user_library

    if not session.exists() and len(session.parts) == 1 and (user_library() / session).is_dir():
        return user_library() / session
    return session


def _each(inputs: Iterable[Path], work: Callable[[Path], None]) -> None:
    """Do `work` for every input; one that fails is named and the rest is done all the same."""
    failed = False
    for path in inputs:
        try:
            work(path)
        except (UsageError, BrokenPipeError):  # the second: nobody reads what is printed, `attune … | head`
            raise
        except AttuneError as error:
            say(str(error))
            failed = True
        except Exception as error:
            say(f"{path}: {_unexpected(error)}")
            failed = True
    if failed:
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; whatever happens, the user reads a sentence and never a traceback."""
    terminal.open_streams()
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # other packages' deprecations are no news to the user
    try:
        status = _status()
    except KeyboardInterrupt:  # another one, while the first was being told about
        status = INTERRUPTED
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is done: how it ended stays so while Python exits
    # Python remembers a Ctrl-C that came while it ran text (as dataclasses do when they are imported), and
    # would end by that signal instead of with our status; running text anew makes it forget.
    exec("")
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads it any more; keep Python from complaining while it exits
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)


def _status() -> int:
    """Exit status: 0 done, 1 an input failed, 2 wrong usage, 130 interrupted."""
    # typer carries its own click, and doesn't export the base of its usage errors.
    usage_error: type[Exception] = typer.BadParameter.__mro__[1]
    try:
        status = app(prog_name="attune", standalone_mode=False) or 0
    except usage_error as error:
        return _wrong_usage(error)
    except UsageError as error:
        say(str(error))
        return 2
    except AttuneError as error:
        say(str(error))
        return 1
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except Exception as error:
        say(_unexpected(error))
        return 1
    if status == INTERRUPTED:
        say("Stopped: no half-written result was left behind.")
    return status


def _wrong_usage(error: Any) -> int:
    """Say how the command is used and what was wrong, in the words of typer's usage error."""
    if error.ctx is not None:
        say(error.ctx.get_usage())
    say(error.format_message())
    return 2


def _unexpected(error: Exception) -> str:
    from scoring.unexpected import explained

    return explained(error)


if __name__ == "__main__":
    main()
