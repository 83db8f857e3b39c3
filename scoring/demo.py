"""`attune demo`: the whole way once, with the sample that comes with Attune."""

from __future__ import annotations

from pathlib import Path

from scoring import terminal
from scoring.analyze import analyze_video
from scoring.report import write_report
from scoring.resources import sample_path
from scoring.session import Session

SAMPLE = "demo.mp4"
TARGET = "calibrated:2.4-5.8"  # When both look at each other's place across the counter.
TITLE = "Demo: a rendered practice session of two people"
CONSENT = "Rendered people (CC0): nobody was recorded."
REPORT = "report.html"


def run_demo(library: Path) -> Path:
    """Analyse the bundled sample, print scores and feedback, write the report beside them.

    Returns
    -------
    Path
        The session's folder.

    Raises
    ------
    AttuneError
        As `analyze_video` does, and when the sample is missing.
    """
    sample = sample_path(SAMPLE)
    terminal.say("Analysing the bundled sample ...")
    with terminal.Progress(sample.name) as progress:
        result = analyze_video(
            sample, library, people="2", target=TARGET, title=TITLE, consent=CONSENT, progress=progress
        )
    for notice in result.notices:
        terminal.say(notice)
    terminal.print_result(result.session, result.scores, result.feedback)
    assert result.session is not None, "a recording's session is always stored"
    report = write_report(Session.open(result.session), result.session / REPORT)
    print(f"report:  {report}", flush=True)
    return result.session
