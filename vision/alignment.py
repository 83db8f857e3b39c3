"""When two microphones heard the same: the lag between two sounds, with a confidence; arrays only.

Each sound becomes the power in twelve bands, a hundred times a second. What both microphones share is not how
loud a band is (that is the room, the distance, the gain control) but when it becomes louder and softer; so
each band's compressed power is filtered to its changes within syllables and scaled to its usual size nearby.
The two are correlated at all lags at once by FFT. The lag is then refined on stretches of the overlap, each
for itself: their median is also right in the middle when the two clocks drift.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import fft
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

SOUND_HZ = 8000  # the sound that `BandPower` takes
RATE_HZ = 100  # rows of band power a second
HOP = SOUND_HZ // RATE_HZ
WINDOW = 256  # samples, 32 ms
BANDS = 12
BAND_EDGES_HZ = np.geomspace(200.0, 3700.0, BANDS + 1)  # mains hum and rumble are below, mostly

MIN_OVERLAP_S = 5.0
AUDIBLE = 1e-9  # -90 dB of full scale: below the noise of microphones, above that of 16 bits
THRESHOLD = 0.2  # of confidence: see `align`

_EXPONENT = 0.3  # power to loudness, as in perceptual linear prediction (Hermansky 1990), roughly
_FINE, _COARSE = 1.0, 10.0  # rows: the changes kept lie between Gaussians of these deviations
_NEARBY = 3 * RATE_HZ  # rows over which a band's usual change is measured
_MOST = 4.0  # times the usual change: a slammed door counts no more than this
_CHANCE = 5.0  # spreads that the highest of a million lags reaches by chance
_NEIGHBOURS_S = 0.25  # lags so near to the peak are part of it
_DRIFT = 1e-4  # most by which two clocks' speeds differ; 5e-5 is usual for cameras
_CARRY_S = (1.0, 20.0)  # shortest and longest stretches of which several have to carry a peak
_STRETCH_S = (5.0, 20.0)  # shortest and longest stretches that tell the lag, each for itself


@dataclass(frozen=True)
class BandSeries:
    """Power in bands over time.

    Attributes
    ----------
    first : int
        Place of the first row in 1/`RATE_HZ` seconds from time 0.
    power : numpy.ndarray, shape (rows, BANDS), float32
        Mean square in each band, full scale 1; NaN where there was no sound to measure.
    """

    first: int
    power: np.ndarray


class BandPower:
    """Power in `BANDS` bands at `RATE_HZ`, of sound that comes in pieces.

    Rows are centred on multiples of 1/`RATE_HZ` seconds; memory grows by `BANDS` numbers a row.
    """

    def __init__(self) -> None:
        self._window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
        hz = np.fft.rfftfreq(WINDOW, 1 / SOUND_HZ)
        inside = (hz >= BAND_EDGES_HZ[:-1, None]) & (hz < BAND_EDGES_HZ[1:, None])
        self._bands = inside.T.astype(np.float32) / inside.sum(axis=1).astype(np.float32)
        self._parts: list[tuple[int, np.ndarray]] = []
        self._rest = np.zeros(0, np.float32)
        self._at = 0

    def put(self, samples: np.ndarray, at: int) -> None:
        """Take samples in.

        Parameters
        ----------
        samples : numpy.ndarray, shape (n,)
            Sound at `SOUND_HZ`, full scale 1.
        at : int
            Place of the first one, counted from time 0; anywhere, but a piece that doesn't begin where
            the one before ended starts a window of its own.
        """
        if at != self._at + len(self._rest):
            self._rest, self._at = np.zeros(0, np.float32), at
        sound = np.concatenate([self._rest, samples]).astype(np.float32, copy=False)
        first = -(-(self._at + WINDOW // 2) // HOP)  # the first row whose whole window is here
        skip = first * HOP - WINDOW // 2 - self._at
        rows = (len(sound) - skip - WINDOW) // HOP + 1
        if rows > 0:
            windows = np.lib.stride_tricks.sliding_window_view(sound[skip:], WINDOW)[::HOP][:rows]
            spectrum = fft.rfft(windows * self._window, axis=1)
            power = (spectrum.real**2 + spectrum.imag**2) @ self._bands
            self._parts.append((first, power / np.float32((self._window**2).sum())))
            used = skip + rows * HOP
            sound, self._at = sound[used:], self._at + used
        self._rest = sound.copy()

    def result(self) -> BandSeries:
        """All rows so far, by their place."""
        if not self._parts:
            return BandSeries(0, np.zeros((0, BANDS), np.float32))
        first = min(at for at, _ in self._parts)
        power = np.full((max(at + len(p) for at, p in self._parts) - first, BANDS), np.nan, np.float32)
        for at, part in self._parts:
            power[at - first : at - first + len(part)] = part
        return BandSeries(first, power)


@dataclass(frozen=True)
class Match:
    """The lag at which two sounds agree best.

    Attributes
    ----------
    lag_s : float
        Time in the first sound less time in the second, of the same moment.
    confidence : float
        0 to 1; see `align`.
    overlap_s : float
        Seconds of sound that both have at this lag.
    """

    lag_s: float
    confidence: float
    overlap_s: float


def audible_s(series: BandSeries) -> float:
    """Seconds in which there is any sound at all, be it noise."""
    return float((series.power.mean(axis=1) > AUDIBLE).sum()) / RATE_HZ  # NaN isn't greater


def changes(power: np.ndarray) -> np.ndarray:
    """What two microphones share of the same sound.

    Parameters
    ----------
    power : numpy.ndarray, shape (rows, BANDS)
        NaN where there was no sound to measure.

    Returns
    -------
    numpy.ndarray, shape (rows, BANDS), float32
        Changes of loudness within about a syllable, over the usual change within three seconds; 0 where
        not measurable and just beside.
    """
    missing = np.isnan(power[:, 0])
    found = np.zeros_like(power, dtype=np.float32)
    if missing.all():
        return found
    rows = np.arange(len(power))
    for band in range(power.shape[1]):
        loud = power[:, band]
        if missing.any():
            loud = np.interp(rows, rows[~missing], loud[~missing])
        loud = (loud.astype(float) / (loud.mean(dtype=float) or 1.0)) ** _EXPONENT
        change = gaussian_filter1d(loud, _FINE) - gaussian_filter1d(loud, _COARSE)
        square = change * change
        # Not below a share of the whole recording's: what is silent has no changes.
        usual = np.sqrt(uniform_filter1d(square, _NEARBY).clip(0) + 0.05 * square.mean() + 1e-20)
        found[:, band] = np.clip(change / usual, -_MOST, _MOST)
    found[uniform_filter1d(missing.astype(float), 2 * int(_COARSE) + 1) > 1e-6] = 0
    return found


def align(first: BandSeries, second: BandSeries) -> Match | None:
    """Find the lag at which two sounds agree best.

    The products of the two sounds' changes are summed at each lag and divided by the root of the summed
    products of their squares, which makes lags of short and long overlap comparable, and by the spread of
    all lags (1.4826 times the median of absolute values). The peak of this curve is then in units in which
    chance reaches about 5.

    Returns
    -------
    Match or None
        None where no lag has `MIN_OVERLAP_S` of common sound. The confidence is
        (1 - rival / peak) (1 - 1 / n): `rival` is the second best peak, but at least 5; n is how many
        stretches of the overlap carry the peak, (sum c)^2 / sum c^2 of their contributions c, so that one
        noise that happens to resemble another is not enough. At `THRESHOLD` and above it is to be
        believed; how it was set, `tests/benchmarks/alignment.py` shows.

        Where the clocks run at different speeds, the lag is that of the middle of the overlap.
    """
    a, b = (changes(one.power) for one in (first, second))
    curve = _curve(a, b, *(~np.isnan(one.power[:, 0]) for one in (first, second)))
    if curve is None:
        return None
    lags, score = curve
    best = int(lags[np.argmax(score)])
    a, b = _overlap(a, b, best)
    apart = np.abs(lags - best) > RATE_HZ * _NEIGHBOURS_S + _DRIFT * len(a)
    rival = max(_CHANCE, float(score[apart].max(initial=0.0)))
    height = max(1.0 - rival / max(float(score.max()), rival), 0.0)
    confidence = height * (1.0 - 1.0 / max(_carrying(a, b), 1.0))
    lag_s = (first.first - second.first + best + _fine_lag(a, b)) / RATE_HZ
    return Match(lag_s, confidence, len(a) / RATE_HZ)


def _curve(a, b, has_a, has_b) -> tuple[np.ndarray, np.ndarray] | None:
    """Lags in rows of `a` that have enough overlap, shape (k,), and how well the two agree, shape (k,)."""
    size = fft.next_fast_len(len(a) + len(b), real=True)

    def against(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return fft.rfft(x, size) * fft.rfft(y, size).conj()

    products = sum(against(x, y) for x, y in zip(a.T, b.T, strict=True))
    squares = fft.irfft(against((a * a).mean(axis=1), (b * b).mean(axis=1)), size)
    common = fft.irfft(against(has_a.astype(np.float32), has_b.astype(np.float32)), size)
    lags = np.arange(size)
    lags[lags >= len(a)] -= size
    enough = common > MIN_OVERLAP_S * RATE_HZ - 1
    if not enough.any():
        return None
    agreement = fft.irfft(products, size)[enough] / np.sqrt(squares[enough].clip(1.0))
    spread = 1.4826 * float(np.median(np.abs(agreement)))
    return lags[enough], agreement / max(spread, 1e-6)


def _overlap(a: np.ndarray, b: np.ndarray, lag: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows of both that are of the same moments, when row `lag` of `a` is row 0 of `b`."""
    a, b = a[max(lag, 0) :], b[max(-lag, 0) :]
    rows = min(len(a), len(b))
    return a[:rows], b[:rows]


