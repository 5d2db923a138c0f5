"""Runs whose users followed a plan, or a share of it."""

from __future__ import annotations

from dataclasses import replace

from slo.load.plan import Plan
from slo.record.run import Run
from slo.record.samples import UserSample
from tests.support.made import requests

OBJECTIVE = "indicator: latency.max, target: 90 ms, priority: P0"


PLAN = Plan.ramps(("ramp", 100, 10), ("hold", 100, 10), ("fall", 100, 0))


def followed(plan: Plan, share: float = 1.0, late_s: float = 0.0, step_s: float = 1.0) -> Run:
    """Return a run whose users followed ``plan`` late, in steps, with a share of them."""
    looks = [number * step_s for number in range(round(plan.total_s / step_s))]
    wanted = [plan.users_at(at - late_s) if at >= late_s else 0 for at in looks]
    users = tuple(UserSample(round(at * 1000), None, round(n * share)) for at, n in zip(looks, wanted, strict=True))
    return replace(requests(100, 100), plan=plan, users=users, duration_s=plan.total_s)
