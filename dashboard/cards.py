"""A session as a card of the list: what is drawn of it, every text of it escaped."""

from __future__ import annotations

import html

from dashboard.text import address, moment
from scoring.catalogue import Entry
from scoring.timeline import clock


def picture(entry: Entry) -> str:
    """A moment of the recording, or why there is none, with the recording's length in a corner."""
    if entry.problem:
        inside = '<span class="unpictured">Can\'t be opened</span>'
    elif entry.pictured:
        inside = f'<img src="{html.escape(address(entry.id))}/thumbnail" alt="" loading="lazy">'
    else:
        inside = '<span class="unpictured">No video kept</span>'
    length = "" if entry.duration_s is None else f'<span class="length">{clock(entry.duration_s)}</span>'
    return f'<div class="picture">{inside}{length}</div>'


def facts(entry: Entry) -> str:
    """When, who, in which scenario, how many notes, tags; or why it can't be opened."""
    if entry.problem:
        return f'<div class="facts"><p class="why">{html.escape(entry.problem)}</p></div>'
    who = " · ".join(filter(None, (entry.person, entry.scenario)))
    notes = counted(entry.notes, "note") if entry.notes else ""
    lines = [" · ".join(filter(None, (moment(entry.created), notes))), who]
    tags = "".join(f"<li>{html.escape(tag)}</li>" for tag in entry.tags)
    return (
        '<div class="facts">'
        + "".join(f"<p>{html.escape(line)}</p>" for line in lines if line)
        + (f'<ul class="tags" aria-label="Tags">{tags}</ul>' if tags else "")
        + "</div>"
    )


def reports(entry: Entry) -> str:
    """The reports, which open beside the list."""
    report = f"{address(entry.id)}/report"
    rows = ((report, "Report"), (f"{report}.pdf", "Report as PDF"))
    return "".join(f'<a href="{html.escape(to)}" target="_blank">{text}</a>' for to, text in rows)


def counted(count: int, what: str) -> str:
    """A number with its noun.

    Examples
    --------
    >>> counted(1, "note"), counted(3, "note")
    ('1 note', '3 notes')
    """
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
