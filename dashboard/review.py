"""What the review page of one session shows, as plain data for JSON; the curves as raw numbers."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import numpy as np

from dashboard import overlay
from dashboard.curves import curves, state_of
from dashboard.text import address
from scoring import notes, scorecard, timeline
from scoring.cameras import Camera, cameras_of
from scoring.session import Session
from scoring.summary import summary

COLUMNS = ("time_s", *(kind.line for kind in timeline.KINDS.values() if kind.line))


def answer(session: Session, id: str) -> bytes:
    """`review` as JSON. Made once for every state of the session's files: opening it again is quick."""
    return _answer(session.path, id, state_of(session.path))


@lru_cache(maxsize=16)
def _answer(folder: Path, id: str, state) -> bytes:
    shown = review(Session.open(folder), id)
    return json.dumps(shown, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def review(session: Session, id: str) -> dict:
    """Everything but the curves, ready for JSON.

    Parameters
    ----------
    session : Session
    id : str
        Its folder's name, for the addresses of video, curves and report.
    """
    base = address(id)
    shown = summary(session)
    cameras = cameras_of(session, shown.persons)
    no_overlay = overlay.missing(session)
    return {
        "title": shown.title,
        "meta": shown.meta,
        "measured": shown.measured,
        "notices": shown.notices,
        "duration_s": shown.duration_s,
        "fps": shown.fps,
        "video": f"{base}/video" if session.video else None,
        "cameras": [_camera(camera, base) for camera in cameras],
        # whose rows are the first video's frames
        "frames_of": next(iter(cameras[0].persons), None),
        "overlay": None if no_overlay else overlay.description(session, base, cameras),
        "no_overlay": no_overlay,
        "report": f"{base}/report",
        "signals": {
            person: {"url": f"{base}/signals/{person}", "columns": COLUMNS} for person in shown.persons
        },
        "lanes": [_lane(lane, shown.persons) for lane in shown.lanes],
        "scores": [
            {"person": person, "label": label, "groups": [_group(group) for group in groups]}
            for person, label, groups in shown.scores
        ],
        "score_note": scorecard.HOW_TO_READ,
        "feedback_heading": shown.feedback_heading,
        "feedback": [asdict(item) for item in shown.feedback],
        "language": shown.language,
        "note_kinds": [{"id": id, "label": label} for id, label in notes.KINDS.items()],
        "rubric": [{"id": id, **asdict(item)} for id, item in notes.rubric_of(session).items()],
        "foot": shown.footnotes,
    }


def signals(session: Session, person: str) -> bytes:
    """The curves of one person: `COLUMNS` one after the other, float32, NaN where not measurable.

    Raises
    ------
    LookupError
        Nobody of that name was measured.
    """
    rows = curves(session, person, COLUMNS)
    return np.stack([rows[name].astype("<f4") for name in COLUMNS]).tobytes()


def _camera(camera: Camera, base: str) -> dict:
    who = " and ".join(timeline.PERSON_LABELS.get(person, person) for person in camera.persons)
    width, height = camera.size
    path = f"{base}/video" if camera.number == 1 else f"{base}/video2"
    return {
        "label": f"{who} · camera {camera.number}",
        "number": camera.number,
        "staff": "staff" in camera.persons,
        "video": path if camera.video else None,
        "offset_s": camera.offset_s,
        "aspect": width / height,
    }


def _lane(lane: timeline.Lane, persons: tuple[str, ...]) -> dict:
    return {
        "cue": lane.cue,
        "person": lane.person,
        "label": lane.label,
        "name": timeline.CUES[lane.cue][0],
        # what belongs to both is the same in either table
        "signals": lane.person if lane.person in persons else (persons[0] if persons else None),
        "kinds": [asdict(kind) for kind in lane.kinds],
        "curves": [kind.kind for kind in lane.curves],
        "blocks": [
            {"kind": block.kind, "start": block.start_s, "end": block.end_s, "text": block.text}
            for block in lane.blocks
        ],
        "gaps": [{"start": gap.start_s, "end": gap.end_s, "reason": gap.reason} for gap in lane.gaps],
        "note": lane.note,
        "empty": lane.empty,
    }


def _group(group: scorecard.Group) -> dict:
    rows = [{**asdict(row), "said": row.said, "spoken": row.spoken} for row in group.rows]
    return {"cue": group.cue, "label": group.label, "notes": group.notes, "rows": rows}
