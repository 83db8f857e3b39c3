"""Profiles: what counts as an event, how much must be seen, which ranges are aimed at, and the wording.

A profile is a TOML file. ``default`` holds everything; another one names it in ``extends`` and writes
only what differs, so that a service culture or a language has its own norms and words.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attune import InputError
from models.mirroring.features import CHANNELS, TOGETHER
from scoring.events import Hysteresis
from scoring.measurable import CUES, REASONS

FOLDER = Path(__file__).resolve().parent / "profiles"

HYSTERESES = ("eye_contact", "gaze_away", "open_posture", "closed_posture", "nod", "shake", "mirroring")
BANDED = (
    "eye_contact_share", "eye_contact_mean_bout_s", "longest_gaze_away_s",
    "open_posture_share", "closed_posture_share", "facing_share", "nods_per_min",
    "listening_eye_contact_share", "listening_nods_per_min",
)  # fmt: skip
SIDES = ("inside", "below", "above")
PARTS = ("title", "seen", "why", "try_next")
ALL_CUES = (*CUES, "mirroring")
MIRRORING_CASES = ("staff_follows", "client_follows", "together", "chance")
_NOBODYS_DOING = ("no_frame", "column_missing", "target_unknown", "one_not_seen", "speaker_unknown")
COVERAGE_CASES = tuple(reason for reason in REASONS if reason not in _NOBODYS_DOING)

_SENTENCES = {
    "low_coverage": {"coverage", "least", "reason"},
    "none_seen": set(),
    "one_observation": set(),
    "short_for_rate": {"seconds", "least"},
    "unsure": {"ci_low", "ci_high"},
    "toward_lens": set(), "toward_partner": set(), "toward_calibrated": set(),
    "no_speech": set(), "no_listening": set(), "no_speaking": set(),
    "alone": set(), "still": set(), "by_chance": set(), "no_mutual": set(),
    "short_for_mirroring": {"seconds", "least"},
    "mirroring_used": {"window", "step", "lag", "channel"},
}  # fmt: skip
_SCORE_FIELDS = {"value", "band_low", "band_high", "toward"}
_MIRRORING_FIELDS = {"share", "lag"}
_COVERAGE_FIELDS = {"coverage", "cues"}
_RUBRIC_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Band:
    """The range of a score that is aimed at, both ends included, and where it comes from."""

    low: float
    high: float
    source: str

    def side(self, value: float) -> str:
        """One of `SIDES`: where a value lies."""
        return "below" if value < self.low else "above" if value > self.high else "inside"


@dataclass(frozen=True)
class Wording:
    """The texts of one feedback item; templates until `Profile.words` fills them."""

    title: str
    seen: str
    why: str
    try_next: str


@dataclass(frozen=True)
class RubricItem:
    """A behaviour that trainers rate in their notes: what it is called, and what to look for."""

    label: str
    look_for: str


@dataclass(frozen=True)
class Profile:
    """Everything that may differ between service cultures and languages.

    Attributes
    ----------
    name, language : str
        ``language`` is a BCP 47 tag.
    culture_note : str
        What to bear in mind about these norms, to be shown beside scores and feedback.
    decimal, percent : str
        Decimal sign, and the template of a percentage.
    hysteresis : Mapping of str to Hysteresis
        Per kind of event, `HYSTERESES`.
    min_coverage : Mapping of str to float
        Per cue; a score measured for a smaller share of the session has no value.
    min_not_measurable_s, min_rate_s, min_feedback_s : float
        Shortest reported span without measurement; shortest measured time for a rate per minute; shortest
        measured time for feedback on behaviour.
    bands : Mapping of str to Band
        Per score; a score without one gets no feedback.
    reasons, cue_names, channels, sentences : Mapping of str to str
    wording : Mapping
        Per score and side (`SIDES`); for ``mirroring`` per `MIRRORING_CASES`; for ``coverage`` per reason
        (`COVERAGE_CASES`) and ``too_short``.
    rubric : Mapping of str to RubricItem
        In the order in which it is shown; a profile may add items of its own.
    """

    name: str
    language: str
    culture_note: str
    decimal: str
    percent: str
    hysteresis: Mapping[str, Hysteresis]
    min_coverage: Mapping[str, float]
    min_not_measurable_s: float
    min_rate_s: float
    min_feedback_s: float
    bands: Mapping[str, Band]
    reasons: Mapping[str, str]
    cue_names: Mapping[str, str]
    channels: Mapping[str, str]
    sentences: Mapping[str, str]
    wording: Mapping[str, Mapping[str, Wording]]
    rubric: Mapping[str, RubricItem]

    @classmethod
    def load(cls, name_or_path: str | Path = "default") -> Profile:
        """The bundled profile of that name, or the one in that ``.toml`` file.

        Raises
        ------
        InputError
            When there is no such profile, or a field is missing, unknown or wrong; the message names the
            file and the key.
        """
        path = find_profile(name_or_path)
        values = _read(path)
        if "extends" in values:
            base = find_profile(str(values.pop("extends")))
            values = _merged(_read(base), {"name": path.stem, **values})
            if "extends" in values:
                raise InputError(
                    f"{path.name}: extends '{base.stem}', which extends another one: use 'default'"
                )
        return _build(_Table(path.name, "", values))

    def number(self, value: float, unit: str) -> str:
        """A value in this language: shares as whole percentages, the rest with one decimal at most."""
        if unit == "share":
            return self.percent.format(f"{100 * value:.0f}")
        text = f"{value:.0f}" if unit == "count" or value >= 100 else f"{value:.1f}".removesuffix(".0")
        return text.replace(".", self.decimal)

    def sentence(self, key: str, coverage=None, least=None, seconds=None, reason="", **texts: Any) -> str:
        """One of the fixed sentences; shares and seconds are put in as numbers, as are numbers in `texts`."""
        unit = "s" if seconds is not None else "share"
        numbers = {"coverage": (coverage, "share"), "least": (least, unit), "seconds": (seconds, "s")}
        known = {name: self.number(*given) for name, given in numbers.items() if given[0] is not None}
        for name, value in texts.items():
            known[name] = value if isinstance(value, str) else self.number(value, "s")
        return self.sentences[key].format(**known, reason=reason)

    def words(self, subject: str, case: str, **texts: str) -> Wording:
        """The filled-in texts of a feedback item on a score (or ``coverage``) in one case."""
        template = self.wording[subject][case]
        return Wording(*(getattr(template, part).format(**texts) for part in PARTS))


def profile_names() -> list[str]:
    """Names of the bundled profiles."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def find_profile(name_or_path: str | Path) -> Path:
    """The file of a bundled profile, or the path itself where it names a file."""
    bundled = FOLDER / f"{name_or_path}.toml"
    if str(name_or_path) in profile_names():
        return bundled
    path = Path(name_or_path)
    if path.is_file():
        return path
    names = ", ".join(profile_names())
    raise InputError(f"there is no profile '{name_or_path}': use {names}, or the path of a .toml file")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError(f"{path.name} can't be read as a profile: {error}") from None


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        result[key] = _merged(base[key], value) if both else value
    return result


