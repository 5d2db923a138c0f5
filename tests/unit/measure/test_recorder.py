"""Every request is counted once, in its second and its stage; memory is bounded over hours."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.load.plan import Plan
from slo.measure.listener import listeners
from slo.measure.recorder import Recorder
from slo.metrics.tally import Tally
from slo.record.interval import Interval
from tests.support.history import Clock, history_of, total


class Color(Enum):
    RED = 1


def test_a_request_lands_in_its_second_and_stage() -> None:
    clock = Clock()
    recorder = Recorder(Plan.ramps(("up", 1.5, 5), ("hold", 2, 5)), clock)
    for at_s in (0.2, 0.9, 1.2, 1.6, 3.4, 9.0):
        clock.now = 1000 + at_s
        recorder.request("a", 10.0, 7)
    found = [(i.start_ms, i.end_ms, i.stage, Tally.unpack(i.packed["a"]).requests) for i in recorder.finish()]
    assert found == [
        (0, 1000, "up", 2),
        (1000, 1500, "up", 1),
        (1500, 2000, "hold", 1),
        (3000, 3500, "hold", 1),
        (9000, 9000, "hold", 1),
    ]


def test_all_kinds_of_outcome_are_kept_apart() -> None:
    recorder = Recorder(clock=Clock())
    recorder.request("a", 1.5, 100)
    recorder.failure("a", 20.0, 10, "HTTP 500")
    recorder.throttled("a", 2.0, 5)
    recorder.untimed("a", "boom")
    recorder.untimed("a", None)
    recorder.check("a", "body", True)
    recorder.check("a", "body", False)
    tally = total(history_of(recorder.finish()))
    assert (tally.requests, tally.errors, tally.throttled, tally.untimed, tally.bytes) == (5, 2, 1, 2, 115)
    assert tally.failures == {"HTTP 500": 1, "boom": 1}
    assert tally.checks == {"body": [1, 1]}
    assert (tally.ok.total, tally.ok.max_us, tally.failed.total, tally.failed.max_us) == (1, 1500, 2, 20_000)


@given(st.lists(st.tuples(st.floats(0, 4_000_000), st.booleans()), max_size=60))
def test_the_hot_path_records_as_the_histogram_does(requests: list[tuple[float, bool]]) -> None:
    recorder, heard, truth = Recorder(clock=Clock()), Recorder(clock=Clock()), Tally()
    hear, _ = listeners(heard)
    for latency_ms, well in requests:
        exception = None if well else ValueError("x")
        hear("GET", "a", latency_ms, 1, exception)
        if well:
            recorder.request("a", latency_ms, 1)
            truth.ok.record(int(latency_ms * 1000 + 0.5))
        else:
            recorder.failure("a", latency_ms, 1, "ValueError: x")
            truth.failed.record(int(latency_ms * 1000 + 0.5))
    tally = total(history_of(recorder.finish()))
    assert (tally.ok, tally.failed) == (truth.ok, truth.failed)
    assert total(history_of(heard.finish())) == tally


def test_a_latency_that_is_no_number_is_a_fault_and_costs_no_other_request() -> None:
    recorder = Recorder(clock=Clock())
    hear, _ = listeners(recorder)
    for latency in (1.0, float("nan"), 2.0, float("inf"), "slow", 3.0, -1.0):
        hear("GET", "a", latency, None)
    assert total(history_of(recorder.finish())).requests == 3
    assert recorder.faults == 4


def test_a_recorder_that_joins_late_counts_in_the_runs_time() -> None:
    clock = Clock()
    recorder = Recorder(Plan.ramps(("up", 10, 5), ("hold", 10, 5)), clock, elapsed_s=12.3)
    recorder.request("a", 1.0, 0)
    clock.now += 1
    (interval,) = recorder.drain()
    assert (interval.start_ms, interval.stage) == (12000, "hold")


def test_draining_hands_out_each_interval_once() -> None:
    clock = Clock()
    recorder = Recorder(clock=clock)
    recorder.request("a", 1.0, 0)
    assert recorder.drain() == []
    clock.now += 1
    assert len(recorder.drain()) == 1
    assert recorder.drain() == []
    assert recorder.finish() == []


def test_names_of_any_kind_are_recorded_as_text() -> None:
    recorder = Recorder(clock=Clock())
    names: list[Any] = [7, "7", b"x", None, Color.RED, "caf\ud83d", "/pay?access_token=abc"]
    for name in names:
        recorder.request(name, 10, 5)
        recorder.failure(name, 10, 5, "bad")
        recorder.check(name, name, True)
    (interval,) = recorder.finish()
    tallies = dict(interval.tallies())
    assert sorted(tallies) == sorted(["7", "b'x'", "None", "Color.RED", "caf\ufffd", "/pay?access_token=***"])
    assert tallies["7"].requests == 4
    assert tallies["7"].checks == {"7": [2, 0]}
    assert sum(tally.requests for tally in tallies.values()) == 14


def test_counts_that_cannot_be_packed_are_faults_and_no_other_is_lost_or_counted_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    recorder = Recorder(clock=clock)
    pack = Tally.pack

    def fail_once(tally: Tally) -> bytes:
        if tally.requests == 3:
            raise MemoryError
        return pack(tally)

    monkeypatch.setattr(Tally, "pack", fail_once)
    closed: list[Interval] = []
    for second in range(4):
        for name, times in (("good", 5), ("bad", 3 if second == 1 else 4)):
            for _ in range(times):
                recorder.request(name, 10.0, 1)
        clock.now += 1
        closed += recorder.drain()  # raises nothing, and goes on
    for _ in range(7):
        recorder.request("good", 10.0, 1)
    closed += recorder.finish()
    found = Tally.merged(tally for interval in closed for _, tally in interval.tallies())
    assert found.requests == recorder.requests == 4 * 5 + 3 * 4 + 7
    assert recorder.faults == 3


def test_after_the_load_an_interval_lasts_until_its_last_request() -> None:
    clock = Clock()
    recorder = Recorder(clock=clock)
    start = clock.now
    recorder.request("home", 10.0, 1)
    clock.now = start + 0.5
    recorder.note_load_end()
    clock.now = start + 0.7
    recorder.note_late_request()
    recorder.request("home", 10.0, 1)
    clock.now = start + 2.5
    recorder.check("home", "late", True)  # whatever comes later makes no interval that ends before it begins
    clock.now = start + 5
    found = [(interval.end_ms, sum(t.requests for _, t in interval.tallies())) for interval in recorder.finish()]
    assert found == [(500, 1), (700, 1), (2000, 0)]
