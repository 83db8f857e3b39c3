"""The report: one session as one HTML file that needs nothing else, on screen and on paper."""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scoring import scorecard, timeline
from scoring.cameras import Camera, cameras_of
from scoring.files import sync, writing
from scoring.session import Session
from scoring.stills import stills
from scoring.summary import Item, Summary, summary

PICTURES_PER_ITEM = 2
BINS = 700  # horizontal resolution of a curve
GAP_S = 0.5  # a curve isn't drawn across a longer hole
LABEL, ROW, CURVE = 4, 16, 28  # heights in a lane's drawing, in CSS pixels


def write_report(session: Session, path: Path) -> Path:
    """Writes the report of a session; an existing file of that name is replaced, whole or not at all.

    Raises
    ------
    OutputError
        The file can't be written.
    InputError
        The session can't be read.
    """
    path = Path(path)
    text = render(session)
    with writing(path):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
        temporary = Path(name)
        try:
            os.close(handle)
            temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
            temporary.chmod(0o644)
            sync(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return path


def render(session: Session) -> str:
    """The report as text. Every word that comes from a session is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    shown = summary(session)
    cameras = cameras_of(session, shown.persons)
    environment = Environment(
        loader=PackageLoader("scoring"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["clock"] = timeline.clock
    return environment.get_template("report.html").render(
        shown=shown,
        pictures=_pictures(cameras, shown),
        lanes=[_drawn(lane, shown, session) for lane in shown.lanes],
        ticks=_ticks(shown.duration_s),
        how_to_read=scorecard.HOW_TO_READ,
        kinds=timeline.KINDS,
        sizes={"label": LABEL, "row": ROW, "curve": CURVE},
    )


def _pictures(cameras: Sequence[Camera], shown: Summary) -> list[list[tuple[str, str]]]:
    """For each feedback item its pictures: caption and data URI."""
    found = {camera.number: _stills(camera, shown) for camera in cameras}
    result = []
    for item in shown.feedback:
        chosen = [camera for camera in cameras if _speaks_of(item, camera)]
        named = len(cameras) > 1
        result.append(
            [
                (_caption(time, camera if named else None), _data_uri(found[camera.number][time]))
                for time in _moments(item)
                for camera in chosen
                if time in found[camera.number]
            ]
        )
    return result


def _stills(camera: Camera, shown: Summary) -> dict[float, bytes]:
    """The camera's pictures at the moments the feedback speaks of, by the session's time."""
    wanted = {time for item in shown.feedback if _speaks_of(item, camera) for time in _moments(item)}
    if camera.video is None or not wanted:
        return {}
    own = {time: camera.own_s(time) for time in wanted}
    taken = stills(camera.video, own.values())
    return {time: taken[at] for time, at in own.items() if at in taken}


def _speaks_of(item: Item, camera: Camera) -> bool:
    """Feedback is the staff member's; what belongs to both is seen in both pictures."""
    return "staff" in camera.persons or item.cue in timeline.OF_BOTH


def _caption(time: float, camera: Camera | None) -> str:
    at = timeline.clock(time, tenths=True)
    who = [timeline.PERSON_LABELS.get(person, person).lower() for person in camera.persons] if camera else []
    return " · ".join([at, *who])


def _data_uri(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _moments(item: Item) -> list[float]:
    return [(start + end) / 2 for start, end in item.spans[:PICTURES_PER_ITEM]]


def _drawn(lane: timeline.Lane, shown: Summary, session: Session) -> dict:
    """A lane with its curves, as the template draws it."""
    # what belongs to both stands in either table
    person = lane.person if lane.person in shown.persons else next(iter(shown.persons), None)
    curves = []
    if person and lane.curves:
        rows = session.signals().person(person)
        times = rows["time_s"].to_numpy()
        curves = [(kind, curve(times, rows[kind.line].to_numpy(), shown.duration_s)) for kind in lane.curves]
    return {"lane": lane, "curves": curves, "blocks_height": lane.rows * (ROW + 2)}


def curve(times: np.ndarray, values: np.ndarray, duration_s: float) -> list[str]:
    """Polylines through the lowest and highest value of each of `BINS` columns, broken where not measurable.

    Parameters
    ----------
    times, values : ndarray, shape (n,)
        Seconds; 0 to 1, NaN where not measurable.
    duration_s : float
        What the whole width stands for.

    Returns
    -------
    list of str
        ``points`` attributes in a box of ``BINS`` x 1, y downward.
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
    lines = []
    for part in np.split(np.arange(len(starts)), breaks):
        points = []
        for i in part:
            x = columns[starts[i]] + 0.5
            points.append(f"{x:g},{1 - low[i]:.3f}")
            if high[i] - low[i] > 0.005:
                points.append(f"{x:g},{1 - high[i]:.3f}")
        lines.append(" ".join(points if len(points) > 1 else points * 2))
    return lines


def _ticks(duration_s: float) -> list[tuple[float, str]]:
    """Marks of the time axis: share of the width, and text."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
    step = next((step for step in steps if duration_s / step <= 12), 7200)
    times = np.arange(0, 0.97 * duration_s, step)  # a text at the very end would stick out
    return [(float(time) / duration_s, timeline.clock(time)) for time in times]
