"""The figures of `attune agree`: pooled over sessions, as data and as a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from scoring import agreement
from scoring.agree import PAIRED_AT, THRESHOLDS, Compared, SessionAgreement, Together
from scoring.agreement import Limits, Parts
from scoring.agreement_interval import MIN_SESSIONS, Summed, interval
from scoring.events import KINDS

ALL = "all coders"
_EVENTS = {
    "precision": agreement.precision_parts, "recall": agreement.recall_parts, "f1": agreement.f1_parts
}  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """A coefficient; None: nothing to compute it from (see the row's reason)."""

    value: float | None
    ci95: tuple[float, float] | None


@dataclass(frozen=True)
class Row:
    """One coder (or all of them) and Attune, of one kind of event, over all sessions.

    Attributes
    ----------
    kind, coder : str
        ``coder`` is `ALL` for all of several.
    sessions : int
    compared_s, watched_s : float
        Seconds that both could judge, of those that were to be compared.
    left_out_share : float
        Of the time to be compared, what one of them could not judge.
    coder_share, attune_share : float or None
        Of the compared time, as each says it.
    agreement : float or None
        Share of units in which both say the same.
    kappa, pabak : Figure
    events : dict
        Threshold of overlap as text -> precision, recall, f1 (`Figure`), hits, false_alarms, misses.
    events_left_out : int
        Events in time that the other one could not judge.
    onset : dict
        Attune's start less the coder's, in matched events: n, median_abs_s, mean_s.
    duration : dict
        Of matched events: n, correlation, bland_altman (`Limits` of Attune less coder in seconds, or None).
    share : Limits or None
        Bland and Altman's for shares of time, Attune less coder, over sessions and persons.
    reason : str
        Why a figure has no value.
    """

    kind: str
    coder: str
    sessions: int
    compared_s: float
    watched_s: float
    left_out_share: float
    coder_share: float | None
    attune_share: float | None
    agreement: float | None
    kappa: Figure
    pabak: Figure
    events: dict[str, dict[str, Any]]
    events_left_out: int
    onset: dict[str, Any]
    duration: dict[str, Any]
    share: Limits | None
    reason: str


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's alpha of one kind: among the people, and with Attune as one more observer."""

    kind: str
    coders: tuple[str, ...]
    humans: Figure
    with_attune: Figure


@dataclass(frozen=True)
class Results:
    """All figures of one session or a study.

    Attributes
    ----------
    unit_s : float
    sessions : tuple of SessionAgreement
    rows : tuple of Row
    alphas : tuple of Alpha
    """

    unit_s: float
    sessions: tuple[SessionAgreement, ...]
    rows: tuple[Row, ...]
    alphas: tuple[Alpha, ...]

    @property
    def names(self) -> list[str]:
        """The sessions' ids; one that was coded in several parts is there once."""
        return list(dict.fromkeys(one.session for one in self.sessions))

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "unit_s": self.unit_s,
            "sessions": self.names,
            "intervals": _drawn(len(self.names)),
            "cues": [asdict(row) for row in self.rows],
            "alpha": [asdict(one) for one in self.alphas],
            "by_session": [_brief(one) for session in self.sessions for one in session.compared],
        }

    def text(self) -> str:
        return "".join(f"{line}\n" for line in _lines(self))


def pool(sessions: Sequence[SessionAgreement], unit_s: float) -> Results:
    """The figures over all sessions, in which each second counts the same; intervals as `interval` says."""
    compared = [one for session in sessions for one in session.compared]
    kinds = sorted({one.kind for one in compared}, key=KINDS.index)
    rows = []
    for kind in kinds:
        own = [one for one in compared if one.kind == kind]
        coders = sorted({one.coder for one in own})
        rows += [row(kind, coder, [one for one in own if one.coder == coder]) for coder in coders]
        if len(coders) > 1:
            rows.append(row(kind, ALL, own))
    together = [one for session in sessions for one in session.together]
    alphas = [_alpha(kind, [one for one in together if one.kind == kind]) for kind in kinds]
    return Results(unit_s, tuple(sessions), tuple(rows), tuple(one for one in alphas if one.coders))


