"""`attune analyze` and `attune roles`: recordings of one person or two."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer

from attune import UsageError
from scoring import terminal

Each = Callable[[Iterable[Path], Callable[[Path], None]], None]


def add_analyze(app: typer.Typer, each: Each) -> None:
    """Register the command; `each` does the work for every recording and names those that fail."""

    @app.command()
    def analyze(
        videos: Annotated[
            list[Path], typer.Argument(metavar="VIDEO", help="Recordings of one person, or of two.")
        ],
        client: Annotated[
            Path | None,
            typer.Option(metavar="VIDEO", help="The client's own recording; VIDEO is the staff member's."),
        ] = None,
        offset: Annotated[
            float | None,
            typer.Option(
                metavar="S",
                help="When in VIDEO, in seconds, the one of --client begins; else found by the sound.",
            ),
        ] = None,
        people: Annotated[
            str, typer.Option(metavar="auto|1|2", help="How many people to measure in a picture.")
        ] = "auto",
        person: Annotated[
            str | None,
            typer.Option(help="The one to measure when several are seen: largest, left, right or a number."),
        ] = None,
        staff: Annotated[
            str | None,
            typer.Option(help="The staff member of two: left, right or a number, in the picture. Else left."),
        ] = None,
        target: Annotated[
            str,
            typer.Option(help="What eye contact means: lens, partner, or calibrated:START-END in seconds."),
        ] = "lens",
        profile: Annotated[
            str, typer.Option(help="Target bands and wording: a profile's name or a .toml file.")
        ] = "default",
        out: Annotated[
            Path | None, typer.Option("--out", metavar="DIR", help="Library: where sessions are kept.")
        ] = None,
        speech: Annotated[
            str | None,
            typer.Option(
                metavar="CSV|auto",
                help="Who speaks when: columns start, end, person (staff or client); auto: by the sound.",
            ),
        ] = None,
        no_video: Annotated[bool, typer.Option("--no-video", help="Keep no copy of the video.")] = False,
        anonymise: Annotated[
            bool,
            typer.Option("--anonymise", help="Keep no video and no name of a file: a session to pass on."),
        ] = False,
        causal: Annotated[
            bool, typer.Option("--causal", help="Use only what came before each frame.")
        ] = False,
        pose_hz: Annotated[float, typer.Option(help="How often a second the body is looked at.")] = 10.0,
        title: Annotated[
            str | None, typer.Option(help="The session's title instead of the file's name.")
        ] = None,
        consent: Annotated[
            str | None, typer.Option(help="The words with which the recorded people agreed.")
        ] = None,
        json: Annotated[
            bool, typer.Option("--json", help="One JSON object a line on stdout and nothing else.")
        ] = False,
    ) -> None:
        """Turn recordings into events, scores and feedback."""
        _check_client(videos, client, offset, people, person, staff)
        if speech not in (None, "auto") and len(videos) > 1:
            raise UsageError("--speech CSV belongs to one recording: name a single VIDEO with it")
        from scoring.analyze import analyze_video
        from scoring.anonymise import analyze_anonymised
        from scoring.resources import user_library

        library = out or user_library()
        work = analyze_anonymised if anonymise else analyze_video

        def one(video: Path) -> None:
            with terminal.quiet_native(), terminal.Progress(video.name) as progress:
                result = work(
                    video, library, client=client, offset_s=offset, target=target, profile=profile,
                    people=people, person=person, staff=staff, keep_video=not no_video, causal=causal,
                    pose_hz=pose_hz, title=title, consent=consent, progress=progress, speech=speech,
                )  # fmt: skip
            terminal.show(video, result, json, many=len(videos) > 1)

        each(videos, one)


def _check_client(videos, client, offset, people, person, staff) -> None:
    if client is None:
        if offset is not None:
            raise UsageError("--offset says when the recording of --client begins: name that one too")
        return
    if len(videos) > 1:
        raise UsageError("--client belongs to one recording: name a single VIDEO with it")
    if people == "2" or staff is not None:
        raise UsageError("with --client each recording shows one person: leave out --people and --staff")
    if person is not None:
        raise UsageError("--person chooses among several in one picture: leave it out with --client")


def add_roles(app: typer.Typer, folder: Callable[[Path], Path]) -> None:
    """Register the command; `folder` finds the session that is named."""

    @app.command()
    def roles(
        session: Annotated[Path, typer.Argument(metavar="SESSION", help="A session's folder, or its id.")],
        swap: Annotated[bool, typer.Option("--swap", help="Staff becomes client and client staff.")] = False,
        json: Annotated[
            bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")
        ] = False,
    ) -> None:
        """Show who is staff and who is client, or swap them without analysing again."""
        from scoring.roles import roles_of, swap_roles

        path = folder(session)
        if swap:
            result = swap_roles(path)
            terminal.show(path, result, json)
        elif json:
            terminal.print_json(roles_of(path))
        else:
            for person, where in roles_of(path).items():
                print(f"{person}: {where}")
