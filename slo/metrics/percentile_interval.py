"""Confidence interval of a percentile from order statistics.

The number of samples below the true percentile is binomial, whatever the distribution of the latencies, so
two ranks enclose the percentile with a known probability (David and Nagaraja, Order Statistics, 3rd ed.,
section 7.1). The method assumes independent samples. Consecutive requests are correlated, so the true interval
may be wider.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from slo.metrics.histogram import Histogram

MISS_PROBABILITY = 0.05
"""The interval misses the true percentile with at most this probability (95 % confidence)."""


@dataclass(frozen=True)
class PercentileInterval:
    """The ends of a 95 % interval in microseconds; None where there are too few samples to bound that side."""

    low_us: int | None
    high_us: int | None

    @property
    def low_confidence(self) -> bool:
        """Whether the samples are too few to enclose the percentile from both sides."""
        return self.low_us is None or self.high_us is None


def of_percentile(histogram: Histogram, percent: Fraction) -> PercentileInterval:
    """Return the 95 % interval of the ``percent``-th percentile of the recorded samples."""
    low, high = enclosing_ranks(histogram.total, percent)
    return PercentileInterval(
        histogram.value_at_rank(low) if low else None,
        histogram.value_at_rank(high) if high else None,
    )


def enclosing_ranks(total: int, percent: Fraction) -> tuple[int | None, int | None]:
    """Return the 1-based ranks that enclose a percentile of ``total`` samples with 95 % confidence.

    Each side may miss with 2.5 %. Where the extreme sample alone misses with more, it is still a
    bound as long as it misses with at most 5 %, and the other side gets the rest; this is why p99 needs
    299 samples: 0.99 ** 299 < 0.05.
    """
    if total < 1:
        return None, None
    share = float(percent / 100)
    above, below = share**total, (1 - share) ** total
    miss_above = miss_below = MISS_PROBABILITY / 2
    if miss_above < above <= MISS_PROBABILITY:
        miss_above, miss_below = above, MISS_PROBABILITY - above
    elif miss_below < below <= MISS_PROBABILITY:
        miss_above, miss_below = MISS_PROBABILITY - below, below
    low = _last_rank(total, share, miss_below) if below <= miss_below else None
    high = _first_rank(total, share, miss_above) if above <= miss_above else None
    return low, high


def _last_rank(total: int, share: float, miss: float) -> int:
    """Return the largest rank whose sample lies above the percentile with probability <= ``miss``."""
    low, high = 1, max(1, math.ceil(share * total))
    while low < high:
        middle = (low + high + 1) // 2
        if binomial_at_most(middle - 1, total, share) <= miss:
            low = middle
        else:
            high = middle - 1
    return low


def _first_rank(total: int, share: float, miss: float) -> int:
    """Return the smallest rank whose sample lies below the percentile with probability <= ``miss``."""
    low, high = max(1, math.floor(share * total)), total
    while low < high:
        middle = (low + high) // 2
        if binomial_at_most(total - middle, total, 1 - share) <= miss:
            high = middle
        else:
            low = middle + 1
    return low


def binomial_at_most(most: int, total: int, share: float) -> float:
    """Return the probability of at most ``most`` successes in ``total`` trials of probability ``share``."""
    if most < 0:
        return 0.0
    if most >= total:
        return 1.0
    if most > share * total:
        return 1.0 - binomial_at_most(total - most - 1, total, 1 - share)
    log_term = (
        math.lgamma(total + 1)
        - math.lgamma(most + 1)
        - math.lgamma(total - most + 1)
        + most * math.log(share)
        + (total - most) * math.log1p(-share)
    )
    odds = (1 - share) / share
    term = whole = 1.0
    for successes in range(most, 0, -1):
        term *= successes / (total - successes + 1) * odds
        whole += term
        if term < whole * 1e-15:
            break
    return min(1.0, math.exp(log_term) * whole)
