"""What could be measured, when, and why not where it couldn't."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.events import Event, frame_ends, runs
from scoring.eye_contact import eye_contact_prob, uncertain
from scoring.nod import fast_enough, head_prob
from scoring.posture import POSTURES

CUES = ("eye_contact", "posture", "nod")

REASONS = {
    "no_frame": "no picture was recorded or measured",
    "column_missing": "the table has no column for it",
    "no_face": "no face was found",
    "head_turned_away": "the head was turned too far from the camera",
    "eyes_not_visible": "the eyes were closed or could not be seen",
    "target_unknown": "the direction to the client was not calibrated yet",
    "partner_not_seen": "the other person's face was not in the picture",
    "target_uncertain": "how far away the other person's face was could not be told closely enough",
    "one_not_seen": "one of the two people could not be measured",
    "no_body": "no body was found",
    "arms_not_visible": "the arms were not in the picture",
    "frame_rate_too_low": "the frame rate was below 12 per second",
    "too_uncertain": "the picture did not show it clearly enough",
    "speaker_unknown": "who spoke could not be told",
}
"""Keys as they stand in ``events.csv``, and what they mean; a profile words them in its language."""

COLUMN_OF = {
    "eye_contact": ("eye_contact_prob",),
    "posture": ("open_posture_prob", "closed_posture_prob"),
    "nod": ("nod_prob", "shake_prob"),
}
INPUTS_OF = {
    "eye_contact": ("head_yaw_deg", "head_pitch_deg", "eye_yaw_deg", "eye_pitch_deg"),
    "posture": ("torso_yaw_deg", "wrist_separation", "arms_visible"),
    "nod": ("head_yaw_deg", "head_pitch_deg"),
}
"""A cue's probability comes from these; without one of them and without the probability itself, the table
simply doesn't hold the cue."""

TURNED_DEG = 40.0
"""A head turned further than this hides one eye from the lens; face meshes lose the far iris there."""

ARMS_VISIBLE = 0.5
"""Below this visibility an arm counts as out of the picture (MediaPipe's own customary threshold)."""


@dataclass(frozen=True)
class Timeline:
    """One person's time in the session, cut into frames and the gaps between them.

    Attributes
    ----------
    person : str
    start_s, end_s : ndarray, shape (n,)
        Of each frame, in seconds.
    session_s : tuple of float
        First moment and end of the whole session; what no frame covers is a gap.
    measured : dict of str to ndarray of bool, shape (n,)
        Per cue, the frames in which it was measured.
    """

    person: str
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    session_s: tuple[float, float]
    measured: dict[str, NDArray[np.bool_]]

    @property
    def lasts_s(self) -> NDArray[np.float64]:
        """How long each frame lasts, shape (n,)."""
        return self.end_s - self.start_s

    @property
    def duration_s(self) -> float:
        """Length of the session in seconds, gaps included."""
        return self.session_s[1] - self.session_s[0]

    def measured_s(self, measured: NDArray[np.bool_]) -> float:
        """Length of the measured frames in seconds."""
        return float(self.lasts_s[measured].sum())

    def coverage(self, measured: NDArray[np.bool_]) -> float:
        """Share of the session in which something was measured, 0 to 1."""
        return min(1.0, self.measured_s(measured) / self.duration_s) if self.duration_s > 0 else 0.0


def timeline(table: pd.DataFrame, person: str, session_s: tuple[float, float] | None = None) -> Timeline:
    """The timeline of one person's rows of `vision.signals.Signals`.

    ``session_s`` is the session's first moment and end where it is longer than this person's rows.
    """
    time = table["time_s"].to_numpy()
    ends = frame_ends(time)
    own = (float(time[0]), float(ends[-1])) if len(time) else (0.0, 0.0)
    measured = {
        "eye_contact": np.isfinite(eye_contact_prob(table)),
        "posture": np.logical_or.reduce([np.isfinite(table[f"{kind}_prob"]) for kind in POSTURES]),
        "nod": np.isfinite(head_prob(table, "nod")) | np.isfinite(head_prob(table, "shake")),
    }
    return Timeline(person, time, ends, session_s or own, measured)


