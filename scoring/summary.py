"""A session as people read it: lanes, scores in words, feedback, limits. For the report and the dashboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from attune import InputError
from scoring import scorecard, timeline
from scoring.cameras import Camera, cameras_of, measured_text, says_the_same
from scoring.profile import Profile
from scoring.session import Session

PROXY = (
    "Eye contact means that the line of sight points at {target}: a visual proxy. Attune describes "
    "movements and directions that can be seen. It does not say what anybody feels, thinks or intends."
)
UNSEEN = (
    "Hatched spans are not measurable: something was hidden, turned away or out of the picture. They count "
    "neither for nor against anybody; a score that rests on too little has no value."
)
LENS = "the lens, which stands in for the client"
LENS_OF_TWO = "the lens of the camera, not at the other person's face"
LENS_EACH = "the lens of one's own camera, which stands in for the other person"
PARTNER = "the other person's face"
CALIBRATED = "the direction in which the person looked during the calibration"
DISTANCE = (
    "How far away the other person's face is isn't known from one picture, so what can't be told is not "
    "measurable."
)
BOTH = (
    "Mirroring means that one person's movements follow the other's within a few seconds more than chance "
    "would have it. It does not say that anybody meant to."
)
LONGEST_S = 7 * 86400.0
"""Nobody records longer: what says so is damaged."""


@dataclass(frozen=True)
class Item:
    """One piece of feedback: something to keep or to try.

    Attributes
    ----------
    type : str
        ``keep`` or ``try``.
    cue, title, seen, why, try_next : str
        ``try_next`` is empty where there is nothing to change.
    spans : tuple of (start_s, end_s)
        The moments it speaks of.
    """

    type: str
    cue: str
    title: str
    seen: str
    why: str
    try_next: str
    spans: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Summary:
    """Everything of a session that is shown, in words and numbers.

    Attributes
    ----------
    title : str
    meta : tuple of str
        Date, length, file: one line.
    measured : tuple of str
        Who was measured, and how two recordings were aligned: a sentence each.
    notices, footnotes, provenance : tuple of str
        What to know before reading; how to read it; with what it was made.
    duration_s, fps : float
    persons : tuple of str
    lanes : tuple of timeline.Lane
    scores : tuple of (person, label, tuple of scorecard.Group)
    sources : tuple of (labels, source)
        Where the bands come from, and which scores' bands those are.
    feedback : tuple of Item
    language : str
        Of the feedback's words, as a BCP 47 tag; empty where the profile is gone.
    """

    title: str
    meta: tuple[str, ...]
    measured: tuple[str, ...]
    notices: tuple[str, ...]
    footnotes: tuple[str, ...]
    provenance: tuple[str, ...]
    duration_s: float
    fps: float
    persons: tuple[str, ...]
    lanes: tuple[timeline.Lane, ...]
    scores: tuple[tuple[str, str, tuple[scorecard.Group, ...]], ...]
    sources: tuple[tuple[tuple[str, ...], str], ...]
    feedback: tuple[Item, ...]
    language: str

    @property
    def feedback_heading(self) -> str:
        return "Feedback for the staff member" if len(self.persons) > 1 else "Feedback"


def summary(session: Session) -> Summary:
    """Reads a session folder.

    Raises
    ------
    InputError
        A file of the session is missing, can't be read or holds something else than it should.
    """
    try:
        return _summary(session)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{session.path} holds something unexpected ({error}): analyse the recording again"
        ) from error


def _summary(session: Session) -> Summary:
    info = session.info
    source = info.get("source") or {}
    measured = session.signals()
    profile, notice = _profile(info)
    reasons = {} if profile is None else profile.reasons
    times = measured.table["time_s"]
    duration = max(float(source.get("duration_s") or 0), float(times.max()) if len(times) else 0.0)
    if duration > LONGEST_S:  # its report, with a strip for each hour, would fill the memory
        raise ValueError(f"it lasts {duration:g} s")
    stored = session.scores()
    scores = _scores(stored, profile)
    cameras = cameras_of(session, measured.persons)
    told = [str(text) for text in info.get("notices", ()) if not says_the_same(str(text))]
    losses = [str(one.source["loss"]) for one in cameras if one.source.get("loss")]
    notices = [*told, *(loss for loss in losses if not any(loss in text for text in told)), *notice]
    return Summary(
        title=str(info.get("title") or info.get("id") or "Session"),
        meta=_meta(info, duration),
        measured=measured_text(info, cameras),
        notices=tuple(dict.fromkeys(notices)),
        footnotes=_footnotes(info, profile, cameras),
        provenance=_provenance(info),
        duration_s=duration,
        fps=float(source.get("nominal_fps") or 25.0),
        persons=measured.persons,
        lanes=tuple(timeline.lanes(session.events(), measured.persons, reasons, stored.get("dyad"))),
        scores=scores,
        sources=_sources(scores),
        feedback=tuple(_item(item) for item in session.feedback()),
        language="" if profile is None else profile.language,
    )


def _profile(info: dict) -> tuple[Profile | None, list[str]]:
    name = str(info.get("profile") or "default")
    try:
        return Profile.load(name), []
    except InputError as problem:
        return None, [f"The scores are shown without bands: {problem}"]


def _scores(scores: dict, profile: Profile | None):
    if not isinstance(scores, dict):
        raise TypeError("scores.json is not a mapping")
    bands = {} if profile is None else profile.bands
    # the bands are what staff aim at: a client is not held to them
    return tuple(
        (person, label, tuple(scorecard.groups(scores[person], bands if person == "staff" else {}, person)))
        for person, label in timeline.PERSON_LABELS.items() if person in scores
    )  # fmt: skip


def _sources(scores) -> tuple[tuple[tuple[str, ...], str], ...]:
    labels: dict[str, list[str]] = {}
    for row in (row for _, _, groups in scores for group in groups for row in group.rows):
        if row.source and row.label not in labels.setdefault(row.source, []):
            labels[row.source].append(row.label)
    return tuple((tuple(names), source) for source, names in labels.items())


def _item(item: dict) -> Item:
    words = {name: str(item.get(name) or "") for name in ("type", "cue", "title", "seen", "why", "try_next")}
    return Item(**words, spans=tuple((float(start), float(end)) for start, end in item.get("spans", ())))


def _meta(info: dict, duration: float) -> tuple[str, ...]:
    source = info.get("source") or {}
    parts = [when(info.get("created")), timeline.clock(duration), source.get("name")]
    return tuple(str(part) for part in parts if part)


def when(created) -> str:
    """An ISO date and time in words, in local time; empty where there is none."""
    try:
        local = datetime.fromisoformat(str(created).replace("Z", "+00:00")).astimezone()
    except (ValueError, OverflowError):
        return ""
    return f"{local.day} {local:%B %Y, %H:%M}"


def _footnotes(info: dict, profile: Profile | None, cameras: Sequence[Camera]) -> tuple[str, ...]:
    target = str(info.get("target") or "lens")
    several = sum(len(camera.persons) for camera in cameras) > 1
    lens = LENS_EACH if len(cameras) > 1 else LENS_OF_TWO if several else LENS
    words = {"lens": lens, "partner": PARTNER}.get(target, CALIBRATED)
    culture = profile.culture_note if profile is not None else ""
    texts = (
        PROXY.format(target=words), DISTANCE if target == "partner" else "", BOTH if several else "", UNSEEN,
        culture,
    )  # fmt: skip
    return tuple(text for text in texts if text)


def _provenance(info: dict) -> tuple[str, ...]:
    versions = info.get("versions") or {}
    programs = [f"{name} {version}" for name, version in versions.items() if isinstance(version, str)]
    models = [f"{name} {str(digest)[:12]}" for name, digest in (versions.get("models") or {}).items()]
    sources = [info.get(name) or {} for name in ("source", "second_source")]
    lines = [
        f"Made with {', '.join(programs)}." if programs else "",
        f"Models (first digits of SHA-256): {', '.join(models)}." if models else "",
        *(f"Recording: SHA-256 {source['sha256']}." for source in sources if source.get("sha256")),
        f"Profile: {info.get('profile') or 'default'}. Target: {info.get('target') or 'lens'}.",
    ]
    return tuple(line for line in lines if line)
