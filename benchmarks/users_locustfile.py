"""Users that pause for a second on average, by one of two clients: BENCHMARK_CLIENT is fast (FastHttpUser) or lean.

Prints one line of JSON when the run stops: users, requests, seconds, CPU seconds and the p99 of the loop's lag (how
much too late timers fire, in ms) of the time with all users, and the largest memory in MB.
"""

from __future__ import annotations

import json
import math
import os
import resource
import time
from typing import Any

import gevent
from locust import FastHttpUser, between, events, task

from slo.lean import LeanHttpUser

if os.environ.get("BENCHMARK_RECORD") == "1":
    import slo.plugin  # noqa: F401

STEP_S = 0.02
User: Any = LeanHttpUser if os.environ.get("BENCHMARK_CLIENT") == "lean" else FastHttpUser


class Guest(User):
    """Requests once a second: not all at the same moment, although they are started so."""

    wait_time = between(0.5, 1.5)

    @task
    def live(self) -> None:
        """One request."""
        self.client.get("/health/live", name="health_live")


@events.spawning_complete.add_listener
def measure(user_count: int, **_: Any) -> None:
    """Measure from now on, and print what was measured when the run stops."""
    began_s, began_cpu_s, stats = time.monotonic(), time.process_time(), _environment[0].stats
    requests, lags = stats.total.num_requests, list[float]()

    def look() -> None:
        while True:
            due = time.monotonic() + STEP_S
            gevent.sleep(STEP_S)
            lags.append((time.monotonic() - due) * 1000)

    def say(**_: Any) -> None:
        found = {
            "users": user_count,
            "requests": stats.total.num_requests - requests,
            "failures": stats.total.num_failures,
            "seconds": time.monotonic() - began_s,
            "cpu_s": time.process_time() - began_cpu_s,
            "lag_p99_ms": sorted(lags)[math.ceil(len(lags) * 0.99) - 1],
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        print(json.dumps(found), flush=True)

    gevent.spawn(look)
    _environment[0].events.test_stopping.add_listener(say)


_environment: list[Any] = []
events.init.add_listener(lambda environment, **_: _environment.append(environment))
