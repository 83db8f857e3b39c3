"""The report: one session as one HTML file that needs nothing else, on screen and on paper."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from scoring import report_drawing, scorecard, timeline
from scoring.cameras import Camera, cameras_of
from scoring.files import replacing, writing
from scoring.report_notes import written_about
from scoring.session import Session
from scoring.stills import stills
from scoring.summary import Item, Summary, summary

PICTURES_PER_ITEM = 2
# Fonts that may be on the machine: none is fetched.
FONTS = "system-ui, Segoe UI, Roboto, Helvetica Neue, Arial, Liberation Sans, sans-serif"


def write_report(session: Session, path: Path) -> Path:
    """Writes the report of a session; an existing file of that name is replaced, whole or not at all.

    Raises
    ------
    OutputError
        The file can't be written.
    InputError
        The session can't be read.
    """
    return write_whole(Path(path), render(session).encode("utf-8"))


def write_whole(path: Path, content: bytes) -> Path:
    """Writes a file or leaves what was there: nobody ever finds half of it."""
    with writing(path), replacing(path) as temporary:
        temporary.write_bytes(content)
    return path


def render(session: Session, paper: bool = False) -> str:
    """The report as HTML. Every word that comes from a session or a person is escaped.

    Parameters
    ----------
    session : Session
    paper : bool
        Leave out what only a screen can show.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    shown = summary(session)
    said = written_about(session)
    environment = Environment(
        loader=PackageLoader("scoring"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["clock"] = timeline.clock
    environment.filters["share"] = lambda share: f"{100 * share:.3f}%"
    text = environment.get_template("report.html").render(
        shown=shown,
        said=said,
        pictures=_pictures(cameras_of(session, shown.persons), shown),
        strips=report_drawing.strips(session, shown, said.marks, said.corrections),
        between=report_drawing.between,
        how_to_read=scorecard.HOW_TO_READ,
        sizes=report_drawing,
        fonts=FONTS,
        paper=paper,
    )
    return text.encode("utf-8", "backslashreplace").decode("utf-8")  # names may hold what is no character


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
