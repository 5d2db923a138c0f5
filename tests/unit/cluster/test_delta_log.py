"""The master's books: every delta counts once, in whatever order and how often it comes; what is missing is named."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.cluster.clock import ClockOffset
from slo.cluster.delta_log import DeltaLog
from slo.cluster.delta_sender import DeltaSender
from slo.metrics.tally import Tally
from slo.record.interval import Interval
from tests.support.made import Clock


def announced(elapsed_s: float = 0.0, started_at_s: float = 1000.0) -> dict[str, Any]:
    return {"id": "run-1", "plan": None, "started_at_s": started_at_s, "elapsed_s": elapsed_s, "shares": [0.0, []]}


def books(clock: Clock, offset: ClockOffset | None = None, **more: Any) -> DeltaSender:
    return DeltaSender(announced(**more), offset or ClockOffset(), clock)


def requests_of(intervals: list[Interval]) -> int:
    return sum(tally.requests for interval in intervals for _, tally in interval.tallies())


def work(clock: Clock, worker: DeltaSender, seconds: list[int]) -> list[dict[str, Any]]:
    """Let a worker make so many requests in each second, and return all its deltas, the last one final."""
    for count in seconds:
        for _ in range(count):
            worker.recorder.request("home", 10.0, 1)
        clock.now += 1
        worker.report()
    return list(worker.report(final=True)["deltas"])


@given(st.lists(st.integers(0, 20), max_size=12), st.integers(1, 3), st.randoms())
def test_repeated_and_shuffled_deltas_count_once(seconds: list[int], times: int, order: random.Random) -> None:
    clock = Clock()
    deltas = work(clock, books(clock), seconds) * times
    order.shuffle(deltas)
    ledger = DeltaLog("run-1")
    found = [interval for delta in deltas for interval in ledger.apply("a", delta)]
    assert requests_of(found) == sum(seconds)
    (worker,) = ledger.workers()
    assert (worker.requests_sent, worker.requests_received, worker.finished) == (sum(seconds), sum(seconds), True)
    assert ledger.outstanding() == []


@given(st.lists(st.integers(1, 20), min_size=2, max_size=10), st.data())
def test_a_lost_delta_leaves_the_books_open(seconds: list[int], data: st.DataObject) -> None:
    clock = Clock()
    deltas = work(clock, books(clock), seconds)
    lost = data.draw(st.integers(0, len(deltas) - 1))
    ledger = DeltaLog("run-1")
    for delta in deltas[:lost] + deltas[lost + 1 :]:
        ledger.apply("a", delta)
    assert ledger.outstanding() == ["a"]
    assert not ledger.workers()[0].finished
    ledger.apply("a", deltas[lost])
    assert ledger.outstanding() == []
    assert ledger.workers()[0].requests_received == sum(seconds)


def test_what_is_not_acknowledged_is_sent_again() -> None:
    clock = Clock()
    worker = books(clock)
    first = [delta["seq"] for delta in worker.report()["deltas"]]
    again = [delta["seq"] for delta in worker.report()["deltas"]]
    assert (first, again) == ([0], [0, 1])
    worker.acknowledge(1)
    assert [delta["seq"] for delta in worker.report()["deltas"]] == [1, 2]
    worker.report(final=True)
    assert not worker.settled
    worker.acknowledge(4)
    assert worker.settled
    assert worker.report()["deltas"] == []


def test_a_worker_that_never_spoke_is_outstanding() -> None:
    ledger = DeltaLog("run-1")
    ledger.add_worker("silent")
    assert ledger.outstanding() == ["silent"]
    (worker,) = ledger.workers()
    assert (worker.requests_received, worker.finished) == (0, False)


def test_late_and_absent_workers_are_named() -> None:
    clock = Clock()
    ledger = DeltaLog("run-1")
    ledger.add_worker("early")
    for delta in work(clock, books(clock), [3]):
        ledger.apply("late", delta, at_s=12.5)
    ledger.note_presence("early", True, 20.0)
    ledger.note_presence("early", True, 25.0)
    ledger.note_presence("early", False, 31.0)
    ledger.note_presence("early", True, 40.0)
    assert ledger.notes() == [
        "worker early was not heard of from 20.0 s to 31.0 s, for 11.0 s",
        "worker early was not heard of from 40.0 s on",
        "worker late joined 12.5 s after the start",
    ]


def test_requests_that_could_not_be_recorded_are_known_to_the_master() -> None:
    clock = Clock()
    worker = books(clock)
    worker.recorder.faults = 3
    ledger = DeltaLog("run-1")
    ledger.apply("a", worker.report(final=True)["deltas"][0])
    assert ledger.recording_errors == 3


def test_a_worker_counts_in_the_masters_time_whatever_its_own_clock_says() -> None:
    clock = Clock()  # reads 1000 when the master's reads 91 000
    offset = ClockOffset()
    offset.add_reading(1000.0, 91_000.0, 1000.0)
    worker = books(clock, offset, started_at_s=90_995.0)
    worker.recorder.request("home", 10.0, 1)
    (interval,) = worker.recorder.finish()
    assert interval.start_ms == 5000


def test_a_worker_that_learns_the_masters_clock_late_is_aligned_then() -> None:
    clock, offset = Clock(), ClockOffset()
    worker = books(clock, offset, elapsed_s=4.0, started_at_s=90_995.0)
    worker.recorder.request("home", 10.0, 1)
    offset.add_reading(1000.0, 91_000.0, 1000.0)  # it is 5 s, not 4 s, after the start
    worker.align(offset)
    worker.recorder.request("home", 10.0, 1)
    intervals = worker.recorder.finish()
    assert [interval.start_ms for interval in intervals] == [4000, 5000]
    assert Tally.merged(t for i in intervals for _, t in i.tallies()).requests == 2


def test_a_delta_that_cannot_be_read_changes_nothing_and_is_not_acknowledged() -> None:
    clock = Clock()
    deltas = work(clock, books(clock), [3, 4])
    log = DeltaLog("run-1")
    damaged = {**deltas[1], "intervals": [*deltas[1]["intervals"], {"no": "interval"}]}
    assert requests_of(log.apply("w1", deltas[0])) == 3
    with pytest.raises(Exception, match=r"."):
        log.apply("w1", damaged)
    assert log.acknowledged("w1") == 1
    assert sum(requests_of(log.apply("w1", delta)) for delta in deltas) == 4
    assert log.workers()[0].requests_received == 7
