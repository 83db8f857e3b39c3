"""How often chance passes for mirroring, how often following is found, and where the model sees it.

    python tests/benchmarks/mirroring.py [PAIRS]

Movements are those of the rendered persons in models/data. "Independent": pairs put together from pieces of
two persons. "Following": made pairs (`models.mirroring.simulate`) in which one follows. The last line is of
the rendered pair, judged by networks that saw neither of its two persons.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import numpy as np
from scipy.signal import lfilter

from models.mirroring import simulate, train
from models.mirroring.features import CHANNELS, RATE_HZ, RAW, channels, features, pair_channels
from models.training import fit
from scoring.events import detect
from scoring.mirroring import ALPHA, Moved, coordination
from scoring.profile import Profile
from scoring.retrain import recording
from scoring.training_data import FOLDER, MIRRORING, read_training_data

LENGTHS_S = (60, 120, 300)
AR = (0.95, 0.99)


def independent(rng, people, count: int, length_s: int) -> Iterator[Moved]:
    m = round(length_s * RATE_HZ)
    for _ in range(count):
        both = rng.choice(sorted(people), 2, replace=False)
        a, b = (simulate.own_movement(rng, people[person], m) for person in both)
        yield Moved(np.arange(m) / RATE_HZ, channels(a, False), channels(b, True))


def noise(rng, coefficient: float, count: int, length_s: int) -> Iterator[Moved]:
    m = round(length_s * RATE_HZ)
    for _ in range(count):
        a, b = (lfilter([1], [1, -coefficient], rng.normal(size=(len(RAW), m + 500)))[:, 500:] for _ in "ab")
        yield Moved(np.arange(m) / RATE_HZ, channels(a, False), channels(b, True))


def rejections(name: str, pairs: Iterator[Moved]) -> None:
    started = time.perf_counter()
    p = np.array([coordination(moved, seed).p for seed, moved in enumerate(pairs)])
    print(f"{name:34} p > .05 in {np.mean(p > ALPHA):.3f}, p < .01 in {np.mean(p < 0.01):.3f} of {len(p)}"
          f"  ({time.perf_counter() - started:.0f} s)", flush=True)  # fmt: skip


def following(rng, people, count: int) -> None:
    p, error = [], []
    while len(p) < count:
        first, second = rng.choice(sorted(people), 2, replace=False)
        made = simulate.pair(rng, people[first], people[second])
        if made.mirroring.any():
            found = coordination(Moved(np.arange(made.a.shape[1]) / RATE_HZ, made.a, made.b), len(p))
            p.append(found.p)
            error.append(abs(found.lag_s - made.lag_s))
    within = np.mean(np.array(error) <= 0.25)
    print(f"following, 50 to 120 s: p < .05 in {np.mean(np.array(p) < ALPHA):.3f}, p < .01 in "
          f"{np.mean(np.array(p) < 0.01):.3f}, lag within .25 s in {within:.3f} of {count}")  # fmt: skip


def rendered(recordings) -> None:
    """Share of the mirrored time inside events, and of the events' time outside it."""
    every, _, _ = train.rows(recordings)
    home = train.households(recordings)
    for clip in sorted({one.clip for one in recordings}):
        both = [one for one in recordings if one.clip == clip]
        spans = [event for one in both for event in one.events if event["kind"] == MIRRORING]
        if len(both) != 2 or not spans:
            continue
        known = every.take(np.flatnonzero(every.persons != home[both[0].person]))
        network = fit(known, None, None, train.RECIPE)
        clock_s = train.clock_of(both[0])
        a, b = pair_channels(both[0].signals, both[1].signals, clock_s)
        prob = network.predict_proba(features(a, b)[0])[:, 1]
        events = detect(clock_s, prob, MIRRORING, "dyad", Profile.load().hysteresis[MIRRORING])
        shown = sum(event.duration_s for event in events)
        true = sum(span["end_s"] - span["start_s"] for span in spans)
        hit = sum(
            max(0.0, min(event.end_s, span["end_s"]) - max(event.start_s, span["start_s"]))
            for event in events for span in spans
        )  # fmt: skip
        print(f"{clip}: {hit / true:.2f} of the mirrored {true:.0f} s inside events, "
              f"{1 - hit / shown:.2f} of the events' {shown:.0f} s outside it")  # fmt: skip


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    recordings = [recording(take) for take in read_training_data(FOLDER)]
    recordings = [one for one in recordings if one.groups["kind of clip"] != "face"]
    people, rng = train.pieces(recordings), np.random.default_rng(7)
    print(f"channels: {', '.join(CHANNELS)}")
    for length_s in LENGTHS_S:
        rejections(f"independent, {length_s} s", independent(rng, people, count, length_s))
    for coefficient in AR:
        rejections(f"AR(1) {coefficient:g}, 60 s", noise(rng, coefficient, count, 60))
    following(rng, people, count)
    rendered(recordings)


if __name__ == "__main__":
    main()
