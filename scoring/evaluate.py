"""`attune evaluate`: the real analysis over clips with truth, and how far off it was for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attune import AttuneError, InputError
from scoring import terminal
from scoring.accuracy import MEASURES, RESAMPLES, Figure, Measure, Tally, figures, tally
from scoring.truth import MOVEMENTS, Truth, read_truth

if TYPE_CHECKING:
    from scoring.recording import Analysed

FAR_BELOW = 0.05
"""A group whose F1 is further than this below the overall one is pointed out."""

Row = tuple[str, ...]

CAVEATS = (
    "Where the clips show rendered avatars: they are not people, and real recordings give other figures.",
    "People on whom the models were trained make the figures look better than they are, and this command "
    "can't know whether any are among these.",
)
_CLIP_COLUMNS = {
    "face_found": "found", "head_yaw_deg": "yaw", "head_pitch_deg": "pitch", "head_roll_deg": "roll",
    "contact_f1": "contact", "contact_coverage": "covered", "closed_f1": "closed", "open_f1": "open",
    "nod_f1": "nods", "shake_f1": "shakes", "identity": "own", "pair_lag_s": "lag", "pair_time": "mirrored",
}  # fmt: skip


@dataclass(frozen=True)
class Evaluation:
    """What the clips of one folder say about the measurements.

    Attributes
    ----------
    overall : dict of str to Figure
        By `scoring.accuracy.Measure.key`.
    groups : dict of str to dict of str to dict of str to Figure
        Kind of group, group, measure.
    tallies : tuple of Tally
        One per person and clip.
    clips : int
        Clips evaluated.
    failed : int
        Files that could not be; each was named on stderr.
    """

    overall: dict[str, Figure]
    groups: dict[str, dict[str, dict[str, Figure]]]
    tallies: tuple[Tally, ...]
    clips: int
    failed: int = 0

    @classmethod
    def of(cls, tallies: Sequence[Tally], failed: int = 0) -> Evaluation:
        """Figures over all tallies and over every group in them."""
        kinds = dict.fromkeys(kind for one in tallies for kind in one.truth.groups)
        groups = {}
        for kind in kinds:
            present = {one.truth.groups[kind] for one in tallies if kind in one.truth.groups}
            names = sorted(present, key=lambda name: (not name.startswith("under"), name))
            members = {name: [one for one in tallies if one.truth.groups.get(kind) == name] for name in names}
            groups[kind] = {name: figures(those) for name, those in members.items()}
        clips = len({one.truth.clip for one in tallies})
        return cls(figures(tallies), groups, tuple(tallies), clips, failed)

    @property
    def persons(self) -> int:
        return len({one.truth.person for one in self.tallies})

    @property
    def frames(self) -> int:
        return sum(len(one.truth.time_s) for one in self.tallies)

    def far_below(self, measure: Measure, figure: Figure) -> bool:
        """Whether a group's figure is so far below the overall one that it has to be pointed out."""
        overall = self.overall[measure.key].value
        if not measure.spread or overall is None or figure.value is None:
            return False
        return figure.value < overall - FAR_BELOW

    def mistaken(self, kind: str) -> dict[str, int]:
        """What was taken for a nod or a shake -> how often."""
        counts = dict.fromkeys((*(one for one in MOVEMENTS if one != kind), "other"), 0)
        for one in self.tallies:
            for really, count in one.mistaken.get(kind, {}).items():
                counts[really] += count
        return counts

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``: everything that `text` says, and every clip."""
        return {
            "clips": self.clips, "persons": self.persons, "frames": self.frames, "failed": self.failed,
            "resamples": RESAMPLES,
            "measures": {
                one.key: {"label": one.label, "unit": one.unit, "counted": one.counted, "target": one.target,
                          "met": one.met(self.overall[one.key].value), **_plain(self.overall[one.key])}
                for one in MEASURES
            },
            "mistaken": {kind: self.mistaken(kind) for kind in ("nod", "shake")},
            "groups": {
                kind: {name: self._group_dict(found) for name, found in named.items()}
                for kind, named in self.groups.items()
            },
            "by_clip": [
                {"clip": one.truth.clip, "side": one.truth.side, "groups": dict(one.truth.groups),
                 **{key: figure.value for key, figure in figures([one]).items()}}
                for one in self.tallies
            ],
            "caveats": list(CAVEATS),
        }  # fmt: skip

    def _group_dict(self, found: dict[str, Figure]) -> dict[str, Any]:
        return {
            one.key: {**_plain(found[one.key]), "far_below": self.far_below(one, found[one.key])}
            for one in MEASURES
        }

    def text(self, by_clip: bool = False) -> str:
        """Plain text tables."""
        lines = [*self._overall_lines(), "", *self._group_lines()]
        if by_clip:
            lines += [*self._clip_lines(), ""]
        return "\n".join([*lines, *CAVEATS]) + "\n"

    def _overall_lines(self) -> Iterator[str]:
        yield f"{_many(self.clips, 'clip')}, {_many(self.persons, 'person')}, {_many(self.frames, 'frame')}"
        yield ""
        rows: list[Row] = [("overall", "value", "95 % interval", "target", "", *_COUNTED)]
        rows += [
            (one.label, *_value_cells(one, self.overall[one.key]), _target(one), _verdict(one, self.overall),
             *_count_cells(one, self.overall[one.key]))
            for one in MEASURES
        ]  # fmt: skip
        yield from _aligned(rows, left=(0, 4, 6))
        yield ""
        for kind in ("nod", "shake"):
            counts = self.mistaken(kind)
            what = ", ".join(f"{_SAID[really]} {count}" for really, count in counts.items())
            yield f"Taken for a {kind}: {what}"
        yield f"95 % intervals: {RESAMPLES} draws of whole persons, or Wilson's over persons where all or"
        yield "nothing is right; none (-) where fewer than two persons bear on the value."

    def _group_lines(self) -> Iterator[str]:
        for measure in MEASURES:
            if measure.target is None and not measure.spread:
                continue
            rows: list[Row] = [(measure.label, "value", "95 % interval", *_COUNTED, "")]
            rows.append(_group_row("overall", measure, self.overall[measure.key]))
            for kind, named in self.groups.items():
                for name, found in named.items():
                    figure = found[measure.key]
                    mark = _FAR_BELOW if self.far_below(measure, figure) else ""
                    rows.append(_group_row(f"{kind}: {name}", measure, figure, mark))
            yield from _aligned(rows, left=(0, 4, 7))
            yield ""

    def _clip_lines(self) -> Iterator[str]:
        rows: list[Row] = [("clip", "face", *_CLIP_COLUMNS.values())]
        for one in self.tallies:
            found = figures([one])
            values = [_number(_MEASURE[key], found[key].value) for key in _CLIP_COLUMNS]
            rows.append((one.truth.clip, one.truth.side, *values))
        yield from _aligned(rows, left=(0, 1))


_FAR_BELOW = f"more than {FAR_BELOW:g} below"
_MEASURE = {one.key: one for one in MEASURES}
_COUNTED = ("n", "of", "persons", "clips")
_SAID = {"nod": "nods", "shake": "shakes", "tilt": "tilts", "dip": "look-downs", "other": "nothing of these"}


def evaluate_folder(folder: Path, progress: Callable[..., None] | None = None) -> Evaluation:
    """Analyse every clip with truth in a folder and compare.

    Parameters
    ----------
    folder : Path
        Holds ``*.json`` files of truth, each beside its video.
    progress : callable, optional
        Called with frames, time_s, duration_s, over all clips.

    Raises
    ------
    InputError
        When there is no clip to evaluate; what is wrong with single ones is said on stderr.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder: name one that holds clips, each with its truth in .json")
    files = sorted(folder.glob("*.json"))
    if not files:
        raise InputError(f"{folder} holds no truth: it needs .json files, each beside its video")
    truths: list[Truth] = []
    failed = 0
    for file in files:
        try:
            truths += read_truth(file)
        except AttuneError as error:
            terminal.say(str(error))
            failed += 1
    tallies, unusable = _analysed(truths, progress)
    if not tallies:
        raise InputError(f"none of the clips in {folder} could be evaluated")
    return Evaluation.of(tallies, failed + unusable)


