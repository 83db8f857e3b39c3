"""A person's sessions over time: their scores, ratings, and the feedback that keeps coming back."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from attune import InputError
from scoring.catalogue import Catalogue, Entry
from scoring.library import Library
from scoring.profile import Band, Profile, RubricItem
from scoring.scorecard import SCORES

LAST = 5
"""Feedback is looked for in so many of the last sessions ..."""

OFTEN = 2
"""... and keeps coming back where it was given in so many of them."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)
Scores = Mapping[str, Mapping[str, Any]]
Span = tuple[float, float]


@dataclass(frozen=True)
class Past:
    """One session, read without its tables.

    Attributes
    ----------
    entry : Entry
    info : mapping
        What ``session.json`` holds.
    scores : mapping
        Person -> name -> {value, unit, ci95, coverage, reason}; the names are all known ones.
    feedback : tuple of mapping
        As in ``feedback.json``.
    profile : Profile or None
        None where it is gone or can't be read.
    """

    entry: Entry
    info: Mapping[str, Any]
    scores: Mapping[str, Scores]
    feedback: tuple[Mapping[str, Any], ...]
    profile: Profile | None = None

    @property
    def id(self) -> str:
        return self.entry.id

    @property
    def bands(self) -> Mapping[str, Band]:
        """Those of its profile; empty where that is gone."""
        return {} if self.profile is None else self.profile.bands

    @property
    def rubric(self) -> Mapping[str, RubricItem]:
        """That of its profile; empty where that is gone."""
        return {} if self.profile is None else self.profile.rubric

    @property
    def staff(self) -> Scores:
        return self.scores.get("staff", {})


@dataclass(frozen=True)
class Point:
    """One score in one session.

    Attributes
    ----------
    past : Past
    value : float or None
        In the score's unit; None: not measurable, `reason` says why.
    ci95 : tuple of float, or None
    coverage : float or None
        Share of the session in which it could be measured.
    reason : str
        One sentence, or empty.
    """

    past: Past
    value: float | None
    ci95: tuple[float, float] | None = None
    coverage: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Recurring:
    """A piece of feedback that was given in several of the last sessions.

    Attributes
    ----------
    type, title, try_next : str
        As it was given last.
    of : int
        How many sessions were looked at.
    times : tuple of (Past, spans)
        The sessions in which it was given, the newest first, with the moments it spoke of, in seconds.
    """

    type: str
    title: str
    try_next: str
    of: int
    times: tuple[tuple[Past, tuple[Span, ...]], ...]


def profile_of(name: str) -> Profile | None:
    """A profile by its name; None where it is gone or can't be read."""
    try:
        return Profile.load(name)
    except (InputError, OSError):
        return None


def read(catalogue: Catalogue, entry: Entry, load: Callable[[str], Profile | None] = profile_of) -> Past:
    """Read one session's info, scores and feedback.

    Parameters
    ----------
    load : callable, optional
        What gives a profile by its name.

    Raises
    ------
    LookupError
        It isn't there, or not for this user.
    InputError
        A file is missing, can't be read or holds something else than it should.
    """
    session = catalogue.open(entry.id)
    try:
        scores = _scores(session.scores())
        feedback = tuple(dict(item) for item in session.feedback())
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{session.path} holds something unexpected ({error}): analyse the recording again"
        ) from error
    return Past(entry, session.info, scores, feedback, load(str(session.info.get("profile") or "default")))


def history(catalogue: Catalogue, entries: Iterable[Entry]) -> tuple[list[Past], list[str]]:
    """These sessions in order of time, and a sentence for each one that can't be read.

    Those without a date come first.
    """
    load = lru_cache(profile_of)  # one reading for all sessions, but not for the next visit's
    found, problems = [], []
    for entry in entries:
        try:
            found.append(read(catalogue, entry, load))
        except InputError as problem:
            problems.append(str(problem))
        except LookupError:  # deleted meanwhile
            continue
    return sorted(found, key=lambda past: (past.entry.created or LONG_AGO, past.id)), problems


