"""Trends of a time series, robust against outliers and autocorrelation.

The slope is Theil's and Sen's median of all slopes between two samples; the test of Mann and Kendall decides whether
there is a trend, with the variance corrected for autocorrelation after K. H. Hamed and A. R. Rao (1998), A modified
Mann-Kendall trend test for autocorrelated data, Journal of Hydrology 204:182. The same variance gives the interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

MIN_SAMPLES = 20
"""Samples that a trend needs."""
MAX_SAMPLES = 40
"""Maximum number of samples; of more, neighbours are averaged, which also reduces autocorrelation."""
MAX_P_VALUE = 0.001
"""A trend has a p-value below this: several series are tested in every run."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Trend:
    """A slope per second with its 95 % interval, the level in the middle, and the test's p value."""

    slope: float
    low: float
    high: float
    level: float
    last: float
    p: float
    seconds: float

    @property
    def is_real(self) -> bool:
        """Whether autocorrelated noise would rarely look like this."""
        return self.p < MAX_P_VALUE


def trend(samples: Sequence[tuple[float, float]]) -> Trend | None:
    """Return the trend of (seconds, value); None with too few samples."""
    if len(samples) < MIN_SAMPLES:
        return None
    times, values = _thinned(np.array(samples, dtype=float))
    first, second = np.triu_indices(len(times), 1)
    gaps = times[second] - times[first]
    rises = (values[second] - values[first])[gaps > 0]
    slopes = np.sort(rises / gaps[gaps > 0])
    slope = float(np.median(slopes))
    score = float(np.sign(rises).sum())
    spread = math.sqrt(_variance(times, values, slope))
    p = 1.0 if spread == 0 else 2 * NormalDist().cdf(-max(0.0, abs(score) - 1) / spread)
    reach = 1.959964 * spread
    low = slopes[max(0, math.floor((len(slopes) - reach) / 2))]
    high = slopes[min(len(slopes) - 1, math.ceil((len(slopes) + reach) / 2))]
    level = float(np.median(values))
    last = float(np.median(values[-max(5, len(values) // 10) :]))
    return Trend(slope, float(low), float(high), level, last, p, float(times[-1] - times[0]))


def _thinned(samples: Array) -> tuple[Array, Array]:
    step = math.ceil(len(samples) / MAX_SAMPLES)
    whole = len(samples) // step * step
    times, values = samples[:whole].reshape(-1, step, 2).mean(axis=1).T
    return times, values


def _variance(times: Array, values: Array, slope: float) -> float:
    """Return the variance of the test's score without a trend; ties lower it, autocorrelation raises it."""
    count = len(values)
    _, ties = np.unique(values, return_counts=True)
    plain = count * (count - 1) * (2 * count + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())
    ranks = _ranks(values - slope * times)
    apart = ranks - ranks.mean()
    whole = float((apart**2).sum())
    factor = 1.0
    for lag in range(1, count // 3 if whole > 0 else 1):
        alike = float((apart[:-lag] * apart[lag:]).sum()) / whole
        if abs(alike) > 1.959964 / math.sqrt(count):
            part = (count - lag) * (count - lag - 1) * (count - lag - 2)
            factor += 2 * part * alike / (count * (count - 1) * (count - 2))
    # Less than independent samples would have is no gain that a test should be built on.
    return plain / 18 * max(1.0, factor)


def _ranks(values: Array) -> Array:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    middles = np.cumsum(counts) - (counts - 1) / 2
    ranks: Array = middles[places]
    return ranks