def not_measurable_events(
    table: pd.DataFrame, times: Timeline, min_duration_s: float, missing: Collection[str] = ()
) -> list[Event]:
    """Events of kind ``not_measurable`` with the attributes ``cue`` and ``reason`` (a key of `REASONS`).

    Parameters
    ----------
    table : pandas.DataFrame
        The rows `times` was made of.
    times : Timeline
    min_duration_s : float
        Shorter spans are left out; inside a longer one, a reason that holds for less than this is taken
        into the one before it.
    missing : collection of str
        Columns the input table didn't have.
    """
    events = []
    for cue in CUES:
        why = _reasons(table, cue, missing)
        why[times.measured[cue]] = ""
        start, end, why = _with_gaps(times, why)
        for first, stop in runs(why == ""):
            if why[first] == "" or end[stop - 1] - start[first] < min_duration_s - 1e-6:
                continue
            for a, b, reason in _reason_spans(start, end, why, first, stop, min_duration_s):
                facts = {"cue": cue, "reason": reason}
                events.append(Event(times.person, "not_measurable", a, b, coverage=0.0, attributes=facts))
    return events


def _with_gaps(times: Timeline, why: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Frames and the gaps around them as one unbroken sequence of (start, end, reason)."""
    gap_start = np.append(times.session_s[0], times.end_s)
    gap_end = np.append(times.start_s, times.session_s[1])
    # The end of the session is computed from another person's frames and may miss by a rounding error.
    gap = gap_end - gap_start > 1e-6
    start = np.concatenate([times.start_s, gap_start[gap]])
    order = np.argsort(start, kind="stable")
    end = np.concatenate([times.end_s, gap_end[gap]])
    reason = np.concatenate([why, np.full(gap.sum(), "no_frame", dtype=object)])
    return start[order], end[order], reason[order]


def _reason_spans(
    start: NDArray, end: NDArray, why: NDArray, first: int, stop: int, min_duration_s: float
) -> list[tuple[float, float, str]]:
    """One unmeasured span cut where its reason changes for good."""
    spans: list[tuple[float, float, str]] = []
    for a, b in runs(why[first:stop]):
        begin, finish, reason = start[first + a], end[first + b - 1], why[first + a]
        short = finish - begin < min_duration_s
        if spans and (short or spans[-1][2] == reason):
            spans[-1] = (spans[-1][0], finish, spans[-1][2])
        elif spans and spans[-1][1] - spans[-1][0] < min_duration_s:  # only the first can be short
            spans[-1] = (spans[-1][0], finish, reason)
        else:
            spans.append((begin, finish, reason))
    return [(float(a), float(b), str(reason)) for a, b, reason in spans]


def _reasons(table: pd.DataFrame, cue: str, missing: Collection[str]) -> NDArray:
    """For each row, why the cue would not be measured there; shape (n,), dtype object."""
    rows = len(table)
    absent = set(COLUMN_OF[cue]) <= set(missing) and set(INPUTS_OF[cue]) & set(missing)
    if absent and not any(np.isfinite(table[name]).any() for name in COLUMN_OF[cue]):
        return np.full(rows, "column_missing", dtype=object)
    no_face = ~table["face_found"].to_numpy(bool)
    if cue == "posture":
        arms = table["arms_visible"].to_numpy(float)
        causes = [
            (~table["pose_found"].to_numpy(bool), "no_body"),
            (~(arms >= ARMS_VISIBLE), "arms_not_visible"),
        ]
    elif cue == "nod":
        causes = [(no_face, "no_face"), (~fast_enough(table["time_s"].to_numpy()), "frame_rate_too_low")]
    else:
        turned = np.hypot(table["head_yaw_deg"], table["head_pitch_deg"]).to_numpy() > TURNED_DEG
        seen_but_no_target = (table["gaze_yaw_deg"].notna() & table["gaze_angle_deg"].isna()).to_numpy()
        no_partner = seen_but_no_target & table["target_yaw_deg"].isna().to_numpy()
        causes = [
            (no_face, "no_face"), (uncertain(table), "target_uncertain"),
            (no_partner & ("gaze_angle_deg" not in missing), "partner_not_seen"),
            (seen_but_no_target & ~turned, "target_unknown"), (turned, "head_turned_away"),
            (seen_but_no_target, "target_unknown"), (~no_face, "eyes_not_visible"),
        ]  # fmt: skip
    why = np.full(rows, "too_uncertain", dtype=object)
    for holds, reason in reversed(causes):
        why[holds] = reason
    return why
