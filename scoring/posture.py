"""Open and closed posture as events, and which way the trunk faces."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.events import Event, Hysteresis, detect

FACING_DEG = 20.0
"""The trunk faces the target while it is turned no further than this from it."""

POSTURES = ("open_posture", "closed_posture")


def posture_events(table: pd.DataFrame, person: str, hysteresis: Mapping[str, Hysteresis]) -> list[Event]:
    """Events of kinds ``open_posture`` and ``closed_posture``.

    Parameters
    ----------
    table : pandas.DataFrame
        One person's rows of `vision.signals.Signals`.
    hysteresis : Mapping
        One per kind.
    """
    time = table["time_s"].to_numpy()
    return [
        event
        for kind in POSTURES
        for event in detect(time, table[f"{kind}_prob"], kind, person, hysteresis[kind])
    ]


def facing(table: pd.DataFrame) -> NDArray[np.float64]:
    """1 where the trunk faces the target, 0 where it is turned away, NaN where not seen; shape (n,)."""
    target = table["target_yaw_deg"].fillna(0.0).to_numpy(float)
    turned = np.abs(table["torso_yaw_deg"].to_numpy(float) - target)
    return np.where(np.isfinite(turned), (turned <= FACING_DEG).astype(float), np.nan)
