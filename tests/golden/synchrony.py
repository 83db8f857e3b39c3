"""Makes synchrony.json, what `scoring.synchrony` says of a small pair: python -m tests.golden.synchrony

Run it when a change is meant to change results, and say why in the commit.
"""

import json
from pathlib import Path

import numpy as np

from scoring.synchrony import KINDS, synchrony
from scoring.windowing import Windowing

PATH = Path(__file__).with_suffix(".json")
RATE_HZ = 5.0
WINDOWING = Windowing(20.0, 5.0, 2.0)


def pair():
    """Two series of 100 s: B has A's movement of 0.8 s before in it, and 4 s of B are missing."""
    rng = np.random.default_rng(2024)
    a, own = (np.convolve(rng.standard_normal(520), np.ones(4), "valid")[:500] for _ in range(2))
    b = own + 0.8 * np.roll(a, 4)
    b[200:220] = np.nan
    return a, b


def results():
    a, b = pair()
    return {
        kind: synchrony(a, b, RATE_HZ, WINDOWING, surrogates=99, kind=kind, seed=7).as_dict()
        for kind in KINDS
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(results(), indent=1) + "\n", "utf-8")
