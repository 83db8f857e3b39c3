"""Differences and scores over time, drawn as HTML: every text in it escaped, every picture also in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import streamlit as st

from dashboard.page import PLAYER
from dashboard.text import day, moment
from scoring.comparison import NO_CLEAR_CHANGE, Change, ChangeGroup
from scoring.history import Recurring
from scoring.timeline import clock

TEMPLATES = Path(__file__).with_name("templates")
SIGNS = {"higher": "▲", "lower": "▼", NO_CLEAR_CHANGE: "≈"}
TYPES = {"keep": "✓ Keep", "try": "→ Try"}
ROOM, MARGIN = 92.0, 4.0  # percent of the time axis that points use, and what is free at either end
APART = 3.0  # percent: points nearer than this would hide each other
MANY = 20  # more points than this are drawn smaller
HEADROOM = 1.15
STEPS = (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10)
REACH = 2.2  # an interval may widen the scale up to so many times what the values need

Ends = tuple[float | None, float | None]


@dataclass(frozen=True)
class Table:
    """A plain table; the first cell of a row is its heading, and a link where there is an address."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Mark:
    """One value over time.

    Attributes
    ----------
    when : datetime or None
        None: it has no place on the time axis and stands in the table only.
    value : float or None
        None: not measurable.
    ci95 : tuple of float, or None
    title, address : str
        The session's title and the address of its page.
    text, interval, note : str
        Value and interval in words; why there is none, or what else to say.
    """

    when: datetime | None
    value: float | None
    ci95: tuple[float, float] | None
    title: str
    address: str
    text: str
    interval: str = ""
    note: str = ""

    @property
    def tip(self) -> str:
        said = (moment(self.when), self.text, self.interval and f"95 %: {self.interval}", self.note)
        return f"{self.title}\n{' · '.join(part for part in said if part)}"


@dataclass(frozen=True)
class Trend:
    """A score over time with what it is held against.

    Attributes
    ----------
    label, latest : str
    marks : tuple of Mark
        In order of time.
    write : callable
        An end of the scale in words.
    low, high : float, float or None
        The scale's ends; the upper one is chosen where it is None.
    band, goal : tuple of (float or None, float or None), or None
        An end that is open is None.
    change, aim : str
        What changed and how the goal stands, each in a sentence.
    colour : str
    """

    label: str
    latest: str
    marks: tuple[Mark, ...]
    write: Callable[[float], str]
    low: float = 0.0
    high: float | None = None
    band: Ends | None = None
    goal: Ends | None = None
    change: str = ""
    aim: str = ""
    colour: str = "#0072B2"

    @property
    def top(self) -> float:
        """The upper end of the scale: holds every value, band and goal, and intervals within reason."""
        if self.high is not None:
            return self.high
        ends = [*(mark.value for mark in self.marks), *(self.band or ()), *(self.goal or ())]
        needed = max((end for end in ends if end is not None), default=1.0) * HEADROOM or 1.0
        reached = max((mark.ci95[1] for mark in self.marks if mark.ci95), default=0.0)
        return _round_up(max(needed, min(reached, REACH * needed)))

    @property
    def numbers(self) -> Table:
        rows = (
            (mark.address, (moment(mark.when) or "no date", mark.text, mark.interval, _joined(mark)))
            for mark in self.marks
        )
        head = ("Session", "Value", "95 % interval", "Title and remarks")
        return Table(f"{self.label} as numbers", head, tuple(rows))


def style() -> None:
    """Load what the drawn parts look like; once a page."""
    st.html(f"<style>{(PLAYER / 'charts.css').read_text('utf-8')}</style>")


def words(text: str = "", heading: str = "", notes: Iterable[str] = (), shown: Table | None = None) -> None:
    """A heading, what to know before reading (a line each), a paragraph and a table, as far as given."""
    _show("words.html", text=text, heading=heading, notes=tuple(notes), shown=shown)


def differences(heading: str, groups: Sequence[ChangeGroup]) -> None:
    """The table of two sessions' differences, each drawn as an interval around zero.

    Scores of one unit share a scale, so that lengths can be compared.
    """
    reaches: dict[str, float] = {}
    for one in (one for group in groups for one in group.changes):
        if one.difference:
            reach = 1.05 * max(abs(end) for end in one.difference.ci95)
            reaches[_unit(one)] = max(reaches.get(_unit(one), 1e-6), reach)
    shown = [
        {"label": group.label, "rows": [_row(one, reaches) for one in group.changes]} for group in groups
    ]
    _show("differences.html", heading=heading, groups=shown)


def trends(all_of_them: Iterable[Trend], heading: str = "", text: str = "") -> None:
    """One chart for each score."""
    shown = [(trend, _plot(trend)) for trend in all_of_them]
    _show("trends.html", shown=shown, heading=heading, text=text)


