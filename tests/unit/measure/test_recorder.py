"""Every request is counted once, in its second and its stage; memory is bounded over hours."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.load.plan import Plan
from slo.measure.listener import listeners
from slo.measure.recorder import Recorder
from slo.metrics.tally import MAX_KINDS, OTHER, Tally
from slo.record.history import MAX_ENDPOINTS, History
from slo.record.interval import Interval


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def history_of(intervals: list[Interval]) -> History:
    history = History()
    for interval in intervals:
        history.add(interval)
    return history


def total(history: History) -> Tally:
    return Tally.merged(tally for interval in history.intervals() for _, tally in interval.tallies())


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
    assert total(history_of(recorder.finish())).requests == 4
    assert recorder.faults == 3


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


def test_names_without_end_are_counted_together() -> None:
    recorder = Recorder(clock=Clock())
    for number in range(MAX_ENDPOINTS + 50):
        recorder.request(f"/item/{number}", 1.0, 0)
    for number in range(MAX_KINDS + 20):
        recorder.failure("/item/0", 1.0, 0, f"kind {number}")
        recorder.check("/item/0", f"check {number}", True)
    (interval,) = recorder.finish()
    assert len(interval.packed) == MAX_ENDPOINTS + 1
    assert Tally.unpack(interval.packed[OTHER]).requests == 50
    busy = Tally.unpack(interval.packed["/item/0"])
    assert len(busy.failures) == MAX_KINDS + 1
    assert sum(busy.failures.values()) == MAX_KINDS + 20
    assert sum(passed for passed, _ in busy.checks.values()) == MAX_KINDS + 20


def a_second(at_s: int, stage: str = "run") -> Interval:
    tally = Tally()
    tally.ok.record(1000 + at_s)
    return Interval(at_s * 1000, at_s * 1000 + 1000, stage, {"a": tally.pack()})


@given(
    st.lists(st.integers(0, 300), max_size=300),
    st.integers(4, 40),
    st.integers(0, 10),
    st.integers(0, 5),
)
def test_coarsening_loses_no_count_and_keeps_the_bound(seconds: list[int], most: int, fine: int, hot_s: int) -> None:
    history = History(max_intervals=most, keep_fine=min(fine, most // 2), open_ms=hot_s * 1000)
    truth = Tally()
    for at_s in seconds:
        interval = a_second(at_s, "early" if at_s < 100 else "late")
        truth.add(Tally.unpack(interval.packed["a"]))
        history.add(interval)
    intervals = history.intervals()
    assert len(intervals) <= most + 2 * (hot_s + 1)
    assert total(history) == truth
    assert Tally.merged(history.tallies().values()) == truth
    assert sum(1 for at_s in seconds if at_s < 100) == sum(
        Tally.unpack(i.packed["a"]).requests for i in intervals if i.stage == "early"
    )


def test_hours_take_no_more_memory_than_the_stated_bound() -> None:
    history = History()
    packed = []
    for number in range(40):
        tally = Tally()
        for sample in range(5):
            tally.ok.record(20_000 + 977 * ((number + sample) % 40))
        tally.checks = {"body": [5, 0], "status": [5, 0], "time": [5, 0]}
        packed.append(tally.pack())
    tracemalloc.start()
    for at_s in range(0, 6 * 3600, 8):  # ten endpoints, 50 requests/s, every eighth second
        cells = {f"endpoint {n}": bytes(bytearray(packed[(at_s * 7 + n * 3) % 40])) for n in range(10)}
        history.add(Interval(at_s * 1000, at_s * 1000 + 1000, "run", cells))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total(history).requests == 6 * 3600 // 8 * 50
    assert used < 10 * 2**20


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 4)), max_size=200), st.randoms())
def test_the_order_of_the_reports_does_not_matter(reports: list[tuple[int, int]], order: random.Random) -> None:
    def counted(history: History) -> dict[int, int]:
        found: dict[int, int] = {}
        for interval in history.intervals():
            found[interval.start_ms] = found.get(interval.start_ms, 0) + Tally.unpack(interval.packed["a"]).requests
        return found

    seconds = [at_s for at_s, requests in reports for _ in range(requests)]
    in_order = history_of([a_second(at_s) for at_s in sorted(seconds)])
    order.shuffle(seconds)
    assert counted(history_of([a_second(at_s) for at_s in seconds])) == counted(in_order)


def test_the_window_is_the_newest_seconds() -> None:
    history = history_of([a_second(at_s) for at_s in range(100)])
    assert history.window(90_000, 95_000)[("a", "run")].requests == 5
    assert history.tallies()[("a", "run")].requests == 100


def test_an_interval_of_many_stages_at_one_second_is_not_lost() -> None:
    history = History(max_intervals=8, keep_fine=2)
    for at_s in range(40):
        history.add(a_second(at_s, "a"))
        history.add(a_second(at_s, "b"))
    assert total(history).requests == 80


def test_a_damaged_tally_is_refused() -> None:
    with pytest.raises(ValueError, match="bucket"):
        Tally.from_data({"ok": {"buckets": [0, 1], "sum_us": 1, "min_us": 1, "max_us": 1}})
