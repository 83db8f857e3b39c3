"""The routes of what people write about a session: notes with replies and history, corrections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.answers import PRIVATE, json_body, problem, session_route
from scoring import corrections as marks
from scoring import notes
from scoring.catalogue import Catalogue
from scoring.corrections import Correction, Corrector
from scoring.notes import Conflict, Content, Note, Notebook
from scoring.session import Session
from scoring.timeline import KINDS, PERSON_LABELS


def note_routes(catalogue: Catalogue) -> list[Route]:
    """Notes and corrections of the sessions that the user may see."""
    book, corrector = _maker(catalogue, Notebook), _maker(catalogue, Corrector)
    base = "/api/session/{id}"

    def route(path: str, method: str, answer: Callable) -> Route:
        return Route(base + path, session_route(catalogue, answer), methods=[method])

    return [
        route("/notes", "GET", lambda session, request: _notes(book(session))),
        route("/notes", "POST", _with_body(book, _add)),
        route("/notes/{note}", "PUT", _with_body(book, _change)),
        route("/notes/{note}", "DELETE", lambda session, request: _delete(book(session), request)),
        route("/notes/{note}/history", "GET", lambda session, request: _history(book(session), request)),
        route("/corrections", "GET", lambda session, request: _corrections(corrector(session))),
        route("/corrections", "POST", _with_body(corrector, _correct)),
        route(
            "/corrections/{correction}", "DELETE",
            lambda session, request: _withdraw(corrector(session), request),
        ),
    ]  # fmt: skip


def _maker(catalogue: Catalogue, cls: type) -> Callable[[Session], Any]:
    return lambda session: cls(catalogue.library, session, catalogue.user)


def _with_body(make: Callable[[Session], Any], answer: Callable) -> Callable:
    """A handler for ``answer(made of the session, request, JSON of the request)``, run in a thread."""

    async def handle(session: Session, request: Request) -> Response:
        return await run_in_threadpool(answer, make(session), request, await json_body(request))

    return handle


def _json(value: Any, status: int = 200) -> Response:
    return JSONResponse(value, status, headers=PRIVATE)


def _notes(book: Notebook) -> Response:
    thread, deleted = notes.all_of(book.library, book.session_id)
    return _json({"notes": [_note(note) for note in thread], "deleted": [_note(note) for note in deleted]})


def _note(note: Note) -> dict[str, Any]:
    """A note as the page gets it; of a deleted one only its place."""
    hidden = {"text": "", "rubric": None, "rating": None} if note.deleted else {}
    return {**asdict(note), **hidden}


def _add(book: Notebook, request: Request, body: dict[str, Any]) -> Response:
    try:
        note = book.add(body.get("id", ""), Content.of(body), body.get("parent"))
    except Conflict as conflict:
        return problem(str(conflict), 409, note=_note(conflict.note))
    return _json(_note(note), 201)


def _change(book: Notebook, request: Request, body: dict[str, Any]) -> Response:
    try:
        note = book.change(request.path_params["note"], body.get("version", 0), Content.of(body))
    except Conflict as conflict:
        return problem(str(conflict), 409, note=_note(conflict.note))
    return _json(_note(note))


def _delete(book: Notebook, request: Request) -> Response:
    book.delete(request.path_params["note"])
    return _json({})


def _history(book: Notebook, request: Request) -> Response:
    versions = book.history(request.path_params["note"])
    return _json(
        {
            "versions": [
                {
                    "version": version.version,
                    "author": version.author,
                    "changed": version.changed,
                    "deleted": version.content is None,
                    **(asdict(version.content) if version.content else {}),
                }
                for version in versions
            ]
        }
    )


def _corrections(corrector: Corrector) -> Response:
    made = marks.corrections_of(corrector.library, corrector.session_id)
    found = set(marks.events_of(corrector.session.events()))
    return _json(
        {
            "corrections": [{**_correction(one), "found": one.event in found} for one in made],
            "agreement": [
                {
                    **asdict(figures),
                    **_labels(figures.person, figures.kind),
                    "precision": figures.precision,
                    "recall": figures.recall,
                    "f1": figures.f1,
                    "words": figures.words,
                }
                for figures in marks.agreement(found, made)
            ],
            "kinds": [
                {"person": person, "kind": kind, **_labels(person, kind)}
                for person, kind in corrector.kinds()
            ],
        }
    )


def _correction(correction: Correction) -> dict[str, Any]:
    return {**asdict(correction), **_labels(correction.person, correction.kind)}


def _labels(person: str, kind: str) -> dict[str, str]:
    return {"person_label": PERSON_LABELS[person], "kind_label": KINDS[kind].label}


def _correct(corrector: Corrector, request: Request, body: dict[str, Any]) -> Response:
    return _json(_correction(corrector.add(body)), 201)


def _withdraw(corrector: Corrector, request: Request) -> Response:
    corrector.withdraw(request.path_params["correction"])
    return _json({})
