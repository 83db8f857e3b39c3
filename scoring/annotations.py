"""What notes and corrections have in common: ids, moments and texts, checked where they come in."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from attune import InputError
from scoring.access import LOCAL, User
from scoring.library import ID, Library
from scoring.session import SIGNALS, Session

LONGEST_TEXT = 5000  # characters
_ROUNDING_S = 1e-6  # of events.csv, and of the times that browsers tell


@dataclass(frozen=True)
class Extent:
    """How long a session lasts, in seconds, and who was measured in it."""

    duration_s: float
    persons: tuple[str, ...]

    def check(self, start_s: float, end_s: float) -> None:
        """Refuse a span that leaves the session, with an `InputError`."""
        if start_s < 0 or end_s > self.duration_s + _ROUNDING_S:
            raise InputError(
                f"the time from {start_s:g} to {end_s:g} s is not inside the session: use 0 to "
                f"{self.duration_s:g} s"
            )


def extent_of(session: Session) -> Extent:
    """The extent of a session; an `InputError` where its signals can't be read."""
    path = session.path / SIGNALS
    try:
        last_s, persons = _signals(path, path.stat().st_mtime_ns)
        source = session.info.get("source") or {}
        return Extent(max(float(source.get("duration_s") or 0), last_s), persons)
    except (OSError, AttributeError, TypeError, ValueError) as error:
        raise InputError(f"{path} can't be read: {error}") from None


@lru_cache(maxsize=64)
def _signals(path: Path, state: int) -> tuple[float, tuple[str, ...]]:
    """Time of the last frame, 0 without one, and the people in the order of the table."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["time_s", "person"])
    times = table["time_s"].to_numpy()
    return float(times.max(initial=0.0)), tuple(table["person"].cast("string").unique().to_pylist())


class Annotator:
    """Writes what a user has to say of one session into its library, at once; the session stays as it is.

    Parameters
    ----------
    library : Library
    session : Session
        Of that library.
    user : User
        Who writes.
    """

    def __init__(self, library: Library, session: Session, user: User = LOCAL):
        self.library, self.session, self.user = library, session, user
        self.session_id = session.path.name


def check_id(value: Any, field: str = "id") -> None:
    """Refuse what is not an id: 32 hexadecimal digits, as `uuid.uuid4().hex` gives them."""
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise InputError(f"'{field}' is not an id: use 32 hexadecimal digits")


def check_choice(value: Any, field: str, choices: Collection[str]) -> None:
    """Refuse what is not one of these words."""
    if not isinstance(value, str) or value not in choices:
        raise InputError(f"'{field}' is not one of {', '.join(choices)}")


def check_span(start_s: Any, end_s: Any) -> None:
    """Refuse what is not a span of time; a moment is one, with both ends the same."""
    for field, value in (("start_s", start_s), ("end_s", end_s)):
        if not isinstance(value, float) or not math.isfinite(value) or value < 0:
            raise InputError(f"'{field}' is not a time: use seconds from the session's start")
    if start_s > end_s:
        raise InputError("'end_s' is before 'start_s': give the start first")


def check_text(value: Any, least: int = 1) -> None:
    """Refuse what is not a text of up to `LONGEST_TEXT` characters."""
    if not isinstance(value, str):
        raise InputError("'text' is not a text")
    if len(value) < least:
        raise InputError("'text' is empty: write something")
    if len(value) > LONGEST_TEXT:
        raise InputError(f"'text' is longer than {LONGEST_TEXT} characters: shorten it")
    if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise InputError("'text' holds a sign that is no character: take it out")


def seconds(values: Mapping[str, Any], field: str) -> Any:
    """A number of a request as seconds; anything else as it is, for the check to refuse."""
    value = values.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    try:
        return float(value)
    except OverflowError:
        return math.inf


def written(values: Mapping[str, Any]) -> Any:
    """The text of a request without space around it, its lines ended in one way."""
    text = values.get("text")
    return text.replace("\r\n", "\n").replace("\r", "\n").strip() if isinstance(text, str) else text
