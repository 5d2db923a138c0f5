"""Guests who wait as a 429 tells them, with both of Locust's clients, and one who never does."""

import gevent
from locust import FastHttpUser, HttpUser, constant, task

import slo.plugin  # noqa: F401


def ask(user, name):
    with user.client.get("/api/v1/pms/room-types", name=name, catch_response=True) as response:
        told = response.headers.get("Retry-After") if response.status_code == 429 else None
    gevent.sleep(float(told or 0))


class Fast(FastHttpUser):
    fixed_count = 2

    @task
    def visit(self):
        ask(self, "fast")


class Usual(HttpUser):
    fixed_count = 2

    @task
    def visit(self):
        ask(self, "usual")


class Hasty(FastHttpUser):
    fixed_count = 1
    wait_time = constant(0.2)

    @task
    def visit(self):
        self.client.get("/api/v1/pms/room-types", name="hasty")
