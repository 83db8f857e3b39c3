"""Clips with exact truth: reading the file beside a clip, and laying what was found over it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from attune import InputError
from scoring.events import Event, nominal_step
from scoring.files import read_json

CONTACT_DEG, AWAY_DEG = 6.0, 9.0
"""Eye contact is a line of sight within the first of these of the line to the lens, none beyond the second;
between them even the truth is a matter of taste, and the frames are left out."""

MAX_BLINK = 0.3
FACING_DEG = 20.0

NOD_DEG = 5.0
"""Smaller nods (and shakes) are neither asked for nor held against whoever finds them."""

MIN_OVERLAP = 0.3

NUMBERS = (
    "head_yaw_to_lens", "head_pitch_to_lens", "head_roll", "gaze_to_lens", "blink", "torso_yaw",
)  # fmt: skip
CHOICES = {"target": ("lens", "away", "moving"), "arms": ("down", "desk", "open", "crossed", "moving")}
MOVEMENTS = ("nod", "shake", "tilt", "dip")


@dataclass(frozen=True)
class Movement:
    """A movement of the head that truly happened.

    Attributes
    ----------
    kind : str
        One of `MOVEMENTS`; a dip is a slow look-down.
    start_s, end_s : float
        Half-open interval.
    amplitude_deg : float
    """

    kind: str
    start_s: float
    end_s: float
    amplitude_deg: float


@dataclass(frozen=True)
class Pair:
    """What is true of two people together in one clip.

    Attributes
    ----------
    lag_s : float or None
        By how much the one on the right follows the one on the left (below 0: the other way round); None
        where each moves on their own.
    spans : tuple of (start_s, end_s)
        In which one follows the other.
    """

    lag_s: float | None
    spans: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Truth:
    """What is true of one person in one clip.

    Attributes
    ----------
    clip : str
        Name of the truth's file, without its ending.
    video : Path
    person : str
        The same for the same person in several clips: their ``id``, else what they are (gender, age, race
        mix, skin), else the clip itself.
    side : str
        Which face of the video it is: largest, left or right.
    groups : mapping of str to str
        Kind of group -> the group this person and clip belong to; unknown ones are absent.
    time_s : ndarray, shape (n,)
        Rising, in seconds since the first frame.
    frames : mapping of str to ndarray
        `NUMBERS`, and ``eye_x``, ``eye_y`` in pixels (float, NaN is unknown), and `CHOICES` (str, empty is
        unknown), each of shape (n,).
    movements : tuple of Movement
    pair : Pair or None
        In a clip of two people; the same for both.
    """

    clip: str
    video: Path
    person: str
    side: str
    groups: Mapping[str, str]
    time_s: NDArray[np.float64]
    frames: Mapping[str, NDArray]
    movements: tuple[Movement, ...]
    pair: Pair | None = None

    @property
    def step_s(self) -> float:
        """Nominal time between frames in seconds."""
        return nominal_step(self.time_s)

    @property
    def head_deg(self) -> NDArray[np.float64]:
        """Angle between where the head points and the line to the lens, shape (n,)."""
        yaw, pitch = (np.radians(self.frames[name]) for name in NUMBERS[:2])
        across, up, ahead = np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)
        # Rounded, so that an angle exactly at a limit isn't beyond it.
        return np.round(np.degrees(np.arctan2(np.hypot(across, up), ahead)), 6)

    @property
    def contact(self) -> NDArray[np.float64]:
        """1 eye contact, 0 none, NaN where it is left out; shape (n,)."""
        gaze = self.frames["gaze_to_lens"]
        left_out = ~(self.frames["blink"] <= MAX_BLINK) | np.isin(self.frames["target"], ["moving", ""])
        between = ~((gaze <= CONTACT_DEG) | (gaze >= AWAY_DEG))
        return np.where(left_out | between, np.nan, gaze <= CONTACT_DEG)

    @property
    def closed(self) -> NDArray[np.float64]:
        """1 arms crossed, 0 not, NaN where they move or are unknown; shape (n,)."""
        arms = self.frames["arms"]
        return np.where(np.isin(arms, ["moving", ""]), np.nan, arms == "crossed")

    @property
    def open(self) -> NDArray[np.float64]:
        """1 arms not crossed and trunk turned to the lens, 0 otherwise, NaN as in `closed`; shape (n,)."""
        closed, torso = self.closed, np.abs(self.frames["torso_yaw"])
        unknown = np.isnan(closed) | np.isnan(torso)
        return np.where(unknown, np.nan, (closed == 0) & (torso <= FACING_DEG))


def read_truth(path: Path) -> list[Truth]:
    """The truth in one file, one item per person in the clip.

    Raises
    ------
    InputError
        When the file is not one, or its video is not beside it.
    """
    data = read_json(path)
    try:
        return _read(path, data)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{path} is no truth about a clip: {_what(error)}") from None


def _what(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"'{error.args[0]}' is missing from it"
    return "a part of it has the wrong type" if isinstance(error, TypeError) else str(error)


def _read(path: Path, data: Any) -> list[Truth]:
    if not isinstance(data, dict):
        raise ValueError("it is not a JSON object")
    video = path.parent / str(data["video"])
    frames, people, subjects = (_list(data, name) for name in ("frames", "people", "subjects"))
    if not frames:
        raise ValueError("it has no frames")
    if not (len(people) == len(subjects) and 1 <= len(people) <= 2):
        raise ValueError(f"it has {len(people)} people and {len(subjects)} subjects: one or two, of each")
    if not video.is_file():
        raise InputError(f"{path} is about a video that is not beside it: {video.name}")
    time_s = _numbers(frames, "time_s")
    if not (np.diff(time_s, prepend=-1) > 0).all():
        raise ValueError("the frames' 'time_s' don't rise from 0")
    columns = [_columns([frame[f"p{i}"] for frame in frames]) for i in range(len(people))]
    sides = _sides(columns)
    pair = _pair(data.get("mirroring"), sides) if len(people) == 2 else None
    return [
        Truth(
            path.stem, video, _person(path.stem, i, subject), side, _groups(data, subject), time_s, column,
            tuple(_movement(one) for one in _list(person, "events")), pair,
        )
        for i, (person, subject, column, side) in enumerate(
            zip(people, subjects, columns, sides, strict=True)
        )
    ]  # fmt: skip


def _list(data: Mapping[str, Any], name: str) -> list:
    if not isinstance(data[name], list):
        raise ValueError(f"'{name}' is not a list")
    return data[name]


def _numbers(rows: Sequence[Mapping[str, Any]], name: str) -> NDArray[np.float64]:
    try:
        return np.array([math.nan if row[name] is None else float(row[name]) for row in rows])
    except (TypeError, ValueError):
        raise ValueError(f"'{name}' is not a number in every frame") from None


def _columns(rows: list[Mapping[str, Any]]) -> dict[str, NDArray]:
    columns: dict[str, NDArray] = {name: _numbers(rows, name) for name in NUMBERS}
    for name, choices in CHOICES.items():
        columns[name] = np.array([row[name] or "" for row in rows], dtype=object)
        unknown = set(columns[name]) - {"", *choices}
        if unknown:
            raise ValueError(f"'{name}' is '{unknown.pop()}' in a frame: use one of {', '.join(choices)}")
    eyes = [row["eye_px"] or (None, None) for row in rows]
    if any(len(pair) != 2 for pair in eyes):
        raise ValueError("'eye_px' is not a pair of numbers in every frame")
    for axis, name in enumerate(("eye_x", "eye_y")):
        columns[name] = _numbers([{"eye_px": pair[axis]} for pair in eyes], "eye_px")
    return columns


def _sides(columns: list[dict[str, NDArray]]) -> list[str]:
    """In a picture of two, the one further left in it is left."""
    if len(columns) == 1:
        return ["largest"]
    first, second = (np.nanmedian(one["eye_x"]) for one in columns)
    return ["left", "right"] if first <= second else ["right", "left"]


def _pair(mirroring: Mapping[str, Any] | None, sides: list[str]) -> Pair:
    if not mirroring:
        return Pair(None)
    lag, follower = _numbers([mirroring], "lag_s")[0], mirroring["follower"]
    if follower not in (0, 1):
        raise ValueError("the 'follower' is neither 0 nor 1")
    spans = tuple((float(start), float(end)) for start, end in _list(mirroring, "segments"))
    return Pair(float(lag if sides[follower] == "right" else -lag), spans)


def _movement(event: Mapping[str, Any]) -> Movement:
    kind = event["kind"]
    if kind not in MOVEMENTS:
        raise ValueError(f"an event is a '{kind}': use one of {', '.join(MOVEMENTS)}")
    start, end, amplitude = (_numbers([event], name)[0] for name in ("start_s", "end_s", "amplitude_deg"))
    if not start < end:
        raise ValueError(f"a {kind} ends at {end:g} s, not after its start {start:g} s")
    return Movement(kind, float(start), float(end), float(amplitude))


def _person(clip: str, number: int, subject: Mapping[str, Any]) -> str:
    # What a person wears may change from take to take. Two people who are alike in all of this count as
    # one, which can only widen the intervals.
    if subject.get("id") is not None:
        return str(subject["id"])
    what = [subject.get(name) for name in ("gender", "age", "race", "skin")]
    return repr(what) if any(one is not None for one in what) else f"{clip} p{number}"


def _groups(data: Mapping[str, Any], subject: Mapping[str, Any]) -> dict[str, str]:
    groups = {
        "skin tone": _skin(subject),
        "age": _age_band(subject.get("age")),
        "gender": {"0": "female", "1": "male"}.get(str(subject.get("gender")), ""),
        "glasses": "with" if subject.get("glasses") else "without",
        "light": str(data.get("light") or ""),
        "kind of clip": str(data.get("kind") or ""),
    }
    return {name: value for name, value in groups.items() if value}


def _skin(subject: Mapping[str, Any]) -> str:
    """Named as the truth does: by the rendered skin, else by the largest part of the race mix."""
    names = ("african", "asian", "caucasian")
    for name in names:
        if name in str(subject.get("skin") or "").split("_"):
            return name
    mix = subject.get("race")
    return names[int(np.argmax(mix))] if isinstance(mix, list) and len(mix) == len(names) else ""


def _age_band(age: float | None) -> str:
    if age is None:
        return ""
    return "under 30" if age < 30 else "30 to 49" if age < 50 else "50 and over"


def rows_at(time_s: ArrayLike, rows_s: ArrayLike, within_s: float) -> NDArray[np.int64]:
    """For each time the nearest of the rows, or -1 where none is within `within_s` seconds.

    Parameters
    ----------
    time_s, rows_s : array_like, shapes (n,) and (m,)
        Rising.

    Returns
    -------
    ndarray of int, shape (n,)
    """
    times, rows = np.asarray(time_s, float), np.asarray(rows_s, float)
    if not rows.size:
        return np.full(times.shape, -1)
    after = np.clip(np.searchsorted(rows, times), 1, max(1, rows.size - 1))
    before = after - 1
    after = np.minimum(after, rows.size - 1)
    nearest = np.where(times - rows[before] <= rows[after] - times, before, after)
    return np.where(np.abs(rows[nearest] - times) <= within_s, nearest, -1)


@dataclass(frozen=True)
class Matched:
    """Nods (or shakes) found, laid over those that truly happened.

    Attributes
    ----------
    hits, misses : int
        True ones of `NOD_DEG` and more that were found, and that were not.
    false : mapping of str to int
        False alarms by what really was there: a kind of `MOVEMENTS`, or ``other``.
    """

    hits: int
    misses: int
    false: Mapping[str, int]

    @property
    def false_alarms(self) -> int:
        return sum(self.false.values())


def match(movements: Sequence[Movement], events: Sequence[Event], kind: str) -> Matched:
    """Match found events of a kind with the true ones, one to one, as many as possible.

    An event matches when it overlaps `MIN_OVERLAP` of the true movement or has its middle inside it. What
    matches a smaller movement of that kind counts neither way; a second event for the same one is a false
    alarm.
    """
    found = [event for event in events if event.kind == kind]
    large = [one for one in movements if one.kind == kind and one.amplitude_deg >= NOD_DEG]
    small = [one for one in movements if one.kind == kind and one.amplitude_deg < NOD_DEG]
    edges = np.array([[_matches(one, event) for event in found] for one in large], dtype=np.int8)
    partner = np.full(len(found), -1)
    if edges.size:
        partner = maximum_bipartite_matching(csr_array(edges), perm_type="row")
    false: dict[str, int] = {}
    for event, hit in zip(found, partner, strict=True):
        if hit < 0 and not any(_matches(one, event) for one in small):
            really = _really([one for one in movements if one.kind != kind], event)
            false[really] = false.get(really, 0) + 1
    hits = int((partner >= 0).sum())
    return Matched(hits, len(large) - hits, false)


def _overlap_s(one: Movement, event: Event) -> float:
    return min(one.end_s, event.end_s) - max(one.start_s, event.start_s)


def _matches(one: Movement, event: Event) -> bool:
    middle = (event.start_s + event.end_s) / 2
    enough = _overlap_s(one, event) >= MIN_OVERLAP * (one.end_s - one.start_s)
    return enough or one.start_s <= middle < one.end_s


def _really(others: Sequence[Movement], event: Event) -> str:
    overlapping = [one for one in others if _overlap_s(one, event) > 0]
    return max(overlapping, key=lambda one: _overlap_s(one, event)).kind if overlapping else "other"
