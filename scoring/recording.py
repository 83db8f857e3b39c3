"""From recordings to signals and a judgement, storing nothing but (where asked) the landmarks."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from attune import InputError, UsageError
from models import classifier
from scoring import parts
from scoring.judge import Judgement, Setting, judge
from scoring.landmark_store import LandmarkWriter, rename_people
from scoring.options import Options
from scoring.probabilities import add_probabilities
from scoring.profile import Profile
from scoring.speech import Speech
from vision.extract import Extractor, Seen
from vision.measure import Measured, Measurement, not_before, to_signals
from vision.partner import toward_partner
from vision.signals import PERSONS, Signals
from vision.source import SourceInfo, VideoFile
from vision.target import Target

MAX_SIDE = 1280  # Pictures are scaled down to this for the models; coordinates stay source pixels.
PRESENT_S = 1.0  # Whose face is found for less than this, in all, is not taken for one of two.
NEGLIGIBLE_S = 0.1

Progress = Callable[..., None]


@dataclass(frozen=True)
class Recorded:
    """What one recording showed.

    Attributes
    ----------
    info : SourceInfo
    people : dict of str to Measured
        By person.
    asked : int
        How many people were looked for.
    names : dict of str to str
        Name under which landmarks were stored -> person; who is not in it was not there.
    since_s : dict of str to float
        Name under which landmarks were stored -> from when on they are this person's.
    faces_seen : int
        The largest number of faces seen at once.
    loss : str or None
        What could not be decoded.
    frames : int
    end_s : float
        Time of the last picture's end on the session's clock.
    """

    info: SourceInfo
    people: dict[str, Measured]
    asked: int
    names: dict[str, str]
    since_s: dict[str, float]
    faces_seen: int
    loss: str | None
    frames: int
    end_s: float


@dataclass(frozen=True)
class Analysed:
    """Recordings that were analysed but not stored.

    Attributes
    ----------
    recordings : tuple of Recorded
        The staff's, and where there are two cameras the client's.
    signals : Signals
    judgement : Judgement
    setting : Setting
    notices : tuple of str
        One sentence each, for the person who asked.
    """

    recordings: tuple[Recorded, ...]
    signals: Signals
    judgement: Judgement
    setting: Setting
    notices: tuple[str, ...] = field(default=())


def analyze_recording(
    video: Path,
    options: Options | None = None,
    progress: Progress | None = None,
    landmarks: Path | None = None,
    measure: Callable[..., parts.Part] = parts.measure_part,
    speech: Speech | None = None,
) -> Analysed:
    """Analyse a recording of one person or two.

    Parameters
    ----------
    video : Path
    options : Options, optional
    progress : callable, optional
        Called with frames, time_s, duration_s.
    landmarks : Path, optional
        Where to keep what the overlay needs.
    measure : callable
        What gives a part of a long recording (`scoring.parts.spans`).
    speech : Speech, optional
        Who speaks when.

    Raises
    ------
    InputError
        When it can't be read.
    """
    options = options or Options()
    prepared = _Prepared(options)
    source = VideoFile(video, MAX_SIDE)
    with naming(video):
        prepared.target.check_within(source.info.duration_s or np.inf)
    asked = options.wanted(source)
    recorded = _in_parts(source, options, asked, landmarks, progress, measure)
    if recorded is None:
        with _landmark_file(landmarks) as store:
            recorded = _measured(source, options, asked, store, progress)
    if landmarks is not None and recorded.asked == 2:
        rename_people(landmarks, recorded.names, since_s=recorded.since_s)
    with naming(video):
        signals = _signals(recorded.people, prepared.target, options.causal, recorded.info)
    setting = Setting(2 if len(recorded.people) == 2 else 1, 1, options.target, recorded.asked)
    return _judged((recorded,), signals, setting, prepared, _notices(recorded, options), speech)


def analyze_two_recordings(
    staff: Path,
    client: Path,
    offset_s: float,
    options: Options | None = None,
    progress: Progress | None = None,
    landmarks: Path | None = None,
    speech: Speech | None = None,
) -> Analysed:
    """Analyse two recordings of one session, one of each person, on the clock of the staff's.

    Parameters
    ----------
    staff, client : Path
    offset_s : float
        When, on the staff recording's clock, the client's recording begins; negative: before it.
    speech : Speech, optional
        Who speaks when, on the staff recording's clock.

    Raises
    ------
    InputError
        When one can't be read, or they have no time in common.
    """
    options = options or Options()
    prepared = _Prepared(options)
    if prepared.target.kind == "partner":
        raise UsageError("--target partner needs both faces in one picture: with two recordings use lens")
    sources = {"staff": VideoFile(staff, MAX_SIDE), "client": VideoFile(client, MAX_SIDE)}
    check_overlap(sources["staff"].info, sources["client"].info, offset_s)
    recorded: list[Recorded] = []
    with _landmark_file(landmarks) as store:
        for person, source in sources.items():
            with naming(source.path):
                shift = (offset_s, recorded[0].end_s) if person == "client" else (0.0, np.inf)
                share = None if progress is None else _part(progress, sources, person)
                recorded.append(_measured(source, options, 1, store, share, person, shift))
    tables = []
    for one in recorded:
        with naming(one.info.path):
            ((person, measured),) = one.people.items()
            if not measured.frames:
                raise InputError("it has no picture in the time of the other recording: check --offset")
            tables.append(to_signals(measured, prepared.target, options.causal, person).table)
    signals = Signals(pd.concat(tables, ignore_index=True))
    notices = [f"{one.info.path.name}: {text}" for one in recorded for text in _notices(one, options)]
    notices += _left_out(recorded[1], offset_s, recorded[0].end_s)
    return _judged(tuple(recorded), signals, Setting(2, 2, options.target, 2), prepared, notices, speech)


def _left_out(client: Recorded, offset_s: float, session_end_s: float) -> list[str]:
    """What of the client's recording lies outside the staff's, on whose clock the session is."""
    before_s, after_s = max(0.0, -offset_s), max(0.0, client.end_s - session_end_s)
    parts = [
        f"{seconds:.1f} s {where}" for seconds, where in ((before_s, "before"), (after_s, "after"))
        if seconds > NEGLIGIBLE_S
    ]  # fmt: skip
    if not parts:
        return []
    return [f"{client.info.path.name}: {' and '.join(parts)} the staff member's recording were left out"]


def check_overlap(staff: SourceInfo, client: SourceInfo, offset_s: float) -> None:
    """Raise an `InputError` when two recordings have no time in common."""
    lengths = (staff.duration_s or np.inf, client.duration_s or np.inf)
    if offset_s >= lengths[0] or -offset_s >= lengths[1]:
        raise InputError(
            f"--offset {offset_s:g} lies beyond the recordings ({staff.path.name}: {_length(lengths[0])}, "
            f"{client.path.name}: {_length(lengths[1])}): it is the time in the first at which the second "
            "begins"
        )


def _length(seconds: float) -> str:
    return f"{seconds:.1f} s" if np.isfinite(seconds) else "of unknown length"


class _Prepared:
    """What is looked up before the pictures are read, so that a mistake is noticed first."""

    def __init__(self, options: Options):
        self.profile = Profile.load(options.profile)
        self.target = Target.parse(options.target)
        self.causal = options.causal
        classifier.hashes()


def _judged(
    recordings, signals: Signals, setting: Setting, prepared: _Prepared, notices, speech: Speech | None
) -> Analysed:
    signals = add_probabilities(signals, prepared.causal)
    judgement = judge(signals, prepared.profile, setting=setting, speech=speech)
    return Analysed(recordings, signals, judgement, setting, tuple(notices))


@contextlib.contextmanager
def _landmark_file(path: Path | None) -> Iterator[LandmarkWriter | None]:
    if path is None:
        yield None
    else:
        with LandmarkWriter(path) as store:
            yield store


def _measured(
    source: VideoFile, options: Options, asked: int, store: LandmarkWriter | None, progress: Progress | None,
    person: str = "staff", shift: tuple[float, float] = (0.0, np.inf),
) -> Recorded:  # fmt: skip
    """Measure everybody in a recording; `shift`: its start on the session's clock, and the session's end."""
    info = source.info
    names = PERSONS if asked == 2 else (person,)
    size = (info.width, info.height)
    keepers = [None if store is None else store.keeper(name, *size) for name in names]
    measurements = [Measurement(*size, keeper) for keeper in keepers]
    whom = options.person or "largest"
    with source, Extractor(whom, options.pose_hz, people=asked, staff=options.staff or "left") as extractor:
        for people in _shown(extractor.run_all(source), progress, info.duration_s):
            for measurement, seen in zip(measurements, people, strict=True):
                moved = _on_clock(seen, *shift)
                if moved is not None:
                    measurement.add(moved)
    found = {
        name: not_before(measurement.finish(), since_s)
        for name, measurement, since_s in zip(names, measurements, extractor.since_s, strict=True)
    }
    roles = _roles(found, extractor.swapped)
    people = {roles[name]: found[name] for name in sorted(roles, key=roles.__getitem__, reverse=True)}
    end_s = source.end_s + shift[0]
    since_s = dict(zip(names, extractor.since_s, strict=True))
    return Recorded(
        info, people, asked, roles, since_s, extractor.faces_seen, source.loss, source.frames_read, end_s
    )


def _in_parts(
    source: VideoFile, options: Options, asked: int, landmarks: Path | None, progress: Progress | None,
    measure: Callable[..., parts.Part],
) -> Recorded | None:  # fmt: skip
    """Measure a long recording part by part; None where it has to be measured as a whole."""
    places = parts.spans(source, asked) if options.person is None else ()
    if len(places) < 2:
        return None
    whole = parts.measure_all(source, places, options.pose_hz, landmarks, progress, measure)
    if whole is None:
        return None
    return Recorded(
        source.info, {"staff": whole.measured}, 1, {"staff": "staff"}, {"staff": -np.inf},
        whole.faces_seen, whole.loss, whole.frames, whole.end_s,
    )  # fmt: skip


def _roles(found: dict[str, Measured], swapped: bool) -> dict[str, str]:
    """Name under which somebody was followed -> their role; whoever was not there is left out."""
    if len(found) == 1:
        return {name: name for name in found}
    there = [name for name, one in found.items() if _seen_s(one) >= PRESENT_S]
    if len(there) < 2:
        return {max(found, key=lambda name: _seen_s(found[name])): "staff"}
    return dict(zip(PERSONS, reversed(PERSONS) if swapped else PERSONS, strict=True))


def _seen_s(measured: Measured) -> float:
    if not measured.frames:
        return 0.0
    time_s = measured.frames["time_s"]
    step_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 0.0
    return float(np.isfinite(measured.frames["head_yaw_deg"]).sum() * step_s)


def _shown(seen: Iterable, progress: Progress | None, duration_s: float | None) -> Iterator:
    for count, people in enumerate(seen, start=1):
        if progress is not None and count % 10 == 0:
            progress(count, people[0].time_s, duration_s)
        yield people


def _on_clock(seen: Seen, start_s: float, end_s: float) -> Seen | None:
    """The same on the session's clock; None outside the session."""
    time_s = seen.time_s + start_s
    return (replace(seen, time_s=time_s) if start_s else seen) if 0 <= time_s < end_s else None


