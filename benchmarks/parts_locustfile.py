"""The spike iteration in modes that differ by one part each, which the same process takes up in turn.

Prints, for each mode, its requests and the CPU seconds they took, as one line of JSON, when the run stops.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import gevent
from locust import events, task
from locust.stats import RequestStats

from benchmarks.generator_locustfile import DAYS, JSON, MESSAGE, SLOW_MS
from slo.lean import LeanHttpUser
from slo.plugin import check

TURN_S = 0.1
SETTLE_S = 0.01
"""Requests under way as the mode changes are of neither."""
done = count()
spent: dict[str, list[float]] = {}
Call = Callable[..., None]


def plainly(user: Any, method: str, path: str, name: str, data: Any = None, headers: Any = None) -> None:
    """One request."""
    user.client.request(method, path, name, data, headers=headers)
    next(done)


def caught(user: Any, method: str, path: str, name: str, data: Any = None, headers: Any = None) -> None:
    """One request in a with-block."""
    with user.client.request(method, path, name, data, catch_response=True, headers=headers):
        next(done)


def checked(user: Any, method: str, path: str, name: str, data: Any = None, headers: Any = None) -> None:
    """One request with its checks."""
    with user.client.request(method, path, name, data, catch_response=True, headers=headers) as response:
        check(response, "expected answer", response.status_code == 200)
        check(response, "response under 5 s", response.request_meta["response_time"] < SLOW_MS)
        check(response, "body not empty", bool(response.content))
        next(done)


way: list[Call] = [plainly]


class Guest(LeanHttpUser):
    """Asks as fast as it can, in the mode of the moment."""

    day = count()

    @task
    def iteration(self) -> None:
        """health; message; look-up."""
        call = way[0]
        call(self, "GET", "/health/live", "health_live")
        call(self, "GET", "/health/ready", "health_ready")
        now_ns = time.time_ns()
        body = MESSAGE % ("+5491155550001", now_ns, now_ns // 1_000_000_000)
        call(self, "POST", "/api/v1/webhooks/whatsapp", "whatsapp_webhook", body.encode(), JSON)
        day = next(self.day) % 20
        stay = f"check_in={DAYS[day]}&check_out={DAYS[day + 3]}"
        call(self, "GET", f"/api/v1/pms/availability?{stay}", "pms_availability")
        call(self, "GET", "/api/v1/pms/room-types", "pms_room_types")


def locusts_own() -> Callable[..., None]:
    """Return a listener as Locust's runner has it, with statistics that are Locust's own class."""
    stats = RequestStats()

    def on_request(
        request_type: str, name: str, response_time: int, response_length: int, exception: Any = None, **_: Any
    ) -> None:
        stats.log_request(request_type, name, response_time, response_length)
        if exception:
            stats.log_error(request_type, name, exception)

    return on_request


@events.init.add_listener
def measure(environment: Any, **_: Any) -> None:
    """Change the mode again and again once the users run."""

    def turns() -> None:
        gevent.sleep(1)
        handlers = environment.events.request._handlers
        ours = next(one for one in handlers if one.__module__ == "slo.measure.listener")
        theirs = locusts_own()
        modes: dict[str, tuple[list[Any], Call]] = {
            "client": ([], plainly),
            "Locust's statistics": ([theirs], plainly),
            "both statistics": ([ours], plainly),
            "with-block": ([ours], caught),
            "checks": ([ours], checked),
        }
        while True:
            for name, (listeners, call) in modes.items():
                handlers[:], way[0] = listeners, call
                gevent.sleep(SETTLE_S)
                requests, cpu_s = next(done), time.process_time()
                gevent.sleep(TURN_S)
                one = spent.setdefault(name, [0, 0.0])
                one[0] += next(done) - requests - 1
                one[1] += time.process_time() - cpu_s

    environment.events.spawning_complete.add_listener(lambda **_: gevent.spawn(turns))


@events.quitting.add_listener
def say(**_: Any) -> None:
    """Print what each mode cost."""
    print(json.dumps(spent), flush=True)
