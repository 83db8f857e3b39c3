"""What eye contact is measured against: the lens, a calibrated direction, or the partner's face."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from attune import InputError, UsageError

_CALIBRATED = re.compile(r"calibrated:(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")
ENOUGH_FRAMES = 5
_ROUNDING_S = 0.5  # Players show a recording's end rounded.


@dataclass(frozen=True)
class Target:
    """The target of eye contact.

    Attributes
    ----------
    kind : str
        ``lens``, ``calibrated`` or ``partner``: the other face in the same picture.
    start_s, end_s : float
        ``calibrated``: the interval in which the person looked at the client. Until its end the target
        is unknown to whoever may not look ahead; ``lens``, known from the start, has 0.
    """

    kind: str = "lens"
    start_s: float = 0.0
    end_s: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Target:
        """Read ``lens``, ``partner`` or ``calibrated:START-END`` (seconds).

        Raises
        ------
        UsageError
            When it is none of them.
        """
        if text in ("lens", "partner"):
            return cls(text)
        found = _CALIBRATED.fullmatch(text)
        if found is None:
            raise UsageError(
                f"--target '{text}' is not known: use lens, partner, or calibrated:START-END in seconds "
                "(calibrated:2-5, say)"
            )
        start_s, end_s = float(found[1]), float(found[2])
        if end_s <= start_s:
            raise UsageError(f"--target '{text}': the interval must end after it starts")
        return cls("calibrated", start_s, end_s)

    def check_within(self, duration_s: float) -> None:
        """Raise an `InputError` when the interval reaches beyond a recording's end."""
        if self.end_s > duration_s + _ROUNDING_S:
            raise InputError(
                f"target {self}: the recording ends at {duration_s:.1f} s; choose an interval before that"
            )

    def __str__(self) -> str:
        return self.kind if self.kind != "calibrated" else f"calibrated:{self.start_s:g}-{self.end_s:g}"


LENS = Target()


def direction_deg(
    target: Target, time_s: np.ndarray, gaze_yaw_deg: np.ndarray, gaze_pitch_deg: np.ndarray
) -> tuple[float, float]:
    """Yaw and pitch in degrees of the target against the line to the lens.

    ``calibrated``: the median line of sight in the interval. ``partner``: NaN, for it moves
    (`vision.partner`).

    Raises
    ------
    InputError
        When the interval is not in the recording, or fewer than five of its frames show the person's
        eyes.
    """
    if target.kind == "lens":
        return 0.0, 0.0
    if target.kind == "partner":
        return float("nan"), float("nan")
    target.check_within(float(time_s[-1]) if len(time_s) else 0.0)
    inside = (time_s >= target.start_s) & (time_s < target.end_s) & np.isfinite(gaze_yaw_deg)
    if inside.sum() < ENOUGH_FRAMES:
        raise not_seen(target)
    return float(np.median(gaze_yaw_deg[inside])), float(np.median(gaze_pitch_deg[inside]))


def not_seen(target: Target) -> InputError:
    """What to raise where the interval doesn't show the eyes."""
    return InputError(
        f"target {target}: the eyes were not seen long enough between {target.start_s:g} and "
        f"{target.end_s:g} s; choose an interval in which the person faces the camera"
    )
