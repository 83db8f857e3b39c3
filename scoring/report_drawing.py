"""The report's timeline as shapes: strips of time, and in each what is drawn of every lane.

Widths are shares (0 to 1) of a strip's width, heights CSS pixels: the same drawing fits a phone, a wide
window and a page of paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from scoring import timeline
from scoring.corrections import Correction
from scoring.session import Session
from scoring.summary import Summary

ROW, CURVE, MARK = 16, 28, 16  # heights of a row of blocks, a curve and a row of marks, in CSS pixels
BINS = 700  # horizontal resolution of a curve
GAP_S = 0.5  # a curve isn't drawn across a longer hole
LEAST = 0.0015  # the share of the width that a short event takes all the same, or it wouldn't be seen
LETTER = 0.011  # the share of the width that a letter of a block's word takes
STRIPS_S = (600, 900, 1200, 1800, 3600)  # lengths to choose from where a session needs several
WHOLE_S, MOST = 900, 6  # up to this long it is one strip; else rather longer strips than more of them
MARK_WIDTH = 0.1  # the share of a phone's width that a mark with its number takes
LAST_MARK = 1 - MARK_WIDTH


@dataclass(frozen=True)
class Box:
    """Something drawn from `left` on over `width`, in row `row`; `text` stands on it, `title` explains it.

    `verdict` is what people said of it: an event that is ``wrong``, or was ``missing``; else empty.
    """

    left: float
    width: float
    title: str
    kind: timeline.Kind | None = None
    text: str = ""
    row: int = 0
    verdict: str = ""

    @property
    def tight(self) -> bool:
        """Whether its text has no room on a narrow screen."""
        return self.width < 2 * LETTER * (len(self.text) + 1)


@dataclass(frozen=True)
class Drawn:
    """A lane in a strip: its blocks, hatched gaps and curves (``points`` in a box of `BINS` x `CURVE`)."""

    lane: timeline.Lane
    blocks: tuple[Box, ...]
    gaps: tuple[Box, ...]
    curves: tuple[tuple[timeline.Kind, list[str]], ...]

    @property
    def blocks_height(self) -> int:
        return self.lane.rows * (ROW + 2)

    @property
    def height(self) -> int:
        return self.blocks_height + (CURVE + 4 if self.curves else 2)

    @property
    def spoken(self) -> str:
        """The drawing in a sentence, for those who don't see it."""
        return f"{self.lane.label}: {len(self.blocks)} events, {len(self.gaps)} spans not measurable"


@dataclass(frozen=True)
class Mark:
    """A moment or span of the session that something written further down speaks of."""

    start_s: float
    end_s: float
    text: str
    title: str


@dataclass(frozen=True)
class Strip:
    """A stretch of time as wide as the page; `used` is the share of it that the session takes."""

    start_s: float
    end_s: float
    used: float
    lanes: tuple[Drawn, ...]
    marks: tuple[Box, ...]
    ticks: tuple[tuple[float, str], ...]

    @property
    def marks_height(self) -> int:
        return (1 + max((mark.row for mark in self.marks), default=-1)) * (MARK + 6)


def strips(
    session: Session, shown: Summary, marks: Sequence[Mark] = (), corrections: Sequence[Correction] = ()
) -> list[Strip]:
    """The timeline of a session; a long one in several strips, or nothing short could be seen in it.

    Parameters
    ----------
    session : Session
    shown : Summary
        What is shown of it.
    marks : sequence of Mark
        In order of time.
    corrections : sequence of Correction
        What people said of the events.
    """
    spans = _spans(max(shown.duration_s, 1e-9))
    # of a long session they would be a thicket: the dashboard has them, where one can zoom in
    curved = len(spans) == 1
    lanes = [
        (lane, _curves(lane, shown, session, spans[0][1]) if curved else ())
        for lane in shown.lanes
        if not lane.empty
    ]
    return [
        Strip(
            *span,
            min((shown.duration_s - span[0]) / (span[1] - span[0]), 1.0),
            tuple(_drawn(lane, span, curves, corrections) for lane, curves in lanes),
            _marks([mark for mark in marks if _begins_in(mark, span, spans[-1])], span),
            _ticks(*span),
        )
        for span in spans
    ]


def _spans(duration_s: float) -> list[tuple[float, float]]:
    if duration_s <= WHOLE_S:
        return [(0.0, duration_s)]
    step = next((one for one in STRIPS_S if duration_s / one <= MOST), STRIPS_S[-1])
    # all are equally wide on the page and so must last equally long; the last may reach beyond the end
    return [(float(k * step), float((k + 1) * step)) for k in range(ceil(duration_s / step))]


def _drawn(lane: timeline.Lane, span: tuple[float, float], curves, corrections) -> Drawn:
    blocks = []
    for block, verdict in _judged(lane, corrections):
        kind, title = timeline.KINDS[block.kind], f"{between(block.start_s, block.end_s)} {block.text}"
        for left, width in _shares(block.start_s, block.end_s, span):
            text = kind.short if width > LETTER * (len(kind.short) + 1) else ""
            blocks.append(Box(left, width, title, kind, text, kind.row, verdict))
    gaps = []
    for gap in lane.gaps:
        title = f"{between(gap.start_s, gap.end_s)} Not measurable: {gap.reason}"
        gaps += [Box(left, width, title) for left, width in _shares(gap.start_s, gap.end_s, span)]
    return Drawn(lane, tuple(blocks), tuple(gaps), curves)


