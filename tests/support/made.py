"""Runs made by hand, for tests of what is pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slo.load.plan import Plan
from slo.measure.recorder import Recorder
from slo.objectives.objectives import Objectives, parse
from slo.record.ending import Ending
from slo.record.run import Run
from slo.record.target import Target


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def made(fill: Callable[[Recorder, Clock], None], plan: Plan | None = None, **fields: Any) -> Run:
    """Return the run whose requests ``fill`` makes."""
    clock = Clock()
    recorder = Recorder(plan, clock)
    fill(recorder, clock)
    own: dict[str, Any] = {
        "id": "made-20260101T000000Z",
        "scenario": "load",
        "target": Target("http://api.test"),
        "started_at": "2026-01-01T00:00:00Z",
        "duration_s": clock.now - 1000.0,
        "ended": Ending("completed"),
        "plan": plan,
    }
    return Run(intervals=tuple(recorder.finish()), **{**own, **fields})


def requests(count: int, latency_ms: float = 100, endpoint: str = "home", seconds: float = 10) -> Run:
    """Return a run of ``count`` good requests, all alike."""

    def fill(recorder: Recorder, clock: Clock) -> None:
        for _ in range(count):
            recorder.request(endpoint, latency_ms, 10)
        clock.now += seconds

    return made(fill)


def demanding(*lines: str) -> Objectives:
    """Return objectives, each written as the inside of a YAML mapping."""
    text = "version: 1\ngroups: {pages: [home, 'page_*']}\nobjectives:\n"
    return parse(text + "".join(f"  - {{{line}}}\n" for line in lines), "made.yaml")
