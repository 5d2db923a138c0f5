"""Plain FastHttpUser without pauses; with BENCHMARK_RECORD=1 the plugin records every request.

Prints requests and this process's CPU seconds from the test's second second to its end, as one line of JSON: what
either variant does once, to begin, is no cost of a request.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

import gevent
from locust import FastHttpUser, events, task

if os.environ.get("BENCHMARK_RECORD") == "1":
    import slo.plugin  # noqa: F401

STARTED_S = 1.0
begun = {"cpu_s": 0.0, "requests": 0.0}


class Hello(FastHttpUser):
    """Asks as fast as it can."""

    @task
    def hello(self) -> None:
        """One request."""
        self.client.get("/", name="hello")


@events.test_start.add_listener
def begin(environment: Any, **_: Any) -> None:
    """Note a little later what was done and spent so far."""

    def note() -> None:
        begun.update(cpu_s=time.process_time(), requests=environment.stats.total.num_requests)

    gevent.spawn_later(STARTED_S, note)


@events.test_stopping.add_listener
def end(environment: Any, **_: Any) -> None:
    """Say what the run did and cost."""
    requests = environment.stats.total.num_requests - begun["requests"]
    cpu_s = time.process_time() - begun["cpu_s"]
    print(json.dumps({"requests": requests, "cpu_s": cpu_s}), flush=True)