def points(pasts: Sequence[Past], name: str) -> list[Point]:
    """One of the staff member's scores in every session that scored it."""
    return [_point(past, past.staff[name]) for past in pasts if name in past.staff]


def recurring(pasts: Sequence[Past]) -> list[Recurring]:
    """The feedback that came back in the last sessions (in order of time), the most frequent first.

    The same feedback: type, cue and score are the same, and the value lay on the same side of its band;
    for what is about the recording itself, the same title.
    """
    last = list(pasts)[-LAST:]
    seen: dict[tuple, list[tuple[Past, Mapping[str, Any]]]] = {}
    for past in reversed(last):
        for key, item in {_sameness(past, item): item for item in past.feedback}.items():
            seen.setdefault(key, []).append((past, item))
    found = [_recurring(times, len(last)) for times in seen.values() if len(times) >= OFTEN]
    return sorted(found, key=lambda one: (one.type == "keep", -len(one.times)))


def ratings(library: Library, ids: Iterable[str]) -> dict[str, dict[str, list[int]]]:
    """Session -> item of the rubric -> what notes rated it, 1 to 5; sessions without ratings are left out."""
    wanted = set(ids)
    found: dict[str, dict[str, list[int]]] = {}
    with library.reading() as connection:
        rows = connection.execute(_RATINGS).fetchall()
    for row in rows:
        if row["session_id"] in wanted:
            found.setdefault(row["session_id"], {}).setdefault(row["rubric"], []).append(int(row["rating"]))
    return found


_RATINGS = """SELECT session_id, rubric, rating FROM notes
    WHERE rating IS NOT NULL AND rubric IS NOT NULL AND deleted IS NULL ORDER BY start_s, created"""


def _sameness(past: Past, item: Mapping[str, Any]) -> tuple:
    name = item.get("score")
    band, score = past.bands.get(str(name)), past.staff.get(str(name))
    value = score["value"] if score else None
    if name is None:
        side = str(item.get("title"))
    elif band is None or value is None:
        side = ""
    else:
        side = band.side(value)
    return item.get("type"), item.get("cue"), name, side


def _recurring(times: list[tuple[Past, Mapping[str, Any]]], of: int) -> Recurring:
    newest = times[0][1]
    type, title, try_next = (str(newest.get(part) or "") for part in ("type", "title", "try_next"))
    return Recurring(type, title, try_next, of, tuple((past, _spans(item)) for past, item in times))


def _spans(item: Mapping[str, Any]) -> tuple[Span, ...]:
    return tuple((float(start), float(end)) for start, end in item.get("spans") or ())


def _point(past: Past, score: Mapping[str, Any]) -> Point:
    reason = str(score["reason"] or "")
    if score["value"] is None:
        return Point(past, None, None, score["coverage"], reason or "Too little could be seen.")
    return Point(past, score["value"], score["ci95"], score["coverage"], reason)


def _scores(stored: Any) -> dict[str, dict[str, dict[str, Any]]]:
    """What ``scores.json`` holds, checked: numbers are numbers, names are known ones."""
    return {
        str(person): {name: _score(score) for name, score in scores.items() if name in SCORES}
        for person, scores in stored.items()
    }


def _score(score: Mapping[str, Any]) -> dict[str, Any]:
    value, coverage = _number(score.get("value")), _number(score.get("coverage"))
    ends = [_number(end) for end in score.get("ci95") or ()]
    ci95 = (ends[0], ends[1]) if len(ends) == 2 and None not in ends and value is not None else None
    reason = score.get("reason")
    return {
        "value": value, "ci95": ci95, "coverage": coverage, "unit": str(score.get("unit") or ""),
        "reason": None if reason is None else str(reason),
    }  # fmt: skip


def _number(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return float(value) if math.isfinite(value) else None
