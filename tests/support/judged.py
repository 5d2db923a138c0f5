"""Statuses of judged runs."""

from __future__ import annotations

from slo.measure.recorder import Recorder
from slo.record.run import Run
from slo.verdict.judge import judge
from tests.support.made import Clock, demanding


def mixed(recorder: Recorder, clock: Clock) -> None:
    """90 good, 6 failed, 4 throttled; the failed ones answer at once. Checks: 95 of 100."""
    for number in range(90):
        recorder.request("home", 100 + number, 10)
        recorder.check("home", "fast", number >= 5)
    for _ in range(6):
        recorder.failure("page_1", 1, 10, "HTTP 500")
    for _ in range(4):
        recorder.throttled("page_2", 2, 10)
    for _ in range(10):
        recorder.check("page_1", "body", True)
    clock.now += 10


def status(run: Run, *lines: str) -> list[str]:
    return [result.status for result in judge(run, demanding(*lines)).results]


OUTCOMES = {
    "PASS": "indicator: latency.max, target: 1 s",
    "WARNING": "indicator: latency.max, target: 1 s, warning: 90 ms",
    "NO DATA": "indicator: latency.max, target: 1 s, endpoint: nowhere",
    "FAIL": "indicator: latency.max, target: 90 ms",
    "CRITICAL": "indicator: latency.max, target: 90 ms, priority: P0",
}


CODES = {"PASS": 0, "WARNING": 0, "NO DATA": 3, "FAIL": 1, "CRITICAL": 2}
