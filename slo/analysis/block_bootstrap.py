"""Resampling of correlated points: neighbours are drawn together, and the same resamples for the same points."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 200
BLOCK = 3
"""Neighbouring points that are drawn together."""
Bounds = tuple[float, float]


def draws(count: int, seed: int) -> list[NDArray[np.int64]]:
    """Return the indices of each resample of ``count`` points; a run that is judged again gives the same bytes."""
    random = np.random.default_rng(seed)
    blocks = math.ceil(count / BLOCK)
    starts = random.integers(0, count, size=(RESAMPLES, blocks))
    return [((row[:, None] + np.arange(BLOCK)) % count).ravel()[:count] for row in starts]


def bounds(values: Sequence[float]) -> Bounds:
    """Return the 95 % interval of the values of all resamples."""
    ordered = sorted(values)
    return ordered[int(0.025 * len(ordered))], ordered[math.ceil(0.975 * len(ordered)) - 1]
