"""Trunk and arms from the body's landmarks."""

from __future__ import annotations

import numpy as np

from vision import topology as t
from vision.geometry import to_camera_axes

# Ridge regression of the rendered persons' trunk yaw (degrees) on the shoulders' measured yaw, the
# nose's offset from between the shoulders (shoulder widths) and the head's yaw:
# `attune retrain torso`, models/posture/card.md.
TORSO_FROM_SHOULDERS, TORSO_FROM_NOSE_DEG, TORSO_FROM_HEAD = 0.30, 132.0, -1.10
LEAN_OFFSET_DEG = 8.9  # Mean measured lean of the rendered persons minus their true lean.
HAND_TO_FACE = 0.75  # A hand's knuckle nearer to the face's middle than this, in face heights.
# Close-ups show hands without arms, to which Pose gives little visibility; it still places a hidden
# hand well below the face, so that the place tells more than the visibility.
HAND_VISIBLE = 0.1
MOTION_VISIBLE = 0.5
MOTION_GAP_S = 0.5
MOST_MOTION = 50.0  # Shoulder widths a second: beyond it a track has jumped.

ARM_COLUMNS = (
    "left_elbow_across", "left_elbow_up", "right_elbow_across", "right_elbow_up",
    "left_wrist_across", "left_wrist_up", "right_wrist_across", "right_wrist_up",
)  # fmt: skip


def torso_yaw_deg(body: np.ndarray, head_yaw_deg: np.ndarray) -> np.ndarray:
    """Yaw of the trunk against the line to the lens, degrees, shape (n,); + toward the own left.

    Parameters
    ----------
    body : ndarray, shape (n, 33, 4)
        x, y, z in pixels and visibility.
    head_yaw_deg : ndarray, shape (n,)

    Returns
    -------
    ndarray, shape (n,)
        Between -90 and 90: shoulders seen from the side are so near each other that more means nothing.
    """
    shoulder_yaw, nose = shoulder_yaw_and_nose(body)
    head = np.where(np.isfinite(head_yaw_deg), head_yaw_deg, 0.0)
    yaw = TORSO_FROM_SHOULDERS * shoulder_yaw + TORSO_FROM_NOSE_DEG * nose + TORSO_FROM_HEAD * head
    return np.clip(yaw, -90, 90)


