"""A run cut in slots of time for pictures: neighbouring intervals added together, never averaged."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from slo.metrics.histogram import Histogram
from slo.record.interval import Interval
from slo.record.run import Run

MOST = 150
"""Slots of a run; a picture has about four pixels for each."""
_WIDTHS_S = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600)


@dataclass(slots=True)
class Slot:
    """The counts from ``start_s`` to ``end_s``, in seconds after the run's start."""

    start_s: float
    end_s: float
    latency: Histogram = field(default_factory=Histogram)
    requests: int = 0
    errors: int = 0
    throttled: int = 0

    @property
    def middle_s(self) -> float:
        """The middle of its time, where a point for it is drawn."""
        return (self.start_s + self.end_s) / 2

    def rate(self, count: int) -> float:
        """Return ``count`` per second of this slot."""
        return count / (self.end_s - self.start_s)

    def absorb(self, interval: Interval) -> None:
        """Add the counts of an interval."""
        for _, tally in interval.tallies():
            self.latency.add(tally.ok)
            self.latency.add(tally.failed)
            self.requests += tally.requests
            self.errors += tally.errors
            self.throttled += tally.throttled

    def join(self, later: Slot) -> None:
        """Add the counts of the next slot and stretch over its time."""
        self.end_s = later.end_s
        self.take(later)

    def take(self, other: Slot) -> None:
        """Add the counts of another slot."""
        self.latency.add(other.latency)
        self.requests += other.requests
        self.errors += other.errors
        self.throttled += other.throttled


def length_s(run: Run) -> float:
    """Return how long the run's pictures are: its duration, or longer where answers came after it."""
    last_s = max((interval.start_ms / 1000 for interval in run.intervals), default=0.0)
    return max(run.duration_s, last_s, 0.001)


def slots(run: Run, most: int = MOST) -> list[Slot]:
    """Return the run from start to end in about ``most`` slots of equal time; times without a request are slots too.

    An interval lies in the slot that it begins in; one that is wider than a slot stretches it.
    """
    whole_s = length_s(run)
    width_s = next((width for width in _WIDTHS_S if width * most >= whole_s), math.ceil(whole_s / most))
    found: list[Slot] = []
    for interval in sorted(run.intervals, key=lambda one: (one.start_ms, one.end_ms)):
        start_s = interval.start_ms / 1000
        _extend(found, start_s, width_s)
        found[-1].end_s = max(found[-1].end_s, interval.end_ms / 1000)
        found[-1].absorb(interval)
    if found:
        _extend(found, whole_s - width_s / 1000, width_s)
        _end(found, whole_s, width_s)
    return found


def _extend(found: list[Slot], until_s: float, width_s: float) -> None:
    """Add slots until one reaches past ``until_s``; each ends on the grid."""
    while not found or found[-1].end_s <= until_s:
        start_s = found[-1].end_s if found else 0.0
        found.append(Slot(start_s, (start_s // width_s + 1) * width_s))


def _end(found: list[Slot], whole_s: float, width_s: float) -> None:
    """Let the last slot end with the run; the rate of a mere rest of one would mean nothing."""
    last = found[-1]
    last.end_s = max(whole_s, last.start_s + width_s / 1000)
    if len(found) > 1 and last.end_s - last.start_s < width_s / 2:
        found[-2].join(found.pop())
