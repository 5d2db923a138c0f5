"""Intervals are added exactly and read back from files and messages."""

from __future__ import annotations

import json

import msgpack
from hypothesis import given
from hypothesis import strategies as st

from slo.metrics.arrivals import Arrivals
from slo.metrics.tally import Tally
from slo.record.interval import Interval, arrivals_of, total_of


def counted(latencies_us: list[int], failures: int) -> bytes:
    tally = Tally()
    tally.ok.record_all(latencies_us)
    for _ in range(failures):
        tally.fail("HTTP 500")
        tally.record_unsuccessful(5.0, 0)
    return tally.pack()


INTERVALS = st.builds(
    Interval,
    st.integers(0, 1000),
    st.integers(1000, 5000),
    st.sampled_from(["ramp", "hold"]),
    st.dictionaries(
        st.sampled_from("abc"), st.builds(counted, st.lists(st.integers(1, 10**6), max_size=5), st.integers(0, 3))
    ),
    st.builds(Arrivals, *[st.integers(0, 9)] * 3),
)


@given(INTERVALS)
def test_an_interval_is_read_back(interval: Interval) -> None:
    assert Interval.from_data(json.loads(json.dumps(interval.to_data()))) == interval
    assert Interval.from_wire(msgpack.unpackb(msgpack.packb(interval.to_wire()))) == interval


@given(INTERVALS, INTERVALS)
def test_merging_adds_every_count_and_covers_both_times(first: Interval, second: Interval) -> None:
    second.stage = first.stage
    separate = total_of([first, second])
    arrivals = arrivals_of([first, second])
    start_ms, end_ms = min(first.start_ms, second.start_ms), max(first.end_ms, second.end_ms)
    first.merge(second)
    assert total_of([first]) == separate
    assert arrivals_of([first]) == arrivals
    assert (first.start_ms, first.end_ms) == (start_ms, end_ms)