def _stretches(rows: int, shortest_s: float, longest_s: float, parts: int) -> list[slice]:
    """Whole stretches that fill the rows: `parts` of them if the limits allow."""
    length = min(max(rows / parts, shortest_s * RATE_HZ), longest_s * RATE_HZ)
    edges = np.linspace(0, rows, max(1, int(rows / length)) + 1).astype(int)
    return [slice(start, end) for start, end in pairwise(edges)]


def _carrying(a: np.ndarray, b: np.ndarray) -> float:
    """How many stretches carry the sum of products: 1 when it is a single one."""
    each = (a * b).sum(axis=1)
    parts = np.array([each[one].sum() for one in _stretches(len(a), *_CARRY_S, 20)])
    return float(parts.sum() ** 2 / max((parts**2).sum(), 1e-12))


def _fine_lag(a: np.ndarray, b: np.ndarray) -> float:
    """What is to be added to a lag of 0, in rows: the weighted median over stretches."""
    reach = round(RATE_HZ * 0.05 + _DRIFT * len(a) / 2)
    lags, weights = [], []
    for one in _stretches(len(a), *_STRETCH_S, 6):
        sums = np.full(2 * reach + 1, -np.inf)
        for k in range(-reach, reach + 1):
            low, high = max(one.start, -k), min(one.stop, len(a) - k)
            sums[k + reach] = np.vdot(a[low + k : high + k], b[low:high]) / max(high - low, 1)
        top = int(np.argmax(sums))
        if 0 < top < 2 * reach and sums[top] > 0:
            lags.append(top - reach + _vertex(*sums[top - 1 : top + 2]))
            weights.append(sums[top] ** 2 * (one.stop - one.start))
    if not lags:
        return 0.0
    order = np.argsort(lags)
    weight = np.array(weights)[order] / sum(weights)
    return float(np.interp(0.5, np.cumsum(weight) - weight / 2, np.array(lags)[order]))


def _vertex(left: float, middle: float, right: float) -> float:
    """Place of the top of the parabola through three values at -1, 0 and 1."""
    bend = left - 2 * middle + right
    return 0.5 * (left - right) / bend if bend < 0 else 0.0
