"""Who speaks when: the context that tells a nod to what is being said from one to something else.

A person **listens** while the other one speaks and they don't, and **speaks** while the other one doesn't.
While both speak at once they do neither: whose turn that is can't be told from times alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from scoring.events import Event, inside, runs

OTHER = {"staff": "client", "client": "staff"}
LISTENING, SPEAKING = "listening", "speaking"
SPEECH, BACKCHANNEL, HIDDEN = "speech", "backchannel_nod", "not_measurable"
UNCLEAR = "speaker_unknown"
GIVEN, SOUND = "given", "sound"


class Turn(NamedTuple):
    """A span in which somebody speaks, half-open, in seconds of the session."""

    start_s: float
    end_s: float


@dataclass(frozen=True)
class Speech:
    """Who speaks when, in a whole session.

    Attributes
    ----------
    staff, client : tuple of Turn
        In order, not overlapping each other; what lies between is silence.
    unclear : tuple of Turn
        Where it isn't known who speaks, or whether anybody does.
    source : str
        ``given`` by the user or found in the ``sound``.
    """

    staff: tuple[Turn, ...] = ()
    client: tuple[Turn, ...] = ()
    unclear: tuple[Turn, ...] = ()
    source: str = GIVEN

    @classmethod
    def of_events(cls, events: Iterable[Event], source: str) -> Speech:
        """What `events` made of it, from a stored session."""
        events = list(events)

        def turns(person: str, kind: str, cue: str = "") -> tuple[Turn, ...]:
            wanted = (person, kind, cue)
            return merged(
                Turn(e.start_s, e.end_s)
                for e in events
                if (e.person, e.kind, e.attributes.get("cue", "")) == wanted
            )

        return cls(turns("staff", SPEECH), turns("client", SPEECH), turns("staff", HIDDEN, SPEECH), source)

    def swapped(self) -> Speech:
        """The same with staff and client in each other's place."""
        return replace(self, staff=self.client, client=self.staff)

    def spans(self, person: str, state: str, session_s: tuple[float, float]) -> list[Turn]:
        """The spans of the session in which a person is `LISTENING`, is `SPEAKING`, or it is `UNCLEAR`."""
        begin, end = session_s
        turns = (*self.staff, *self.client, *self.unclear)
        edges = np.unique([begin, end, *(time for turn in turns for time in turn if begin < time < end)])
        middles = (edges[1:] + edges[:-1]) / 2
        own, other = (inside(middles, getattr(self, who)) for who in (person, OTHER[person]))
        unclear = inside(middles, self.unclear)
        holds = {LISTENING: other & ~own & ~unclear, SPEAKING: own & ~other & ~unclear, UNCLEAR: unclear}
        return [
            Turn(float(edges[a]), float(edges[b])) for a, b in runs(holds[state]) if holds[state][a]
        ]  # fmt: skip

    def events(self, session_s: tuple[float, float]) -> list[Event]:
        """Events of kind ``speech``, and ``not_measurable`` ones where it is unclear, within the session.

        Speech has no probability: `peak_prob` is NaN.
        """
        facts = {"cue": SPEECH, "reason": UNCLEAR}
        return [
            *(Event(p, SPEECH, *turn) for p in OTHER for turn in _within(getattr(self, p), session_s)),
            *(
                Event(p, HIDDEN, *turn, coverage=0.0, attributes=facts)
                for p in OTHER
                for turn in _within(self.unclear, session_s)
            ),
        ]


def merged(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """In order, with those that touch or overlap made one."""
    result: list[Turn] = []
    for turn in sorted(turns):
        if result and turn.start_s <= result[-1].end_s:
            result[-1] = Turn(result[-1].start_s, max(result[-1].end_s, turn.end_s))
        else:
            result.append(turn)
    return tuple(result)


def begun_within(events: Iterable[Event], spans: Iterable[Turn]) -> list[Event]:
    """The events that begin inside one of the spans: a nod that runs on into one's own words counts."""
    events = sorted(events, key=lambda event: event.start_s)
    among = inside([event.start_s for event in events], spans)
    return [event for event, there in zip(events, among, strict=True) if there]


def backchannel_nods(
    nods: Iterable[Event], person: str, speech: Speech, session_s: tuple[float, float]
) -> list[Event]:
    """A person's nods that begin while they listen, again, as events of kind ``backchannel_nod``."""
    spans = speech.spans(person, LISTENING, session_s)
    return [replace(event, kind=BACKCHANNEL) for event in begun_within(nods, spans)]


def _within(turns: Iterable[Turn], session_s: tuple[float, float]) -> list[Turn]:
    clipped = [Turn(max(start, session_s[0]), min(end, session_s[1])) for start, end in turns]
    return [turn for turn in clipped if turn.start_s < turn.end_s]