def shoulder_yaw_and_nose(body: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Measured yaw of the shoulder line (degrees) and the nose's offset from its middle, shape (n,) each.

    The offset is in shoulder widths, + toward image right.
    """
    shoulders = to_camera_axes(body[:, t.LEFT_SHOULDER, :3] - body[:, t.RIGHT_SHOULDER, :3])
    middle, width = _shoulder_line(body)
    yaw = np.degrees(np.arctan2(-shoulders[:, 2], shoulders[:, 0]))
    return yaw, (body[:, t.NOSE, 0] - middle[:, 0]) / width


def lean_deg(world: np.ndarray) -> np.ndarray:
    """Trunk against the vertical, degrees, + forward (toward the lens), shape (n,).

    NaN beyond 90 degrees: no upright trunk was seen.
    """
    shoulders = (world[:, t.LEFT_SHOULDER] + world[:, t.RIGHT_SHOULDER]) / 2
    hips = (world[:, t.LEFT_HIP] + world[:, t.RIGHT_HIP]) / 2
    trunk = to_camera_axes(shoulders - hips)
    lean = np.degrees(np.arctan2(trunk[:, 2], trunk[:, 1])) - LEAN_OFFSET_DEG
    return np.where(np.abs(lean) <= 90, lean, np.nan)  # Head below hips: no trunk that leans.


def arm_geometry(body: np.ndarray) -> dict[str, np.ndarray]:
    """Elbows and wrists against the middle of the shoulders, in shoulder widths, shape (n,) each.

    ``*_across`` runs along the shoulder line, + toward the own left; ``*_up`` at right angles to
    it. ``wrist_separation`` is the left wrist's across minus the right one's: about +1 with hanging
    arms, negative where the wrists have changed sides.
    """
    middle, width = _shoulder_line(body)
    line = (body[:, t.LEFT_SHOULDER, :2] - body[:, t.RIGHT_SHOULDER, :2]) / width[:, None]
    up = np.stack([line[:, 1], -line[:, 0]], axis=-1)
    columns = {}
    points = (("left_elbow", t.LEFT_ELBOW), ("right_elbow", t.RIGHT_ELBOW),
              ("left_wrist", t.LEFT_WRIST), ("right_wrist", t.RIGHT_WRIST))  # fmt: skip
    for name, point in points:
        offset = (body[:, point, :2] - middle) / width[:, None]
        columns[f"{name}_across"] = np.sum(offset * line, axis=-1)
        columns[f"{name}_up"] = np.sum(offset * up, axis=-1)
    columns["wrist_separation"] = columns["left_wrist_across"] - columns["right_wrist_across"]
    return columns


def wrists_seen(body: np.ndarray, width_px: float, height_px: float) -> dict[str, np.ndarray]:
    """How well each wrist can be seen, 0 to 1, shape (n,) each; 0 outside the picture, NaN without a body."""
    clear = _clear(body, width_px, height_px)
    return {"left_wrist_seen": clear[:, t.LEFT_WRIST], "right_wrist_seen": clear[:, t.RIGHT_WRIST]}


def _clear(body: np.ndarray, width_px: float, height_px: float) -> np.ndarray:
    """Visibility of each point, shape (n, 33); 0 outside the picture, NaN without a body."""
    x, y, seen = body[..., 0], body[..., 1], body[..., 3]
    inside = (x >= 0) & (x <= width_px) & (y >= 0) & (y <= height_px)
    return np.where(np.isfinite(x), np.where(inside, seen, 0.0), np.nan)


def arms_visible(body: np.ndarray, width_px: float, height_px: float) -> np.ndarray:
    """How well the less visible arm can be seen, 0 to 1, shape (n,).

    An arm counts as seen through its elbow or its wrist, whichever is clearer, and only inside the
    picture: MediaPipe also places arms that are hidden or cut off. NaN where there is no body.
    """
    clear = _clear(body, width_px, height_px)
    left = np.maximum(clear[:, t.LEFT_ELBOW], clear[:, t.LEFT_WRIST])
    right = np.maximum(clear[:, t.RIGHT_ELBOW], clear[:, t.RIGHT_WRIST])
    return np.minimum(left, right)


def hand_on_face(
    body: np.ndarray, face_x_px: np.ndarray, face_y_px: np.ndarray, face_height_px: np.ndarray
) -> np.ndarray:
    """1 where a hand lies on the face, else 0, shape (n,); NaN without face or body.

    Face centre between the eyes, so the middle of the face lies a little below it.
    """
    centre = np.stack([face_x_px, face_y_px + 0.2 * face_height_px], axis=-1)
    near = np.zeros(len(body), bool)
    for hand in (t.LEFT_INDEX, t.RIGHT_INDEX):
        distance = np.linalg.norm(body[:, hand, :2] - centre, axis=-1)
        near |= (distance < HAND_TO_FACE * face_height_px) & (body[:, hand, 3] > HAND_VISIBLE)
    measurable = np.isfinite(centre).all(axis=1) & np.isfinite(body[:, 0, 0])
    return np.where(measurable, near.astype(float), np.nan)


def motion_energy(time_s: np.ndarray, body: np.ndarray) -> np.ndarray:
    """How fast head, shoulders and arms move: mean speed of those seen, shoulder widths a second, shape (n,).

    What motion energy analysis counts in pixels that change (Ramseyer and Tschacher 2011), from landmarks.

    Parameters
    ----------
    time_s : ndarray, shape (n,)
    body : ndarray, shape (n, 33, 4)
        x, y, z in pixels and visibility.

    Returns
    -------
    ndarray, shape (n,)
        Speed since the look before; NaN for the first one, after a pause of more than `MOTION_GAP_S`, and
        without a body.
    """
    if len(body) < 2:
        return np.full(len(body), np.nan)
    points = list(t.MOVING)
    _, width = _shoulder_line(body)
    step_s = np.diff(time_s)
    moved = np.linalg.norm(np.diff(body[:, points, :2], axis=0), axis=-1)
    seen = np.minimum(body[1:, points, 3], body[:-1, points, 3]) >= MOTION_VISIBLE
    seen &= np.isfinite(moved)
    total = np.where(seen, moved, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    measurable = seen.any(axis=1) & (step_s > 0) & (step_s <= MOTION_GAP_S)
    speed = np.where(measurable, total / (width[1:] * np.where(step_s > 0, step_s, 1.0)), np.nan)
    return np.concatenate([[np.nan], np.minimum(speed, MOST_MOTION)])


def _shoulder_line(body: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    left, right = body[:, t.LEFT_SHOULDER, :2], body[:, t.RIGHT_SHOULDER, :2]
    width = np.linalg.norm(left - right, axis=-1)
    return (left + right) / 2, np.where(width > 1, width, np.nan)
