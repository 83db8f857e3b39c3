"""ELAN: one tier for each person and cue, in a file that links the session's video; both ways."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from attune import InputError, __version__
from scoring.codebook import KIND_ABOUT
from scoring.coding_names import CUE_OF, NOT_CODABLE, OF_BOTH, Meaning, fold, judged_of_both
from scoring.codings import Collector, milliseconds, named
from scoring.events import events_from_table, in_order
from scoring.files import replacing, writing
from scoring.measurable import REASONS
from scoring.session import VIDEO, Session, speech_of
from scoring.speech import BACKCHANNEL, OTHER, SPEECH

NO = ("no", "0", "none", "absent", "false", "off", "n", "nein", "non")
"""Values with which coders mark time in which something was not there."""

_LANGUAGE = "eng"
_MS = 1000


def read_elan(path: Path, taken: Collector, own_coder: bool, recording: Sequence[str] = ()) -> None:
    """Hand the codings of an ELAN file to a `Collector`.

    A tier is one kind's (its name says which, and whose: ``eye_contact@staff``, ``staff: eye contact``) or
    one person's with kinds as the values of its annotations. A tier without annotations says that the coder
    saw nothing; with a controlled vocabulary that holds for every kind in it.

    Parameters
    ----------
    own_coder : bool
        Whether the annotators named in the file count.
    recording : sequence of str
        Names the session's recording may have among the linked videos; else the first one's times count.
    """
    eaf = _parsed(path)
    video, origin_ms = _origin(eaf, recording, taken.frame.others)
    if origin_ms:
        taken.notices.append(
            f"{path.name}: its video {video} was shifted by {origin_ms} ms in ELAN, and its times with it"
        )
    taken.on_clock_of(video)
    _align(eaf)
    for name, (aligned, refers, about, _) in eaf.tiers.items():
        tier = f"tier '{name}'"
        if refers:
            taken.notices.append(f"{path.name}: {tier} has no times of its own and was left out")
            continue
        coder = (about.get("ANNOTATOR") or "") if own_coder else ""
        person = about.get("PARTICIPANT") or ""
        spans = [_span(eaf, one, origin_ms) for one in aligned.values()]
        meaning = taken.names.meaning(name)
        if meaning is not None and meaning.left_out:
            continue
        if person and taken.names.meaning(person) is None:
            if _needed(taken, meaning):
                taken.unknown(tier, "participant", person)
                continue
            person = ""  # people are also named in other words
        if meaning is not None and meaning.kind is not None:
            _take_kind(taken, tier, person, meaning, spans, coder)
        else:
            person = (meaning.person or "") if meaning is not None else person
            _take_values(taken, tier, person, spans, coder, _vocabulary(eaf, about))


Span = tuple[float, float, str]


def _needed(taken: Collector, tier: Meaning | None) -> bool:
    """Whether only a tier's participant can say whose it is: not its name, nor that there is one person."""
    if tier is not None and (tier.person is not None or tier.kind in OF_BOTH):
        return False
    return len(taken.frame.persons) > 1


def _align(eaf: Any) -> None:
    """Give the borders within a subdivided annotation their times: ELAN draws those that nobody has moved
    evenly between their neighbours, and stores none for them."""
    times = eaf.timeslots
    follows = [dict(one[:2] for one in aligned.values()) for aligned, *_ in eaf.tiers.values()]
    for _ in follows:  # a subdivision may be subdivided itself, in a tier above or below
        for after in follows:
            for start, end in after.items():
                chain = [start, end]
                while times.get(chain[-1]) is None and chain[-1] in after and len(chain) <= len(after):
                    chain.append(after[chain[-1]])
                first, last = times.get(chain[0]), times.get(chain[-1])
                if first is not None and last is not None and len(chain) > 2:
                    step = (last - first) / (len(chain) - 1)
                    times.update({slot: first + k * step for k, slot in enumerate(chain)})


