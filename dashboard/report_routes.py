"""The report of a session, to read in the browser, to keep as a file and to print."""

from __future__ import annotations

import html
import json
import subprocess
import tempfile
import threading
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from attune import OutputError
from dashboard.answers import PRIVATE, Answer, session_route
from scoring import process
from scoring.catalogue import Catalogue
from scoring.session import Session, safe_name

AT_ONCE = threading.BoundedSemaphore(2)  # PDFs being made: each takes a processor for a second or three
PROBLEM = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>No report · Attune</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 40rem; margin: 4rem auto; padding: 0 1.2rem; font: 16px/1.5 system-ui, sans-serif; }}
</style></head>
<body><h1>The report could not be made</h1><p>{}</p></body></html>"""


def report_routes(catalogue: Catalogue) -> list[Route]:
    """``report`` and ``report.pdf`` of a session; ``?download=1`` has the browser keep it as a file."""

    def session(path: str, answer) -> Route:
        return Route(f"/api/session/{{id}}/{path}", _readable(session_route(catalogue, answer)))

    return [session("report", _html), session("report.pdf", _pdf)]


def _html(session: Session, request: Request) -> Response:
    from scoring.report import render

    return HTMLResponse(render(session), headers=_headers(session, request, ".html"))


def _pdf(session: Session, request: Request) -> Response:
    return Response(
        make_pdf(session), media_type="application/pdf", headers=_headers(session, request, ".pdf")
    )


def make_pdf(session: Session) -> bytes:
    """The PDF, made in a process of its own: in a thread here it would hold up videos and pages.

    Raises
    ------
    OutputError
        It can't be made; the message says why and what to do.
    """
    with AT_ONCE, tempfile.TemporaryDirectory(prefix="attune-") as folder:
        path = Path(folder) / "report.pdf"
        child = process.start("scoring.report_pdf", session.path, path, stdout=subprocess.PIPE)
        try:
            assert child.stdout is not None
            said = child.stdout.read().decode("utf-8", "replace").strip()
            if child.wait() or not path.exists():
                raise OutputError(said or "the PDF could not be made: try again")
            return path.read_bytes()
        finally:
            process.end(child, patience_s=1)


def _readable(answer: Answer) -> Answer:
    """Where the browser opens the address itself, what went wrong is a page and not JSON."""

    async def answered(request: Request) -> Response:
        response = await answer(request)
        if response.status_code < 400 or "text/html" not in request.headers.get("accept", ""):
            return response
        sentence = json.loads(response.body)["error"]
        return HTMLResponse(PROBLEM.format(html.escape(sentence)), response.status_code, headers=PRIVATE)

    return answered


def _headers(session: Session, request: Request, suffix: str) -> dict[str, str]:
    kept = request.query_params.get("download") == "1"
    name = safe_name(str(session.info.get("title") or session.id)) + suffix
    return {**PRIVATE, "content-disposition": disposition("attachment" if kept else "inline", name)}


def disposition(kind: str, name: str) -> str:
    """A Content-Disposition header for any file name (RFC 6266): in ASCII for old readers, then in full."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
