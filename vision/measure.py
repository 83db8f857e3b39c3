"""From landmarks to the signals table: measure each picture, then place everything on the frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from vision import bias
from vision.extract import Seen
from vision.gaze import eye_openness, eyes_in_head_deg, gaze_deg
from vision.geometry import angle_between_deg
from vision.head import face_box_px, head_angles_deg
from vision.posture import (
    ARM_COLUMNS,
    arm_geometry,
    arms_visible,
    hand_on_face,
    lean_deg,
    motion_energy,
    torso_yaw_deg,
    wrists_seen,
)
from vision.running import ANGLES, FACE_MEMORY_S, STALE_S, RunningSignals, hidden_eyes, level_pitch_deg
from vision.signals import Signals
from vision.target import LENS, Target, direction_deg

BODY_COLUMNS = (
    "torso_yaw_deg", "lean_deg", "wrist_separation", *ARM_COLUMNS,
    "left_wrist_seen", "right_wrist_seen", "arms_visible", "hand_on_face", "motion_energy",
)  # fmt: skip
_CHUNK = 256

Keep = Callable[[list[Seen], dict[str, np.ndarray]], None]


@dataclass
class Measured:
    """What was measured of one person, before anything of the whole session is used.

    Attributes
    ----------
    frames : dict of str to ndarray, shape (n,)
        ``time_s``, ``frame``, ``cut`` and the face's measurements, one value a picture.
    body : dict of str to ndarray, shape (m,)
        ``time_s`` and `BODY_COLUMNS`, one value for each look at the body.
    """

    frames: dict[str, np.ndarray] = field(default_factory=dict)
    body: dict[str, np.ndarray] = field(default_factory=dict)


class Measurement:
    """Measures a stream of landmarks of one person in small chunks; the landmarks are not kept.

    Parameters
    ----------
    width_px, height_px : int
        Size of the picture in source pixels.
    keep : callable, optional
        Called with each chunk's list of `Seen` and its face columns (to store landmarks).
    """

    def __init__(self, width_px: int, height_px: int, keep: Keep | None = None):
        self._size, self._keep = (width_px, height_px), keep
        self._chunk: list[Seen] = []
        self._frames: list[dict[str, np.ndarray]] = []
        self._body: list[dict[str, np.ndarray]] = []
        self._unkept: list[Seen] = []
        self._unkept_columns: list[dict[str, np.ndarray]] = []
        self._before: tuple[float, np.ndarray] | None = None  # time and body of the last look

    def add(self, seen: Seen) -> None:
        """Take in what was seen of the person in the next picture."""
        self._chunk.append(seen)
        if len(self._chunk) == _CHUNK:
            self._measure()

    def measure_now(self, seen: Seen) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray] | None]:
        """`add`, and give this picture's measurements at once: the face's, and the body's if looked at."""
        self._chunk.append(seen)
        self._measure()
        return self._frames[-1], None if seen.body is None else self._body[-1]

    def finish(self) -> Measured:
        """What was measured: a few hundred bytes a picture."""
        if self._chunk:
            self._measure()
        self._hand_over()
        return Measured(_joined(self._frames), _joined(self._body))

    def _measure(self) -> None:
        chunk, self._chunk = self._chunk, []
        for parts in (self._frames, self._body):
            if len(parts) >= _CHUNK:  # Arrays of one picture each weigh more than their values.
                parts[:] = [_joined(parts)]
        columns = measure_faces(np.stack([s.face for s in chunk]))
        columns["time_s"] = np.array([s.time_s for s in chunk])
        columns["frame"] = np.array([s.index for s in chunk], dtype=np.int32)
        columns["cut"] = np.array([s.cut for s in chunk])
        looked = np.array([s.body is not None for s in chunk])
        if looked.any():
            bodies = np.stack([s.body for s in chunk if s.body is not None])
            worlds = np.stack([s.world for s in chunk if s.world is not None])
            face = {name: values[looked] for name, values in columns.items()}
            self._body.append({
                "time_s": face["time_s"], **measure_bodies(bodies, worlds, face, *self._size),
                "motion_energy": self._moved(face["time_s"], bodies),
            })  # fmt: skip
        self._frames.append(columns)
        if self._keep is not None:
            self._unkept += chunk
            self._unkept_columns.append(columns)
            if len(self._unkept) >= _CHUNK:
                self._hand_over()

    def _hand_over(self) -> None:
        """Give `keep` what it hasn't had yet: in chunks also where pictures are measured one by one."""
        if self._keep is not None and self._unkept:
            self._keep(self._unkept, _joined(self._unkept_columns))
            self._unkept, self._unkept_columns = [], []

    def _moved(self, time_s: np.ndarray, bodies: np.ndarray) -> np.ndarray:
        times, points = time_s, bodies
        if self._before is not None:
            times = np.concatenate([[self._before[0]], time_s])
            points = np.concatenate([self._before[1][None], bodies])
        self._before = float(time_s[-1]), bodies[-1]
        return motion_energy(times, points)[-len(time_s) :].astype(np.float32)


