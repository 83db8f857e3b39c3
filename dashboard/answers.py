"""What all of the dashboard's routes share: one way to a session, one shape for what goes wrong."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from attune import AttuneError
from scoring.catalogue import Catalogue
from scoring.session import Session

PRIVATE = {"cache-control": "no-store"}  # pictures of people don't belong in a browser's disk cache
GONE = "There is no such session in this library."
MAX_BODY = 200_000  # bytes of a request's JSON

Answer = Callable[..., Any]


def answering(answer: Answer) -> Answer:
    """A route's handler that turns what can go wrong into one sentence, as JSON with its status.

    `answer` gets the request and may be a plain function, run in a thread, or a coroutine. `LookupError`
    becomes 404, any of Attune's errors 422.
    """

    @wraps(answer)
    async def handle(request: Request) -> Response:
        try:
            if inspect.iscoroutinefunction(answer):
                return await answer(request)
            return await run_in_threadpool(answer, request)
        except LookupError as missing:
            return problem(str(missing.args[0]) if _sentence(missing) else "Nothing is here.", 404)
        except AttuneError as error:
            return problem(str(error), 422)

    return handle


def session_route(catalogue: Catalogue, answer: Answer) -> Answer:
    """As `answering`, for ``answer(session, request)`` of a route with ``{id}``, or its coroutine."""

    async def handle(request: Request) -> Response:
        session = await run_in_threadpool(_opened, catalogue, request.path_params["id"])
        try:
            if inspect.iscoroutinefunction(answer):
                return await answer(session, request)
            return await run_in_threadpool(answer, session, request)
        except FileNotFoundError:  # deleted while it was being read
            raise LookupError(GONE) from None

    return answering(wraps(answer)(handle))


def _opened(catalogue: Catalogue, id: str) -> Session:
    try:
        return catalogue.open(id)
    except LookupError:
        raise LookupError(GONE) from None


async def json_body(request: Request) -> dict[str, Any]:
    """The JSON object that a request carries.

    Raises
    ------
    BadRequest
        It isn't one, isn't said to be one, or is too long.
    """
    import json

    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise BadRequest("the request is not JSON")
    body = await body_of(request, MAX_BODY)
    if body is None:
        raise BadRequest("the request is too long")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):  # the latter where it is nested a thousandfold
        raise BadRequest("the request is not JSON") from None
    if not isinstance(value, dict):
        raise BadRequest("the request is not a JSON object")
    return value


async def body_of(request: Request, most: int) -> bytes | None:
    """All that a request carries; None where that is more than `most` bytes, of which no more is held.

    Raises
    ------
    BadRequest
        It was cut off, as when a tab is closed: nobody hears the answer.
    """
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > most:
                return None
    except ClientDisconnect:
        raise BadRequest("the request was cut off") from None
    return bytes(body)


class BadRequest(AttuneError):
    """A request that the page itself would never send."""


def problem(sentence: str, status: int, **more: Any) -> Response:
    """The answer that says what is wrong: ``{"error": sentence}`` and whatever helps to mend it."""
    return JSONResponse({"error": sentence, **more}, status, headers=PRIVATE)


def _sentence(error: LookupError) -> bool:
    return bool(error.args) and isinstance(error.args[0], str) and error.args[0].endswith(".")
