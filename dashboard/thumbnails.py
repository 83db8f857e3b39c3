"""A small picture of a session for lists, made once and kept in the session's folder."""

from __future__ import annotations

import contextlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.answers import PRIVATE, problem, session_route
from scoring.catalogue import Catalogue
from scoring.files import replacing
from scoring.session import Session

FILE = "thumbnail.jpg"
SIDE_PX = 400  # shown at about 300, and at half of it on phones with sharp screens
SHARE = 0.3  # of the recording: people sit and talk by then


def thumbnail_routes(catalogue: Catalogue) -> list[Route]:
    """The route over one library."""
    return [Route("/api/session/{id}/thumbnail", session_route(catalogue, _thumbnail))]


def _thumbnail(session: Session, request: Request) -> Response:
    kept = session.path / FILE
    if kept.is_file() and not kept.is_symlink():
        data = kept.read_bytes()
    else:
        data = _made(session)
        if not data:
            return problem("This session has no picture.", 404)
        # one that can't be written is still shown
        with contextlib.suppress(OSError), replacing(kept) as path:
            path.write_bytes(data)
    return Response(data, media_type="image/jpeg", headers=PRIVATE)


def _made(session: Session) -> bytes:
    """The picture as JPEG; empty where there is none."""
    from scoring.stills import stills

    if session.video is None:
        return b""
    source = session.info.get("source")
    length_s = source.get("duration_s") if isinstance(source, dict) else None
    length_s = length_s if isinstance(length_s, int | float) else 0.0
    for time_s in (SHARE * length_s, 0.0):  # what is said of its length may be wrong
        found = stills(session.video, [time_s], SIDE_PX)
        if found:
            return found[time_s]
    return b""
