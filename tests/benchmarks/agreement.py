"""How often the intervals of `attune agree` hold the true kappa: `python tests/benchmarks/agreement.py`.

Simulated on-off behaviour and an observer who errs in bouts. Beside ours, the textbook's interval, which
takes each time unit for an independent look. A minute on one core.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scoring import agreement
from scoring.agreement import value
from scoring.agreement_interval import Summed, binned, block_s, interval

STEP_S = 0.1
SETTINGS = (  # mean lengths of what is coded and of what lies between, of errors and between them
    ("looks, 3 s and 2 s", (3, 2), (1, 9)),
    ("arms, 15 s and 10 s", (15, 10), (2, 18)),
    ("nods, .8 s each 10 s", (0.8, 9.2), (0.5, 19.5)),
)


def on_off(rng: np.random.Generator, n: int, on_s: float, off_s: float) -> np.ndarray:
    """n units of behaviour whose states last exponentially long, with these means in seconds."""
    cycles = int(2 * n * STEP_S / (on_s + off_s)) + 40
    lengths = rng.exponential(1, (cycles, 2)) * (on_s, off_s)
    if rng.random() > on_s / (on_s + off_s):
        lengths[0, 0] = 0  # begins off
    state = np.searchsorted(np.cumsum(lengths.ravel()), np.arange(n) * STEP_S, side="right")
    return (state % 2 == 0).astype(float)


def pair(rng: np.random.Generator, n: int, lengths=(3, 2), errors=(1, 9)) -> tuple[np.ndarray, np.ndarray]:
    """What somebody did, and what an observer says of it."""
    true = on_off(rng, n, *lengths)
    return true, np.where(on_off(rng, n, *errors) > 0, 1 - true, true)


def summed(one: np.ndarray, other: np.ndarray) -> Summed:
    """One session's sums for kappa."""
    block = block_s([one, other], STEP_S)
    cells = agreement.confusions(one, other)
    return Summed(binned(cells, np.arange(len(one)) * STEP_S), block, len(one) * STEP_S / block)


def naive(one: Summed) -> tuple[float, float]:
    """Cohen's own interval (1960), each unit an independent look."""
    observed, chance = agreement.kappa_parts(one.total)
    with np.errstate(invalid="ignore"):
        half = 1.96 * np.sqrt(observed * (1 - observed) / one.total.sum()) / (1 - chance)
    kappa = float(value(agreement.kappa_parts, one.total))
    return kappa - half, kappa + half


def held(rng, truth: float, minutes: float, sessions: int, repeats: int, setting) -> tuple[float, float]:
    """Shares of intervals, ours and the naive one, that hold the truth."""
    ours = theirs = 0
    for _ in range(repeats):
        all_ = [summed(*pair(rng, int(600 * minutes), *setting)) for _ in range(sessions)]
        low, high = interval(all_, agreement.kappa_parts) or (1, 0)
        ours += low <= truth <= high
        low, high = naive(Summed(np.concatenate([one.bins for one in all_]), 1, 1))
        theirs += low <= truth <= high
    return ours / repeats, theirs / repeats


def main(repeats: int = 300) -> None:
    rng = np.random.default_rng(0)
    print(f"{'behaviour':24}{'kappa':>7}  {'time':<22}{'ours':>7}{'naive':>7}")
    for name, *setting in SETTINGS:
        long = agreement.confusions(*pair(rng, 3_000_000, *setting)).sum(axis=0)
        truth = float(value(agreement.kappa_parts, long))
        for minutes, sessions in ((0.5, 1), (2, 1), (5, 1), (20, 1), (5, 2), (5, 3), (5, 6), (5, 10)):
            ours, theirs = held(rng, truth, minutes, sessions, repeats, setting)
            time = f"{sessions} x {minutes:g} min"
            print(f"{name:24}{truth:7.3f}  {time:<22}{ours:7.0%}{theirs:7.0%}", flush=True)


if __name__ == "__main__":
    main()
