"""How far measurements are from the truth: counts per clip, summed over persons into figures with intervals.

Every measure but the AUC is a ratio of sums over clips, so a clip leaves two numbers behind (and F1 is
``2 tp / (2 tp + fp + fn)``). Frames of one person resemble each other: the intervals come from drawing
whole persons again and again (a bootstrap over clusters), never frames.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.events import Event
from scoring.interval import expanded_tail, wilson
from scoring.nod import MIN_RATE_HZ
from scoring.pair_accuracy import OWN_FACE_PX, pair_parts
from scoring.truth import Truth, match, rows_at

FOUND_DEG = 60.0
COVERAGE_DEG = 45.0
TURNED_DEG = 9.0
STRAIGHT_DEG = 7.0
GLANCE_DEG = 25.0

OWN_FACE = 0.5
"""A face found further than this many face heights from the true one is somebody else's, or none."""

RESAMPLES = 2000
SEED = 0


@dataclass(frozen=True)
class Measure:
    """One measure of accuracy.

    Attributes
    ----------
    key, label, unit : str
        The unit is share, error (of a share), deg, px or s; all but the first are errors.
    target : float or None
        What is to be reached: at least this for a share, at most this for an error.
    counted : str
        What `n` counts: frames, movements, clips or pairs.
    spread : bool
        Whether a group far below the overall value is pointed out.
    """

    key: str
    label: str
    unit: str
    target: float | None = None
    counted: str = "frames"
    spread: bool = False

    def met(self, value: float | None) -> bool | None:
        """Whether a value reaches the target; None without either."""
        if value is None or self.target is None:
            return None
        return value >= self.target if self.unit == "share" else value <= self.target


MEASURES = (
    Measure("face_found", "face found, head within 60 deg of the lens line", "share", 0.97),
    Measure("face_position_px", "face position error, median of a clip", "px"),
    Measure("head_yaw_deg", "head yaw error", "deg", 3.0),
    Measure("head_pitch_deg", "head pitch error, after one offset per clip", "deg", 2.5),
    Measure("head_roll_deg", "head roll error", "deg"),
    Measure("contact_coverage", "eye contact: coverage, head within 45 deg", "share", 0.90),
    Measure("contact_f1", "eye contact: F1", "share", 0.95, spread=True),
    Measure("contact_auc", "eye contact: AUC", "share", 0.98),
    Measure("contact_precision", "eye contact: precision", "share"),
    Measure("contact_recall", "eye contact: recall", "share"),
    Measure("contact_turned", "head over 9 deg off, eyes on the lens: accuracy", "share", 0.88),
    Measure("contact_straight", "head within 7 deg, eyes 9 to 25 off: accuracy", "share", 0.88),
    Measure("posture_coverage", "posture: coverage", "share"),
    Measure("closed_f1", "closed posture: F1", "share", 0.93, spread=True),
    Measure("open_f1", "open posture: F1", "share", spread=True),
    Measure("nod_f1", "nods of 5 deg and more: F1", "share", 0.88, "movements", spread=True),
    Measure("nod_precision", "nods: precision", "share", None, "movements"),
    Measure("nod_recall", "nods: recall", "share", None, "movements"),
    Measure("shake_f1", "shakes of 5 deg and more: F1", "share", None, "movements", spread=True),
    Measure("shake_precision", "shakes: precision", "share", None, "movements"),
    Measure("shake_recall", "shakes: recall", "share", None, "movements"),
    Measure("identity", "found face of two within 60 px of its own person", "share", 1.0),
    Measure("pair_found", "one follows the other: p < .01", "share", 1.0, "pairs"),
    Measure("pair_chance", "each moves on their own: p > .05", "share", 0.92, "pairs"),
    Measure("pair_lag_s", "lag of the one who follows: error", "s", 0.25, "pairs"),
    Measure("pair_time", "mirrored time inside mirroring events", "share", 0.6),
    Measure("eye_contact_share", "error of the score eye_contact_share", "error", None, "clips"),
    Measure("closed_posture_share", "error of the score closed_posture_share", "error", None, "clips"),
    Measure("open_posture_share", "error of the score open_posture_share", "error", None, "clips"),
)  # fmt: skip


