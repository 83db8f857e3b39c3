"""The dashboard's own routes: a session's video, signals and everything its page shows, by address."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from dashboard import review
from dashboard.answers import PRIVATE, problem, session_route
from dashboard.curves import RAW
from dashboard.index import index_routes
from dashboard.jobs import job_routes
from dashboard.notes import note_routes
from dashboard.overlay import overlay_routes
from dashboard.recordings import recording_routes
from dashboard.report_routes import report_routes
from dashboard.thumbnails import thumbnail_routes
from dashboard.uploads import upload_routes
from scoring.catalogue import Catalogue

PLAYER = Path(__file__).with_name("player")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def routes(library: Path) -> list[Route]:
    """The routes over one library; whatever isn't listed under /api or /player is 404."""
    catalogue = Catalogue(library)

    def session(path: str, answer, **options) -> Route:
        return Route(f"/api/session/{{id}}/{path}", session_route(catalogue, answer), **options)

    return [
        session("review", _review),
        session("signals/{person}", _signals),
        session("video", _video),
        session("video2", _second_video),
        *recording_routes(catalogue),
        *report_routes(catalogue),
        *overlay_routes(catalogue),
        *job_routes(catalogue),
        *note_routes(catalogue),
        *upload_routes(catalogue),
        *thumbnail_routes(catalogue),
        *index_routes(),
        Route("/player/{name}", _module),
        Route("/api/{rest:path}", _nothing, methods=METHODS),
        Route("/player/{rest:path}", _nothing, methods=METHODS),
    ]


def _review(session, request: Request) -> Response:
    data = review.answer(session, request.path_params["id"])
    return Response(data, media_type="application/json", headers=PRIVATE)


def _signals(session, request: Request) -> Response:
    data = review.signals(session, request.path_params["person"])
    return Response(data, media_type="application/octet-stream", headers=RAW)


def _video(session, request: Request) -> Response:
    return _file(session, session.video)


def _second_video(session, request: Request) -> Response:
    return _file(session, session.second_video)


def _file(session, video: Path | None) -> Response:
    if video is None or not Path(video).resolve().is_relative_to(Path(session.path).resolve()):
        return problem("This session was kept without its video.", 404)
    return FileResponse(video, media_type="video/mp4", headers=PRIVATE, stat_result=video.stat())


def _module(request: Request) -> Response:
    """A script of the pages: one of the files that come with them, by its plain name."""
    file = PLAYER / request.path_params["name"]
    if file.parent != PLAYER or file.suffix != ".js" or not file.is_file():
        return _nothing(request)
    return FileResponse(file, media_type="text/javascript", headers={"cache-control": "no-cache"})


def _nothing(request: Request) -> Response:
    return problem("Nothing is here.", 404)
