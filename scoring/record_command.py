"""`attune record` and `attune recover`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from scoring import terminal
from scoring.terminal import say

Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Library: where sessions are kept.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout and nothing else.")]


def record(
    camera: Annotated[
        str,
        typer.Option(metavar="N|PATH|URL", help="Number, or a video, folder of pictures or address."),
    ] = "0",
    out: Out = None,
    max_minutes: Annotated[float, typer.Option(min=0.01, help="Stop by itself after this long.")] = 60.0,
    consent: Annotated[
        str | None, typer.Option(help="The words with which the recorded person agreed, instead of asking.")
    ] = None,
    no_audio: Annotated[bool, typer.Option("--no-audio", help="Record no sound.")] = False,
    microphone: Annotated[
        str | None, typer.Option(metavar="NAME", help="Instead of the system's default one.")
    ] = None,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="The first 3 s show where the client's eyes are.")
    ] = False,
    no_check: Annotated[bool, typer.Option("--no-check", help="No help with the position first.")] = False,
    no_cue: Annotated[bool, typer.Option("--no-cue", help="No reminder after a long look away.")] = False,
    no_window: Annotated[bool, typer.Option("--no-window", help="Text instead of a preview window.")] = False,
    countdown: Annotated[int, typer.Option(min=0, max=60, help="Seconds before the recording starts.")] = 3,
    target: Annotated[
        str, typer.Option(help="What eye contact means: lens, or calibrated:START-END in seconds.")
    ] = "lens",
    profile: Annotated[
        str, typer.Option(help="Target bands and wording: a profile's name or a .toml file.")
    ] = "default",
    title: Annotated[str | None, typer.Option(help="The session's title instead of the file's name.")] = None,
    json: Json = False,
) -> None:
    """Record a session from a webcam, measured live. Ctrl-C, SIGTERM, or closing the terminal ends it."""
    from scoring.resources import user_library

    for way in (signal.SIGINT, signal.SIGTERM):  # also where a shell that started it has Ctrl-C ignored
        signal.signal(way, signal.default_int_handler)
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup goes on
        signal.signal(signal.SIGHUP, _hung_up)
    library = out or user_library()
    _offer(library, json)
    with terminal.quiet_native():
        from scoring.record import record as record_session

        result = record_session(
            camera, library, max_minutes=max_minutes, consent=consent, audio=not no_audio,
            microphone=microphone, countdown_s=countdown, calibrate=calibrate, check=not no_check,
            cue=not no_cue, window=not no_window, target=target, profile=profile, title=title,
        )  # fmt: skip
    terminal.show(Path(result.session), result, json)


def recover(
    out: Out = None,
    only_list: Annotated[bool, typer.Option("--list", help="Only say which there are.")] = False,
    json: Json = False,
) -> None:
    """Finish recordings that were cut short, and analyse them."""
    from scoring.resources import user_library
    from scoring.session import remove_partial
    from scoring.unfinished import unfinished, waiting

    library = out or user_library()
    if only_list:
        _list(waiting(library), json)
        return
    remove_partial(library)
    found = len(unfinished(library))
    if not found:
        say("No unfinished recording was found.")
        return
    _finish(library, json, many=found > 1)
    if waiting(library):  # each that failed was named
        raise typer.Exit(1)


def _finish(library: Path, json: bool, many: bool) -> None:
    """Finish what can be."""
    with terminal.quiet_native():
        from scoring.record import recover as recover_recordings

        results = recover_recordings(library)
    for result in results:
        terminal.show(Path(result.session), result, json, many=many)


def _hung_up(*_: object) -> None:
    """The terminal was closed: end as with Ctrl-C, and become a session though nobody reads what is said."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # kernel and shell send one each
    terminal.let_go_of_closed()
    raise KeyboardInterrupt


def _offer(library: Path, json: bool) -> None:
    """Say that there are unfinished recordings; on a terminal, offer to finish them first."""
    from scoring.unfinished import waiting

    found = waiting(library)
    if not found:
        return
    what = "1 recording was" if len(found) == 1 else f"{len(found)} recordings were"
    if terminal.agreed(f"{what} cut short. Finish before the new one? [y/N] "):
        _finish(library, json, many=len(found) > 1)
    else:
        say(f"{what} cut short: attune recover --out {library} finishes what is there")


def _list(folders: list[Path], json: bool) -> None:
    from dataclasses import asdict

    from scoring.unfinished import described

    if not folders and not json:
        say("No unfinished recording was found.")
    for one in map(described, folders):
        if json:
            terminal.print_json(asdict(one))
        else:
            known = "length unknown" if one.seconds is None else terminal.clock(one.seconds)
            length = "no picture" if one.video is None else known
            begun = one.started or "at an unknown time"
            print(f"{one.folder}: started {begun}, {length}, {one.size / 1e6:.1f} MB")
