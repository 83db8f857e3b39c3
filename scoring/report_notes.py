"""What people wrote about a session, as the report shows it: notes with their replies, and corrections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from attune import InputError
from scoring.access import LOCAL
from scoring.corrections import Correction, agreement, corrections_of, events_of
from scoring.library import Library
from scoring.notes import KINDS, RATINGS, Note, rubric_of, thread_of
from scoring.report_drawing import Mark, between
from scoring.session import Session
from scoring.summary import when
from scoring.timeline import KINDS as EVENTS
from scoring.timeline import PERSON_LABELS, clock

SIGNS = {"keep": "✓", "try": "→", "question": "?"}
VERDICTS = {"wrong": "Marked as wrong", "missing": "Added"}
DELETED = "This note was deleted."


@dataclass(frozen=True)
class Said:
    """A note, or a reply to one, in words.

    Attributes
    ----------
    number : int
        By which the timeline names it; 0 for a reply.
    kind, sign : str
        ``kind`` as in `KINDS`; ``sign`` says the same without a word.
    label : str
    when : str
        The moment or span of the session.
    about : str
        The item of the rubric and its rating; empty without one.
    text : str
        With its line breaks.
    by : str
        Who wrote it and on which day.
    replies : tuple of Said
    """

    number: int
    kind: str
    sign: str
    label: str
    when: str
    about: str
    text: str
    by: str
    replies: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Corrected:
    """A correction in words: `when`, which event of whom, what was said of it, a remark and its author."""

    when: str
    event: str
    verdict: str
    text: str
    by: str


@dataclass(frozen=True)
class Written:
    """What people wrote about a session.

    Attributes
    ----------
    notes : tuple of Said
        In order of time.
    marks : tuple of Mark
        Theirs on the timeline.
    ratings : tuple of str
        Each rated item of the rubric with its ratings.
    corrections : tuple of Correction
    corrected : tuple of Corrected
        The same in words.
    agreement : tuple of (event, words)
        How far the machine and people agree.
    problem : str
        Why the above is missing, in a sentence; empty where it isn't.
    """

    notes: tuple[Said, ...] = ()
    marks: tuple[Mark, ...] = ()
    ratings: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    corrected: tuple[Corrected, ...] = ()
    agreement: tuple[tuple[str, str], ...] = ()
    problem: str = ""


def written_about(session: Session) -> Written:
    """What people wrote about a session, in the library in which it lies."""
    folder = session.path.resolve()
    library = Library(folder.parent)
    try:
        thread = thread_of(library, folder.name)
        corrections = corrections_of(library, folder.name)
    except InputError as error:  # what was measured can be printed all the same
        return Written(problem=f"Notes and corrections are missing here: {error}")
    labels = {name: item.label for name, item in rubric_of(session).items()} if thread else {}
    notes = [note for note in thread if note.parent is None]
    said = [
        _said(note, labels, number, [one for one in thread if one.parent == note.id])
        for number, note in enumerate(notes, start=1)
    ]
    figures = agreement(events_of(session.events()), corrections) if corrections else []
    return Written(
        notes=tuple(said),
        marks=tuple(map(_mark, notes, said)),
        ratings=tuple(_ratings(notes, labels)),
        corrections=tuple(corrections),
        corrected=tuple(map(_corrected, corrections)),
        agreement=tuple((_event(figure.person, figure.kind), figure.words) for figure in figures),
    )


def _said(note: Note, labels: dict[str, str], number: int = 0, replies: Iterable[Note] = ()) -> Said:
    moment = note.start_s == note.end_s
    time = clock(note.start_s, tenths=True) if moment else between(note.start_s, note.end_s)
    return Said(
        number, note.kind, SIGNS[note.kind], KINDS[note.kind], time,
        "" if note.deleted else _about(note, labels),
        DELETED if note.deleted else note.text,
        "" if note.deleted else _by(note.author, note.created, note.version > 1),
        tuple(_said(reply, labels) for reply in replies),
    )  # fmt: skip


def _about(note: Note, labels: dict[str, str]) -> str:
    if note.rubric is None:
        return ""
    label = labels.get(note.rubric, note.rubric)  # an item that the profile no longer has
    return label if note.rating is None else f"{label}: {note.rating} of {RATINGS[-1]}"


def _by(author: str, created: str, changed: bool = False) -> str:
    """Whoever sits at this machine without having logged in has no name to sign with."""
    named = "" if author == LOCAL.name else author
    return " · ".join(part for part in (named, when(created), "changed later" if changed else "") if part)


def _mark(note: Note, said: Said) -> Mark:
    text = f"{said.number} {said.sign}"
    return Mark(note.start_s, note.end_s, text, f"{text} {said.label}, {said.when}")


def _corrected(one: Correction) -> Corrected:
    span, event = between(one.start_s, one.end_s, tenths=True), _event(one.person, one.kind)
    return Corrected(span, event, VERDICTS[one.verdict], one.text, _by(one.author, one.created))


def _event(person: str, kind: str) -> str:
    return f"{EVENTS[kind].label} · {PERSON_LABELS[person].lower()}"


def _ratings(notes: Iterable[Note], labels: dict[str, str]) -> Iterable[str]:
    """Each rated item of the rubric with its ratings, in the rubric's order."""
    given: dict[str, list[str]] = {name: [] for name in labels}
    for note in notes:
        if note.rubric is not None and note.rating is not None and not note.deleted:
            given.setdefault(note.rubric, []).append(str(note.rating))
    for name, ratings in given.items():
        if ratings:
            yield f"{labels.get(name, name)} {', '.join(ratings)}"
