"""What the names in other people's codings mean here: persons, kinds of event, or both in one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from attune import UsageError
from scoring.events import KINDS

if TYPE_CHECKING:
    from scoring.session import Session

NOT_CODABLE = "not_measurable"
PERSONS = ("staff", "client", "dyad")
OF_BOTH = ("mirroring", "mutual_eye_contact")
CUE_OF = {
    "eye_contact": "eye_contact", "gaze_away": "eye_contact", "open_posture": "posture",
    "closed_posture": "posture", "nod": "nod", "shake": "nod", "mirroring": "mirroring",
    "mutual_eye_contact": "mutual_eye_contact", "backchannel_nod": "nod", "speech": "speech",
}  # fmt: skip
"""Kind of event -> the cue that has to be measurable for it."""

_ALSO = {
    "nods": "nod", "nodding": "nod", "head_nod": "nod", "shakes": "shake", "head_shake": "shake",
    "speaks": "speech", "speaking": "speech", "talking": "speech",
    "not_codable": NOT_CODABLE, "uncodable": NOT_CODABLE, "not_visible": NOT_CODABLE,
}  # fmt: skip


_SCORED_AS = {"mirroring": "mirroring_z", "mutual_eye_contact": "mutual_eye_contact_share"}


def judged_of_both(session: Session) -> tuple[str, ...]:
    """Which of `OF_BOTH` were judged in a session at all: in one that is too short, or whose cameras can't
    tell, no event of them says nothing."""
    scores, found = session.scores().get("dyad") or {}, set(session.events()["kind"])
    return tuple(
        kind
        for kind in OF_BOTH
        if kind in found or (scores.get(_SCORED_AS[kind]) or {}).get("value") is not None
    )


def fold(name: str) -> str:
    """A name without what doesn't matter: 'Eye Contact' and 'eye-contact' are 'eye_contact'."""
    return re.sub(r"[\W_]+", "_", unicodedata.normalize("NFKC", name).casefold()).strip("_")


@dataclass(frozen=True)
class Meaning:
    """What a foreign name says; None: nothing about this. `left_out` is what a user doesn't want read."""

    person: str | None = None
    kind: str | None = None
    cue: str = ""
    left_out: bool = False


@dataclass(frozen=True)
class Names:
    """What the names in a file mean.

    Attributes
    ----------
    given : mapping
        Folded foreign name -> meaning, as the user says; see `parse`.
    ignore_unknown : bool
        Leave out what has no meaning here, instead of refusing it.
    """

    given: Mapping[str, Meaning] = field(default_factory=dict)
    ignore_unknown: bool = False

    @classmethod
    def parse(cls, options: Iterable[str], ignore_unknown: bool = False) -> Names:
        """From options such as ``Blickkontakt=eye_contact``, ``Beraterin=staff``, ``B1=staff:nod``, ``x=``.

        Raises
        ------
        UsageError
            An option has another form, or says something unknown.
        """
        plain, given = cls(), {}
        for option in options:
            name, sign, target = option.rpartition("=")
            if not sign or not fold(name):
                raise UsageError(
                    f"--map '{option}' is not NAME=MEANING: for example Blickkontakt=eye_contact"
                )
            meaning = plain.meaning(target) if target.strip() else Meaning(left_out=True)
            if meaning is None:
                raise UsageError(
                    f"--map '{option}': '{target}' is unknown: use one of {', '.join((*KINDS, *PERSONS))}, "
                    "PERSON:KIND, or nothing to leave it out"
                )
            given[fold(name)] = meaning
        return cls(given, ignore_unknown)

    def meaning(self, name: str) -> Meaning | None:
        """What a name says of person and kind, together or alone; None where it says nothing known."""
        folded = fold(name)
        found = self._whole(folded)
        words = folded.split("_")
        for k in range(1, len(words)):
            if found is not None:
                break
            found = _both(self._whole("_".join(words[:k])), self._whole("_".join(words[k:])))
        return found

    def _whole(self, folded: str) -> Meaning | None:
        if folded in self.given:
            return self.given[folded]
        kind = _ALSO.get(folded, folded)
        if kind in KINDS:
            return Meaning(kind=kind)
        cue = folded.removeprefix(f"{NOT_CODABLE}_")
        if cue != folded and cue in CUE_OF.values():
            return Meaning(kind=NOT_CODABLE, cue=cue)
        return Meaning(person=folded) if folded in PERSONS else None


def _both(one: Meaning | None, other: Meaning | None) -> Meaning | None:
    """Two meanings of which one is a person and the other a kind."""
    if one is None or other is None or one.left_out or other.left_out:
        return None
    person, rest = (one, other) if one.kind is None else (other, one)
    if person.kind is not None or rest.kind is None or rest.person is not None:
        return None
    return Meaning(person.person, rest.kind, rest.cue)