def not_before(measured: Measured, since_s: float) -> Measured:
    """The same with nothing found before a time: who was measured then was somebody else."""
    parts = []
    for columns in (measured.frames, measured.body):
        early = columns["time_s"] < since_s if columns else None
        parts.append({
            name: values if name in ("time_s", "frame", "cut") else np.where(early, np.nan, values)
            for name, values in columns.items()
        })  # fmt: skip
    return Measured(*parts)


def measure(seen: Iterable[Seen], width_px: int, height_px: int, keep: Keep | None = None) -> Measured:
    """Measure a stream of landmarks of one person; see `Measurement`."""
    measurement = Measurement(width_px, height_px, keep)
    for one in seen:
        measurement.add(one)
    return measurement.finish()


def _joined(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}


def _settled(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The columns as float32, without what is left where two halves cancel.

    numpy takes its vectorised or its scalar arctangent depending on where arrays happen to lie in memory,
    and they differ in the last bit: a roll of 0 would be 4e-17 in one run and 0 in the next.
    """
    return {name: np.round(values, 9).astype(np.float32) for name, values in columns.items()}


def measure_faces(face: np.ndarray) -> dict[str, np.ndarray]:
    """The face's columns, float32, shape (n,) each, from landmarks, shape (n, len(topology.FACE), 3)."""
    yaw, pitch, roll = head_angles_deg(face)
    gaze_yaw, gaze_pitch = gaze_deg(face)
    eye_yaw, eye_pitch = eyes_in_head_deg(face)
    x, y, height = face_box_px(face)
    columns = {
        "head_yaw_deg": yaw, "head_pitch_measured_deg": pitch, "head_roll_deg": roll,
        "gaze_yaw_deg": gaze_yaw, "gaze_pitch_deg": gaze_pitch,
        "eye_yaw_deg": eye_yaw, "eye_pitch_deg": eye_pitch, "eye_openness": np.minimum(eye_openness(face), 2),
        "face_x_px": x, "face_y_px": y, "face_height_px": height,
    }  # fmt: skip
    return _settled(columns)


def measure_bodies(
    body: np.ndarray, world: np.ndarray, face: dict[str, np.ndarray], width_px: float, height_px: float
) -> dict[str, np.ndarray]:
    """`BODY_COLUMNS` but for motion energy, float32, shape (m,) each.

    `face` holds the same pictures' face columns.
    """
    columns = {
        "torso_yaw_deg": torso_yaw_deg(body, face["head_yaw_deg"]),
        "lean_deg": lean_deg(world),
        **arm_geometry(body),
        **wrists_seen(body, width_px, height_px),
        "arms_visible": arms_visible(body, width_px, height_px),
        "hand_on_face": hand_on_face(body, face["face_x_px"], face["face_y_px"], face["face_height_px"]),
    }
    return _settled(columns)


def to_signals(
    measured: Measured, target: Target = LENS, causal: bool = False, person: str = "staff"
) -> Signals:
    """Place the measurements on the frames and take off the person's own offsets.

    Parameters
    ----------
    measured : Measured
    target : Target
        What the line of sight is compared with; causal, a calibrated one only from its interval's end.
    causal : bool
        Use only what came before each frame (live measures).
    person : str

    Returns
    -------
    Signals
        Without probabilities: those columns are NaN.
    """
    if not measured.frames:
        return Signals(pd.DataFrame({"time_s": np.empty(0)}))
    frames = _running(measured, target) if causal else _whole(measured, target)
    frames["person"] = np.full(len(frames["time_s"]), person, dtype=object)
    return Signals(pd.DataFrame(frames))


def _running(measured: Measured, target: Target) -> dict[str, np.ndarray]:
    """The frames' columns by what was known at each."""
    frames, body = dict(measured.frames), measured.body
    time_s, cuts, index = (frames.pop(name) for name in ("time_s", "cut", "frame"))
    target.check_within(float(time_s[-1]))
    looked = dict(zip(body.get("time_s", ()), range(len(body.get("time_s", ()))), strict=True))
    running = RunningSignals(BODY_COLUMNS, target)
    rows = []
    for i, time in enumerate(time_s):
        look = looked.get(time)
        seen = None if look is None else {name: body[name][look : look + 1] for name in BODY_COLUMNS}
        face = {name: values[i : i + 1] for name, values in frames.items()}
        rows.append(running.push(float(time), bool(cuts[i]), face, seen))
    running.check_target()
    return {"time_s": time_s, "frame": index, **_joined(rows)}


def _whole(measured: Measured, target: Target) -> dict[str, np.ndarray]:
    """The frames' columns by what the whole session shows."""
    frames = dict(measured.frames)
    time_s, cuts = frames["time_s"], frames.pop("cut")
    angles = np.stack([np.where(hidden_eyes(frames), np.nan, frames[name]) for name in ANGLES], axis=1)
    # Who looks at somebody else's face says nothing about where the lens would be for them.
    looks = np.full_like(angles, np.nan) if target.kind == "partner" else angles
    offset_yaw, offset_pitch = bias.offset_deg(time_s, looks)
    frames["face_found"] = np.isfinite(frames["head_yaw_deg"])
    frames["head_pitch_deg"] = level_pitch_deg(frames["head_pitch_measured_deg"], offset_pitch)
    gaze_yaw, gaze_pitch = angles[:, 0] - offset_yaw, angles[:, 1] - offset_pitch
    yaw, pitch = direction_deg(target, time_s, gaze_yaw, gaze_pitch)
    frames |= {
        "gaze_yaw_deg": gaze_yaw, "gaze_pitch_deg": gaze_pitch,
        "gaze_angle_deg": angle_between_deg(gaze_yaw, gaze_pitch, yaw, pitch),
        "target_yaw_deg": np.full(len(time_s), yaw), "target_pitch_deg": np.full(len(time_s), pitch),
    }  # fmt: skip
    known = _lately(frames["face_found"], time_s, cuts)
    body = _on_frames(measured.body, time_s, cuts)
    frames |= {name: np.where(known, values, np.nan) for name, values in body.items()}
    frames["pose_found"] = np.isfinite(frames["arms_visible"])
    return frames


def _lately(found: np.ndarray, time_s: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Whether a face was found within the last `FACE_MEMORY_S` of the same shot, shape (n,)."""
    shot = np.cumsum(cuts)
    last = np.maximum.accumulate(np.where(found, np.arange(len(found)), -1))
    since_s = time_s - time_s[np.clip(last, 0, None)]
    return (last >= 0) & (since_s <= FACE_MEMORY_S) & (shot[np.clip(last, 0, None)] == shot)


def _on_frames(
    body: dict[str, np.ndarray], time_s: np.ndarray, cuts: np.ndarray
) -> dict[str, np.ndarray]:
    """Body columns at every frame: interpolated, NaN where stale or across a cut."""
    if not body:
        return {name: np.full(len(time_s), np.nan) for name in BODY_COLUMNS}
    looked_s = body["time_s"]
    before = np.searchsorted(looked_s, time_s + 1e-9, side="right") - 1
    after = np.clip(before + 1, 0, len(looked_s) - 1)
    held = np.clip(before, 0, None)
    shot = np.cumsum(cuts)
    shot_of_look = shot[np.clip(np.searchsorted(time_s, looked_s - 1e-9), 0, len(shot) - 1)]
    fresh = (before >= 0) & (time_s - looked_s[held] <= STALE_S) & (shot_of_look[held] == shot)
    step = looked_s[after] - looked_s[held]
    between = fresh & (step > 0) & (step <= 2 * STALE_S) & (shot_of_look[after] == shot)
    share = np.where(between, (time_s - looked_s[held]) / np.where(step > 0, step, 1), 0.0)
    columns = {}
    for name in BODY_COLUMNS:
        now, then = body[name][held], body[name][after]
        blend = np.where(np.isfinite(then), now + share * (then - now), now)
        columns[name] = np.where(fresh, blend, np.nan)
    columns["hand_on_face"] = np.where(fresh, body["hand_on_face"][held], np.nan)
    return columns
