"""Error rates and speed of the synchrony statistics: python tests/benchmarks/synchrony.py [FOLDER]

FOLDER holds motion energy of dyads, one text file each (a line of names, then two columns at 25 Hz, as in the
R package rMEA): people of different dyads, who never met, are paired as well. Where it has a
reference_curves.csv (dyad, then the mean lag curve as rMEA computed it), that is compared.
"""

import itertools
import statistics
import sys
import time
from pathlib import Path

import numpy as np
from _common import machine
from scipy.signal import lfilter

from scoring.series import read_pair
from scoring.synchrony import KINDS, lag_curves, smooth, surrogate_peaks, synchrony, z_interval
from scoring.windowing import Windowing

ALPHA = 0.05
PAIRS, RUNS = 300, 100
RATE_HZ, SAMPLES = 10.0, 6000  # 10 minutes
LAG_S, CORRELATION = 1.5, 0.58
FILE_RATE_HZ = 25.0
RMEA_S = 0.8  # what rMEA 1.2.2 takes for one dyad's lag curve


def autoregressive(rng, coefficient, samples):
    noise = rng.standard_normal(samples + 500)
    return lfilter([1.0], [1.0, -coefficient], noise)[500:]


def follower(rng, samples):
    """B follows A in the second half; both are AR(1) of .8."""
    a, own = (autoregressive(rng, 0.8, samples) for _ in range(2))
    lag, half = round(LAG_S * RATE_HZ), samples // 2
    b = own.copy()
    b[half:] = CORRELATION * a[half - lag : samples - lag] + np.sqrt(1 - CORRELATION**2) * own[half:]
    return a, b


def rejected(p_values, what):
    rates = (np.array(p_values) <= ALPHA).mean(axis=0)
    print(
        f"{what}: p <= {ALPHA:g} in {rates[0]:.1%} (B follows {rates[1]:.1%}, A follows {rates[2]:.1%}; "
        "target 2 to 8 %)",
        flush=True,
    )


def p_values(a, b, rate_hz, kind, seed, surrogates=1000):
    duration_s = len(a) / rate_hz
    found = synchrony(a, b, rate_hz, Windowing.for_duration(duration_s), surrogates, kind, seed)
    return found.p, found.b_follows_p, found.a_follows_p


def independent(samples, kind, surrogates=1000):
    rng = np.random.default_rng(1)
    pairs = [[autoregressive(rng, 0.95, samples) for _ in range(2)] for _ in range(PAIRS)]
    found = [p_values(a, b, RATE_HZ, kind, seed, surrogates) for seed, (a, b) in enumerate(pairs)]
    rejected(found, f"{PAIRS} independent AR(1) pairs of {samples / RATE_HZ:g} s, {kind}")


def power():
    rng = np.random.default_rng(2)
    pairs = [follower(rng, SAMPLES) for _ in range(RUNS)]
    found = [synchrony(a, b, RATE_HZ, Windowing(), seed=seed) for seed, (a, b) in enumerate(pairs)]
    errors_s = [abs(one.peak_lag_s - LAG_S) for one in found]
    seen = sum(one.p <= ALPHA and one.b_follows_p <= ALPHA for one in found)
    print(
        f"following at r = {CORRELATION}, lag {LAG_S} s, in half of 10 minutes: found in {seen} of {RUNS} "
        f"(target 95), median lag error {statistics.median(errors_s):.2f} s (target 0.1 s)"
    )


def coverage():
    rng = np.random.default_rng(3)
    at = round((5.0 + LAG_S) * RATE_HZ)
    inside = 0
    for seed in range(PAIRS):
        a, b = (autoregressive(rng, 0.8, SAMPLES) for _ in range(2))
        low, high = z_interval(lag_curves(a, b, RATE_HZ, Windowing()).windows_z[0, :, at], Windowing(), seed)
        inside += low <= 0 <= high
    print(f"95 % intervals of z between independent pairs hold 0 in {inside / PAIRS:.1%}")


def speed():
    a, b = np.random.default_rng(4).standard_normal((2, 15_000))
    curve_s = timed(lambda: lag_curves(a, b, FILE_RATE_HZ, Windowing()))
    print(
        f"one lag curve of 15000 x 2 samples: {curve_s * 1000:.1f} ms, {RMEA_S / curve_s:.0f} times as fast "
        "as rMEA (target 10)"
    )
    for kind in KINDS:
        taken_s = timed(lambda kind=kind: surrogate_peaks(a, b, FILE_RATE_HZ, Windowing(), 1000, kind), 1)
        print(f"1000 {kind} surrogates of them: {taken_s:.2f} s (target 10 s)", flush=True)


def timed(work, runs=9):
    work()
    taken_s = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        taken_s.append(time.perf_counter() - started)
    return statistics.median(taken_s)


def files(folder):
    people = {}
    for path in sorted(folder.glob("*.txt")):
        pair = read_pair(path, ("1", "2"))
        people[path.stem] = [smooth(series, FILE_RATE_HZ, 0.5) for series in (pair.a, pair.b)]
    reference = folder / "reference_curves.csv"
    if reference.is_file():
        compare(people, reference)
    strangers = [
        (a, b) for one, other in itertools.combinations(people, 2) for a in people[one] for b in people[other]
    ]
    for kind in KINDS:
        found = [p_values(a, b, FILE_RATE_HZ, kind, 0, 200) for a, b in strangers]
        rejected(found, f"{len(strangers)} pairs of people of different dyads, {kind}")
    for name, (a, b) in people.items():
        p = p_values(a, b, FILE_RATE_HZ, "circular", 0)
        print(f"dyad {name}: p = {p[0]:.3f} (B follows {p[1]:.3f}, A follows {p[2]:.3f})")


def compare(people, reference):
    worst = 0.0
    for line in reference.read_text("utf-8").splitlines()[1:]:
        dyad, *curve = line.split(",")
        a, b = next(pair for name, pair in people.items() if name.startswith(dyad))
        ours = lag_curves(a, b, FILE_RATE_HZ, Windowing()).z[0]
        worst = max(worst, float(np.abs(ours - np.array(curve, float)).max()))
    print(f"largest difference from rMEA's lag curves: {worst:.6f} (target 0.003)")


if __name__ == "__main__":
    print(machine())
    speed()
    independent(SAMPLES, "circular")
    independent(3000, "circular")
    for kind in KINDS:
        independent(600, kind, 200)
    power()
    coverage()
    if len(sys.argv) > 1:
        files(Path(sys.argv[1]))
