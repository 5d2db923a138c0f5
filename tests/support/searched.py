"""Records of a search for the limit, made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from slo.analysis.finding import Finding
from slo.load.search_record import SearchRecord, SearchStep
from slo.measure.recorder import Recorder
from slo.record.run import Run
from slo.record.samples import UserSample
from slo.verdict.judge import judge
from tests.support.made import Clock, demanding, made

QUICK = "name: quick, indicator: latency.p95, target: 200 ms, priority: P0"
ERRORS = "name: errors, indicator: errors.ratio, target: 1 %, priority: P0"
HOLD_S = 5
Held = tuple[int, float]
"""Users of a step, and the latency of each of its requests in milliseconds."""
FOUND: Sequence[Held] = ((8, 100), (16, 150), (32, 400), (24, 300), (20, 250), (18, 150), (19, 260), (18, 150))


def searched(steps: Sequence[Held], most: int = 1000, each: int = 10, failing: int = 0, endpoint: str = "b") -> Run:
    """Return the record of a search: each step with a second of 5 s latencies, then held; ``each`` requests a user.

    From 20 users on ``failing`` of a second's requests fail, at ``endpoint``.
    """
    items: list[SearchStep] = []
    users: list[UserSample] = []

    def fill(recorder: Recorder, clock: Clock) -> None:
        for count, latency_ms in steps:
            start_s = round(clock.now - 1000)
            for second in range(1 + HOLD_S):
                users.append(UserSample(round((clock.now - 1000) * 1000), None, count))
                for number in range(count * each):
                    recorder.request("a" if number % 2 else "b", latency_ms if second else 5000, 10)
                for _ in range(failing if count >= 20 else 0):
                    recorder.failure(endpoint, latency_ms, 10, "HTTP 500")
                clock.now += 1
                recorder.close_interval_if_due()
            items.append(SearchStep(count, start_s * 1000, (start_s + 1) * 1000, (start_s + 1 + HOLD_S) * 1000))

    run = made(fill, scenario="stress")
    return replace(run, users=tuple(users), search=SearchRecord(1, most, 600.0, tuple(items)))


def limit_of(run: Run, *lines: str) -> Finding:
    (one,) = judge(run, demanding(*(lines or (QUICK, ERRORS)))).findings
    return one


def bounds(one: Finding, name: str) -> tuple[float, float | None, float | None, bool]:
    figure = one.figure(name)
    assert figure is not None, one
    low, high = (None if bound is None else float(bound) for bound in (figure.low, figure.high))
    return float(figure.value), low, high, figure.exact
