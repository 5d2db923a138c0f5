"""Users of whom those that env LEAVE names stop by themselves after a request: `all` or nobody."""

import os

from locust import HttpUser, constant, task
from locust.exception import StopUser

import slo.plugin  # noqa: F401


class Guest(HttpUser):
    wait_time = constant(0.2)

    @task
    def ask(self):
        self.client.get("/health/live")
        if os.environ.get("LEAVE") == "all":
            raise StopUser
