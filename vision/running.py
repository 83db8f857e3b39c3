"""Signals picture by picture: what is known of a person at the moment a picture was measured.

Live measures and the batch with ``--causal`` are both this; what needs the whole session is in
`vision.measure.to_signals`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vision import bias
from vision.geometry import angle_between_deg
from vision.target import ENOUGH_FRAMES, LENS, Target, not_seen

PROFILE_DEG = 60.0  # Beyond this a face shows one eye: no line of sight.
CLOSED_EYES = 0.11  # Openness below this hides the iris; notes in models/eye_contact/card.md.
STALE_S = 0.35  # A body measurement holds this long: three and a half steps at 10 Hz.
# Pose also sees bodies in logos and chairs: it is believed only of a person whose face was seen lately.
FACE_MEMORY_S = 5.0
ANGLES = ("gaze_yaw_deg", "gaze_pitch_deg", "head_yaw_deg", "head_pitch_measured_deg")

Row = dict[str, np.ndarray]
"""Column name -> array of shape (1,)."""


def hidden_eyes(face: Mapping[str, np.ndarray]) -> np.ndarray:
    """Where the eyes can't be measured though there is a face, shape (n,)."""
    return (np.abs(face["head_yaw_deg"]) > PROFILE_DEG) | (face["eye_openness"] < CLOSED_EYES)


def level_pitch_deg(measured_deg: np.ndarray, offset_pitch_deg: float | np.ndarray) -> np.ndarray:
    """Pitch of the head with the share of the person's own offset that belongs to it taken off."""
    own = bias.HEAD_PITCH_SHARE * (offset_pitch_deg - bias.MEAN_PITCH_DEG)
    return measured_deg - bias.HEAD_PITCH_MEAN_DEG - own


class RunningSignals:
    """One person's signals from what was seen so far.

    Parameters
    ----------
    body_columns : sequence of str
        What a look at the body gives.
    target : Target
        A calibrated one is known from its interval's end on.
    """

    def __init__(self, body_columns: tuple[str, ...], target: Target = LENS):
        self._bias, self._target = bias.GazeBias(), target
        self._before: tuple[float, np.ndarray] | None = None
        self._looks: list[tuple[float, float]] = []
        self._direction: tuple[float, float] | None = (0.0, 0.0) if target.kind == "lens" else None
        self._last_face_s = -np.inf
        self._body: tuple[float, Row] | None = None
        self._nobody: Row = {name: np.full(1, np.nan) for name in body_columns}

    def check_target(self) -> None:
        """Raise an `InputError` when a calibrated target is due and not known: the eyes were not seen."""
        if self._target.kind == "calibrated" and self._direction is None:
            raise not_seen(self._target)

    def push(self, time_s: float, cut: bool, face: Row, body: Row | None) -> Row:
        """Take in the next picture.

        Parameters
        ----------
        time_s : float
            Rising from call to call.
        cut : bool
            Nothing carries over from the picture before.
        face : Row
            As `vision.measure.measure_faces` gives it for this picture.
        body : Row or None
            As `vision.measure.measure_bodies` gives it, with ``motion_energy``; None: not looked at.

        Returns
        -------
        Row
            The registered columns of `vision.signals.COLUMNS` but time, frame, person and probabilities.
        """
        angles = np.stack([np.where(hidden_eyes(face), np.nan, face[name]) for name in ANGLES], axis=1)
        offset_yaw, offset_pitch = self._offset(time_s, angles)
        gaze_yaw, gaze_pitch = angles[:, 0] - offset_yaw, angles[:, 1] - offset_pitch
        row = dict(face)
        row["face_found"] = np.isfinite(face["head_yaw_deg"])
        row["head_pitch_deg"] = level_pitch_deg(face["head_pitch_measured_deg"], offset_pitch)
        row |= {"gaze_yaw_deg": gaze_yaw, "gaze_pitch_deg": gaze_pitch}
        row |= self._toward_target(time_s, gaze_yaw, gaze_pitch)
        row |= self._held(time_s, cut, bool(row["face_found"][0]), body)
        row["pose_found"] = np.isfinite(row["arms_visible"])
        return row

    def _offset(self, time_s: float, angles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The person's own offset, from the pictures before this one."""
        if self._before is not None:
            before_s, before = self._before
            self._bias.update(before, np.array([min(max(time_s - before_s, 0.0), bias.LOOK_S)]))
        # Who looks at somebody else's face says nothing about where the lens would be for them.
        self._before = time_s, np.full_like(angles, np.nan) if self._target.kind == "partner" else angles
        yaw, pitch = self._bias.estimate()
        return np.full(1, yaw), np.full(1, pitch)

    def _toward_target(self, time_s: float, yaw: np.ndarray, pitch: np.ndarray) -> Row:
        target = self._target
        if target.kind == "calibrated" and self._direction is None:
            if target.start_s <= time_s < target.end_s and np.isfinite(yaw[0]):
                self._looks.append((float(yaw[0]), float(pitch[0])))
            elif time_s >= target.end_s and len(self._looks) >= ENOUGH_FRAMES:
                self._direction = tuple(float(one) for one in np.median(self._looks, axis=0))  # type: ignore[assignment]
        if self._direction is None:
            # The trunk is compared with the lens until a calibrated target is known.
            unknown = 0.0 if target.kind == "calibrated" else np.nan
            return {
                "gaze_angle_deg": np.full(1, np.nan),
                "target_yaw_deg": np.full(1, unknown), "target_pitch_deg": np.full(1, unknown),
            }  # fmt: skip
        return {
            "gaze_angle_deg": angle_between_deg(yaw, pitch, *self._direction),
            "target_yaw_deg": np.full(1, self._direction[0]),
            "target_pitch_deg": np.full(1, self._direction[1]),
        }

    def _held(self, time_s: float, cut: bool, face_found: bool, body: Row | None) -> Row:
        """The body as last looked at: not across a cut, not when stale, not long after the face was lost."""
        if cut:
            self._body, self._last_face_s = None, -np.inf
        if face_found:
            self._last_face_s = time_s
        if body is not None:
            self._body = time_s, {name: body[name] for name in self._nobody}
        known = time_s - self._last_face_s <= FACE_MEMORY_S
        if self._body is None or not known or time_s - self._body[0] > STALE_S:
            return self._nobody
        return self._body[1]