def row(kind: str, coder: str, compared: Sequence[Compared]) -> Row:
    """The figures of one kind from its comparisons, which may be of several persons and sessions."""
    time = _by_session(compared, [one.time for one in compared])
    total = np.sum([one.total for one in time], axis=0)
    known_s, watched_s = (sum(getattr(one, name) for one in compared) for name in ("compared_s", "watched_s"))
    timed = [one for one in compared if one.shares is not None]
    seconds = sum(one.compared_s for one in timed)
    shares = np.array([one.shares for one in timed], float).reshape(-1, 2)
    weights = np.array([one.compared_s for one in timed])
    pooled = (weights @ shares / seconds).tolist() if seconds > 0 else [None, None]
    pairs = np.concatenate([one.pairs for one in compared])
    observed = float(agreement.kappa_parts(total)[0]) if total.any() else None
    kappa, pabak = figure(time, agreement.kappa_parts), figure(time, agreement.pabak_parts)
    return Row(
        kind, coder, len({one.session for one in compared}), known_s, watched_s,
        1 - known_s / watched_s if watched_s else 0.0, pooled[0], pooled[1], observed, kappa, pabak,
        {f"{least:g}": _events(compared, least) for least in THRESHOLDS},
        sum(sum(one.left_out) for one in compared), _onset(pairs), _duration(pairs),
        agreement.limits_of_agreement(shares[:, 1] - shares[:, 0]), _reason(kappa, compared, total),
    )  # fmt: skip


def figure(sessions: Sequence[Summed], parts: Parts) -> Figure:
    """A coefficient and its interval."""
    total = np.sum([one.total for one in sessions], axis=0) if sessions else np.zeros(1)
    if not total.any():
        return Figure(None, None)
    at = float(agreement.value(parts, total))
    return Figure(at, interval(sessions, parts)) if np.isfinite(at) else Figure(None, None)


def _by_session(compared: Sequence[Compared | Together], sums: Sequence[Summed]) -> list[Summed]:
    """Persons and coders of one session put together: they are not independent of each other."""
    found: dict[str, list[Summed]] = {}
    for one, summed in zip(compared, sums, strict=True):
        found.setdefault(one.session, []).append(summed)
    return [
        Summed(
            np.concatenate([one.bins for one in own]), max(one.block_s for one in own),
            sum(one.looks for one in own),
        )
        for own in found.values()
    ]  # fmt: skip


def _events(compared: Sequence[Compared], least: float) -> dict[str, Any]:
    sums = _by_session(compared, [one.events[least] for one in compared])
    hits, false_alarms, misses = np.sum([one.total for one in sums], axis=0).astype(int).tolist()
    figures = {name: figure(sums, parts) for name, parts in _EVENTS.items()}
    return {**figures, "hits": hits, "false_alarms": false_alarms, "misses": misses}


def _onset(pairs: np.ndarray) -> dict[str, Any]:
    error = pairs[:, 2] - pairs[:, 0]
    if not error.size:
        return {"n": 0, "median_abs_s": None, "mean_s": None}
    return {
        "n": int(error.size), "median_abs_s": float(np.median(np.abs(error))), "mean_s": float(error.mean())
    }  # fmt: skip


def _duration(pairs: np.ndarray) -> dict[str, Any]:
    lasting = pairs[pairs[:, 1] > pairs[:, 0]]
    human, machine = lasting[:, 1] - lasting[:, 0], lasting[:, 3] - lasting[:, 2]
    return {
        "n": len(lasting), "correlation": agreement.correlation(human, machine),
        "bland_altman": agreement.limits_of_agreement(machine - human),
    }  # fmt: skip


def _reason(kappa: Figure, compared: Sequence[Compared], total: np.ndarray) -> str:
    if kappa.value is not None:
        return ""
    if not total.any():
        if any(one.moments for one in compared):
            return "coded as moments: there is no time to compare, only events"
        return "there is no time that both could judge"
    said = "nothing of it" if total[0] else "it all the time"
    return f"both saw {said}: kappa is not defined where nothing varies"


def _alpha(kind: str, together: Sequence[Together]) -> Alpha:
    coders = tuple(sorted({coder for one in together for coder in one.coders}))

    def over(name: str) -> Figure:
        known = [one for one in together if getattr(one, name) is not None]
        return figure(_by_session(known, [getattr(one, name) for one in known]), agreement.alpha_parts)

    return Alpha(kind, coders, over("humans"), over("everybody"))


