"""Users that ask the API, and beside them env BUSY_MS milliseconds of work in about every PERIOD_MS, in one process."""

import os
import random
import time

import gevent
from locust import HttpUser, between, events, task

import slo.plugin  # noqa: F401

BUSY_S = float(os.environ.get("BUSY_MS", "0")) / 1000
PERIOD_S = float(os.environ.get("PERIOD_MS", "100")) / 1000


def work():
    while True:
        end = time.perf_counter() + BUSY_S
        while time.perf_counter() < end:
            pass
        gevent.sleep(random.uniform(0.5, 1.5) * (PERIOD_S - BUSY_S))  # else users would fall in step with it


@events.test_start.add_listener
def begin(environment, **_):
    if BUSY_S:
        gevent.spawn(work)


class Guest(HttpUser):
    wait_time = between(0.05, 0.15)

    @task
    def ask(self):
        self.client.get("/health/ready")
