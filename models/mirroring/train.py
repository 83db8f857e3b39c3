"""Labels, made pairs and recipe of the mirroring model: pure functions on arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.mirroring.features import CLASSES, RATE_HZ, clock, features, pair_channels, raw_movements
from models.mirroring.simulate import pair
from models.training import Recipe, Recording, Rows, Trained, linked
from models.training import train as fit_and_export

PAIRS = 70  # Made of the people of each household.
EVERY_S = 1.0  # Neighbouring moments share nearly all of their window.
BORDER_S = 1.5  # Moments this near to where following begins or ends could be called either.
HOUSEHOLDS = 4
RECIPE = Recipe(hidden=(24,), alpha=3.0, epochs=30, batch=256, inner_folds=4, outer_folds=4)
POSITIVE = "mirroring"
GROUPED = False  # A pair has no one skin tone, age or gender.
_MADE = -1.0


def rows(recordings: Sequence[Recording]) -> tuple[Rows, np.ndarray, np.ndarray]:
    """Moments of the rendered and of the made pairs.

    Returns
    -------
    rows : Rows
        Whoever shares a household is never in both training and test.
    number : ndarray, shape (n,)
        Recording of (one of) the pair's people.
    place : ndarray, shape (n,)
        Moment in seconds in a rendered pair; below 0 in a made one.
    """
    home = households(recordings)
    parts = [*_rendered(recordings, home), *_made(recordings, home)]
    x, y, person, number, place = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Rows(x, y, person), number, place


def households(recordings: Sequence[Recording]) -> dict[str, str]:
    """Person -> the group of people from which pairs are made; who is rendered together is in one."""
    group = linked(recordings)
    moving = sorted({group[one.person] for one in recordings if one.groups.get("kind of clip") != "face"})
    return {person: str(moving.index(name) % HOUSEHOLDS) for person, name in group.items() if name in moving}


def clock_of(recording: Recording) -> np.ndarray:
    """The common clock over a recording's frames."""
    time_s = recording.signals["time_s"]
    return clock(float(time_s[0]), float(time_s[-1]))


def pieces(recordings: Sequence[Recording]) -> dict[str, list[np.ndarray]]:
    """Person -> `models.mirroring.features.RAW` of each of their recordings."""
    found: dict[str, list[np.ndarray]] = {}
    for one in recordings:
        found.setdefault(one.person, []).append(raw_movements(one.signals, clock_of(one)))
    return found


def _rendered(recordings: Sequence[Recording], home: dict[str, str]):
    for clip in dict.fromkeys(one.clip for one in recordings):
        both = [k for k, one in enumerate(recordings) if one.clip == clip]
        if len(both) != 2:
            continue
        first, second = (recordings[k] for k in both)
        clock_s = clock_of(first)
        a, b = pair_channels(first.signals, second.signals, clock_s)
        spans = [(e["start_s"], e["end_s"]) for one in (first, second) for e in one.events
                 if e["kind"] == "mirroring"]  # fmt: skip
        true = np.zeros(len(clock_s), bool)
        for start, end in spans:
            true |= (clock_s >= start) & (clock_s < end)
        yield _sampled(a, b, true, home[first.person], both[0], clock_s)


def _made(recordings: Sequence[Recording], home: dict[str, str]):
    rng = np.random.default_rng(RECIPE.seed)
    moved = pieces([one for one in recordings if one.person in home])
    number = {one.person: k for k, one in reversed(list(enumerate(recordings)))}
    for house in sorted(set(home.values())):
        people = sorted(person for person in moved if home[person] == house)
        for _ in range(PAIRS):
            first, second = rng.choice(people, 2, replace=len(people) < 2)
            made = pair(rng, moved[first], moved[second])
            moment = np.full(made.a.shape[1], _MADE)
            yield _sampled(made.a, made.b, made.mirroring, house, number[first], moment)


def _sampled(a, b, true, house: str, number: int, place: np.ndarray):
    table, _ = features(a, b)
    labels = true.astype(int)
    near = np.flatnonzero(np.diff(labels))
    for border in near:
        reach = round(BORDER_S * RATE_HZ)
        labels[max(0, border + 1 - reach) : border + 1 + reach] = -1
    at = np.arange(0, len(labels), round(EVERY_S * RATE_HZ))
    at = at[np.isfinite(table[at]).all(axis=1)]
    return table[at], labels[at], np.full(len(at), house), np.full(len(at), number), place[at]


def views(recordings: Sequence[Recording], number: np.ndarray, place: np.ndarray) -> dict[str, np.ndarray]:
    """Rows of rendered and of made pairs."""
    return {"rendered pairs": place >= 0, "made pairs": place < 0}


def train(recordings: Sequence[Recording], held_out: bool = True) -> Trained:
    """The classifier; its held-out predictions are in the order of `rows`."""
    # No mirror images: the features don't tell left from right, nor who is first.
    return fit_and_export(rows(recordings)[0], CLASSES, None, RECIPE, held_out=held_out)
