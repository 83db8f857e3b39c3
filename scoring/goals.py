"""Personal goals: the range of a score that somebody has set themselves, one for each score."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from attune import InputError
from scoring.library import Library, now
from scoring.profile import BANDED, top_of
from scoring.scorecard import SCORES, write

LAST = 5
"""How many of the last sessions a goal is held against."""


@dataclass(frozen=True)
class Goal:
    """What somebody aims at in one score.

    Attributes
    ----------
    score : str
        One of `BANDED`: behaviour of their own that has a direction.
    low, high : float or None
        In the score's unit, both ends included; None where that end is open. One at least is given.

    Raises
    ------
    InputError
        A field is not what it should be.
    """

    score: str
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.score not in BANDED:
            raise InputError(f"there is no goal for '{self.score}': choose one of {', '.join(BANDED)}")
        ends = [end for end in (self.low, self.high) if end is not None]
        if not ends:
            raise InputError("the goal has neither a low nor a high end: give one of them")
        top = top_of(self.score)
        if not all(math.isfinite(end) and 0 <= end <= top for end in ends):
            style, most = SCORES[self.score][2], math.isfinite(top)
            raise InputError(
                f"the goal lies outside what '{self.label}' can be: give numbers from {write(0, style)} "
                + (f"to {write(top, style)}" if most else "on")
            )
        if ends != sorted(ends):
            raise InputError("the goal's low end lies above its high end: swap them")

    @property
    def label(self) -> str:
        """The score's name in words."""
        return SCORES[self.score][1]

    @property
    def text(self) -> str:
        """The range in words."""
        style = SCORES[self.score][2]
        low, high = (None if end is None else write(end, style) for end in (self.low, self.high))
        if low is None:
            return f"up to {high}"
        return f"from {low}" if high is None else f"{low} to {high}"

    def holds(self, value: float) -> bool:
        """Whether a measured value lies within."""
        low, high = (
            (-math.inf if self.low is None else self.low),
            (math.inf if self.high is None else self.high),
        )
        return low <= value <= high

    def progress(self, values: Sequence[float | None]) -> str:
        """How many of the last sessions reached it, in words.

        Parameters
        ----------
        values : sequence of float or None
            The score in each session, in order of time; None where it was not measurable, which counts
            neither way.
        """
        last = [value for value in values if value is not None][-LAST:]
        if not last:
            return "not measured yet"
        if len(last) == 1:
            return f"{'' if self.holds(last[0]) else 'not '}reached in the one measured session"
        return f"reached in {sum(map(self.holds, last))} of the last {len(last)}"


def goals_of(library: Library, person: str) -> dict[str, Goal]:
    """Somebody's goals by score, in the scores' own order; empty where there are none."""
    with library.reading() as connection:
        rows = connection.execute(_OF_PERSON, (person,)).fetchall()
    found = {
        row["score"]: Goal(row["score"], row["low"], row["high"]) for row in rows if row["score"] in BANDED
    }
    return {score: found[score] for score in BANDED if score in found}


def set_goal(library: Library, person: str, goal: Goal) -> None:
    """Store a goal, in place of the one there was for the same score.

    Raises
    ------
    InputError
        Nobody of that name is known.
    """
    with library.writing() as connection:
        row = (_number(connection, person), goal.score, goal.low, goal.high, now())
        connection.execute("INSERT OR REPLACE INTO goals VALUES (?, ?, ?, ?, ?)", row)


def remove_goal(library: Library, person: str, score: str) -> None:
    """Take a goal away; nothing happens where there is none."""
    with library.writing() as connection:
        row = (_number(connection, person), score)
        connection.execute("DELETE FROM goals WHERE person_id = ? AND score = ?", row)


_OF_PERSON = """SELECT score, low, high FROM goals JOIN people ON people.id = goals.person_id
    WHERE people.name = ?"""


def _number(connection: sqlite3.Connection, person: str) -> int:
    row = connection.execute("SELECT id FROM people WHERE name = ?", (person,)).fetchone()
    if row is None:
        raise InputError(f"nobody named '{person}' is known: name them in a session first")
    return row["id"]
