"""How far what is said of two people together is from the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scoring.events import Event, inside
from scoring.truth import Truth

SURE, ALPHA = 0.01, 0.05
OWN_FACE_PX = 60.0


def pair_parts(
    truth: Truth, events: Sequence[Event], scores: Mapping[str, Any]
) -> dict[str, tuple[float, float, int]]:
    """Part, whole and number by `scoring.accuracy.Measure.key`, of a clip of two people.

    Parameters
    ----------
    truth : Truth
        Of either of them.
    events : sequence of Event
    scores : mapping of str to scoring.score.Score
        The dyad's.
    """
    p = scores["mirroring_p"].value
    if truth.pair is None or p is None:
        return {}
    if truth.pair.lag_s is None:
        return {"pair_chance": (float(p > ALPHA), 1, 1)}
    found = {"pair_found": (float(p < SURE), 1.0, 1)}
    lag_s = scores["mirroring_lag_s"].value
    if lag_s is not None:
        found["pair_lag_s"] = (abs(lag_s - truth.pair.lag_s), 1, 1)
    mirrored = np.any([(truth.time_s >= a) & (truth.time_s < b) for a, b in truth.pair.spans], axis=0)
    shown = inside(truth.time_s, [event for event in events if event.kind == "mirroring"])
    found["pair_time"] = (float((shown & mirrored).sum()), float(mirrored.sum()), int(mirrored.sum()))
    return found