def _parsed(path: Path) -> Any:
    from pympi.Elan import Eaf

    try:
        return Eaf(str(path.absolute()), suppress_version_warning=True)
    except Exception as error:  # pympi raises bare exceptions for what it can't parse
        raise InputError(f"{path.name} can't be read as an ELAN file: {error}") from None


def _origin(eaf: Any, recording: Sequence[str], others: Collection[str]) -> tuple[str, int]:
    """The linked video that is meant, and where in it the file's times begin, in milliseconds: the session's
    recording, else the other camera's (folded names), else the first one."""
    from urllib.parse import unquote

    media = [
        (re.split(r"[/\\]", unquote(one.get("MEDIA_URL") or ""))[-1], one) for one in eaf.media_descriptors
    ]
    for known in ({fold(name) for name in (*recording, VIDEO)}, set(others)):
        meant = [pair for pair in media if known & named(pair[0])]
        media = meant or media
    for name, one in media[:1]:
        with contextlib.suppress(ValueError):
            return name, int(one.get("TIME_ORIGIN") or 0)
    return "", 0


def _span(eaf: Any, annotation: Sequence, origin_ms: int) -> Span:
    start, end = (eaf.timeslots.get(slot) for slot in annotation[:2])
    times = [float("inf") if time is None else (time + origin_ms) / _MS for time in (start, end)]
    return times[0], times[1], (annotation[2] or "").strip()


def _take_kind(
    taken: Collector, tier: str, person: str, meaning: Meaning, spans: Sequence[Span], coder: str
) -> None:
    who = taken.who(tier, person, meaning)
    if who is None:
        return
    if meaning.kind != NOT_CODABLE:
        taken.looked_for(who, str(meaning.kind), coder)
    for k, (start, end, value) in enumerate(spans, start=1):
        said = taken.names.meaning(value) if value else None
        if fold(value) in NO:
            continue
        one = meaning
        if said is not None and said.kind == NOT_CODABLE:
            one = Meaning(kind=NOT_CODABLE, cue=said.cue or CUE_OF.get(str(meaning.kind), ""))
        taken.add(f"{tier}, annotation {k}", who, one, start, end, coder)


def _take_values(
    taken: Collector, tier: str, person: str, spans: Sequence[Span], coder: str, vocabulary: Sequence[str]
) -> None:
    if not spans and not any(taken.names.meaning(value) for value in vocabulary):
        taken.notices.append(f"{taken.file}: {tier} is empty, and its name no kind: it was left out")
        return
    for value in vocabulary:
        meaning = taken.names.meaning(value)
        if meaning is not None and meaning.kind not in (None, NOT_CODABLE):
            taken.add(tier, person, meaning, float("nan"), float("nan"), coder)
    known = [taken.names.meaning(value) for _, _, value in spans]
    if spans and not any(known):
        where = f"with {len(spans)} annotation{'s' * (len(spans) > 1)}"
        taken.unknown(where, "tier", tier.removeprefix("tier ").strip("'"))
        return
    for k, ((start, end, value), meaning) in enumerate(zip(spans, known, strict=True), start=1):
        where = f"{tier}, annotation {k}"
        if meaning is None or (meaning.kind is None and not meaning.left_out):
            taken.unknown(where, "value", value)
        else:
            taken.add(where, person, meaning, start, end, coder)


def _vocabulary(eaf: Any, tier: Any) -> list[str]:
    """The values that a tier's controlled vocabulary allows."""
    type_ = eaf.linguistic_types.get(tier.get("LINGUISTIC_TYPE_REF"), {})
    entries = eaf.controlled_vocabularies.get(type_.get("CONTROLLED_VOCABULARY_REF"), ([], {}, None))[1]
    return [value or "" for values, _ in entries.values() for value, *_ in values[:1]]


