"""Plain FastHttpUser without pauses; with BENCHMARK_RECORD=1 the plugin records every request.

Prints its requests and its process's CPU seconds so far, as one line of JSON, when its users run and at each SIGUSR1.
"""

from __future__ import annotations

import json
import os
import signal
import time
from typing import Any

import gevent
from locust import FastHttpUser, events, task

if os.environ.get("BENCHMARK_RECORD") == "1":
    import slo.plugin  # noqa: F401


class Hello(FastHttpUser):
    """Asks as fast as it can."""

    @task
    def hello(self) -> None:
        """One request."""
        self.client.get("/", name="hello")


@events.spawning_complete.add_listener
def begin(**_: Any) -> None:
    """Be ready to be asked."""
    gevent.signal_handler(signal.SIGUSR1, say)
    say()


counted = {"requests": 0}


@events.request.add_listener
def count(**_: Any) -> None:
    """Count apart from Locust's statistics: they are a part of what is measured."""
    counted["requests"] += 1


def say() -> None:
    """Say what was done and spent so far."""
    print(json.dumps({**counted, "cpu_s": time.process_time()}), flush=True)