def again(heading: str, items: Sequence[Recurring]) -> None:
    """Feedback that keeps coming back, each with links to the moments it spoke of."""
    _show("again.html", heading=heading, items=items, types=TYPES)


def address(id: str, start: float | None = None, end: float | None = None) -> str:
    """The page of a session, at a moment of it."""
    span = "" if start is None else f"#t={start:.2f}" + ("" if end is None else f",{end:.2f}")
    return f"/review?session={quote(id, safe='')}{span}"


def places(times: Sequence[datetime]) -> list[float]:
    """Where times (in order) stand on the axis, in percent of its width: in proportion, but never so near
    that one point hides another.

    Examples
    --------
    >>> places([datetime(2025, 1, 1), datetime(2025, 1, 2), datetime(2025, 1, 5)])
    [4.0, 27.0, 96.0]
    """
    gaps = max(1, len(times) - 1)
    whole = (times[-1] - times[0]).total_seconds() if times else 0.0
    if not whole:
        step = min(2 * APART, ROOM / gaps)
        return [50 + (i - (len(times) - 1) / 2) * step for i in range(len(times))]
    least = min(APART, ROOM / (2 * gaps))  # half of the width at least is left to time itself
    at = [0.0]
    for earlier, later in pairwise(times):
        at.append(at[-1] + max(least, ROOM * (later - earlier).total_seconds() / whole))
    return [round(MARGIN + ROOM * x / at[-1], 3) for x in at]


@cache
def _templates():
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "percent": lambda x: f"{x:.2f}%", "clock": clock, "moment": moment, "address": address,
    }  # fmt: skip
    return environment


def _show(template: str, **values: Any) -> None:
    st.html(_templates().get_template(template).render(**values))


def _round_up(number: float) -> float:
    """The next number that reads well on a scale."""
    power = 10.0 ** math.floor(math.log10(number))
    return next(step * power for step in STEPS if step * power >= number * (1 - 1e-9))


def _joined(mark: Mark) -> str:
    return " · ".join(part for part in (mark.title, mark.note) if part)


def _unit(one: Change) -> str:
    return "rate" if one.style == "count" and one.why else one.style


def _row(one: Change, reaches: Mapping[str, float]) -> dict[str, Any]:
    said = f"{SIGNS.get(one.verdict, '–')} {one.verdict}" + (f", {one.toward}" if one.toward else "")
    if one.difference is None:
        return {"change": one, "said": said, "drawn": False}
    numbers = (*one.difference.ci95, one.difference.value)
    left, right, dot = (50 + 50 * number / reaches[_unit(one)] for number in numbers)
    certain = one.verdict != NO_CLEAR_CHANGE
    drawn = {"drawn": True, "certain": certain, "left": left, "width": right - left, "dot": dot}
    return {"change": one, "said": said, **drawn}


def _plot(trend: Trend) -> dict[str, Any] | None:
    """Where everything of a chart stands, in percent of its width and height; None without a date."""
    dated = [mark for mark in trend.marks if mark.when is not None]
    if not dated:
        return None
    low, top = trend.low, trend.top

    def at(value: float) -> float:
        return 100 * min(max((value - low) / (top - low), 0.0), 1.0)

    def placed(mark: Mark, x: float) -> dict[str, Any]:
        ends = [at(end) for end in mark.ci95 or ()]
        return {
            "x": x, "y": at(low if mark.value is None else mark.value), "tip": mark.tip,
            "line": (ends[0], ends[1] - ends[0]) if ends else None,
            "cut": bool(mark.ci95) and mark.ci95[1] > top,
            "side": " west" if x < 30 else " east" if x > 70 else "",
        }  # fmt: skip

    marks = list(zip(dated, places([mark.when for mark in dated if mark.when]), strict=True))
    field = trend.band and [at(end) for end in _closed(trend.band, low, top)]
    return {
        "spoken": _spoken(trend, dated),
        "scale": [trend.write(end) for end in (top, (low + top) / 2, low)],
        "field": field and (field[0], field[1] - field[0]),
        "goal": [at(end) for end in trend.goal or () if end is not None],
        "seen": [placed(mark, x) for mark, x in marks if mark.value is not None],
        "unseen": [placed(mark, x) for mark, x in marks if mark.value is None],
        "dense": len(dated) > MANY,
        "days": list(dict.fromkeys((day(dated[0].when), day(dated[-1].when)))),
    }


def _closed(ends: Ends, low: float, top: float) -> tuple[float, float]:
    return low if ends[0] is None else ends[0], top if ends[1] is None else ends[1]


def _spoken(trend: Trend, dated: Sequence[Mark]) -> str:
    """The chart in words; its numbers are in the table below it."""
    missing = sum(mark.value is None for mark in dated)
    count = "one session" if len(dated) == 1 else f"{len(dated)} sessions"
    parts = (
        f"{trend.label} in {count}, {trend.latest}",
        f"{missing} not measurable" if missing else "", trend.change, trend.aim,
    )  # fmt: skip
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)
