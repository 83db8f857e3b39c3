"""A person's own offset of the measured line of sight, estimated from the session.

Landmarks draw every face a little wrong: the irises too high in one, the chin too far forward in
another. The sum shows as a constant offset of the measured line of sight. People who talk to
somebody look at that somebody again and again, so the direction most often returned to is likely to
be the target's; but how much may be explained that way is limited by how far offsets spread over
persons (the prior) and by how much independent evidence there is (`MOST_EVIDENCE_S`): neither a few
seconds, nor a frozen picture, nor an hour of looking past the lens is explained away.

The estimate is the mean of the posterior over offsets o on a grid,

    log p(o) = - o' PRIOR^-1 o / 2  +  sum_i w_i log(1 + RATIO exp(-|g_i - o|^2 / (2 SPREAD^2)))

(a Gaussian of looks at the target in a flat background; w_i is the time a frame stands for).
"""

from __future__ import annotations

import numpy as np

# Population, over the training persons: `attune retrain gaze`, models/eye_contact/card.md.
MEAN_YAW_DEG, MEAN_PITCH_DEG = 0.53, -0.14
SD_YAW_DEG, SD_PITCH_DEG = 2.6, 3.2
SPREAD_DEG = 2.5
RATIO = 3.0
PER_S = 2.0  # Independent looks a second at most; between them landmark errors repeat.
MOST_EVIDENCE_S = 10.0
HEAD_PITCH_MEAN_DEG = -8.8  # Of a level head as measured; mean over the training persons.
HEAD_PITCH_SHARE = 0.53  # Share of the pitch offset that belongs to the head's own pitch.

_AXIS_DEG = np.arange(-12.0, 12.01, 0.75)


class GazeBias:
    """Running estimate of one person's offset, the same live and in batch."""

    def __init__(self) -> None:
        yaw, pitch = np.meshgrid(_AXIS_DEG, _AXIS_DEG, indexing="ij")
        self._yaw, self._pitch = yaw, pitch
        self._prior = -0.5 * ((yaw / SD_YAW_DEG) ** 2 + (pitch / SD_PITCH_DEG) ** 2)
        self._evidence = np.zeros_like(yaw)
        self._seen_s = 0.0

    def update(self, yaw_deg: np.ndarray, pitch_deg: np.ndarray, step_s: np.ndarray) -> None:
        """Take in frames.

        Parameters
        ----------
        yaw_deg, pitch_deg : ndarray, shape (n,)
            Measured gaze; NaN frames are left out.
        step_s : ndarray, shape (n,)
            Time each frame stands for.
        """
        known = np.isfinite(yaw_deg) & np.isfinite(pitch_deg)
        step = np.minimum(step_s[known], 1 / PER_S)
        yaw = yaw_deg[known] - MEAN_YAW_DEG
        pitch = pitch_deg[known] - MEAN_PITCH_DEG
        for y, p, s in zip(yaw, pitch, step, strict=True):
            if abs(y) > 20 or abs(p) > 20:
                continue
            across = np.exp(-0.5 * ((y - _AXIS_DEG) / SPREAD_DEG) ** 2)
            upward = np.exp(-0.5 * ((p - _AXIS_DEG) / SPREAD_DEG) ** 2)
            self._evidence += s * PER_S * np.log1p(RATIO * np.outer(across, upward))
        self._seen_s += float(step.sum())

    def estimate(self) -> tuple[float, float]:
        """Offset (yaw, pitch) in degrees to take off measured gaze."""
        scale = min(1.0, MOST_EVIDENCE_S / self._seen_s) if self._seen_s > 0 else 0.0
        posterior = self._prior + scale * self._evidence
        weight = np.exp(posterior - posterior.max())
        weight /= weight.sum()
        return (
            MEAN_YAW_DEG + float((weight * self._yaw).sum()),
            MEAN_PITCH_DEG + float((weight * self._pitch).sum()),
        )


def offsets_deg(
    time_s: np.ndarray, yaw_deg: np.ndarray, pitch_deg: np.ndarray, causal: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Offset of each frame, shape (n,) each.

    Parameters
    ----------
    time_s, yaw_deg, pitch_deg : ndarray, shape (n,)
        Measured gaze; NaN: not measured.
    causal : bool
        Use only the frames before each frame instead of the whole session.
    """
    bias = GazeBias()
    step_s = np.diff(time_s, append=time_s[-1:] + 1 / 30) if len(time_s) else time_s
    step_s = np.clip(step_s, 0, 1 / PER_S)
    if not causal:
        bias.update(yaw_deg, pitch_deg, step_s)
        yaw, pitch = bias.estimate()
        return np.full(len(time_s), yaw), np.full(len(time_s), pitch)
    found = np.empty((len(time_s), 2))
    for i in range(len(time_s)):
        found[i] = bias.estimate()
        bias.update(yaw_deg[i : i + 1], pitch_deg[i : i + 1], step_s[i : i + 1])
    return found[:, 0], found[:, 1]
