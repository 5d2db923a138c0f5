"""Statistics of one generator process."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.record.process_stats import MAX_BUSY, ProcessStats, StageStats, to_record


def stats(stage: str, cpu_s: float) -> ProcessStats:
    found = ProcessStats()
    found.stage(stage).add(StageStats(10, cpu_s, 0.5, 1))
    found.stage(stage).lag.record(2000)
    found.add_busy(1000, 2000)
    return found


def test_the_whole_is_the_sum_of_its_stages() -> None:
    both = stats("ramp", 2)
    both.add(stats("hold", 4))
    assert both.whole().cpu_s == 6
    assert both.whole().seconds == 20
    assert both.whole().lag.total == 2
    assert set(both.stages) == {"ramp", "hold"}


def test_statistics_are_read_back() -> None:
    one = stats("ramp", 2)
    assert ProcessStats.from_data(one.to_data()).to_data() == one.to_data()


def test_neighbouring_busy_periods_become_one() -> None:
    one = ProcessStats()
    one.add_busy(0, 1000)
    one.add_busy(1000, 2000)
    one.add_busy(5000, 6000)
    assert one.busy == [(0, 2000), (5000, 6000)]


@given(st.lists(st.integers(2, 50), max_size=300))
def test_busy_periods_are_bounded_and_cover_what_was_noted(gaps: list[int]) -> None:
    one, at, noted = ProcessStats(), 0, []
    for gap in gaps:
        at += gap
        noted.append((at, at + 1))
        one.add_busy(at, at + 1)
        at += 1
    assert len(one.busy) <= MAX_BUSY
    assert all(any(start <= begin and end <= stop for start, stop in one.busy) for begin, end in noted)


def test_the_record_has_shares_and_lags_in_their_units() -> None:
    record = to_record("this process", True, stats("ramp", 2))
    assert record["cpu_ratio"] == 0.2
    assert record["lag_max_ms"] == 2.0
    assert record["lag_p99_ms"] == pytest.approx(2.0, rel=0.001)
    empty = to_record("master", False, ProcessStats())
    assert (empty["cpu_ratio"], empty["lag_p99_ms"]) == (None, None)
