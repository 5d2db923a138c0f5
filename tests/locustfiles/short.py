"""A shape that follows its plan with env SHARE of the users it names."""

import os

from locust import HttpUser, LoadTestShape, constant, task

from slo.plugin import Plan

SHARE = float(os.environ.get("SHARE", "1"))


class Guest(HttpUser):
    wait_time = constant(0.1)

    @task
    def ask(self):
        self.client.get("/health/ready")


class Shape(LoadTestShape):
    plan = Plan.ramps(("up", 2, 10), ("hold", 4, 10), ("down", 1, 0))

    def tick(self):
        now_s = self.get_run_time()
        if now_s >= self.plan.total_s:
            return None
        return round(self.plan.users_at(now_s) * SHARE), 100