class _Table:
    """A table of a TOML file that says where it stands when something in it is wrong."""

    def __init__(self, file: str, place: str, values: Any):
        self.file, self.place = file, place
        if not isinstance(values, dict):
            raise InputError(f"{file}: '{place}' is not a table")
        self.values, self.unread = values, set(values)

    def wrong(self, key: str, problem: str) -> InputError:
        return InputError(f"{self.file}: '{self.place}{key}' {problem}")

    def get(self, key: str) -> Any:
        if key not in self.values:
            raise self.wrong(key, "is missing")
        self.unread.discard(key)
        return self.values[key]

    def table(self, key: str) -> _Table:
        return _Table(self.file, f"{self.place}{key}.", self.get(key))

    def text(self, key: str, fields: set[str] = frozenset()) -> str:  # type: ignore[assignment]
        value = self.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "is not a text")
        try:
            used = {name for _, name, _, _ in string.Formatter().parse(value) if name is not None}
        except ValueError as error:
            raise self.wrong(key, f"is not a template: {error}") from None
        if used - fields:
            allowed = ", ".join(f"{{{name}}}" for name in sorted(fields)) or "none"
            raise self.wrong(key, f"uses {{{sorted(used - fields)[0]}}}: allowed are {allowed}")
        return value.strip()

    def number(self, key: str, low: float = 0.0, high: float = float("inf")) -> float:
        value = self.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.wrong(key, f"is {value!r}: use a number from {low:g} to {high:g}")
        return float(value)

    def done(self) -> None:
        if self.unread:
            raise self.wrong(sorted(self.unread)[0], "is not a known key")


