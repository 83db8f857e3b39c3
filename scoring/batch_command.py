"""`attune batch`: hundreds of recordings to tidy tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scoring import terminal


def batch(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Videos, folders, patterns, manifests (CSV, column path)."),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Sessions and tables go here.")],
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Worker processes; else one a processor core.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler, tcp://HOST:PORT, instead.")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(metavar="S", help="Stop a recording, or 5 minutes of one, after this.")
    ] = None,
    max_memory: Annotated[
        float | None, typer.Option(metavar="GB", help="Stop a task that needs more memory than this.")
    ] = None,
    video: Annotated[bool, typer.Option("--video", help="Keep a copy of each video.")] = False,
    people: Annotated[
        str, typer.Option(metavar="auto|1|2", help="How many people to measure in a picture.")
    ] = "auto",
    person: Annotated[
        str | None, typer.Option(help="The one to measure of several: largest, left, right or a number.")
    ] = None,
    staff: Annotated[
        str | None, typer.Option(help="The staff member of two: left, right or a number, in the picture.")
    ] = None,
    target: Annotated[
        str, typer.Option(help="What eye contact means: lens, partner, or calibrated:START-END in seconds.")
    ] = "lens",
    profile: Annotated[str, typer.Option(help="Target bands: a profile's name or a .toml file.")] = "default",
    anonymise: Annotated[
        bool, typer.Option("--anonymise", help="No video and no name of a file in sessions and tables.")
    ] = False,
    speech: Annotated[
        str | None,
        typer.Option(metavar="auto", help="Who speaks when: by the sound; a manifest's column wins."),
    ] = None,
    causal: Annotated[bool, typer.Option("--causal", help="Use only what came before each frame.")] = False,
    pose_hz: Annotated[float, typer.Option(help="How often a second the body is looked at.")] = 10.0,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")
    ] = False,
) -> None:
    """Analyse many recordings; the same command again goes on where it was cut off."""
    from scoring.batch import batch as run_batch
    from scoring.batch import summary
    from scoring.batch_progress import BatchProgress
    from scoring.guarded import Limits

    limits = Limits(timeout, max_memory)
    with terminal.quiet_native(), BatchProgress() as shown:
        result = run_batch(
            inputs, out, workers=workers, scheduler=scheduler, limits=limits, keep_video=video,
            told=shown.told, report=shown.report, speech=speech, anonymise=anonymise,
            people=people, person=person, staff=staff, target=target, profile=profile, causal=causal,
            pose_hz=pose_hz,
        )  # fmt: skip
    for id, loss in result.losses.items():
        terminal.say(f"{id}: {loss}")
    if result.others:
        more = f"{result.others} more session{'s' * (result.others > 1)}"
        terminal.say(f"{out} holds {more}, of another recording or other options: not in the tables")
    for failure in result.failures:
        named = failure.reason.startswith(failure.path)  # where no row or name has one, too
        terminal.say(failure.reason if named else f"{failure.path}: {failure.reason}")
    if json:
        terminal.print_json(summary(result))
    else:
        several = len(result.done) != 1
        what = f"{len(result.done)} sessions and their" if several else "1 session and its"
        print(f"{what} tables are in {result.folder}")
    if result.failures:
        raise typer.Exit(1)
