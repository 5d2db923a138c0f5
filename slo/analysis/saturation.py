"""Where the throughput of a target stops growing with its users, whatever the objectives say of it.

Two lines are fitted to the throughput by weighted least squares: one through the origin up to the knee, a level one
from there on. These are the bounds of operational analysis: throughput is at most N / (R + Z) and at most 1 / D
(E. D. Lazowska and others (1984), Quantitative System Performance, chapter 5). Intervals are 95 %, from a block
bootstrap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slo.analysis.block_bootstrap import Bounds, bounds, draws

MIN_POINTS = 12
"""Points under the rising load that an answer needs ..."""
MIN_LEVEL_POINTS = 5
"""... and those of them that are beyond the knee."""
MIN_BEYOND = 1.3
"""The load went on to at least this multiple of the users at the knee: a shorter level part may be noise."""
MAX_ELASTICITY = 0.35
"""Percent by which the throughput may still grow beyond the knee with one percent more users."""
CANDIDATES = 80
_SEED = 1984

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Saturation:
    """Users from which on the throughput does not grow, and the throughput there; each with its 95 % interval."""

    users: float
    users_bounds: Bounds
    rps: float
    rps_bounds: Bounds


def find(points: Sequence[tuple[float, float, float]]) -> Saturation | None:
    """Return the saturation in points of (users, answered requests per second, seconds); None where there is none."""
    usable = [point for point in points if point[0] > 0 and point[2] > 0]
    if len(usable) < MIN_POINTS:
        return None
    users, rps, seconds = (np.array(column, dtype=float) for column in zip(*usable, strict=True))
    candidates = np.unique(np.quantile(users, np.linspace(0.02, 1, CANDIDATES)))
    knee = _knee(users, rps, seconds, candidates)
    level = users >= knee
    if (
        users.max() < MIN_BEYOND * knee
        or level.sum() < MIN_LEVEL_POINTS
        or _elasticity(users[level], rps[level]) > MAX_ELASTICITY
    ):
        return None
    resamples = [(users[drawn], rps[drawn], seconds[drawn]) for drawn in draws(len(users), _SEED)]
    low, high = bounds([_knee(*one, candidates) for one in resamples])
    if high >= users.max():
        return None  # a part of the resamples has no level part: it may be chance
    ceilings = [one for one in (_ceiling(*one, knee) for one in resamples) if one > 0]
    return Saturation(knee, (low, high), _ceiling(users, rps, seconds, knee), bounds(ceilings))


def _knee(users: Array, rps: Array, seconds: Array, candidates: Array) -> float:
    """Return the candidate whose two lines are nearest to the points."""
    height = np.minimum(users[:, None], candidates[None, :])
    weighted = seconds[:, None] * height
    slope = (weighted * rps[:, None]).sum(axis=0) / (weighted * height).sum(axis=0)
    errors = (seconds[:, None] * (rps[:, None] - slope * height) ** 2).sum(axis=0)
    return float(candidates[int(errors.argmin())])


def _ceiling(users: Array, rps: Array, seconds: Array, knee: float) -> float:
    """Return the throughput at clearly more users than at the knee, near which it still grows; 0.0 without a point."""
    level = users >= min(MIN_BEYOND * knee, 0.9 * users.max())
    return float((rps[level] * seconds[level]).sum() / seconds[level].sum()) if level.any() else 0.0


def _elasticity(users: Array, rps: Array) -> float:
    """Return by how many percent the throughput grows with one percent more users: 0 where level, 1 where linear."""
    spread = users - users.mean()
    if not spread.any() or rps.mean() <= 0:
        return 1.0
    slope = (spread * (rps - rps.mean())).sum() / (spread**2).sum()
    return float(slope * users.mean() / rps.mean())