def _build(top: _Table) -> Profile:
    numbers, limits = top.table("numbers"), top.table("limits")
    profile = Profile(
        name=top.text("name"),
        language=top.text("language"),
        culture_note=top.text("culture_note"),
        decimal=numbers.text("decimal"),
        percent=numbers.text("percent", {""}),
        hysteresis=_each(top.table("hysteresis"), HYSTERESES, _hysteresis),
        min_coverage=_each(top.table("min_coverage"), ALL_CUES, lambda table, cue: table.number(cue, 0, 1)),
        min_not_measurable_s=limits.number("min_not_measurable_s"),
        min_rate_s=limits.number("min_rate_s"),
        min_feedback_s=limits.number("min_feedback_s"),
        bands=_each(top.table("bands"), BANDED, _band),
        reasons=_each(top.table("reasons"), tuple(REASONS), _Table.text),
        cue_names=_each(top.table("cue_names"), ALL_CUES, _Table.text),
        channels=_each(top.table("channels"), (*CHANNELS, *TOGETHER), _Table.text),
        sentences=_each(
            top.table("sentences"), tuple(_SENTENCES), lambda t, key: t.text(key, _SENTENCES[key])
        ),
        wording=_each(top.table("wording"), (*BANDED, "mirroring", "coverage"), _cases),
        rubric=_rubric(top.table("rubric")),
    )
    _check_sides(top.table("wording"), profile)
    for table in (numbers, limits, top):
        table.done()
    return profile


def _each(table: _Table, keys, make) -> dict[str, Any]:
    result = {key: make(table, key) for key in keys}
    table.done()
    return result


def _hysteresis(parent: _Table, kind: str) -> Hysteresis:
    table = parent.table(kind)
    names = ("onset", "offset", "min_duration_on_s", "min_duration_off_s", "max_gap_s")
    values = {name: table.number(name) for name in names}
    table.done()
    try:
        hysteresis = Hysteresis(**values)
    except InputError as error:
        raise parent.wrong(kind, str(error)) from None
    if kind == "gaze_away" and hysteresis.min_duration_off_s:
        # Filling over a short eye contact would count that time as both.
        raise table.wrong("min_duration_off_s", "must be 0: eye contact ends a gaze away at once")
    return hysteresis


def top_of(score: str) -> float:
    """The largest value a score can have: 1 for shares, else unlimited."""
    return 1.0 if score.endswith("_share") else float("inf")


def _band(parent: _Table, score: str) -> Band:
    table = parent.table(score)
    top = top_of(score)
    band = Band(table.number("low", 0, top), table.number("high", 0, top), table.text("source"))
    table.done()
    if band.low >= band.high:
        raise table.wrong("low", f"is {band.low:g}, not below high ({band.high:g})")
    return band


def _cases(parent: _Table, subject: str) -> dict[str, Wording]:
    table = parent.table(subject)
    if subject == "coverage":
        cases, fields = (*COVERAGE_CASES, "too_short"), _COVERAGE_FIELDS
    elif subject == "mirroring":
        cases, fields = MIRRORING_CASES, _MIRRORING_FIELDS
    else:
        cases, fields = tuple(side for side in SIDES if side in table.values), _SCORE_FIELDS
    return _each(table, cases, lambda table, case: _wording(table.table(case), fields))


def _rubric(table: _Table) -> dict[str, RubricItem]:
    for key in table.values:
        if not _RUBRIC_ID.fullmatch(key):
            raise table.wrong(key, "is not a name: use small letters, digits and _")
    return _each(table, tuple(table.values), _rubric_item)


def _rubric_item(parent: _Table, key: str) -> RubricItem:
    table = parent.table(key)
    item = RubricItem(table.text("label"), table.text("look_for"))
    table.done()
    return item


def _check_sides(wording: _Table, profile: Profile) -> None:
    """A score needs words for every side of its band on which a value can lie."""
    for score, band in profile.bands.items():
        possible = {"inside": True, "below": band.low > 0, "above": band.high < top_of(score)}
        for side in SIDES:
            if possible[side] and side not in profile.wording[score]:
                raise wording.table(score).wrong(side, f"is missing: a value can lie {side} the band")


def _wording(table: _Table, fields: set[str]) -> Wording:
    wording = Wording(*(table.text(part, fields) for part in PARTS))
    table.done()
    return wording
