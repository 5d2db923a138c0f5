"""Users without pauses, under loads whose effect on a target of known capacity can be computed."""

from __future__ import annotations

from dataclasses import replace

from locust import FastHttpUser, LoadTestShape, events, task
from locust.argument_parser import LocustArgumentParser

from slo.plugin import Plan

PLANS = {
    "stress": Plan.ramps(("rise", 60, 32), ("fall", 8, 4), ("rest", 6, 4)),
    "spike": Plan.ramps(
        ("before", 1, 3), ("steady", 9, 3), ("burst", 2, 60), ("hold", 8, 60), ("fall", 1, 3), ("after", 20, 3)
    ),
    # Said to be compressed: the target's metrics are read as often as they may be.
    "soak": replace(Plan.ramps(("hold", 45, 4), start=4), time_scale=0.05),
}


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser, **_):
    parser.add_argument("--scenario", choices=sorted(PLANS))


class Knee(LoadTestShape):
    """Follows the scenario's plan, a step a second."""

    @property
    def scenario(self):
        return self.runner.environment.parsed_options.scenario if self.runner else None

    @property
    def plan(self):
        return PLANS[self.scenario or "soak"]

    def tick(self):
        now_s = self.get_run_time()
        if now_s >= self.plan.total_s:
            return None
        return max(1, round(self.plan.users_at(now_s))), 100


class User(FastHttpUser):
    """Asks again as soon as it is answered."""

    @task
    def ask(self):
        self.client.get("/api/v1/admin/tenants", name="tenants")
