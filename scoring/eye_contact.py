"""Eye contact and gaze away: events from the probability that the gaze is at the target.

Gaze at the target is a visual proxy: the camera stands in for the client, and nobody looks back.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.events import Event, Hysteresis, detect, frame_ends, inside, runs

BLINK_SHARE = 0.5
"""Lids closer than this share of the person's median eye openness are closed (house convention)."""

BLINK_MAX_S = 0.5
"""A longer closure is no blink but a look down or closed eyes, and keeps its probability. Spontaneous
blinks last 0.1 to 0.4 s."""


THRESHOLD_DEG = 7.5
"""Between what counts as eye contact and what doesn't (6 and 9 degrees, models/eye_contact/card.md)."""


def uncertain(table: Mapping[str, NDArray]) -> NDArray[np.bool_]:
    """Where the interval of angles to the target holds the threshold, so that either may be true; shape (n,).

    Only a partner's face gives an interval (`vision.partner`): how far away it is isn't known.
    """
    low, high = table["gaze_angle_low_deg"], table["gaze_angle_high_deg"]
    return (low <= THRESHOLD_DEG) & (high > THRESHOLD_DEG)


def eye_contact_prob(table: pd.DataFrame) -> NDArray[np.float64]:
    """Probability of eye contact per frame with the blinks taken out.

    Parameters
    ----------
    table : pandas.DataFrame
        One person's rows of `vision.signals.Signals`, n rows.

    Returns
    -------
    ndarray, shape (n,)
        0 to 1; NaN where not measurable and in blinks.
    """
    prob = table["eye_contact_prob"].to_numpy(float).copy()
    openness = table["eye_openness"].to_numpy(float)
    if not np.isfinite(openness).any():
        return prob
    time, end = table["time_s"].to_numpy(), frame_ends(table["time_s"])
    closed = openness < BLINK_SHARE * np.nanmedian(openness)
    for first, stop in runs(closed):
        if closed[first] and end[stop - 1] - time[first] <= BLINK_MAX_S:
            prob[first:stop] = np.nan
    return prob


def eye_contact_events(
    table: pd.DataFrame, person: str, contact: Hysteresis, away: Hysteresis
) -> list[Event]:
    """Events of kinds ``eye_contact`` and ``gaze_away``; the two never overlap.

    Parameters
    ----------
    table : pandas.DataFrame
        One person's rows of `vision.signals.Signals`.
    contact, away : Hysteresis
        ``away`` is applied to one minus the probability, outside eye contact only.
    """
    time, prob = table["time_s"].to_numpy(), eye_contact_prob(table)
    contacts = detect(time, prob, "eye_contact", person, contact)
    outside = np.where(inside(time, contacts) & np.isfinite(prob), 0.0, 1 - prob)
    return contacts + detect(time, outside, "gaze_away", person, away)
