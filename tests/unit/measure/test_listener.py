"""What listens to requests and checks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.measure.listener import LocustStatistics, listeners, open_listener, slow_listener
from slo.measure.recorder import Recorder
from slo.metrics.tally import Tally
from slo.record.slowest import SlowestRequests
from tests.support.history import Clock, history_of, total


class Answer:
    def __init__(self, status: int) -> None:
        self.status_code = status
        self.headers: dict[str, str] = {}


def counted(recorder: Recorder) -> Tally:
    return total(history_of(recorder.finish()))


def test_each_outcome_is_counted_as_what_it_is() -> None:
    recorder = Recorder(clock=Clock())
    on_request, on_check = listeners(recorder)
    on_request("GET", "a", 10.0, 5)
    on_request("GET", "a", 20.0, 5, ValueError("x"), Answer(500))
    on_request("GET", "a", 30.0, 5, ValueError("x"), Answer(429))
    on_request("GET", "a", None, None)
    on_check("a", "body", True)
    on_check("a", "body", False)
    tally = counted(recorder)
    assert (tally.requests, tally.errors, tally.throttled, tally.untimed) == (4, 1, 1, 1)
    assert tally.checks == {"body": [1, 1]}


@given(st.lists(st.tuples(st.dictionaries(st.sampled_from("abc"), st.booleans()), st.sampled_from([0.0, 0.4, 1.0]))))
def test_a_set_of_checks_counts_as_each_of_them(sets: list[tuple[dict[str, bool], float]]) -> None:
    counts = []
    for in_one_call in (True, False):
        clock = Clock()
        recorder = Recorder(clock=clock)
        on_request, on_check = listeners(recorder)
        for results, seconds in sets:
            clock.now += seconds
            on_request("GET", "a", 10.0, 5)
            if in_one_call:
                on_check.of_set(("GET", "a"), results)  # type: ignore[attr-defined]
            else:
                for name, passed in results.items():
                    on_check(("GET", "a"), name, passed)
        counts.append([(one.start_ms, one.end_ms, one.packed) for one in history_of(recorder.finish()).intervals()])
    assert counts[0] == counts[1]


@pytest.mark.parametrize("latency", ["fast", float("nan"), float("inf"), -5000.0])
def test_a_latency_that_is_no_number_is_a_fault_and_no_request(latency: Any) -> None:
    recorder = Recorder(clock=Clock())
    on_request, _ = listeners(recorder)
    on_request("GET", "a", latency, 5)
    on_request("GET", "a", latency, 5, ValueError("x"))
    assert counted(recorder).requests == 0
    assert recorder.faults == 2


def test_locusts_own_statistics_get_every_request() -> None:
    calls: list[tuple[str, ...]] = []
    locusts = LocustStatistics(lambda *words: calls.append(("own", words[1])), lambda *words: calls.append(words[:2]))
    on_request, _ = listeners(Recorder(clock=Clock()), locusts)
    on_request("GET", "good", 10.0, 5)
    on_request("GET", "bad", 10.0, 5, ValueError("x"))
    assert calls == [("GET", "good"), ("own", "bad")]


def test_an_open_model_has_two_latencies() -> None:
    recorder = Recorder(clock=Clock())
    on_request = open_listener(recorder, lambda: 400.0)
    on_request("GET", "a", 100.0, 5)
    tally = counted(recorder)
    assert tally.latency_of("all", "sent").max_us == 100_000
    assert tally.latency_of("all", "intended").max_us == 500_000


def test_only_slow_requests_with_a_trace_are_kept() -> None:
    recorder = Recorder(clock=Clock())
    recorder.request("a", 10.0, 5)
    slowest = SlowestRequests(())
    on_request = slow_listener(recorder, slowest)
    on_request("GET", "a", 10.0, response=Answer(200), context={})
    assert slowest.items() == ()


@pytest.mark.parametrize("exception", ["", False, 0])
def test_an_exception_that_is_false_is_a_success_as_in_locust(exception: object) -> None:
    recorder = Recorder(clock=Clock())
    listeners(recorder)[0]("GET", "a", 10.0, 5, exception)
    open_listener(recorder, lambda: 0.0)("GET", "a", 10.0, 5, exception)
    tally = counted(recorder)
    assert (tally.requests, tally.errors) == (2, 0)
