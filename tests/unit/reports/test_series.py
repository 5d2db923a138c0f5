"""A run in slots of time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from slo.metrics.histogram import Histogram
from slo.reports.series import MAX_SLOTS, Slot, by_users, latency_grid, length_s, slots
from tests.support.made import Clock, made
from tests.support.ramp import ramp


def test_slots_cover_the_run_and_keep_every_request() -> None:
    run = ramp(60)
    found = slots(run)
    assert found[0].start_s == 0
    assert found[-1].end_s == length_s(run) == 60
    assert all(one.end_s == other.start_s for one, other in pairwise(found))
    assert sum(one.requests for one in found) == run.tally().requests
    assert sum(one.errors for one in found) == run.tally().errors


def test_a_long_run_has_few_slots() -> None:
    def fill(recorder: object, clock: Clock) -> None:
        for _ in range(40):
            recorder.request("a", 10.0, 1)  # type: ignore[attr-defined]
            clock.now += 100

    found = slots(made(fill))
    assert len(found) <= MAX_SLOTS
    assert sum(one.requests for one in found) == 40


def test_a_rate_is_per_second_of_its_slot() -> None:
    assert Slot(10, 14).rate(8) == 2
    assert Slot(10, 14).middle_s == 12


def test_time_with_as_many_users_is_put_together() -> None:
    run = ramp(60)
    found = by_users(run, slots(run))
    users = [number for number, _ in found]
    assert users == sorted(users)
    assert sum(slot.requests for _, slot in found) == pytest.approx(run.tally().requests, abs=10)


def test_the_grid_counts_every_request_once() -> None:
    run = ramp(60)
    time, whole = slots(run), run.tally().latency
    low, high, counts = latency_grid(time, whole, 20)
    assert low < high
    assert counts.shape == (20, len(time))
    assert counts.sum() == whole.total


def test_equal_latencies_have_a_scale_too() -> None:
    histogram = Histogram()
    histogram.record(1000)
    slot = Slot(0, 1, histogram)
    low, high, counts = latency_grid([slot], histogram, 10)
    assert high - low == pytest.approx(0.3)
    assert counts.sum() == 1
