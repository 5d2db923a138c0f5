"""A run with rising load and hostile names."""

from __future__ import annotations

from slo.load.plan import Plan
from slo.measure.recorder import Recorder
from slo.record.run import Run
from slo.record.samples import UserSample
from tests.support.made import Clock, demanding, made

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "a|b",
    "two\nlines",
    "x" * 10_000,
    "\u202egnp.exe\u202c",
    "]]>",
    "$math$ $\\frac{1$",
    "under_score\\back",
    "</script><script>alert(1)</script>",
    "'\"`{}${title}#0a0001",
    "\x00\x1b[31m",
    "مرحبا 旅館 🏨",
)


OBJECTIVES = demanding(
    "name: P95 latency, indicator: latency.p95, target: 300 ms, priority: P0",
    "name: error rate, indicator: errors.ratio, target: 1 %",
    "name: pages, indicator: latency.p95, target: 300 ms, group: pages",
    "name: elsewhere, indicator: latency.p95, target: 300 ms, scenario: soak",
)


def ramp(seconds: int = 60, names: tuple[str, ...] = ("home", "page_a"), rps: int = 5, slow: float = 900) -> Run:
    """Return a run of two stages; in the second the first endpoint is slow, and one request in ten fails."""
    plan = Plan.ramps(("ramp to 10", seconds / 2, 10), ("hold at 10", seconds / 2, 10))

    def fill(recorder: Recorder, clock: Clock) -> None:
        for second in range(seconds):
            late = second >= seconds / 2
            for number in range(rps):
                name = names[(second * rps + number) % len(names)]
                latency_ms = (slow if late and name == names[0] else 50) + number * 7 + second % 9
                if late and number == 0:
                    recorder.failure(name, latency_ms, 0, f"failed {name}")
                    recorder.check(name, f"is {name}", False)
                elif late and number == 1:
                    recorder.throttled(name, latency_ms, 0)
                else:
                    recorder.request(name, latency_ms, 10)
                    recorder.check(name, f"is {name}", True)
            clock.now += 1

    users = tuple(UserSample(s * 1000, plan.users_at(s), int(plan.users_at(s))) for s in range(seconds))
    return made(fill, plan, users=users, generator={"cpu_s": 1.5}, options={"seed": 7, "api_key": "s3cret"})
