"""The dashboard's own routes: a session's video, signals and everything its page shows, by address."""

from __future__ import annotations

from functools import wraps
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from attune import AttuneError
from dashboard import review, shelf

PLAYER = Path(__file__).with_name("player")
MODULES = ("player.js", "second.js", "timeline.js", "cards.js", "format.js")
PRIVATE = {"cache-control": "no-store"}  # pictures of people don't belong in a browser's disk cache
GONE = "There is no such session in this library."


def routes(library: Path) -> list[Route]:
    """The routes over one library. Read only; whatever isn't listed under /api or /player is 404."""

    def session_route(answer):
        """A handler that gets the opened session, and turns what can go wrong into one sentence."""

        @wraps(answer)
        def handle(request: Request) -> Response:
            try:
                return answer(shelf.open_session(library, request.path_params["id"]), request)
            except LookupError:
                return _problem(GONE, 404)
            except AttuneError as problem:
                return _problem(str(problem), 422)

        return handle

    return [
        Route("/api/session/{id}/review", session_route(_review)),
        Route("/api/session/{id}/signals/{person}", session_route(_signals)),
        Route("/api/session/{id}/video", session_route(_video)),
        Route("/api/session/{id}/video2", session_route(_second_video)),
        Route("/api/session/{id}/report", session_route(_report)),
        Route("/player/{name}", _module),
        Route("/api/{rest:path}", lambda request: _problem("Nothing is here.", 404)),
        Route("/player/{rest:path}", lambda request: _problem("Nothing is here.", 404)),
    ]


def _review(session, request: Request) -> Response:
    return JSONResponse(review.review(session, request.path_params["id"]), headers=PRIVATE)


def _signals(session, request: Request) -> Response:
    data = review.signals(session, request.path_params["person"])
    return Response(data, media_type="application/octet-stream", headers=PRIVATE)


def _video(session, request: Request) -> Response:
    return _file(session, session.video)


def _second_video(session, request: Request) -> Response:
    return _file(session, session.second_video)


def _file(session, video: Path | None) -> Response:
    if video is None or not Path(video).resolve().is_relative_to(Path(session.path).resolve()):
        return _problem("This session was kept without its video.", 404)
    return FileResponse(video, media_type="video/mp4", headers=PRIVATE)


def _report(session, request: Request) -> Response:
    from scoring.report import render

    return HTMLResponse(render(session), headers=PRIVATE)


def _module(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in MODULES:
        return _problem("Nothing is here.", 404)
    return FileResponse(PLAYER / name, media_type="text/javascript", headers={"cache-control": "no-cache"})


def _problem(sentence: str, status: int) -> Response:
    return JSONResponse({"error": sentence}, status, headers=PRIVATE)
