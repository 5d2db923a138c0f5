"""Simulated runs whose breaking point, recovery or drift is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from slo.analysis.finding import Finding
from slo.load.plan import Plan, Stage
from slo.measure.recorder import Recorder
from slo.record.run import Run
from slo.record.samples import Scrape, UserSample
from slo.verdict.judge import judge
from slo.verdict.verdict import Verdict
from tests.support.made import Clock, demanding, made

STRESS = Plan.ramps(("ramp to 40", 80, 40), ("ramp to 0", 40, 0))


SPIKE = Plan.ramps(("ramp to 5", 10, 5), ("burst", 5, 50), ("hold at 50", 20, 50), ("fall", 5, 5), ("recover", 60, 5))


SLOW = "name: slow, indicator: latency.p95, target: 200 ms, priority: P0"


Second = Callable[[float, float], tuple[float, float, int]]
"""Of the time and the users: requests per second, latency in milliseconds, how many of the requests fail."""


def simulated(plan: Plan, scenario: str | None, second: Second, noise: float = 0.01, seed: int = 1) -> Run:
    """Return the run whose every second is as ``second`` says."""
    random = np.random.default_rng(seed)
    users: list[UserSample] = []

    def fill(recorder: Recorder, clock: Clock) -> None:
        start = clock.now
        while clock.now - start < plan.total_s - 1e-9:
            at_s = clock.now - start
            now = plan.users_at(at_s + 0.5)
            users.append(UserSample(round(at_s * 1000), now, round(now)))
            rps, latency_ms, failing = second(at_s, now)
            for number in range(round(rps)):
                if number < failing:
                    recorder.failure("search", latency_ms, 10, "HTTP 500")
                else:
                    recorder.request("home" if number % 2 else "search", latency_ms * random.lognormal(0, noise), 10)
            clock.now += 1

    return replace(made(fill, plan, scenario=scenario), users=tuple(users))


def closed(capacity: int, latency_ms: float) -> Second:
    """Users without pauses at a target that serves ``capacity`` at once."""

    def second(_: float, users: float) -> tuple[float, float, int]:
        return min(users, capacity) / latency_ms * 1000, latency_ms * max(1.0, users / capacity), 0

    return second


def verdict(run: Run, *lines: str) -> Verdict:
    return judge(run, demanding(*(lines or (SLOW,))))


def the(outcome: Verdict) -> Finding:
    (one,) = outcome.findings
    return one


def number(one: Finding, name: str) -> float:
    figure = one.figure(name)
    assert figure is not None, one
    return float(figure.value)


def drained(seconds: float) -> Second:
    def second(at_s: float, users: float) -> tuple[float, float, int]:
        hurt = 10 <= at_s < 40 + seconds
        return (20, 900, 3) if hurt else (20, 50, 0)

    return second


SOAK = Plan((Stage("hold at 5", 1200, 5, 5),))


def soaked(rise: float = 0.0, leak: float = 0.0, seed: int = 0) -> Run:
    """Return a soak whose latency and memory grow by a share per hour, under noise that remembers."""
    random = np.random.default_rng(seed)
    noise = [0.0]
    for shock in random.normal(0, 0.03, 2400):
        noise.append(0.6 * noise[-1] + shock)

    def second(at_s: float, _: float) -> tuple[float, float, int]:
        return 8, 100 * (1 + rise * at_s / 3600) * (1 + noise[int(at_s)]), 0

    scrapes = tuple(
        Scrape(
            at_s * 1000,
            {"process_resident_memory_bytes": 6e7 * (1 + leak * at_s / 3600) * (1 + noise[at_s + 1200] / 9)},
        )
        for at_s in range(0, 1200, 5)
    )
    return replace(simulated(SOAK, "soak", second, 0.05, seed), scrapes=scrapes)
