"""Latencies in Prometheus' buckets."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.metrics.histogram import Histogram
from slo.prometheus.latency_buckets import (
    MAX_BOUNDS,
    SCHEMA,
    BucketIndex,
    Latency,
    bounds_us,
    native_histogram,
    native_index,
)
from tests.support.made import demanding


def test_every_target_is_a_bound_and_their_number_is_limited() -> None:
    lines = [
        f"name: n{number}, indicator: latency.p95, target: {number + 7} ms, warning: {number + 1}.5 ms"
        for number in range(30)
    ]
    found = bounds_us(demanding(*lines).items)
    assert {(number + 7) * 1000 for number in range(30)} == set(found)
    few = bounds_us(demanding(*lines[:2]).items)
    assert {7000, 8000} <= set(few)
    assert len(few) <= MAX_BOUNDS
    assert list(few) == sorted(few)


@given(st.integers(1, 10**9))
def test_a_native_bucket_holds_its_value(value_us: int) -> None:
    index = native_index(value_us)
    assert 2 ** ((index - 1) * 2**-SCHEMA) * (1 - 1e-9) < value_us / 1e6 <= 2 ** (index * 2**-SCHEMA) * (1 + 1e-9)


def test_counts_are_in_the_bucket_up_to_their_bound() -> None:
    histogram = Histogram()
    for value_us in (900, 5000, 50_000):
        histogram.record(value_us)
    bounds = (1000, 10_000)
    latency = Latency([0] * (len(bounds) + 1))
    latency.add(histogram, BucketIndex(bounds))
    assert latency.classic == [1, 1, 1]
    assert (latency.total, sum(latency.native.values()), latency.sum_us) == (3, 3, 55_900)


def test_neighbouring_native_buckets_share_a_span() -> None:
    latency = Latency([], Counter({3: 2, 4: 5, 9: 1}), 8, 1_000_000)
    found = native_histogram(latency)
    assert [(span.offset, span.length) for span in found.pos_spans or ()] == [(3, 2), (4, 1)]
    assert list(found.pos_deltas or ()) == [2, 3, -4]
    assert found.sum_value == pytest.approx(1.0)