def write_elan(session: Session, target: Path) -> Path:
    """Write a session's events as an ELAN file (.eaf).

    A tier ``KIND@PERSON`` for everything that is looked for, with events or without, and a tier
    ``not_measurable_CUE@PERSON`` whose values say why not. Times are rounded to milliseconds, and what would
    last none lasts one. The same session gives the same file, wherever it is written to the same place.
    """
    from pympi.Elan import Eaf, to_eaf

    eaf = Eaf(author=f"attune {__version__}")
    eaf.remove_tier("default")
    eaf.adocument["DATE"] = str(session.info.get("created") or "1970-01-01T00:00:00+00:00")
    _link_media(eaf, session, target)
    _add_vocabularies(eaf)
    events = sorted(events_from_table(session.events()), key=in_order)
    for person, kind, cue in _tiers(session):
        name = f"{kind}@{person}" if not cue else f"{kind}_{cue}@{person}"
        eaf.add_tier(name, ling="reasons" if cue else kind, part=person)
        own = [e for e in events if (e.person, e.kind, e.attributes.get("cue", "")) == (person, kind, cue)]
        for start, end, event in milliseconds(own):
            eaf.add_annotation(name, start, end, str(event.attributes.get("reason", "")) if cue else kind)
    eaf.properties[:] = [("lastUsedAnnotationId", eaf.maxaid), ("attune_session", session.id)]
    with writing(target), replacing(target) as path:
        path.unlink()  # pympi would keep an existing file as .bak
        to_eaf(str(path), eaf)
    return target


def _tiers(session: Session) -> list[tuple[str, str, str]]:
    """Person, kind and, for what could not be measured, cue of every tier."""
    persons = list(session.signals().persons)
    own = [kind for kind in CUE_OF if kind not in (*OF_BOTH, SPEECH, BACKCHANNEL)]
    tiers = [(person, kind, "") for person in persons for kind in own]
    cues = dict.fromkeys(CUE_OF[kind] for kind in own)
    tiers += [(person, NOT_CODABLE, cue) for person in persons for cue in cues]
    if speech_of(session) is not None:
        tiers += [(person, BACKCHANNEL, "") for person in persons]
        tiers += [
            (person, kind, cue) for person in OTHER for kind, cue in ((SPEECH, ""), (NOT_CODABLE, SPEECH))
        ]
    if len(persons) > 1:
        tiers += [("dyad", kind, "") for kind in judged_of_both(session)]
        tiers += [("dyad", NOT_CODABLE, kind) for kind in OF_BOTH]
    return tiers


def _add_vocabularies(eaf: Any) -> None:
    """One linguistic type and one controlled vocabulary for each kind, and one for the reasons."""
    eaf.add_language(_LANGUAGE, "http://cdb.iso.org/lg/CDB-00138502-001", "English (eng)")
    values = {kind: {kind: KIND_ABOUT[kind]} for kind in CUE_OF} | {"reasons": REASONS}
    for name, entries in values.items():
        eaf.add_controlled_vocabulary(name)
        eaf.add_cv_description(name, _LANGUAGE, "why not measurable" if name == "reasons" else entries[name])
        for value, label in entries.items():
            eaf.add_cv_entry(name, f"{name}-{value}", [(value, _LANGUAGE, label)])
        eaf.add_linguistic_type(name)
        eaf.linguistic_types[name]["CONTROLLED_VOCABULARY_REF"] = name


def _link_media(eaf: Any, session: Session, target: Path) -> None:
    """The session's videos, by their place and relative to the file's own."""
    offset_s = float(session.source(2).get("offset_s") or 0)
    if session.video is not None:
        _link(eaf, session.video, target, None)
    # ELAN skips the beginning of a video, and can't delay one: a later second video would be out of step.
    if session.second_video is not None and offset_s <= 0:
        _link(eaf, session.second_video, target, round(-offset_s * _MS) or None)


def _link(eaf: Any, video: Path, target: Path, origin_ms: int | None) -> None:
    from urllib.parse import quote

    video = video.resolve()
    try:
        relative = Path(os.path.relpath(video, target.resolve().parent)).as_posix()
    except ValueError:  # another drive of Windows
        relative = video.as_posix()
    relative = quote(relative if relative.startswith(".") else f"./{relative}")
    eaf.add_linked_file(video.as_uri(), relative, "video/mp4", origin_ms)
