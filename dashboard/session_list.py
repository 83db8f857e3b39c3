"""Which of a library's sessions a list shows, in which order: plain functions of entries."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from scoring.catalogue import Entry

ORDERS = {
    "Newest first": (lambda entry: entry.created.timestamp() if entry.created else 0.0, True),
    "Oldest first": (lambda entry: entry.created.timestamp() if entry.created else 0.0, False),
    "Title": (lambda entry: entry.title.casefold(), False),
    "Longest first": (lambda entry: entry.duration_s or 0.0, True),
}
NOBODY = "Nobody named"


@dataclass(frozen=True)
class Filter:
    """What somebody wants to see; what is empty lets everything through.

    Attributes
    ----------
    words : str
        Each has to be in title, person, scenario or tags.
    person, scenario : str
    tags : tuple of str
        All of them.
    first, last : date or None
        Both ends included.
    """

    words: str = ""
    person: str = ""
    scenario: str = ""
    tags: tuple[str, ...] = field(default=())
    first: date | None = None
    last: date | None = None

    @property
    def said(self) -> str:
        """What is wanted, in a line."""
        said = [
            f"“{self.words.strip()}”" if self.words.strip() else "",
            self.person, self.scenario, *self.tags,
            f"from {self.first}" if self.first else "",
            f"until {self.last}" if self.last else "",
        ]  # fmt: skip
        return ", ".join(filter(None, said))

    def keeps(self, entry: Entry) -> bool:
        """Whether a session is to be shown."""
        text = _folded(" ".join((entry.title, entry.person, entry.scenario, *entry.tags)))
        day = entry.created.date() if entry.created else None
        return (
            all(word in text for word in _folded(self.words).split())
            and self.person in ("", entry.person or NOBODY)
            and self.scenario in ("", entry.scenario)
            and {tag.casefold() for tag in self.tags} <= {tag.casefold() for tag in entry.tags}
            and (self.first is None or (day is not None and day >= self.first))
            and (self.last is None or (day is not None and day <= self.last))
        )


def _folded(text: str) -> str:
    """For comparing: in any case, and whether an accent is part of its letter or, as on a Mac, beside it."""
    return unicodedata.normalize("NFC", text).casefold()


def chosen(entries: Iterable[Entry], wanted: Filter, order: str) -> list[Entry]:
    """The sessions that pass, in order; those that can't be opened last."""
    key, falling = ORDERS[order]
    kept = sorted((entry for entry in entries if wanted.keeps(entry)), key=key, reverse=falling)
    return sorted(kept, key=lambda entry: bool(entry.problem))


def values(entries: Sequence[Entry], name: str) -> list[str]:
    """Everything that entries say of themselves under a name, in order of the alphabet."""
    found = {getattr(entry, name) for entry in entries} - {""}
    return sorted(found, key=str.casefold)


def tags_of(entries: Sequence[Entry]) -> list[str]:
    """All tags, in order of the alphabet, each once however it is written."""
    found = {tag.casefold(): tag for entry in entries for tag in entry.tags}
    return [found[key] for key in sorted(found)]


def page_of(entries: Sequence[Entry], page: int, size: int) -> tuple[list[Entry], int, int]:
    """The entries of a page, which page that is (the nearest there is), and how many there are."""
    pages = max(1, -(-len(entries) // size))
    page = min(max(page, 0), pages - 1)
    return list(entries[page * size : (page + 1) * size]), page, pages


def before(entry: Entry, entries: Iterable[Entry]) -> Entry | None:
    """The same person's session before this one, which it is best compared with; None where there is none."""
    if not entry.person or entry.created is None:
        return None
    earlier = [
        (one.created, one)
        for one in entries
        if one.person == entry.person and not one.problem and one.created and one.created < entry.created
    ]
    return max(earlier, key=lambda found: found[0])[1] if earlier else None
