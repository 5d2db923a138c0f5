"""A guest that asks once a visit; the pause between visits is a closed model's."""

from locust import FastHttpUser, constant, task

import slo.plugin  # noqa: F401


class Guest(FastHttpUser):
    wait_time = constant(60)

    @task
    def visit(self):
        self.client.get("/", name="visit")
