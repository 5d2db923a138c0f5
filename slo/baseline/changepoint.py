"""Change points of a short series: where its level shifted.

Optimal partitioning (Jackson et al. 2005, An algorithm for optimal partitioning of data on an interval, IEEE Signal
Processing Letters 12:105): of all partitions of the series into pieces of constant mean, the one with the least squared
error, each cut costing a penalty. The penalty is ``PENALTY`` * log(n) times the noise's variance, which is estimated by
the median of differences of neighbours, so that the shifts themselves do not count as noise. A well-kept library
(ruptures) does the same for long series and requires SciPy; a folder of runs is short, so that an exact solution is
cheap.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from itertools import pairwise

MIN_SHARE = 0.001
"""And of a share never for less than a tenth of a percentage point."""
PENALTY = 4.0
"""Twice the BIC's: one shift has a place and a size."""
MIN_LENGTH = 3
"""Runs a level must last: one slow run is no change."""
MIN_NOISE = 0.01
"""Noise is assumed to be at least 1 %, even if a few runs happen to be closer."""


def changes(values: Sequence[float], relative: bool = True) -> list[int]:
    """Return the indexes at which a new level begins.

    Positive values are compared as ratios; shares, which may be 0, as differences (not ``relative``).
    """
    logs = [math.log(value) for value in values] if relative else list(values)
    if len(logs) < 2 * MIN_LENGTH:
        return []
    steps = [abs(later - before) for before, later in pairwise(logs)]
    # The median of |N(0, 2 s^2)| is 0.6745 * sqrt(2) * s.
    noise = max(MIN_NOISE if relative else MIN_SHARE, statistics.median(steps) / (0.6745 * math.sqrt(2)))
    # The median of three keeps a step where it is, and removes a single outlier between its neighbours.
    steady = [logs[0], *(statistics.median(logs[at - 1 : at + 2]) for at in range(1, len(logs) - 1)), logs[-1]]
    return _partition(steady, PENALTY * math.log(len(logs)) * noise**2)


def _partition(values: Sequence[float], penalty: float) -> list[int]:
    best: list[float] = [-penalty]
    cut = [0]
    for end in range(1, len(values) + 1):
        costs = [
            (best[start] + _error(values[start:end]) + penalty, start)
            for start in range(max(0, end - MIN_LENGTH + 1))
            if start == 0 or start >= MIN_LENGTH
        ]
        least, start = min(costs, default=(math.inf, 0))
        best.append(least)
        cut.append(start)
    found: list[int] = []
    end = len(values)
    while end:
        end = cut[end]
        found += [end] if end else []
    return sorted(found)


def _error(piece: Sequence[float]) -> float:
    middle = statistics.fmean(piece)
    return sum((value - middle) ** 2 for value in piece)
