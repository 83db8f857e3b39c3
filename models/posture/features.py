"""What the posture model sees of one frame: where elbows and wrists are, and the trunk's turn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

FEATURES = (
    "wrist_separation",
    "left_elbow_across", "left_elbow_up", "right_elbow_across", "right_elbow_up",
    "left_wrist_across", "left_wrist_up", "right_wrist_across", "right_wrist_up",
    "torso_yaw_deg", "left_wrist_seen", "right_wrist_seen",
)  # fmt: skip
CLASSES = ("neither", "open", "closed")
# A wrist less visible than this, or outside the picture, is where Pose guesses: its place is left out. Tucked
# hands have .25 to .5 and are placed rightly as often as not.
SEEN = 0.25
_SCALE = np.array([1.0] * 9 + [20.0, 1.0, 1.0])
_SEPARATION, _TORSO = 0, 9
_WRISTS = (("left_wrist_seen", (5, 6)), ("right_wrist_seen", (7, 8)))
_MIRROR = [0, 3, 4, 1, 2, 7, 8, 5, 6, 9, 11, 10]
_MIRROR_SIGN = np.array([1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, 1], dtype=np.float32)


def features(columns: Mapping[str, np.ndarray], target_yaw_deg: float | np.ndarray = 0.0) -> np.ndarray:
    """Features of each frame, shape (n, len(FEATURES)), float32; NaN: not measurable.

    A wrist that can't be seen has no place (0) and ``seen`` 0, else 1; the wrists' separation needs both.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n,)
        The named signals.
    target_yaw_deg : float or ndarray, shape (n,)
        Direction of the target; open means turned to it.
    """
    table = np.stack([np.asarray(columns[name], dtype=np.float64) for name in FEATURES], axis=1)
    table[:, _TORSO] -= target_yaw_deg
    for name, place in _WRISTS:
        seen = table[:, FEATURES.index(name)]
        hidden = seen < SEEN
        table[np.ix_(hidden, [_SEPARATION, *place])] = 0.0
        seen[:] = np.where(np.isnan(seen), np.nan, ~hidden)
    return np.clip(table / _SCALE, -4, 4).astype(np.float32)


def mirrored(table: np.ndarray) -> np.ndarray:
    """The same posture seen in a mirror: left and right change places."""
    return table[:, _MIRROR] * _MIRROR_SIGN
