"""Uploads by address: a recording of several gigabytes comes in pieces, and goes on where it was cut off."""

from __future__ import annotations

import contextlib

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.answers import PRIVATE, BadRequest, answering, json_body, problem
from scoring.catalogue import Catalogue
from scoring.jobs import Jobs
from scoring.uploads import CHUNK_BYTES, GONE, Mismatch, Upload, Uploads

BLOCK_BYTES = 2**20  # written at once; no more than this of a piece is held in memory


def upload_routes(catalogue: Catalogue) -> list[Route]:
    """The routes over one library."""
    here = _Here(catalogue)
    one = "/api/uploads/{upload}"
    return [
        Route("/api/uploads", answering(here.begin), methods=["POST"]),
        Route(one, answering(here.state), methods=["GET"]),
        Route(one, answering(here.receive), methods=["PUT"]),
        Route(one, answering(here.remove), methods=["DELETE"]),
    ]


class _Here:
    def __init__(self, catalogue: Catalogue):
        self.user = catalogue.user
        self.uploads = Uploads(catalogue.folder)
        self.jobs = Jobs(catalogue.folder, catalogue.user)

    async def begin(self, request: Request) -> Response:
        asked = await json_body(request)
        upload = await run_in_threadpool(self._begun, asked)
        return _answer({**_shown(upload), "chunk_bytes": CHUNK_BYTES}, 201)

    def state(self, request: Request) -> Response:
        return _answer(_shown(self._mine(request)))

    def remove(self, request: Request) -> Response:
        upload = self._mine(request)
        if upload.id in self.jobs.uploads_in_use():
            return problem(f"'{upload.name}' is being analysed: cancel that first.", 409)
        self.uploads.remove(upload.id)
        return _answer({})

    async def receive(self, request: Request) -> Response:
        """Store the piece that begins at ``offset``; of one that is cut off, as much as arrived."""
        upload = await run_in_threadpool(self._mine, request)
        offset = _number(request.query_params.get("offset"), "offset")
        most = min(CHUNK_BYTES, upload.size - upload.received)
        if offset != upload.received:
            return await _elsewhere(upload.received, request)
        if _number(request.headers.get("content-length", "0"), "content-length") > most:
            return _too_long(most)
        return await self._stored(request, upload.id, offset, most)

    async def _stored(self, request: Request, id: str, offset: int, most: int) -> Response:
        received, waiting = offset, bytearray()
        try:
            async for part in request.stream():
                if received + len(waiting) + len(part) > offset + most:
                    return _too_long(most)
                waiting += part
                if len(waiting) >= BLOCK_BYTES:
                    received = await run_in_threadpool(self.uploads.append, id, received, bytes(waiting))
                    waiting.clear()
        except Mismatch as elsewhere:
            return await _elsewhere(elsewhere.received, request)
        except ClientDisconnect:
            pass  # nobody hears the answer, but what arrived is kept
        try:
            received = await run_in_threadpool(self.uploads.append, id, received, bytes(waiting), last=True)
        except Mismatch as elsewhere:
            return await _elsewhere(elsewhere.received, request)
        return _answer({"received": received})

    def _begun(self, asked: dict) -> Upload:
        name, size, modified = asked.get("name"), asked.get("size"), asked.get("modified", 0)
        return self.uploads.begin(name, size, modified, self.user.name, self.jobs.uploads_in_use())

    def _mine(self, request: Request) -> Upload:
        upload = self.uploads.get(request.path_params["upload"])
        if upload.owner != self.user.name:
            raise LookupError(GONE)
        return upload


def _shown(upload: Upload) -> dict:
    return {"id": upload.id, "name": upload.name, "size": upload.size, "received": upload.received}


def _answer(value: dict, status: int = 200) -> Response:
    return JSONResponse(value, status, headers=PRIVATE)


async def _elsewhere(received: int, request: Request) -> Response:
    # a browser that is still sending would not read an answer that comes before the end of it
    unread = CHUNK_BYTES
    with contextlib.suppress(ClientDisconnect, RuntimeError):
        async for part in request.stream():
            unread -= len(part)
            if unread < 0:
                break
    sentence = "The piece doesn't begin where the last one ended: go on from there."
    return problem(sentence, 409, received=received)


def _too_long(most: int) -> Response:
    return problem(f"The piece is too long: at most {most} bytes can come now.", 413)


def _number(text: str | None, what: str) -> int:
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise BadRequest(f"{what} has to be a number of bytes")
    return int(text)
