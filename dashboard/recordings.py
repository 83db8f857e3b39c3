"""Recording by address: a browser's camera sends piece by piece, one of this machine shows its pictures."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from attune import InputError, OutputError
from dashboard.answers import PRIVATE, BadRequest, answering, body_of, json_body, problem
from scoring import cut_short
from scoring.catalogue import Catalogue
from scoring.live_recordings import GONE, LONGEST_S, LiveRecordings, named_camera, offered_cameras
from scoring.position_help import MOST_BYTES, PositionHelp
from scoring.uploads import CHUNK_BYTES, Mismatch

PATIENCE_S = 1.0  # how long an answer waits for the next picture


def recording_routes(catalogue: Catalogue) -> list[Route]:
    """The routes over one library."""
    here = _Here(catalogue)
    one, short = "/api/record/{id}", "/api/record/cut-short/{key}"
    return [
        Route("/api/record", answering(here.begin), methods=["POST"]),
        Route("/api/record/look", answering(here.look), methods=["POST"]),
        Route("/api/record/position", answering(here.position), methods=["POST"]),
        Route("/api/record/cameras", answering(here.cameras), methods=["GET"]),
        Route("/api/record/cut-short", answering(here.cut_short), methods=["GET"]),
        Route(short, answering(here.finish), methods=["POST"]),
        Route(short, answering(here.throw_away), methods=["DELETE"]),
        Route(one, answering(here.state), methods=["GET"]),
        Route(one, answering(here.receive), methods=["PUT"]),
        Route(one, answering(here.discard), methods=["DELETE"]),
        Route(f"{one}/picture", answering(here.picture), methods=["GET"]),
        Route(f"{one}/pause", answering(here.pause), methods=["POST"]),
        Route(f"{one}/resume", answering(here.resume), methods=["POST"]),
        Route(f"{one}/notes", answering(here.note), methods=["POST"]),
        Route(f"{one}/end", answering(here.end), methods=["POST"]),
    ]


class _Here:
    def __init__(self, catalogue: Catalogue):
        self.library, self.user = catalogue.folder, catalogue.user
        self.recordings = LiveRecordings(catalogue.folder, catalogue.user)
        self.help = PositionHelp(lambda: self.recordings.at_work)

    async def begin(self, request: Request) -> Response:
        fields = await json_body(request)
        live = await run_in_threadpool(self.recordings.begin, fields)
        return _answer({"id": live.id, "longest_s": LONGEST_S}, 201)

    async def look(self, request: Request) -> Response:
        """Show a camera of this machine: its number, or a video that stands in for one."""
        fields = await json_body(request)
        camera, sound = fields.get("camera"), fields.get("sound", True)
        if not isinstance(camera, str) or not camera.strip():
            raise InputError("camera has to be a camera's number, or a path on this machine")
        live = await run_in_threadpool(self.recordings.look, named_camera(camera.strip()), sound is True)
        return _answer({"id": live.id}, 201)

    async def position(self, request: Request) -> Response:
        """What a picture of a browser's camera says about how somebody sits; it is stored nowhere."""
        picture = await body_of(request, MOST_BYTES)
        if picture is None:
            return problem(f"The picture is too large: at most {MOST_BYTES} bytes are looked at.", 413)
        return _answer({"advice": await run_in_threadpool(self.help.said, picture)})

    def cameras(self, request: Request) -> Response:
        return _answer({"cameras": offered_cameras()})

    def state(self, request: Request) -> Response:
        return _answer(self._live(request).state)

    async def receive(self, request: Request) -> Response:
        """Store a piece; 409 says where the next one has to begin."""
        offset = _number(request.query_params.get("offset"))
        block = await body_of(request, CHUNK_BYTES)
        if block is None:
            return problem(f"The piece is too long: at most {CHUNK_BYTES} bytes can come at once.", 413)
        try:
            received = await run_in_threadpool(self.recordings.append, _id(request), offset, block)
        except Mismatch as elsewhere:
            return _elsewhere(elsewhere)
        except OutputError as full:
            return problem(str(full), 507)
        return _answer({"received": received})

    def picture(self, request: Request) -> Response:
        """The newest picture once there is a later one than ``after``; 204 where none has come."""
        live, after = self._live(request), _number(request.query_params.get("after", "0"))
        if live.process is None:
            raise LookupError(GONE)
        number, picture = live.process.picture_after(after, PATIENCE_S)
        if picture is None or number <= after:
            return Response(status_code=204, headers=PRIVATE)
        return Response(picture, media_type="image/jpeg", headers={**PRIVATE, "x-picture": str(number)})

    async def pause(self, request: Request) -> Response:
        fields = await json_body(request)
        await run_in_threadpool(self.recordings.pause, _id(request), _seconds(fields.get("at_s")))
        return _answer({})

    def resume(self, request: Request) -> Response:
        self.recordings.resume(_id(request))
        return _answer({})

    async def note(self, request: Request) -> Response:
        fields = await json_body(request)
        await run_in_threadpool(self.recordings.note, _id(request), fields)
        return _answer({}, 201)

    async def end(self, request: Request) -> Response:
        size = (await json_body(request)).get("size", 0)
        if isinstance(size, bool) or not isinstance(size, int):
            raise BadRequest("size has to be a number of bytes")
        try:
            live = await run_in_threadpool(self.recordings.end, _id(request), size)
        except Mismatch as elsewhere:
            return _elsewhere(elsewhere)
        return _answer(live.state)

    def discard(self, request: Request) -> Response:
        self.recordings.discard(_id(request))
        return _answer({})

    def cut_short(self, request: Request) -> Response:
        found = cut_short.cut_short(self.library, self.user)
        return _answer({"cut_short": [asdict(one) for one in found]})

    def finish(self, request: Request) -> Response:
        job = cut_short.finish(self.library, request.path_params["key"], self.user)
        return _answer({"job": job.id}, 201)

    def throw_away(self, request: Request) -> Response:
        cut_short.discard(self.library, request.path_params["key"], self.user)
        return _answer({})

    def _live(self, request: Request):
        return self.recordings.get(_id(request))


def _id(request: Request) -> str:
    return request.path_params["id"]


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("nan")


def _number(text: str | None) -> int:
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise BadRequest("offset has to be a number of bytes")
    return int(text)


def _answer(value: dict, status: int = 200) -> Response:
    return JSONResponse(value, status, headers=PRIVATE)


def _elsewhere(mismatch: Mismatch) -> Response:
    sentence = "The piece doesn't begin where the last one ended: go on from there."
    return problem(sentence, 409, received=mismatch.received)
