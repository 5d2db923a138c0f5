"""A run in slots of time for charts: neighbouring intervals are added together, never averaged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy
import numpy.typing

from slo.metrics.histogram import Histogram, bucket_bounds
from slo.record.interval import Interval
from slo.record.run import Run

Counts = numpy.typing.NDArray[numpy.float64]

MAX_SLOTS = 150
"""Slots of a run; a chart has about four pixels for each."""
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

    def add_interval(self, interval: Interval) -> None:
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
        self.add_counts(later)

    def add_counts(self, other: Slot) -> None:
        """Add the counts of another slot."""
        self.latency.add(other.latency)
        self.requests += other.requests
        self.errors += other.errors
        self.throttled += other.throttled


def length_s(run: Run) -> float:
    """Return the length of the run's charts: its duration, or longer if responses arrived after it."""
    last_s = max((interval.start_ms / 1000 for interval in run.intervals), default=0.0)
    return max(run.duration_s, last_s, 0.001)


def slots(run: Run, max_slots: int = MAX_SLOTS) -> list[Slot]:
    """Return the run from start to end in about ``max_slots`` slots of equal time, including slots without a request.

    An interval belongs to the slot that it begins in; one that is wider than a slot extends it.
    """
    whole_s = length_s(run)
    width_s = next((width for width in _WIDTHS_S if width * max_slots >= whole_s), math.ceil(whole_s / max_slots))
    found: list[Slot] = []
    for interval in sorted(run.intervals, key=lambda one: (one.start_ms, one.end_ms)):
        start_s = interval.start_ms / 1000
        _extend(found, start_s, width_s)
        found[-1].end_s = max(found[-1].end_s, interval.end_ms / 1000)
        found[-1].add_interval(interval)
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
    """End the last slot with the run; a very short rest is added to the slot before it."""
    last = found[-1]
    last.end_s = max(whole_s, last.start_s + width_s / 1000)
    if len(found) > 1 and last.end_s - last.start_s < width_s / 2:
        found[-2].join(found.pop())


def by_users(run: Run, time: Sequence[Slot], levels: int = 12) -> list[tuple[float, Slot]]:
    """Return the slots added together by how many users ran in them, with that number, from few to many."""
    most = max((sample.achieved for sample in run.users), default=0)
    found: dict[int, tuple[list[int], list[Slot]]] = {}
    for slot in time:
        inside = [s.achieved for s in run.users if slot.start_s * 1000 <= s.at_ms < slot.end_s * 1000]
        if not inside or not slot.latency.total:
            continue
        level = math.ceil(sum(inside) / len(inside) / most * levels) if most else 0
        counts, slots_there = found.setdefault(level, ([], []))
        counts += inside
        slots_there.append(slot)
    merged = []
    for level in sorted(found):
        counts, slots_there = found[level]
        # Its time is the sum of its parts' times.
        whole = Slot(0.0, sum(slot.end_s - slot.start_s for slot in slots_there))
        for slot in slots_there:
            whole.add_counts(slot)
        merged.append((sum(counts) / len(counts), whole))
    return merged


def latency_grid(time: Sequence[Slot], whole: Histogram, rows: int) -> tuple[float, float, Counts]:
    """Return the requests of each slot by latency, in ``rows`` bands that are equal on a logarithmic scale.

    The result is log10 of the lowest and the highest latency in milliseconds, and the counts: a row for each band from
    fast to slow, a column for each slot.
    """
    low = math.log10(max(whole.percentile(0.1), 1) / 1000)
    high = math.log10(whole.max_us / 1000)
    if high - low < 0.3:
        low, high = low - 0.15, high + 0.15
    counts = numpy.zeros((rows, len(time)))
    row_of: dict[int, int] = {}
    for column, slot in enumerate(time):
        for index, count in slot.latency.counts.items():
            row = row_of.get(index)
            if row is None:
                position = (math.log10(max(bucket_bounds(index)[1], 1) / 1000) - low) / (high - low)
                row = row_of[index] = min(max(int(position * rows), 0), rows - 1)
            counts[row, column] += count
    return low, high, counts