def _part(progress: Progress, sources: dict[str, VideoFile], person: str) -> Progress:
    """Progress of one of two recordings as progress of both."""
    lengths = [source.info.duration_s for source in sources.values()]
    before_s = (lengths[0] or 0.0) if person == "client" else 0.0
    before = sources["staff"].frames_read if person == "client" else 0
    total_s = None if None in lengths else sum(length or 0.0 for length in lengths)

    def shown(frames: int, time_s: float, _: float | None = None) -> None:
        progress(before + frames, before_s + time_s, total_s)

    return shown


def _signals(people: dict[str, Measured], target: Target, causal: bool, info: SourceInfo) -> Signals:
    """Signals of everybody in one picture."""
    tables = [to_signals(one, target, causal, person).table for person, one in people.items()]
    if target.kind == "partner" and len(tables) == 2:
        both = (tables, tables[::-1])
        tables = [toward_partner(*pair, info.width, info.height) for pair in zip(*both, strict=True)]
    return Signals(pd.concat(tables, ignore_index=True))


@contextlib.contextmanager
def naming(video: Path) -> Iterator[None]:
    """Put the file's name before what is wrong with it."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{video}: {error}") from None


def _notices(recorded: Recorded, options: Options) -> list[str]:
    notices = []
    seen, person = recorded.faces_seen, options.person or "largest"
    if recorded.asked == 2:
        if len(recorded.people) < 2:
            notices.append(ALONE)
        if seen > 2:
            notices.append(f"{seen} faces were seen at once; two people were followed")
    elif person.isdecimal() and int(person) > seen:
        most = f"at most {seen} at once" if seen else "none"
        notices.append(f"person {person} was never in the picture: of faces, {most} could be seen")
    elif seen > 1:
        which = {"largest": "the largest", "left": "the leftmost", "right": "the rightmost"}
        chosen = which.get(person, f"number {person} from the left")
        notices.append(f"{seen} faces were seen at once; {chosen} was measured (--person chooses another)")
    if recorded.loss:
        notices.append(recorded.loss)
    return notices


ALONE = "only one person was seen where two were looked for: this is a session of one person"