@dataclass(frozen=True)
class Count:
    """What one clip says about one measure: ``part / whole`` over ``n`` of what the measure counts."""

    part: float
    whole: float
    n: int


@dataclass(frozen=True)
class Tally:
    """What one person in one clip says about every measure that could be taken there.

    Attributes
    ----------
    truth : Truth
    counts : mapping of str to Count
        By `Measure.key`, without the AUC.
    probs : tuple of ndarray
        Probability of eye contact in the frames without it and with it, for the AUC.
    mistaken : mapping of str to mapping
        ``nod`` and ``shake`` -> what was taken for one (see `scoring.truth.Matched`) -> how often.
    """

    truth: Truth
    counts: Mapping[str, Count]
    probs: tuple[NDArray[np.float64], NDArray[np.float64]]
    mistaken: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Figure:
    """A measure's value.

    Attributes
    ----------
    value : float or None
        None where there was nothing to measure it on.
    ci95 : tuple of float or None
        None where fewer than two persons bear on the value.
    n, persons, clips : int
        On which it was measured.
    """

    value: float | None
    ci95: tuple[float, float] | None
    n: int
    persons: int
    clips: int


def tally(
    truth: Truth, table: pd.DataFrame, events: Sequence[Event], scores: Mapping[str, Any],
    dyad: Mapping[str, Any] | None = None,
) -> Tally:  # fmt: skip
    """Compare what was measured of one person in one clip with the truth.

    Parameters
    ----------
    truth : Truth
    table : pandas.DataFrame
        That person's rows of `vision.signals.Signals`, with probabilities. They are laid over the frames
        of the truth by time; a frame without a row within half a step counts as not measured.
    events : sequence of Event
        This person's, and for `dyad` the pair's.
    scores : mapping of str to scoring.score.Score
    dyad : mapping of str to scoring.score.Score, optional
        The pair's, to be counted with one of the two.
    """
    row = rows_at(truth.time_s, table["time_s"], truth.step_s / 2)
    frames = table.iloc[row].reset_index(drop=True) if len(table) else table.reindex(range(len(row)))
    absent = row < 0

    def signal(name: str) -> NDArray[np.float64]:
        return np.where(absent, np.nan, frames[name].to_numpy(float))

    prob = signal("eye_contact_prob")
    by_frame = _face(truth, signal) | _head(truth, signal) | _contact(truth, prob) | _posture(truth, signal)
    counts = {key: count for key, count in by_frame.items() if count.n} | _shares(truth, scores)
    mistaken = {}
    if truth.step_s * MIN_RATE_HZ <= 1 + 1e-3:  # nobody can tell a nod in slower clips
        for kind in ("nod", "shake"):
            movements, mistaken[kind] = _movements(truth, events, kind)
            counts |= movements
    if dyad is not None:
        counts |= {key: Count(*parts) for key, parts in pair_parts(truth, events, dyad).items()}
    without, contact = (prob[np.isfinite(prob) & (truth.contact == label)] for label in (0, 1))
    return Tally(truth, counts, (without, contact), mistaken)


def _face(truth: Truth, signal) -> dict[str, Count]:
    x, y, height = (signal(f"face_{name}_px") for name in ("x", "y", "height"))
    off = np.hypot(x - truth.frames["eye_x"], y - truth.frames["eye_y"])
    found = (signal("face_found") == 1) & ~(off > OWN_FACE * height)
    near = truth.head_deg <= FOUND_DEG
    counts = {"face_found": Count((found & near).sum(), near.sum(), int(near.sum()))}
    if truth.pair is not None:
        seen = (signal("face_found") == 1) & np.isfinite(off)
        counts["identity"] = Count((seen & (off <= OWN_FACE_PX)).sum(), seen.sum(), int(seen.sum()))
    off = off[found & near & np.isfinite(off)]
    if off.size:
        counts["face_position_px"] = Count(float(np.median(off)), 1, off.size)
    return counts


