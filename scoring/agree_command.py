"""The command `attune agree`: its options; the work is in `scoring.agree` and the modules beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from attune import UsageError
from scoring import terminal


def agree(
    session: Annotated[
        Path | None,
        typer.Argument(metavar="[SESSION]", help="A session's folder, or its id.", show_default=False),
    ] = None,
    codings: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="CODINGS...", help="ELAN (.eaf), BORIS (tabular or aggregated events) or CSV."
        ),
    ] = None,
    study: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="Instead: a table with columns session and codings, or its folder."
        ),
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="NAME=KIND", help="What a name means: Blickkontakt=eye_contact, x= for none."
        ),
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(metavar="OURS=NAME", help="A table's own column: start_s=Anfang.")
    ] = None,
    cues: Annotated[
        str, typer.Option(metavar="KIND,...", help="Only these; who has none of a kind saw none.")
    ] = "",
    coder: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Who coded, once for each file in their order.")
    ] = None,
    observation: Annotated[
        str, typer.Option(metavar="NAME", help="The session's name in a file with several.")
    ] = "",
    span: Annotated[
        str, typer.Option(metavar="START-END", help="Only this part was coded, in seconds.")
    ] = "",
    unit: Annotated[float, typer.Option(metavar="S", help="Length of a time unit.")] = 0.1,
    ignore_unknown: Annotated[
        bool, typer.Option("--ignore-unknown", help="Leave out kinds and persons that mean nothing here.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Draw it: .png, .svg or .pdf.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")] = False,
) -> None:
    """How far Attune and human coders agree.

    Kappa by time, events, onsets and durations."""
    from scoring.agree_results import pool
    from scoring.agree_study import Reading, read_study, sources_of
    from scoring.agree_study import agree as compare_all
    from scoring.coding_names import Names

    reading = Reading(Names.parse(map_ or (), ignore_unknown), _columns(column or ()), _kinds(cues), unit)
    problems: list[str] = []
    if study is not None:
        if session is not None or coder or span or observation:
            raise UsageError("--study names sessions, codings and coders in its table: leave out the others")
        wanted, problems = read_study(study)
    else:
        if session is None or not codings:
            raise UsageError("name a session and its codings, or a whole study with --study")
        if len(coder or ()) > len(codings):
            raise UsageError("--coder is there more often than files are: once for each, in their order")
        wanted = [(_folder(session), sources_of(codings, coder or (), observation, _span(span)))]
    if plot is not None:
        from scoring.agree_plot import check_plot

        check_plot(plot)
    found, failed, notices = compare_all(wanted, reading)
    for line in (*notices, *problems, *failed):
        terminal.say(line)
    if not found:
        raise typer.Exit(1)
    results = pool(found, unit)
    if plot is not None:
        from scoring.agree_plot import draw

        draw(results, plot)
    if json:
        terminal.print_json(results.as_dict())
    else:
        print(results.text(), end="")
        if plot is not None:
            print(f"\nplot: {plot}")
    if problems or failed:
        raise typer.Exit(1)


def _folder(session: Path) -> Path:
    """The folder named, or the one of that id in the user's library."""
    from scoring.resources import user_library

    inside = user_library() / session
    return inside if not session.exists() and len(session.parts) == 1 and inside.is_dir() else session


def _columns(options: list[str] | tuple) -> dict[str, str]:
    columns = {}
    for option in options:
        ours, sign, name = option.partition("=")
        if not sign or not name.strip():
            raise UsageError(f"--column '{option}' is not OURS=NAME: for example start_s=Anfang")
        columns[ours.strip()] = name.strip()
    return columns


def _kinds(text: str) -> tuple[str, ...]:
    from scoring.coding_names import CUE_OF

    kinds = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in kinds if name not in CUE_OF]
    if unknown:
        raise UsageError(f"--cues: '{unknown[0]}' is unknown: use {', '.join(CUE_OF)}")
    return kinds


def _span(text: str) -> tuple[float, float] | None:
    if not text:
        return None
    from scoring.spreadsheet import seconds

    start, end = (seconds(part) for part in (*text.split("-"), "")[:2])
    if not 0 <= start < end < float("inf"):
        raise UsageError(f"--span '{text}' is not START-END in seconds: for example 0-300")
    return start, end
