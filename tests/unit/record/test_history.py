"""The intervals of a run within bounded memory."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.measure.recorder import Recorder
from slo.metrics.tally import MAX_KINDS, OTHER, Tally
from slo.record.history import MAX_ENDPOINTS, History
from slo.record.interval import Interval
from tests.support.history import Clock, a_second, history_of, total
from tests.support.methods import two_methods


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


@pytest.mark.slow
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
    for at_s in range(0, 6 * 3600, 16):  # ten endpoints, 50 requests/s, every sixteenth second
        cells = {f"endpoint {n}": bytes(bytearray(packed[(at_s * 7 + n * 3) % 40])) for n in range(10)}
        history.add(Interval(at_s * 1000, at_s * 1000 + 1000, "run", cells))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total(history).requests == 6 * 3600 // 16 * 50
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


def test_what_is_shown_of_a_running_run_is_what_is_shown_of_the_finished_one() -> None:
    run, history = two_methods(), History(warmup_ends_ms=[10_000])
    for interval in run.intervals:
        history.add(interval)
    assert history.after(0).tallies == run.tallies
    assert history.after(10_000).tallies == run.after(10_000).tallies
    assert set(history.window(38_000, 40_000)) == set(run.tallies)