def _brief(one: Compared) -> dict[str, Any]:
    """One comparison, for a table of one's own."""
    found = row(one.kind, one.coder, [one])
    return {
        "session": one.session, "person": one.person, "kind": one.kind, "coder": one.coder,
        "compared_s": one.compared_s, "left_out_share": found.left_out_share,
        "coder_share": found.coder_share, "attune_share": found.attune_share, "kappa": found.kappa.value,
        "pabak": found.pabak.value, **{f"f1_{least}": of["f1"].value for least, of in found.events.items()},
        "reason": found.reason,
    }  # fmt: skip


def _drawn(sessions: int) -> str:
    """How intervals come about, as `scoring.agreement_interval.interval` says."""
    if sessions == 1:
        return "blocks of time drawn again"
    return "sessions drawn again" if sessions >= MIN_SESSIONS else "each session left out once"


def _lines(results: Results) -> Iterator[str]:
    sessions = len(results.names)
    yield (
        f"{sessions} session{'s' * (sessions > 1)}, time units of {results.unit_s:g} s; [95 % intervals: "
        f"{_drawn(sessions)}]"
    )
    for one in results.rows:
        yield ""
        yield from _row_lines(one, len({row.coder for row in results.rows}) > 1)
        for alpha in results.alphas:
            last = [row for row in results.rows if row.kind == one.kind][-1]
            if alpha.kind == one.kind and one is last:
                yield from _alpha_lines(alpha)


def _row_lines(row: Row, several: bool) -> Iterator[str]:
    yield f"{row.kind.replace('_', ' ')}: Attune and {row.coder}" if several or row.coder else row.kind
    if row.coder_share is not None and row.attune_share is not None:
        yield (
            f"  time compared   {row.compared_s:.0f} s; {row.left_out_share:.0%} left out as not measurable "
            f"or not codable; of it {row.coder_share:.1%} by the coder, {row.attune_share:.1%} by Attune"
        )
    if row.agreement is None:
        yield f"  kappa           none: {row.reason}"
    else:
        kappa = f"none: {row.reason};" if row.reason else f"{_said(row.kappa)},"
        yield (
            f"  Cohen's kappa   {kappa} adjusted for prevalence and bias {_said(row.pabak)}, "
            f"raw agreement {row.agreement:.3f}"
        )
    for least, found in row.events.items():
        yield (
            f"  events, IoU {least:<4}F1 {_said(found['f1'])}, precision {_said(found['precision'])}, recall "
            f"{_said(found['recall'])} ({found['hits']} matched, {found['false_alarms']} only Attune, "
            f"{found['misses']} only the coder)"
        )
    if row.events_left_out:
        many = f"{row.events_left_out} event{'s' * (row.events_left_out > 1)}"
        yield f"  left out        {many} in time that the other one could not judge"
    if row.onset["n"]:
        yield (
            f"  onset error     median {row.onset['median_abs_s']:.2f} s, mean {row.onset['mean_s']:+.2f} s "
            f"(+ Attune later; {row.onset['n']} events matched at {PAIRED_AT:g})"
        )
    yield from _duration_lines(row)


def _duration_lines(row: Row) -> Iterator[str]:
    limits, r = row.duration["bland_altman"], row.duration["correlation"]
    if limits is not None:
        yield (
            f"  duration        r = {'undefined' if r is None else f'{r:.2f}'}; Attune less coder "
            f"{_limits(limits)}"
        )
    if row.share is not None:
        percent = [100 * value for value in (row.share.bias, row.share.low, row.share.high)]
        yield (
            f"  share of time   Attune less coder {percent[0]:+.1f} points, 95 % limits {percent[1]:+.1f} to "
            f"{percent[2]:+.1f} (n = {row.share.n})"
        )


def _limits(limits: Limits) -> str:
    return f"{limits.bias:+.2f} s, 95 % limits {limits.low:+.2f} to {limits.high:+.2f} s (n = {limits.n})"


def _alpha_lines(alpha: Alpha) -> Iterator[str]:
    if alpha.humans.value is not None:
        yield f"  Krippendorff    alpha {_said(alpha.humans)} among {len(alpha.coders)} coders"
    if alpha.with_attune.value is not None:
        people = "the coder" if len(alpha.coders) == 1 else f"{len(alpha.coders)} coders"
        yield f"  Krippendorff    alpha {_said(alpha.with_attune)} among {people} and Attune"


def _said(figure: Figure) -> str:
    if figure.value is None:
        return "none"
    interval = f" [{figure.ci95[0]:.3f}, {figure.ci95[1]:.3f}]" if figure.ci95 else ""
    return f"{figure.value:.3f}{interval}"
