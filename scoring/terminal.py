"""What the command line shows: progress on stderr, results on stdout, names exactly as they are."""

from __future__ import annotations

import contextlib
import json
import math
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

NATIVE_LOG = "ATTUNE_NATIVE_LOG"


def open_streams() -> None:
    """Make stdout and stderr take any file name, also one that is no valid text; a closed one is empty."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):  # in this order they are 0, 1, 2
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 (as long as the process)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def let_go_of_closed() -> bool:
    """Lead to nowhere what led to a closed terminal, where writing fails; whether anything did."""
    found = False
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # none there, or closed
            handle = stream.fileno()
            if stat.S_ISCHR(os.fstat(handle).st_mode) and not os.isatty(handle):
                os.dup2(null, handle)
                found = True
    os.close(null)
    return found


@contextlib.contextmanager
def outliving_terminal() -> Iterator[None]:
    """What is written in here to a terminal that was closed is lost, and no error.

    Its signal comes a moment later and ends what is to end; where that is ignored (nohup), all goes on.
    """
    try:
        yield
    except OSError:
        if not let_go_of_closed():
            raise


@contextlib.contextmanager
def quiet_native() -> Iterator[None]:
    """Keep what native libraries write to file descriptor 2 from the user while this lasts.

    MediaPipe, TensorFlow Lite and OpenCV log there past Python. Python's own ``sys.stderr`` goes on
    writing to where descriptor 2 led. After Ctrl-C it stays so until the process ends.
    ``ATTUNE_NATIVE_LOG=1`` shows everything.
    """
    stderr = sys.stderr
    try:
        ours = stderr.fileno() == 2
    except (AttributeError, OSError, ValueError):  # closed, or replaced by something without one
        ours = False
    if os.environ.get(NATIVE_LOG) == "1" or not ours:
        yield
        return
    stderr.flush()
    kept = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)
    sys.stderr = os.fdopen(kept, "w", 1, stderr.encoding, stderr.errors, closefd=False)
    interrupted = False
    try:
        yield
    except KeyboardInterrupt:
        interrupted = True  # the process is about to end, while native threads may still be writing
        raise
    finally:
        with contextlib.suppress(OSError):  # whoever read it may have gone
            sys.stderr.flush()
        if not interrupted:
            sys.stderr = stderr
            os.dup2(kept, 2)
            os.close(kept)


class Progress:
    """A progress bar on a terminal, nothing elsewhere: share done, frames a second, time left.

    Use as a context manager; call it with how far the work has come.

    Parameters
    ----------
    name : str
        What is worked on, shown as it is.
    wanted : bool, optional
        False shows nothing.
    """

    def __init__(self, name: str, wanted: bool = True):
        self._name = plain_name(name)
        self._wanted = wanted and sys.stderr.isatty()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Progress:
        if self._wanted:
            from rich import progress
            from rich.console import Console

            self._bar = progress.Progress(
                progress.TextColumn("{task.description}", markup=False),
                progress.BarColumn(),
                progress.TaskProgressColumn(),
                progress.TextColumn("{task.fields[rate]}", markup=False),
                progress.TimeRemainingColumn(),
                console=Console(stderr=True, markup=False, highlight=False),
                transient=True,
            )
            self._task = self._bar.add_task(self._name, total=None, rate="")
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, frames: int, time_s: float, duration_s: float | None = None) -> None:
        """Show that `frames` frames, up to `time_s` seconds of `duration_s`, are done."""
        if self._bar is None:
            return
        elapsed = self._bar.tasks[0].elapsed or 0
        rate = f"{frames / elapsed:.0f} frames/s" if elapsed > 0 else ""
        total = duration_s if duration_s and math.isfinite(duration_s) else None
        self._bar.update(self._task, completed=time_s, total=total, rate=rate)


def plain_name(name: str, width: int = 40) -> str:
    """A name for a narrow place: one line, its middle left out where it is long."""
    name = "".join(character if character.isprintable() else "?" for character in name)
    return name if len(name) <= width else f"{name[: width // 2 - 1]}…{name[-width // 2 :]}"


def say(line: str, stream: TextIO | None = None) -> None:
    """One line on stderr (or `stream`), as it is: no markup, no wrapping, never two lines."""
    with outliving_terminal():
        print(line.replace("\r", "\\r").replace("\n", "\\n"), file=stream or sys.stderr, flush=True)


def print_json(value: Any) -> None:
    """One JSON object on one line of stdout; what is not a finite number is null."""
    from scoring.files import plain

    print(json.dumps(plain(value), allow_nan=False), flush=True)


def score_lines(scores: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Scores for people to read, one line each.

    Parameters
    ----------
    scores : mapping
        person -> name -> score, as in ``scores.json``.
    """
    from scoring.scorecard import groups

    for person, named in scores.items():
        yield person
        for group in groups(named, {}, person):
            yield f"  {group.label}"
            for row in group.rows:
                said = [part for part in (row.said, *row.notes) if part]
                yield f"    {row.label}: {row.text}" + (f" ({', '.join(said)})" if said else "")
            for note in group.notes:
                yield f"    {note}"


def feedback_lines(items: list[Mapping[str, Any]]) -> Iterator[str]:
    """Feedback for people to read.

    Parameters
    ----------
    items : list of mapping
        As in ``feedback.json``.
    """
    for kind, heading in (("keep", "Keep"), ("try", "Try")):
        chosen = [item for item in items if item.get("type") == kind]
        if chosen:
            yield heading
        for item in chosen:
            yield f"  {item.get('title', '')}"
            moments = ", ".join(f"{clock(start)}–{clock(end)}" for start, end in item.get("spans") or [])
            yield f"    {item.get('seen', '')}" + (f" ({moments})" if moments else "")
            for key, lead in (("why", "Why: "), ("try_next", "")):
                if item.get(key):
                    yield f"    {lead}{item[key]}"


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds: 75.4 -> '1:15'."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def print_result(session: Path | str | None, scores: Mapping, feedback: list) -> None:
    """Scores, feedback and where the session is, on stdout."""
    from scoring.files import plain

    for line in score_lines(plain(scores)):
        print(line)
    if feedback:
        print()
    for line in feedback_lines(plain(feedback)):
        print(line)
    if session is not None:
        print(f"\nsession: {session}", flush=True)


def show(source: Path, result: Any, as_json: bool, many: bool = False) -> None:
    """What an analysis found: its notices on stderr, the rest on stdout for people or as one JSON line."""
    for notice in result.notices:
        say(f"{source.name}: {notice}")
    if as_json:
        from scoring.events import events_table

        print_json(
            {
                "session": result.session,
                "events": events_table(result.events).to_dict("records"),
                "scores": result.scores,
                "feedback": result.feedback,
            }
        )
        return
    if many:
        print(f"{source}")
    print_result(result.session, result.scores, result.feedback)
    if many:
        print()


def agreed(question: str) -> bool:
    """Ask on the terminal; without one nobody agrees."""
    if not sys.stdin.isatty():
        return False
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
