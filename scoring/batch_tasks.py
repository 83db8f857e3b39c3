"""What the workers of a batch do: plan a recording, measure one part of it, make a session of it.

Functions of files: they run in any process that sees the same folders, and what they leave is whole or not
there. `progress` gets the share done, 0 to 1.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from attune import InputError, __version__
from scoring.manifest import AUTO, Item

Progress = Callable[[float], None]
Span = tuple[float, float]
STATE = ".batch"  # a batch's own folder in its library
RUN = "run.json"  # how its numbers came about, and which id's session is in which folder


def folders_of(place: Path) -> dict[str, str]:
    """Which id's session is in which folder of a batch; none where no batch has ended.

    Raises
    ------
    InputError
        What the batch left can't be read.
    """
    from scoring.files import read_json

    run = read_json(place / RUN) if (place / RUN).is_file() else {}
    found = run.get("folders") if isinstance(run, dict) else None
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Work:
    """One recording of a batch.

    Attributes
    ----------
    item : Item
    library : Path
        Where its session goes.
    options : Mapping
        As `scoring.options.Options` takes them.
    keep_video, anonymise : bool
        `anonymise`: of an anonymised session only.
    basis : str
        Names what else its result rests on: see `basis`.
    """

    item: Item
    library: Path
    options: Mapping[str, Any]
    keep_video: bool = False
    anonymise: bool = False
    basis: str = ""

    @cached_property
    def key(self) -> str:
        """Names everything that is kept of this work, until any of its inputs changes."""
        speech = self.item.speech if isinstance(self.item.speech, Path) else None
        paths = [path for path in (self.item.path, self.item.client, speech) if path is not None]
        files = [(str(path.absolute()), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
        how = [self.keep_video, self.item.speech == AUTO, self.anonymise]
        text = json.dumps([files, self.item.offset_s, dict(self.options), how, self.basis])
        return sha256(text.encode()).hexdigest()[:20]

    @property
    def folder(self) -> Path:
        """Where its plan and its parts are kept until it is done."""
        return self.library / STATE / self.key

    @property
    def done(self) -> Path:
        """The file that names the session once there is one."""
        return self.library / STATE / f"{self.key}.done"

    def session(self) -> str | None:
        """The name of the session's folder, where there is one already."""
        from scoring.files import read_json

        try:
            name = self.done.read_text("utf-8").strip()
            made = read_json(self.library / name / "session.json") if name else None
        except (OSError, InputError):
            return None
        # The same folder may have been made anew since: with a profile that was edited, or without a batch.
        same = made is not None and (self.anonymise or (made.get("basis") or "") == self.basis)
        return name if same else None


def basis(profile: str) -> str:
    """A hash of what every result of a batch rests on beside its own files: Attune, models, the profile."""
    from models import classifier
    from scoring.profile import Profile

    # Not the profile's name alone: whoever edits the file wants other results.
    text = repr([__version__, classifier.hashes(), Profile.load(profile)])
    return sha256(text.encode()).hexdigest()


def _check(work: Work) -> None:
    """Refuse to measure with anything else than the batch has: a cluster's worker may be another's."""
    if work.basis and basis(work.options["profile"]) != work.basis:
        raise InputError(
            "the worker has another Attune, models or profile than the batch began with: install the same "
            "there, and start its workers anew"
        )


@dataclass(frozen=True)
class Plan:
    """How one recording is measured: its parts, one for short ones, and the hash of the file."""

    spans: tuple[Span, ...]
    sha256: str


def plan(work: Work, progress: Progress) -> Plan:
    """Look at a recording, and decide by it alone whether it is divided."""
    from scoring import parts
    from scoring.options import Options
    from scoring.recording import MAX_SIDE
    from vision.source import VideoFile

    _check(work)
    stored = work.folder / "plan.json"
    if stored.is_file():
        found = json.loads(stored.read_text("utf-8"))
        return Plan(tuple((start, float(end)) for start, end in found["spans"]), found["sha256"])
    options = Options(**work.options)
    source = VideoFile(work.item.path, MAX_SIDE)
    whole = work.item.client is not None or options.person is not None
    spans = ((0.0, float("inf")),) if whole else parts.spans(source, options.wanted(source))
    made = Plan(spans, source.info.sha256)
    work.folder.mkdir(parents=True, exist_ok=True)
    _write(stored, json.dumps({"spans": [[start, str(end)] for start, end in spans], "sha256": made.sha256}))
    return made


def part(work: Work, planned: Plan, number: int, progress: Progress) -> None:
    """Measure one part of a divided recording and keep what was measured."""
    from scoring import parts
    from scoring.files import room
    from scoring.options import Options
    from scoring.recording import MAX_SIDE
    from vision.source import VideoFile

    _check(work)
    file = _part_file(work, number)
    if file.is_file():
        return
    source = VideoFile(work.item.path, MAX_SIDE, planned.sha256)
    landmarks, partial = _landmark_file(work, number), work.folder / f".{number}.parquet"
    length_s = min(planned.spans[number][1], source.info.duration_s or 0.0) - planned.spans[number][0]

    def shown(frames: int, time_s: float) -> None:
        progress(min(1.0, time_s / max(length_s, 1e-3)))

    with room(work.library):
        measured = parts.measure_part(
            source, planned.spans[number], Options(**work.options).pose_hz, partial, shown
        )
        partial.replace(landmarks)
        parts.save(measured, file)


def finish(work: Work, planned: Plan, progress: Progress) -> str:
    """Make the session of a recording, from its parts where it was divided; the name of its folder."""
    from scoring.analyze import analyze_video
    from scoring.anonymise import analyze_anonymised
    from scoring.parts import measure_part

    def shown(frames: int, time_s: float, duration_s: float | None = None) -> None:
        if duration_s:
            progress(min(1.0, time_s / duration_s))

    _check(work)
    divided = len(planned.spans) > 1
    analyze = analyze_anonymised if work.anonymise else analyze_video
    result = analyze(
        work.item.path, work.library, client=work.item.client, offset_s=work.item.offset_s,
        keep_video=work.keep_video, progress=shown, speech=work.item.speech, more={"basis": work.basis},
        measure=_Stored(work, planned) if divided else measure_part, **work.options,
    )  # fmt: skip
    if result.session is None:
        raise InputError("it was analysed but not stored")
    _write(work.done, result.session.name)
    return result.session.name


class _Stored:
    """Gives the parts that `part` kept, in place of measuring them."""

    def __init__(self, work: Work, planned: Plan):
        self._work, self._planned = work, planned

    def __call__(self, source, span: Span, pose_hz: float, landmarks: Path | None = None, progress=None):
        from scoring import parts
        from scoring.files import link_or_copy

        number = self._planned.spans.index(span)
        if landmarks is not None:
            landmarks.unlink(missing_ok=True)
            link_or_copy(_landmark_file(self._work, number), landmarks)
        return parts.load(_part_file(self._work, number))


def _part_file(work: Work, number: int) -> Path:
    return work.folder / f"{number}.npz"


def _landmark_file(work: Work, number: int) -> Path:
    return work.folder / f"{number}.parquet"


def _write(path: Path, text: str) -> None:
    from scoring.files import replacing

    with replacing(path) as temporary:
        temporary.write_text(text, "utf-8")
