"""Latencies in the buckets of Prometheus: classic ones at the objectives' bounds, and native ones."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from prometheus_client.samples import BucketSpan, NativeHistogram

from slo.metrics.histogram import Histogram, bucket_bounds
from slo.objectives.objective import Objective

DEFAULT_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Default bounds of the latency's buckets, those of prometheus_client; objectives' targets and warnings are added."""


SCHEMA = 5
"""Of native histograms: each bucket is 2 ** (2 ** -5) = 1.022 times the one before."""


MAX_BOUNDS = 20
"""Maximum number of bounds of an endpoint's classic buckets; every target is one, however many there are."""


@dataclass
class Latency:
    """Latencies in the buckets that Prometheus knows: classic ones by bound, native ones by index."""

    classic: list[int]
    native: Counter[int] = field(default_factory=Counter)
    total: int = 0
    sum_us: int = 0

    def add(self, histogram: Histogram, buckets: BucketIndex) -> None:
        """Add latencies; a bucket of our histogram counts as its largest value, less than 0.1 % above the true one."""
        classic, native = self.classic, self.native
        for index, count in histogram.counts.items():
            place, native_place = buckets.of(index)
            classic[place] += count
            native[native_place] += count
        self.total += histogram.total
        self.sum_us += histogram.sum_us


class BucketIndex:
    """Maps a bucket of our histogram to its classic bucket and its native one."""

    def __init__(self, bounds_us: Sequence[int]) -> None:
        self._bounds_us = bounds_us
        self._known: dict[int, tuple[int, int]] = {}

    def of(self, index: int) -> tuple[int, int]:
        """Return both for our bucket ``index``; each is worked out once."""
        found = self._known.get(index)
        if found is None:
            high_us = bucket_bounds(index)[1]
            found = self._known[index] = bisect_left(self._bounds_us, high_us), native_index(high_us)
        return found


def bounds_us(objectives: Iterable[Objective]) -> tuple[int, ...]:
    """Return the bounds of the classic buckets in microseconds: each target of a latency, its warnings, the usual ones.

    Warnings and usual bounds are thinned out where there would be more than MAX_BOUNDS in all.
    """
    latencies = [one for one in objectives if one.indicator.kind == "latency" and one.against == "target"]
    bounds = {math.floor(one.target * 1000) for one in latencies}
    for more in (
        {math.floor(one.warning * 1000) for one in latencies if one.warning},
        {round(bound_s * 1e6) for bound_s in DEFAULT_BOUNDS_S},
    ):
        bounds |= set(_thinned(sorted(more - bounds), MAX_BOUNDS - len(bounds)))
    return tuple(sorted(bounds))


def _thinned(values: Sequence[int], most: int) -> Sequence[int]:
    """Return at most ``most`` of the values, evenly chosen."""
    return values[:: math.ceil(len(values) / most)] if values and most > 0 else ()


def native_index(value_us: int) -> int:
    """Return the native bucket of a latency: the smallest i with value <= 2 ** (i * 2 ** -SCHEMA) seconds.

    As in https://prometheus.io/docs/specs/native_histograms/.
    """
    index: int = math.ceil(math.log2(value_us / 1e6) * 2**SCHEMA)
    return index


def native_histogram(latency: Latency) -> NativeHistogram:
    """Return the latencies as a native histogram, its populated buckets in spans."""
    spans: list[BucketSpan] = []
    deltas: list[int] = []
    before, last = 0, None
    for index, count in sorted(latency.native.items()):
        if last is not None and index == last + 1:
            spans[-1] = BucketSpan(spans[-1].offset, spans[-1].length + 1)
        else:
            spans.append(BucketSpan(index if last is None else index - last - 1, 1))
        deltas.append(count - before)
        before, last = count, index
    # Counts are integers: prometheus_client's own parser cannot read them with a decimal point.
    return NativeHistogram(latency.total, latency.sum_us / 1e6, SCHEMA, 0.0, 0, tuple(spans), None, tuple(deltas), None)
