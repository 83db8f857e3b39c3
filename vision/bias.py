"""A person's own offset of the measured line of sight, estimated from the session.

Landmarks draw every face a little wrong: the irises too high in one, the chin too far forward in
another. The sum shows as a constant offset of the measured line of sight. People who talk to
somebody look at that somebody again and again, so the direction most often returned to is likely to
be the target's; but how much may be explained that way is limited by how far offsets spread over
persons (the prior) and by how much independent evidence there is. Evidence is counted in looks: a
quarter of a second in which head or eyes have moved since the last one, at most `MOST_LOOKS` of
them. So neither a few seconds, nor a frozen picture, nor an hour of looking past the lens is
explained away.

The estimate is the mean of the posterior over offsets o on a grid,

    log p(o) = - o' PRIOR^-1 o / 2 - (|o| / WALL)^8
               + sum_i log(1 + RATIO exp(-|g_i - o|^2 / (2 SPREAD^2)))

(a Gaussian of looks at the target in a flat background). The wall keeps the offset among those that
persons have: somebody who looks 15 degrees past the lens for an hour looks past it. What cannot be
told apart is a steady look about 10 degrees past the lens from the largest offsets.
"""

from __future__ import annotations

import numpy as np

# Means over the training persons: `attune retrain gaze`, models/eye_contact/card.md. The spreads are
# a little wider than theirs (2.6 and 3.2): real faces differ more than rendered ones.
MEAN_YAW_DEG, MEAN_PITCH_DEG = 0.53, -0.14
SD_YAW_DEG, SD_PITCH_DEG = 3.5, 4.0
WALL_DEG = 8.5  # The largest offset of a training person was 9.2.
SPREAD_DEG = 2.5
RATIO = 3.0
LOOK_S = 0.25
MOVED_DEG = 0.5
MOST_LOOKS = 20
HEAD_PITCH_MEAN_DEG = -8.8  # Of a level head as measured; mean over the training persons.
HEAD_PITCH_SHARE = 0.53  # Share of the pitch offset that belongs to the head's own pitch.

_AXIS_DEG = np.arange(-12.0, 12.01, 0.75)


class GazeBias:
    """Running estimate of one person's offset, the same live and in batch."""

    def __init__(self) -> None:
        yaw, pitch = np.meshgrid(_AXIS_DEG, _AXIS_DEG, indexing="ij")
        self._yaw, self._pitch = yaw, pitch
        self._prior = -0.5 * ((yaw / SD_YAW_DEG) ** 2 + (pitch / SD_PITCH_DEG) ** 2)
        self._prior -= (np.hypot(yaw, pitch) / WALL_DEG) ** 8
        self._evidence = np.zeros_like(yaw)
        self._looks = 0
        self._sum, self._lasted_s, self._frames = np.zeros(4), 0.0, 0
        self._last = np.full(4, np.inf)
        self._estimate: tuple[float, float] | None = None

    def update(self, angles_deg: np.ndarray, step_s: np.ndarray) -> None:
        """Take in frames.

        Parameters
        ----------
        angles_deg : ndarray, shape (n, 4)
            Measured gaze yaw, gaze pitch, head yaw, head pitch; frames with NaN are left out.
        step_s : ndarray, shape (n,)
            Time each frame stands for.
        """
        known = np.isfinite(angles_deg).all(axis=1)
        for angles, step in zip(angles_deg[known], step_s[known], strict=True):
            self._sum += angles
            self._frames += 1
            self._lasted_s += step
            if self._lasted_s >= LOOK_S - 1e-6:
                self._take(self._sum / self._frames)
                self._sum, self._lasted_s, self._frames = np.zeros(4), 0.0, 0

    def _take(self, look: np.ndarray) -> None:
        if np.abs(look - self._last).max() < MOVED_DEG:
            return
        self._last = look
        yaw, pitch = look[0] - MEAN_YAW_DEG, look[1] - MEAN_PITCH_DEG
        across = np.exp(-0.5 * ((yaw - _AXIS_DEG) / SPREAD_DEG) ** 2)
        upward = np.exp(-0.5 * ((pitch - _AXIS_DEG) / SPREAD_DEG) ** 2)
        self._evidence += np.log1p(RATIO * np.outer(across, upward))
        self._looks += 1
        self._estimate = None

    def estimate(self) -> tuple[float, float]:
        """Offset (yaw, pitch) in degrees to take off measured gaze."""
        if self._estimate is None:
            scale = min(1.0, MOST_LOOKS / self._looks) if self._looks else 0.0
            posterior = self._prior + scale * self._evidence
            weight = np.exp(posterior - posterior.max())
            weight /= weight.sum()
            self._estimate = (
                MEAN_YAW_DEG + float((weight * self._yaw).sum()),
                MEAN_PITCH_DEG + float((weight * self._pitch).sum()),
            )
        return self._estimate


def steps_s(time_s: np.ndarray) -> np.ndarray:
    """Time that each frame stands for, shape (n,): until the next one, at most `LOOK_S`."""
    steps = np.diff(time_s, append=time_s[-1:] + LOOK_S) if len(time_s) else time_s
    return np.clip(steps, 0, LOOK_S)


def offset_deg(time_s: np.ndarray, angles_deg: np.ndarray) -> tuple[float, float]:
    """Offset (yaw, pitch) by the whole session; picture by picture: `vision.running.RunningSignals`.

    Parameters
    ----------
    time_s : ndarray, shape (n,)
    angles_deg : ndarray, shape (n, 4)
        Measured gaze yaw, gaze pitch, head yaw, head pitch; NaN: not measured.
    """
    bias = GazeBias()
    bias.update(angles_deg, steps_s(time_s))
    return bias.estimate()
