"""Latency histogram: sparse, log-linear, three significant digits, exactly mergeable.

Values are whole microseconds from 1 us to 1 h. The buckets are those of HdrHistogram
(https://hdrhistogram.org) with lowest discernible value 1 and 3 significant digits: values below 2048 us
have a bucket each; above, every power of two is cut in 1024 equal buckets. A bucket is therefore at most
1/1024 of its values wide, which bounds the error of any percentile by 0.1 % of the value.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

MAX_COUNT = 10**15
"""No run has more requests."""
LOWEST_US = 1
HIGHEST_US = 3_600_000_000
"""One hour. Longer latencies are counted here, and their exact maximum is lost (the sum too)."""


def bucket_of(value_us: int) -> int:
    """Return the index of the bucket that holds ``value_us`` (clamped to 1 us .. 1 h)."""
    if value_us < 2048:
        return value_us if value_us > 0 else 1
    if value_us > HIGHEST_US:
        value_us = HIGHEST_US
    shift = value_us.bit_length() - 11
    return (shift << 10) + (value_us >> shift)


def bucket_bounds(index: int) -> tuple[int, int]:
    """Return the smallest and the largest value in microseconds that bucket ``index`` holds."""
    if index < 2048:
        return index, index
    shift = (index >> 10) - 1
    low = (index - (shift << 10)) << shift
    return low, low + (1 << shift) - 1


@dataclass(slots=True)
class Histogram:
    """Counts per bucket, with the exact smallest, largest and sum of the values recorded.

    ``counts`` maps bucket index to count. An empty histogram has ``total`` 0 and no percentile.
    """

    counts: dict[int, int] = field(default_factory=dict)
    total: int = 0
    sum_us: int = 0
    min_us: int = 0
    max_us: int = 0

    def record(self, value_us: int, count: int = 1) -> None:
        """Count ``value_us`` microseconds ``count`` times; values outside 1 us .. 1 h are clamped."""
        value_us = min(max(value_us, LOWEST_US), HIGHEST_US)
        index = bucket_of(value_us)
        self.counts[index] = self.counts.get(index, 0) + count
        self.min_us = min(self.min_us, value_us) if self.total else value_us
        self.max_us = max(self.max_us, value_us)
        self.total += count
        self.sum_us += value_us * count

    def record_all(self, values_us: Collection[int]) -> None:
        """Count each of ``values_us`` microseconds once; values outside 1 us .. 1 h are clamped."""
        if not values_us:
            return
        lowest_us, highest_us = min(values_us), max(values_us)
        if lowest_us < LOWEST_US or highest_us > HIGHEST_US:
            values_us = [min(max(value_us, LOWEST_US), HIGHEST_US) for value_us in values_us]
            lowest_us, highest_us = min(values_us), max(values_us)
        counts = self.counts
        for index, count in Counter(map(bucket_of, values_us)).items():
            counts[index] = counts.get(index, 0) + count
        self.min_us = min(self.min_us, lowest_us) if self.total else lowest_us
        self.max_us = max(self.max_us, highest_us)
        self.total += len(values_us)
        self.sum_us += sum(values_us)

    def add(self, other: Histogram) -> None:
        """Add every count of ``other`` to this histogram, exactly."""
        if not other.total:
            return
        counts = self.counts
        if counts:
            for index, count in other.counts.items():
                counts[index] = counts.get(index, 0) + count
        else:
            counts.update(other.counts)
        self.min_us = min(self.min_us, other.min_us) if self.total else other.min_us
        self.max_us = max(self.max_us, other.max_us)
        self.total += other.total
        self.sum_us += other.sum_us

    @classmethod
    def merged(cls, parts: Iterable[Histogram]) -> Histogram:
        """Return the sum of ``parts``; the order does not matter."""
        whole = cls()
        for part in parts:
            whole.add(part)
        return whole

    def value_at_rank(self, rank: int) -> int:
        """Return the value in microseconds of the ``rank``-th smallest sample (1-based).

        It is the largest value of the sample's bucket, limited to the recorded minimum and maximum: never
        below the true sample, and less than 0.1 % above it. Raises ValueError when there is no such rank.
        """
        if not 1 <= rank <= self.total:
            raise ValueError(f"rank {rank} of {self.total} samples")
        seen = 0
        for index, count in sorted(self.counts.items()):
            seen += count
            if seen >= rank:
                return max(min(bucket_bounds(index)[1], self.max_us), self.min_us)
        raise ValueError(f"{seen} counts in the buckets, {self.total} claimed")

    def percentile(self, percent: Fraction | float) -> int:
        """Return the ``percent``-th percentile in microseconds by nearest rank.

        The nearest rank is the smallest sample that at least ``percent`` % of the samples do not exceed
        (https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method). Raises ValueError when empty.
        """
        return self.value_at_rank(rank_of(self.total, percent))

    def mean(self) -> Fraction:
        """Return the exact mean in microseconds; raises ValueError when empty."""
        if not self.total:
            raise ValueError("the mean of no samples")
        return Fraction(self.sum_us, self.total)

    def above(self, bound_us: int) -> Histogram:
        """Return the samples of the buckets that lie above ``bound_us`` as a whole.

        Each counts as the smallest value of its bucket: the mean and the minimum are at most the true ones.
        """
        counts = {index: count for index, count in self.counts.items() if bucket_bounds(index)[0] > bound_us}
        if not counts:
            return Histogram()
        sum_us = sum(bucket_bounds(index)[0] * count for index, count in counts.items())
        return Histogram(counts, sum(counts.values()), sum_us, bucket_bounds(min(counts))[0], self.max_us)

    def steps(self) -> Iterator[tuple[int, int]]:
        """Yield (largest value of the bucket in microseconds, count) from fast to slow."""
        for index in sorted(self.counts):
            yield bucket_bounds(index)[1], self.counts[index]

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON or msgpack.

        ``buckets`` alternates the step from the last bucket index and the count there.
        """
        buckets: list[int] = []
        last = 0
        for index in sorted(self.counts):
            buckets += (index - last, self.counts[index])
            last = index
        return {"buckets": buckets, "sum_us": self.sum_us, "min_us": self.min_us, "max_us": self.max_us}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Histogram:
        """Return the histogram that ``to_data`` described; raises ValueError when it is damaged."""
        buckets = data["buckets"]
        if len(buckets) % 2:
            raise ValueError("a histogram's buckets come in pairs of step and count")
        counts: dict[int, int] = {}
        index = 0
        for step, count in zip(buckets[::2], buckets[1::2], strict=True):
            index += step
            if count <= 0 or step <= 0 or index > bucket_of(HIGHEST_US):
                raise ValueError(f"bucket step {step} with count {count}")
            counts[index] = count
        return cls(counts, sum(counts.values()), data["sum_us"], data["min_us"], data["max_us"])

    @classmethod
    def checked(cls, data: Any) -> Histogram:
        """Return the histogram of data that anybody may have written; raises ValueError where it cannot be one."""
        buckets, limits = data["buckets"], (data["sum_us"], data["min_us"], data["max_us"])
        if not isinstance(buckets, list) or any(type(number) is not int for number in (*buckets, *limits)):
            raise ValueError("a histogram holds whole numbers alone")
        found = cls.from_data(data)
        if not found.counts:
            raise ValueError("a histogram without a value is left out")
        if found.total > MAX_COUNT:
            raise ValueError(f"a histogram of more than {MAX_COUNT} values")
        ends = min(found.counts), max(found.counts)
        if (bucket_of(found.min_us), bucket_of(found.max_us)) != ends or found.min_us > found.max_us:
            raise ValueError("a histogram's smallest and largest values are not in its outer buckets")
        low, high = (sum(bucket_bounds(i)[end] * n for i, n in found.counts.items()) for end in (0, 1))
        if not low <= found.sum_us <= high:
            raise ValueError("a histogram's sum is not that of its buckets")
        return found


def rank_of(total: int, percent: Fraction | float) -> int:
    """Return the nearest rank (1-based) of a percentile among ``total`` samples, without rounding error.

    A float is read as the decimal a person wrote: 99.9 is 999/10.
    """
    exact = percent if isinstance(percent, Fraction) else Fraction(str(percent))
    return max(1, math.ceil(exact * total / 100))
