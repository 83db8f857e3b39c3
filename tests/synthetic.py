"""Signals with known answers, built from what a person is said to do when."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from vision.signals import Signals

Span = tuple[float, float]


def times(duration_s: float, rate_hz: float = 30.0) -> np.ndarray:
    """Frame times from 0, one every 1 / rate_hz seconds."""
    return np.arange(round(duration_s * rate_hz)) / rate_hz


def during(time_s: np.ndarray, spans: Iterable[Span], yes: float = 1.0, no: float = 0.0) -> np.ndarray:
    """``yes`` inside the half-open spans, ``no`` elsewhere."""
    values = np.full(len(time_s), no)
    for start, end in spans:
        values[(time_s >= start - 1e-9) & (time_s < end - 1e-9)] = yes
    return values


def nodding(time_s: np.ndarray, start_s: float, cycles: int, hz: float, amplitude_deg: float) -> np.ndarray:
    """Head pitch of a nod: down by the amplitude and back, so many times; 0 before and after."""
    phase = np.clip((time_s - start_s) * hz, 0, cycles)
    return -amplitude_deg * (1 - np.cos(2 * np.pi * phase)) / 2


def shaking(time_s: np.ndarray, start_s: float, cycles: int, hz: float, amplitude_deg: float) -> np.ndarray:
    """Head yaw of a shake: by the amplitude to each side, so many times; 0 before and after."""
    phase = np.clip((time_s - start_s) * hz, 0, cycles)
    return amplitude_deg * np.sin(2 * np.pi * phase)


def _moving(time_s: np.ndarray, spans: Iterable[Span], move) -> np.ndarray:
    """One angle that does `move` (`nodding`, `shaking`) in each span, 8 degrees about twice a second."""
    angle = np.zeros(len(time_s))
    for start, end in spans:
        cycles = max(1, round(2 * (end - start)))
        angle += move(time_s, start, cycles, cycles / (end - start), 8.0)
    return angle


def person(
    time_s: np.ndarray,
    eye_contact: Iterable[Span] = (),
    away: Iterable[Span] | None = None,
    open_posture: Iterable[Span] = (),
    closed_posture: Iterable[Span] = (),
    nods: Iterable[Span] = (),
    shakes: Iterable[Span] = (),
    facing: Iterable[Span] | None = None,
    unseen: Iterable[Span] = (),
    **columns: np.ndarray,
) -> pd.DataFrame:
    """One person's rows, everything measured except in the ``unseen`` spans.

    ``away`` is where the gaze is not at the target: everywhere else unless given; between the two, the
    probability is 0.5. ``facing`` is always unless given. ``columns`` are added or replace others.
    """
    nods, shakes = list(nods), list(shakes)
    seen = during(time_s, unseen, no=1, yes=0) == 1
    contact = during(time_s, eye_contact, yes=0.95, no=0.05 if away is None else 0.5)
    if away is not None:
        contact[during(time_s, away) == 1] = 0.05
    still = np.zeros(len(time_s))
    values: dict[str, np.ndarray] = {
        "head_yaw_deg": _moving(time_s, shakes, shaking),
        "head_pitch_deg": _moving(time_s, nods, nodding), "head_roll_deg": still,
        "eye_openness": still + 0.3,
        "torso_yaw_deg": still if facing is None else during(time_s, facing, yes=0.0, no=45.0),
        "wrist_separation": still + 1, "arms_visible": still + 0.9,
        "eye_contact_prob": contact,
        "open_posture_prob": during(time_s, open_posture, yes=0.9, no=0.05),
        "closed_posture_prob": during(time_s, closed_posture, yes=0.9, no=0.05),
        "nod_prob": during(time_s, nods, yes=0.9, no=0.02),
        "shake_prob": during(time_s, shakes, yes=0.9, no=0.02),
        **columns,
    }  # fmt: skip
    table = pd.DataFrame({name: np.where(seen, value, np.nan) for name, value in values.items()})
    table.insert(0, "time_s", time_s)
    return table.assign(face_found=seen, pose_found=seen)


def signals(table: pd.DataFrame) -> Signals:
    """The table as validated signals."""
    return Signals(table)
