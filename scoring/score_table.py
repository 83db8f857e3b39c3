"""From a table of signals to events, scores and feedback, without a picture and so without MediaPipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scoring.events import Event
from scoring.judge import judge
from scoring.probabilities import add_probabilities
from scoring.profile import Profile
from scoring.tables import read_table


@dataclass(frozen=True)
class AnalysisResult:
    """What a command shows: the session's folder (None when nothing was stored) and what it says."""

    session: Path | None
    events: list[Event]
    scores: Mapping[str, Any]
    feedback: list[dict[str, Any]]
    notices: tuple[str, ...] = field(default=())


def score_table(table: Path, profile: str = "default") -> AnalysisResult:
    """Events, scores and feedback from a table of signals; nothing is stored.

    Raises
    ------
    InputError
        When the table or the profile can't be used.
    """
    given = read_table(table)
    judged = judge(add_probabilities(given.signals), Profile.load(profile), missing=given.missing)
    return AnalysisResult(None, judged.events, judged.scores, judged.feedback, given.notices)
