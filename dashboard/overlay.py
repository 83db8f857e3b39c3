"""What the page draws over the pictures: stored landmarks and lines of sight, in blocks of time.

A block is ``ATOV``, the length of a JSON header (uint32), the header, and then the columns that it lists, one
after the other, each from a multiple of 8 bytes on: ``{"rows", "columns": [{"name", "type", "width"}]}``,
types ``f8``, ``f4`` and ``f2`` (IEEE 754, little-endian). NaN: not found, or not measurable.
"""

from __future__ import annotations

import json
import struct
from functools import lru_cache
from pathlib import Path

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from attune import InputError
from dashboard.answers import BadRequest, session_route
from dashboard.curves import RAW, curves, state_of
from scoring.cameras import Camera
from scoring.catalogue import Catalogue
from scoring.landmark_blocks import BLOCK_S, LandmarkBlocks, drawn
from scoring.session import LANDMARKS, Session
from scoring.timeline import PERSON_LABELS

MAGIC = b"ATOV"
GAZE = ("gaze_yaw_deg", "gaze_pitch_deg")
SAME_FRAME_S = 0.02  # the signals' row of a picture has its time but for rounding
WORDS = {"eye_contact": "at target"}  # beside a person; all other states are called as on the timeline


def overlay_routes(catalogue: Catalogue) -> list[Route]:
    """The landmarks of one person in one block of time."""
    return [Route("/api/session/{id}/overlay/{person}", session_route(catalogue, _block))]


def missing(session: Session) -> str:
    """Why nothing can be drawn, in a sentence; empty where it can."""
    if session.video is None:
        return "No overlay without the video."
    if not (session.path / LANDMARKS).is_file():
        return "No overlay: the landmarks were not kept."
    try:
        _blocks(session.path, state_of(session.path))
    except InputError:
        return "No overlay: the landmarks can't be read, as their file is damaged."
    return ""


def description(session: Session, base: str, cameras: tuple[Camera, ...]) -> dict:
    """What the page needs to draw, where nothing is `missing`.

    Parameters
    ----------
    base : str
        The session's address.
    """
    shown = [(camera, person) for camera in cameras for person in camera.persons]
    return {
        "block_s": BLOCK_S,
        **drawn(),
        "words": WORDS,
        "people": [
            {
                "person": person,
                "label": PERSON_LABELS.get(person, person),
                "url": f"{base}/overlay/{person}",
                "camera": camera.number,
                "size": camera.size,
                "across": _across(session, person, camera),
            }
            for camera, person in shown
        ],
    }


def _across(session: Session, person: str, camera: Camera) -> float:
    """How far right in the picture a person mostly is, as a share of its width."""
    places = curves(session, person, ("face_x_px",))["face_x_px"]
    known = places[np.isfinite(places)]
    return float(np.median(known)) / camera.size[0] if len(known) else float(person != "staff")


def _block(session: Session, request: Request) -> Response:
    person, number = request.path_params["person"], request.query_params.get("block", "")
    if not number.isascii() or not number.isdecimal() or len(number) > 6:
        raise BadRequest("block is the number of a block of time, from 0")
    if not (session.path / LANDMARKS).is_file():
        raise LookupError("This session was kept without landmarks.")
    data = encoded(session, person, int(number))
    return Response(data, media_type="application/octet-stream", headers=RAW)


def encoded(session: Session, person: str, number: int) -> bytes:
    """One block as the page gets it: the landmarks and, at the same moments, where the person looked.

    Raises
    ------
    LookupError
        Nobody of that name was measured.
    InputError
        A file of the session can't be read.
    """
    state = state_of(session.path)
    times, gaze = _gaze(session.path, person, state)
    found = _blocks(session.path, state).block(person, number)
    columns = {"time_s": found.time_s, "origin_px": found.origin_px, "face": found.face, "pose": found.pose}
    return packed({**columns, "gaze_deg": _at(found.time_s, times, gaze)})


def packed(columns: dict[str, np.ndarray]) -> bytes:
    """Float arrays of equally many rows in the format that this module describes."""
    listed, parts = [], []
    for name, values in columns.items():
        kind = f"f{values.dtype.itemsize}"
        width = 1 if values.ndim == 1 else values.shape[1]
        listed.append({"name": name, "type": kind, "width": width})
        parts.append(_padded(np.ascontiguousarray(values, f"<{kind}").tobytes()))
    rows = len(next(iter(columns.values())))
    header = json.dumps({"rows": rows, "columns": listed}).encode()
    return b"".join([_padded(MAGIC + struct.pack("<I", len(header)) + header), *parts])


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 8)


def _at(wanted: np.ndarray, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The values' rows at these times, NaN where there is none; shape (len(wanted), columns)."""
    rows = np.full((len(wanted), values.shape[1]), np.nan, np.float32)
    if len(times):
        after = np.clip(np.searchsorted(times, wanted), 1, max(1, len(times) - 1))
        after = np.minimum(after, len(times) - 1)
        before = np.maximum(after - 1, 0)
        nearest = np.where(wanted - times[before] <= times[after] - wanted, before, after)
        same = np.abs(times[nearest] - wanted) <= SAME_FRAME_S
        rows[same] = values[nearest[same]]
    return rows


# The page asks for one block after the other: the tables behind them are looked at once. A session that is
# analysed again has another state.
@lru_cache(maxsize=8)
def _gaze(folder: Path, person: str, state) -> tuple[np.ndarray, np.ndarray]:
    found = curves(Session.open(folder), person, ("time_s", *GAZE))
    return found["time_s"], np.stack([found[name] for name in GAZE], axis=-1).astype(np.float32)


@lru_cache(maxsize=8)
def _blocks(folder: Path, state) -> LandmarkBlocks:
    return LandmarkBlocks(folder / LANDMARKS)
