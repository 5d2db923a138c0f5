"""Student's t distribution for whole degrees of freedom: its closed form needs no library of special functions."""

from __future__ import annotations

import math
from functools import lru_cache


def probability(value: float, freedom: int) -> float:
    """Return the probability of at most ``value`` (Abramowitz and Stegun, 26.7.3)."""
    angle = math.atan2(value, math.sqrt(freedom))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    if freedom % 2:
        term = math.cos(angle)
        whole = term if freedom > 1 else 0.0
        for step in range(3, freedom - 1, 2):
            term *= (step - 1) / step * square
            whole += term
        inside = 2 / math.pi * (angle + sine * whole)
    else:
        term = whole = 1.0
        for step in range(2, freedom - 1, 2):
            term *= (step - 1) / step * square
            whole += term
        inside = sine * whole
    return (1 + inside) / 2


@lru_cache(maxsize=1024)
def quantile(share: float, freedom: int) -> float:
    """Return the value that is not exceeded with probability ``share``, 0.5 to 1 (exclusive), by bisection."""
    low, high = 0.0, 1.0
    while probability(high, freedom) < share:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if probability(middle, freedom) < share else (low, middle)
    return high
