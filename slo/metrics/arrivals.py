"""Arrivals of an open model: iterations with scheduled start times, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import NamedTuple

LATE_MS = 10.0
"""An iteration that starts this many milliseconds after its scheduled time is late."""


class Arrivals(NamedTuple):
    """How many iterations were ``started``, how many of those ``late``, and how many ``dropped``.

    An arrival is dropped when no user was free in time.
    """

    started: int = 0
    late: int = 0
    dropped: int = 0

    @property
    def due(self) -> int:
        """All of them."""
        return self.started + self.dropped

    def plus(self, other: Arrivals) -> Arrivals:
        """Return the sum of both."""
        if other == NO_ARRIVALS:
            return self
        return Arrivals(self.started + other.started, self.late + other.late, self.dropped + other.dropped)


NO_ARRIVALS = Arrivals()


def total_arrivals(found: Iterable[Arrivals]) -> Arrivals:
    """Return the sum of all."""
    return reduce(Arrivals.plus, found, NO_ARRIVALS)
