"""A gentle cue while recording: words on the screen, no sound, after a long look away."""

from __future__ import annotations

from scoring.live import Live

TEXT = "When it suits you, look back to your client."
_BACK_S = 0.5  # Eye contact for so long ends the look away.


class Cue:
    """Tells when to show the cue.

    Parameters
    ----------
    after_s : float
        How long a look away may last: the profile's upper end for the longest one.
    """

    def __init__(self, after_s: float):
        self._after_s = after_s
        self._away_s = self._back_s = 0.0
        self._before_s: float | None = None

    def push(self, live: Live) -> str | None:
        """The words to show after the newest measures, or None.

        Time in which eye contact can't be measured counts neither way.
        """
        step_s = 0.0 if self._before_s is None else min(live.time_s - self._before_s, 1.0)
        self._before_s = live.time_s
        if live.eye_contact is False:
            self._away_s, self._back_s = self._away_s + step_s, 0.0
        elif live.eye_contact:
            self._back_s += step_s
            if self._back_s >= _BACK_S:
                self._away_s = 0.0
        return TEXT if self._away_s >= self._after_s else None
