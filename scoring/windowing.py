"""Where two series are correlated: windows, steps and lags, in seconds and in samples."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attune import InputError

LONG_S = 300.0
"""From this length on a session has the default window and step; shorter ones scale them down."""

SHORTEST_WINDOW_S = 6.0
MIN_SAMPLES = 3


@dataclass(frozen=True)
class Windowing:
    """Where series are correlated.

    Attributes
    ----------
    window_s, step_s, lag_s : float
        Length of a window, time from one window's start to the next one's, largest lag; in seconds.

    Raises
    ------
    InputError
        When one of them is not a finite number above 0 (the lag may be 0).
    """

    window_s: float = 30.0
    step_s: float = 10.0
    lag_s: float = 5.0

    def __post_init__(self) -> None:
        for name, value, least in (
            ("window", self.window_s, "more than 0"),
            ("step", self.step_s, "more than 0"),
            ("lag", self.lag_s, "0 or more"),
        ):
            if not math.isfinite(value) or value < 0 or (value == 0 and name != "lag"):
                raise InputError(f"the {name} is {value:g} s: use {least} seconds")

    @classmethod
    def for_duration(cls, duration_s: float) -> Windowing:
        """The default for a session of this length.

        30 s windows every 10 s for `LONG_S` and more; below, a tenth and a thirtieth of the session, but no
        window under `SHORTEST_WINDOW_S`. Lags up to 5 s.
        """
        if duration_s >= LONG_S:
            return cls()
        return cls(max(SHORTEST_WINDOW_S, duration_s / 10), duration_s / 30)

    def on(self, samples: int, rate_hz: float) -> Grid:
        """The windows of series with so many samples.

        As many as fit with the largest lag behind each of them (as in rMEA).

        Raises
        ------
        InputError
            When none fits, or a window or step has too few samples.
        """
        if not (math.isfinite(rate_hz) and rate_hz > 0):
            raise InputError(f"the rate is {rate_hz:g} samples a second: use more than 0")
        window, lag = round(self.window_s * rate_hz), math.floor(self.lag_s * rate_hz + 1e-6)
        if window < MIN_SAMPLES or self.step_s * rate_hz < 1 - 1e-6:
            least_s, sample_s = MIN_SAMPLES / rate_hz, 1 / rate_hz
            raise InputError(
                f"a window of {self.window_s:g} s or a step of {self.step_s:g} s is too short at {rate_hz:g} "
                f"samples a second: use {least_s:g} s or more and {sample_s:g} s or more"
            )
        room = samples - window - lag
        if room < 0:
            raise InputError(
                f"a window of {self.window_s:g} s and a lag of {self.lag_s:g} s need "
                f"{self.window_s + self.lag_s:g} s, and the series have {samples / rate_hz:g} s: use a "
                "shorter window or lag, or longer series"
            )
        step = self.step_s * rate_hz
        starts = np.rint(np.arange(math.floor(room / step) + 2) * step).astype(np.int64)
        return Grid(rate_hz, samples, window, lag, starts[starts <= room])


@dataclass(frozen=True)
class Grid:
    """Windows in samples: length of a window, largest lag, and the windows' first samples."""

    rate_hz: float
    samples: int
    window: int
    lag: int
    starts: NDArray[np.int64]

    @property
    def nearest_shift(self) -> int:
        """Circular shifts nearer to 0 than this would search lags of the recording itself."""
        return 2 * self.lag + 1