def _head(truth: Truth, signal) -> dict[str, Count]:
    true = truth.frames
    yaw = signal("head_yaw_deg") - true["head_yaw_to_lens"]
    pitch = signal("head_pitch_deg") - true["head_pitch_to_lens"]
    roll = signal("head_roll_deg") - true["head_roll"]
    if np.isfinite(pitch).any():
        # How a head is held straight differs from person to person, and no camera can tell it from a tilt.
        pitch = pitch - np.nanmedian(pitch)
    errors = {"head_yaw_deg": yaw, "head_pitch_deg": pitch, "head_roll_deg": roll}
    measured = {key: np.abs(error[np.isfinite(error)]) for key, error in errors.items()}
    return {key: Count(error.sum(), error.size, error.size) for key, error in measured.items()}


def _contact(truth: Truth, prob: NDArray) -> dict[str, Count]:
    label, head, gaze = truth.contact, truth.head_deg, truth.frames["gaze_to_lens"]
    known, measured = np.isfinite(label), np.isfinite(label) & np.isfinite(prob)
    said = prob >= 0.5
    within = known & (head <= COVERAGE_DEG)
    turned = measured & (label == 1) & (head > TURNED_DEG)
    straight = measured & (label == 0) & (head <= STRAIGHT_DEG) & (gaze <= GLANCE_DEG)
    return {
        "contact_coverage": _share(measured, within),
        "contact_turned": _share(said, turned),
        "contact_straight": _share(~said, straight),
        **_hits("contact", label[measured] == 1, said[measured]),
    }


def _posture(truth: Truth, signal) -> dict[str, Count]:
    counts: dict[str, Count] = {}
    for kind in ("closed", "open"):
        label, prob = getattr(truth, kind), signal(f"{kind}_posture_prob")
        measured = np.isfinite(label) & np.isfinite(prob)
        counts |= _hits(kind, label[measured] == 1, prob[measured] >= 0.5)
        if kind == "closed":
            counts["posture_coverage"] = _share(measured, np.isfinite(label))
    return counts


def _movements(truth: Truth, events: Sequence[Event], kind: str) -> tuple[dict, Mapping[str, int]]:
    end_s = truth.time_s[-1] + truth.step_s
    matched = match([one for one in truth.movements if one.start_s < end_s], events, kind)
    hits, misses, false = matched.hits, matched.misses, matched.false_alarms
    return _ratios(kind, hits, misses, false, hits + misses), matched.false


def _shares(truth: Truth, scores: Mapping[str, Any]) -> dict[str, Count]:
    """Errors of the scores a user sees, whatever part of the time they could be measured in."""
    counts = {}
    labels = {"eye_contact": truth.contact, "closed_posture": truth.closed, "open_posture": truth.open}
    for name, label in labels.items():
        score = scores.get(f"{name}_share")
        value = None if score is None else score.value
        if value is not None and math.isfinite(value) and np.isfinite(label).any():
            counts[f"{name}_share"] = Count(abs(value - float(np.nanmean(label))), 1, 1)
    return counts


def _share(part: NDArray, whole: NDArray) -> Count:
    return Count(int((part & whole).sum()), int(whole.sum()), int(whole.sum()))


def _hits(name: str, true: NDArray, said: NDArray) -> dict[str, Count]:
    hits, misses, false = (int(one.sum()) for one in (true & said, true & ~said, ~true & said))
    return _ratios(name, hits, misses, false, true.size)


def _ratios(name: str, hits: int, misses: int, false: int, n: int) -> dict[str, Count]:
    return {
        f"{name}_f1": Count(2 * hits, 2 * hits + misses + false, n),
        f"{name}_precision": Count(hits, hits + false, hits + false),
        f"{name}_recall": Count(hits, hits + misses, hits + misses),
    }