def _judged(lane: timeline.Lane, corrections: Sequence[Correction]) -> list[tuple[timeline.Block, str]]:
    """The lane's events, each with what was said of it, and those that were missing."""
    kinds = {kind.kind: kind for kind in lane.kinds}
    said = {one.event: one for one in corrections if one.person == lane.person and one.kind in kinds}
    result = []
    for block in lane.blocks:
        event = (lane.person, block.kind, round(block.start_s, 6), round(block.end_s, 6))
        wrong = event in said and said.pop(event).verdict == "wrong"
        named = replace(block, text=f"{block.text}, marked as wrong") if wrong else block
        result.append((named, "wrong" if wrong else ""))
    for one in said.values():
        if one.verdict == "missing":
            text = f"{kinds[one.kind].label}, added"
            result.append((timeline.Block(one.kind, one.start_s, one.end_s, text), "missing"))
    return result


def _shares(start_s: float, end_s: float, span: tuple[float, float]) -> Iterable[tuple[float, float]]:
    """Where a span of time lies in a strip; nothing where it lies outside."""
    begin, end = span
    if start_s < end and end_s > begin:
        left = (max(start_s, begin) - begin) / (end - begin)
        width = max((min(end_s, end) - begin) / (end - begin) - left, LEAST)
        yield min(left, 1 - width), width


def _begins_in(mark: Mark, span: tuple[float, float], last: tuple[float, float]) -> bool:
    return span[0] <= mark.start_s and (mark.start_s < span[1] or span == last)


def _marks(marks: Sequence[Mark], span: tuple[float, float]) -> tuple[Box, ...]:
    """Each where it begins, in the first row in which there is room."""
    begin, end = span
    ends: list[float] = []
    boxes = []
    for mark in marks:
        left = (mark.start_s - begin) / (end - begin)
        width = (min(mark.end_s, end) - mark.start_s) / (end - begin)
        first = left if left <= LAST_MARK else left - MARK_WIDTH  # at the end the text stands before the mark
        row = next((row for row, taken in enumerate(ends) if taken <= first), len(ends))
        ends[row : row + 1] = [max(first + MARK_WIDTH, left + width) + LEAST]
        boxes.append(Box(left, max(width, LEAST), mark.title, text=mark.text, row=row))
    return tuple(boxes)


def between(start_s: float, end_s: float, tenths: bool = False) -> str:
    """A span of time as ``m:ss–m:ss``, with tenths when asked."""
    return f"{timeline.clock(start_s, tenths)}–{timeline.clock(end_s, tenths)}"


def _curves(lane: timeline.Lane, shown: Summary, session: Session, duration_s: float) -> tuple:
    # what belongs to both stands in either table
    person = lane.person if lane.person in shown.persons else next(iter(shown.persons), None)
    if not person or not lane.curves:
        return ()
    rows = session.signals().person(person)
    times = rows["time_s"].to_numpy()
    return tuple((kind, curve(times, rows[kind.line].to_numpy(), duration_s)) for kind in lane.curves)


def curve(times: np.ndarray, values: np.ndarray, duration_s: float) -> list[str]:
    """Polylines through the lowest and highest value of each of `BINS` columns, broken where not measurable.

    Parameters
    ----------
    times, values : ndarray, shape (n,)
        Seconds, ascending; 0 to 1, NaN where not measurable.
    duration_s : float
        What the whole width stands for.

    Returns
    -------
    list of str
        ``points`` attributes in a box of `BINS` x `CURVE`, y downward.
    """
    known = ~np.isnan(values)
    times, values = times[known], values[known]
    if not len(times):
        return []
    columns = np.minimum((times / max(duration_s, 1e-9) * BINS).astype(int), BINS - 1)
    starts = np.flatnonzero(np.r_[True, np.diff(columns) > 0])
    low, high = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    ends = np.r_[starts[1:], len(times)] - 1
    breaks = np.flatnonzero(times[starts[1:]] - times[ends[:-1]] > GAP_S) + 1
    x = np.repeat(columns[starts] + 0.5, 2)
    y = np.round((1 - np.column_stack([low, high]).ravel()) * CURVE, 1)
    return [_points(px, py) for px, py in zip(np.split(x, 2 * breaks), np.split(y, 2 * breaks), strict=True)]


def _points(x: np.ndarray, y: np.ndarray) -> str:
    """As text, without the points between two of the same height: a line goes there anyway."""
    inner = np.r_[False, (y[1:-1] == y[:-2]) & (y[1:-1] == y[2:]), False]
    return " ".join(f"{px:g},{py:g}" for px, py in zip(x[~inner], y[~inner], strict=True))


def _ticks(begin: float, end: float) -> tuple[tuple[float, str], ...]:
    """Marks of the time axis: share of the width, and text."""
    duration = end - begin
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
    step = next((step for step in steps if duration / step <= 12), 7200)
    times = np.arange(0, 0.97 * duration, step)  # a text at the very end would stick out
    return tuple((float(time) / duration, timeline.clock(begin + time)) for time in times)