def _analysed(truths: Sequence[Truth], progress: Callable[..., None] | None) -> tuple[list[Tally], int]:
    """Tallies, and how many clips could not be analysed; those are named on stderr."""
    from scoring.recording import Options, analyze_recording

    tallies: list[Tally] = []
    unusable: set[Path] = set()
    total_s = sum({truth.video: float(truth.time_s[-1]) for truth in truths}.values())
    frames, done_s = 0, 0.0

    def within_all(clip_frames: int, time_s: float, _: float | None = None) -> None:
        if progress is not None:
            progress(frames + clip_frames, done_s + time_s, total_s)

    by_video: dict[Path, list[Truth]] = {}
    for truth in truths:
        by_video.setdefault(truth.video, []).append(truth)
    for video, people in by_video.items():
        options = Options(people="2", staff="left") if len(people) == 2 else Options(people="1")
        try:
            tallies += _tallies(people, analyze_recording(video, options, within_all))
        except AttuneError as error:
            terminal.say(str(error))
            unusable.add(video)
        frames += len(people[0].time_s)
        done_s += float(people[0].time_s[-1])
    return tallies, len(unusable)


def _tallies(people: Sequence[Truth], found: Analysed) -> Iterator[Tally]:
    """One per person; what is said of the two together counts with the first."""
    judged = found.judgement
    for truth in people:
        person = "client" if truth.side == "right" else "staff"
        events = [event for event in judged.events if event.person in (person, "dyad")]
        dyad = judged.scores.get("dyad") if truth is people[0] else None
        yield tally(truth, found.signals.person(person), events, judged.scores.get(person, {}), dyad)


def _plain(figure: Figure) -> dict[str, Any]:
    return {
        "value": figure.value, "ci95": figure.ci95,
        "n": figure.n, "persons": figure.persons, "clips": figure.clips,
    }  # fmt: skip


def _value_cells(measure: Measure, figure: Figure) -> tuple[str, str]:
    value = _number(measure, figure.value)
    if figure.ci95 is None:
        return value, "-"
    low, high = (_number(measure, end) for end in figure.ci95)
    return value, f"{low} to {high}"


def _count_cells(measure: Measure, figure: Figure) -> Row:
    return str(figure.n), measure.counted, str(figure.persons), str(figure.clips)


def _group_row(name: str, measure: Measure, figure: Figure, mark: str = "") -> Row:
    return (f"  {name}", *_value_cells(measure, figure), *_count_cells(measure, figure), mark)


def _number(measure: Measure, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if measure.unit in ("share", "error") else f"{value:.2f}"


def _target(measure: Measure) -> str:
    if measure.target is None:
        return ""
    return f"{'>=' if measure.unit == 'share' else '<='} {_number(measure, measure.target)}"


def _verdict(measure: Measure, overall: dict[str, Figure]) -> str:
    return {None: "", True: "met", False: "missed"}[measure.met(overall[measure.key].value)]


def _aligned(rows: Sequence[Row], left: Sequence[int]) -> Iterator[str]:
    """Rows as lines with columns as wide as they need to be; those named in `left` start at the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.ljust(width) if k in left else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