def figures(tallies: Sequence[Tally], resamples: int = RESAMPLES) -> dict[str, Figure]:
    """The value of every measure over these clips, with 95 % intervals over persons; by `Measure.key`."""
    auc = {"contact_auc": _auc(tallies, resamples)}
    return {measure.key: auc.get(measure.key) or _ratio(tallies, measure, resamples) for measure in MEASURES}


def _ratio(tallies: Sequence[Tally], measure: Measure, resamples: int) -> Figure:
    taken = [one for one in tallies if measure.key in one.counts]
    people = _people(taken)
    part, whole, n = np.zeros(len(people)), np.zeros(len(people)), 0
    for one in taken:
        count = one.counts[measure.key]
        part[people.index(one.truth.person)] += count.part
        whole[people.index(one.truth.person)] += count.whole
        n += count.n
    if not whole.sum():
        return Figure(None, None, n, len(people), _clips(taken))
    value = float(part.sum() / whole.sum())
    bearing = whole > 0  # whoever neither nodded nor was said to doesn't make an F1 any surer
    draws = _draws(bearing.sum(), resamples)
    ci95 = _interval(draws @ part[bearing], draws @ whole[bearing], value, bearing.sum(), measure.unit)
    return Figure(value, ci95, n, len(people), _clips(taken))


def _auc(tallies: Sequence[Tally], resamples: int) -> Figure:
    """Chance that a frame with eye contact gets a higher probability than one without (Mann-Whitney U).

    The pairs are counted per two persons, so that a resample only weighs them.
    """
    taken = [one for one in tallies if sum(prob.size for prob in one.probs)]
    people = _people(taken)
    without, contact = (
        [
            np.sort(np.concatenate([one.probs[label] for one in taken if one.truth.person == person]))
            for person in people
        ]
        for label in (0, 1)
    )
    n = sum(prob.size for one in taken for prob in one.probs)
    lower = np.array([[_pairs_won(high, low) for low in without] for high in contact], float)
    pairs = np.array([[high.size * low.size for low in without] for high in contact], float)
    if not pairs.sum():
        return Figure(None, None, n, len(people), _clips(taken))
    value = float(lower.sum() / pairs.sum())
    draws = _draws(len(people), resamples)
    part, whole = (((draws @ counted) * draws).sum(axis=1) for counted in (lower, pairs))
    ci95 = _interval(part, whole, value, len(people), "share")
    return Figure(value, ci95, n, len(people), _clips(taken))


def _people(tallies: Sequence[Tally]) -> list[str]:
    return list(dict.fromkeys(one.truth.person for one in tallies))


def _clips(tallies: Sequence[Tally]) -> int:
    return len({one.truth.clip for one in tallies})


def _pairs_won(high: NDArray, low: NDArray) -> float:
    """Pairs in which the first is larger, equal ones counting half; both sorted."""
    return (np.searchsorted(low, high).sum() + np.searchsorted(low, high, side="right").sum()) / 2


def _draws(persons: int, resamples: int) -> NDArray[np.int64]:
    """How often each person is drawn in each resample, shape (resamples, persons)."""
    return np.random.default_rng(SEED).multinomial(persons, np.full(persons, 1 / persons), size=resamples)


def _interval(
    part: NDArray, whole: NDArray, value: float, persons: int, unit: str
) -> tuple[float, float] | None:
    """Expanded percentiles (`scoring.interval.expanded_tail`) over persons; a Wilson interval that takes each
    person for one look where all or nothing was right and resampling has nothing to vary."""
    if persons < 2:
        return None
    if unit == "share" and not 1e-9 < value < 1 - 1e-9:
        return wilson(value, persons)
    kept = whole > 0
    tail = expanded_tail(persons)
    low, high = np.quantile(part[kept] / whole[kept], [tail, 1 - tail])
    return min(float(low), value), max(float(high), value)
