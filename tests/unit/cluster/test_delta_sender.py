"""A worker's side: deltas are sent until they are acknowledged."""

from __future__ import annotations

from typing import Any

from slo.cluster.clock import ClockOffset
from slo.cluster.delta_log import DeltaLog
from slo.cluster.delta_sender import DeltaSender
from tests.support.made import Clock


def announced(**changes: Any) -> dict[str, Any]:
    own = {"id": "run-1", "plan": None, "started_at_s": 0.0, "elapsed_s": 2.0, "shares": (0.0, ["w1"])}
    return {**own, **changes}


def sender(clock: Clock) -> DeltaSender:
    return DeltaSender(announced(), ClockOffset(), clock)


def test_without_the_masters_clock_a_run_began_when_it_was_announced() -> None:
    assert sender(Clock()).recorder.elapsed_s == 2.0


def test_a_delta_is_repeated_until_it_is_acknowledged() -> None:
    clock = Clock()
    one = sender(clock)
    one.recorder.request("a", 10.0, 1)
    clock.now += 2
    first = one.report()
    clock.now += 2
    assert [delta["seq"] for delta in one.report()["deltas"]] == [0, 1]
    assert first["run"] == "run-1"
    one.acknowledge(2)
    assert [delta["seq"] for delta in one.report()["deltas"]] == [2]


def test_requests_are_counted_once_over_all_deltas() -> None:
    clock = Clock()
    one = sender(clock)
    for _ in range(3):
        one.recorder.request("a", 10.0, 1)
        clock.now += 2
        one.report()
    last = one.report(final=True)["deltas"]
    assert [delta["requests"] for delta in last] == [1, 1, 1, 0]
    assert (last[-1]["total"], last[-1]["final"]) == (3, True)


def test_after_the_final_delta_there_is_no_new_one() -> None:
    one = sender(Clock())
    one.report(final=True)
    assert len(one.report()["deltas"]) == 1
    assert not one.settled
    one.acknowledge(1)
    assert one.settled
    assert one.report()["deltas"] == []


def test_exceptions_of_tasks_are_repeated_and_counted_once() -> None:
    one, log = sender(Clock()), DeltaLog("run-1")
    for _ in range(3):
        one.recorder.code.exceptions.note("KeyError: 'id'")
        one.recorder.code.tasks.of("Guest.book")[0] += 1
        for delta in one.report()["deltas"]:
            log.apply("w1", delta)
    assert log.code().exceptions == {"KeyError: 'id'": 3}
    assert log.code().tasks == {"Guest.book": [3, 0]}
