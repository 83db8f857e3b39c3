"""Recordings and jobs by address: ask for an analysis, see how far it is, stop it, try again."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.answers import PRIVATE, answering, json_body
from scoring.catalogue import Catalogue
from scoring.intake import request as ask
from scoring.jobs import Job, Jobs


def job_routes(catalogue: Catalogue) -> list[Route]:
    """The routes over one library."""
    jobs = Jobs(catalogue.folder, catalogue.user)

    async def add(request: Request) -> Response:
        fields = await json_body(request)
        job = await run_in_threadpool(ask, catalogue.folder, fields, catalogue.user)
        return _answer({"job": job.id}, 201)

    def listed(request: Request) -> Response:
        return _answer({"jobs": [shown(job) for job in jobs.list()]})

    def cancel(request: Request) -> Response:
        return _answer(shown(jobs.cancel(request.path_params["job"])))

    def retry(request: Request) -> Response:
        return _answer(shown(jobs.retry(request.path_params["job"])))

    def dismiss(request: Request) -> Response:
        jobs.dismiss(request.path_params["job"])
        return _answer({})

    one = "/api/jobs/{job}"
    return [
        Route("/api/recordings", answering(add), methods=["POST"]),
        Route("/api/jobs", answering(listed), methods=["GET"]),
        Route(f"{one}/cancel", answering(cancel), methods=["POST"]),
        Route(f"{one}/retry", answering(retry), methods=["POST"]),
        Route(one, answering(dismiss), methods=["DELETE"]),
    ]


def shown(job: Job) -> dict:
    """A job as pages see it; its parameters name people and stay here."""
    return {
        "id": job.id,
        "title": job.title,
        "state": job.state,
        "progress": job.progress,
        "left_s": job.left_s,
        "cancelled": job.cancelled,
        "reason": job.reason,
        "session": job.session,
        "created": job.created,
    }


def _answer(value: dict, status: int = 200) -> Response:
    return JSONResponse(value, status, headers=PRIVATE)
