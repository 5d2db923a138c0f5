"""Percentiles within 0.1 %, merges exact to the count."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from fractions import Fraction

import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from slo.metrics.histogram import HIGHEST_US, Histogram, bucket_bounds, bucket_of, rank_of

latencies = st.integers(min_value=1, max_value=HIGHEST_US)
PERCENTS = [Fraction(text) for text in ("50", "75", "90", "95", "99", "99.9", "99.99")]


def recorded(values: list[int]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    return histogram


def exact(values: list[int], percent: Fraction) -> int:
    """The nearest rank of the raw, sorted samples, by the definition."""
    return values[math.ceil(percent * len(values) / 100) - 1]


@given(st.lists(st.integers(-10, 3000) | st.integers(0, 2 * HIGHEST_US)), st.lists(st.integers(1, 5000)))
def test_many_at_once_count_like_one_by_one(values: list[int], before: list[int]) -> None:
    together, one_by_one = Histogram(), Histogram()
    for value in before:
        together.record(value)
        one_by_one.record(value)
    together.record_all(values)
    for value in values:
        one_by_one.record(value)
    assert together == one_by_one
    assert together.to_data() == one_by_one.to_data()


@given(latencies)
def test_a_bucket_holds_its_value_and_is_at_most_a_thousandth_wide(value: int) -> None:
    low, high = bucket_bounds(bucket_of(value))
    assert low <= value <= high
    assert (high - low) * 1000 <= value


@given(latencies)
def test_buckets_lie_one_after_the_other(value: int) -> None:
    _, high = bucket_bounds(bucket_of(value))
    if high < HIGHEST_US:
        assert bucket_of(high + 1) == bucket_of(value) + 1


def test_values_outside_are_clamped_and_counted() -> None:
    histogram = recorded([0, -5, HIGHEST_US * 3])
    assert histogram.total == 3
    assert (histogram.min_us, histogram.max_us) == (1, HIGHEST_US)


def lognormal(source: random.Random) -> float:
    return source.lognormvariate(11.5, 0.8)


def bimodal(source: random.Random) -> float:
    return source.gauss(20_000, 2_000) if source.random() < 0.9 else source.gauss(2_500_000, 200_000)


def heavy_tail(source: random.Random) -> float:
    return 3_000 * source.paretovariate(1.1)


@pytest.mark.parametrize("distribution", [lognormal, bimodal, heavy_tail])
def test_percentiles_of_many_samples_are_within_a_thousandth(distribution: Callable[[random.Random], float]) -> None:
    source = random.Random(7)
    values = [min(max(1, round(distribution(source))), HIGHEST_US) for _ in range(200_000)]
    histogram = recorded(values)
    values.sort()
    for percent in PERCENTS:
        true, measured = exact(values, percent), histogram.percentile(percent)
        assert true <= measured, f"p{float(percent)} is understated"
        assert (measured - true) * 1000 <= true, f"p{float(percent)}: {measured} for {true}"
    assert histogram.mean() == Fraction(sum(values), len(values))
    assert (histogram.min_us, histogram.max_us) == (values[0], values[-1])


def test_a_constant_latency_is_reported_exactly() -> None:
    histogram = Histogram()
    histogram.record(1_449_000, 500)
    assert histogram.percentile(95) == 1_449_000


@given(st.lists(latencies, min_size=1, max_size=200))
def test_percentiles_agree_with_hdrhistogram(values: list[int]) -> None:
    ours, theirs = recorded(values), HdrHistogram(1, HIGHEST_US, 3)
    for value in values:
        theirs.record_value(value)
    for rank in {1, len(values) // 2 or 1, len(values)}:
        reported = ours.value_at_rank(rank)
        high = theirs.get_highest_equivalent_value(sorted(values)[rank - 1])
        assert reported == max(min(high, max(values)), min(values))


@given(st.lists(st.lists(latencies, max_size=40), min_size=1, max_size=8), st.randoms())
def test_merging_any_split_in_any_order_equals_the_whole(parts: list[list[int]], order: random.Random) -> None:
    whole = recorded([value for part in parts for value in part])
    order.shuffle(parts)
    assert Histogram.merged(recorded(part) for part in parts) == whole


@given(st.lists(latencies), st.lists(latencies), st.lists(latencies))
def test_merging_is_associative(a: list[int], b: list[int], c: list[int]) -> None:
    left = Histogram.merged([Histogram.merged([recorded(a), recorded(b)]), recorded(c)])
    right = Histogram.merged([recorded(a), Histogram.merged([recorded(b), recorded(c)])])
    assert left == right


@given(st.lists(latencies))
def test_saved_and_read_back_it_is_the_same(values: list[int]) -> None:
    assert Histogram.from_data(recorded(values).to_data()) == recorded(values)


@pytest.mark.parametrize("buckets", [[1], [1, 0], [0, 3], [-4, 1], [10**9, 1]])
def test_damaged_data_is_refused(buckets: list[int]) -> None:
    with pytest.raises(ValueError, match="bucket"):
        Histogram.from_data({"buckets": buckets, "sum_us": 0, "min_us": 0, "max_us": 0})


def test_a_percentile_of_nothing_is_no_number() -> None:
    with pytest.raises(ValueError, match="rank"):
        Histogram().percentile(95)
    with pytest.raises(ValueError, match="no samples"):
        Histogram().mean()


def test_ranks_have_no_rounding_error() -> None:
    assert rank_of(1000, 99.9) == 999
    assert rank_of(1000, Fraction(999, 10)) == 999
    assert rank_of(10, 95) == 10
    assert rank_of(3, Fraction(1, 100)) == 1


@given(st.lists(st.integers(1, HIGHEST_US), max_size=30), st.integers(0, HIGHEST_US))
def test_what_lies_above_a_bound_is_never_overstated(values: list[int], bound: int) -> None:
    histogram = Histogram()
    histogram.record_all(values)
    part = histogram.above(bound)
    truly = [value for value in values if value > bound]
    assert part.total <= len(truly)
    assert part.total >= sum(value > bound * 1.001 + 1 for value in values)
    assert part.sum_us <= sum(truly)
    assert sum(part.counts.values()) == part.total
    if part.total:
        assert bound < part.min_us <= part.max_us <= histogram.max_us


@given(st.lists(st.integers(0, 2 * HIGHEST_US), min_size=1, max_size=50))
def test_every_histogram_that_we_write_can_be_read(values: list[int]) -> None:
    one = Histogram()
    one.record_all(values)
    assert Histogram.checked(one.to_data()) == one


@pytest.mark.parametrize(
    "change",
    [
        {"buckets": [1, 1, 1]},
        {"buckets": []},
        {"buckets": "1"},
        {"buckets": [True, 1]},
        {"buckets": [100, 10**16]},
        {"sum_us": 10**12},
        {"sum_us": 1},
        {"min_us": 90},
        {"max_us": 10**9},
        {"max_us": 100.0},
    ],
)
def test_what_cannot_be_a_histogram_is_refused(change: dict[str, object]) -> None:
    one = Histogram()
    one.record_all([100, 200, 300])
    with pytest.raises(ValueError, match=r"histogram|bucket"):
        Histogram.checked({**one.to_data(), **change})
