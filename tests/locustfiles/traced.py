"""One guest for each client, all asking a target that writes down what it is asked; see tests/traces.py."""

import contextlib
import itertools

from locust import FastHttpUser, HttpUser, constant_pacing

import slo.plugin  # noqa: F401
from slo.lean import LeanHttpUser

try:
    from opentelemetry import trace

    journey = trace.get_tracer("guests").start_as_current_span
except ImportError:
    journey = contextlib.nullcontext

CLOSED = "http://127.0.0.1:9/"
SLOW_MS = {2: 250, 4: 150}
"""By the number of the visit."""


def visit(user):
    who, client, number = type(user).__name__, user.client, next(user.visits)
    slow_ms = SLOW_MS.get(number, 0)
    with journey(f"visit {who}"):
        client.get(f"/ask?who={who}&ms={slow_ms}&token=geheim", name=f"{who} ask", headers={"X-Number": str(number)})
        with client.post(f"/fail?who={who}", json={"a": 1}, name=f"{who} fail", catch_response=True) as answer:
            answer.failure("no room")
    own = {"traceparent": "00-000000000000000000000000000000aa-00000000000000bb-01"}
    client.get(f"/own?who={who}", name=f"{who} own", headers=own)
    if who == "Lean":
        client.get(CLOSED, name="Lean refused")


class Guest:
    wait_time = constant_pacing(0.2)

    def on_start(self):
        self.visits = itertools.count()


class Lean(Guest, LeanHttpUser):
    tasks = [visit]


class Fast(Guest, FastHttpUser):
    tasks = [visit]


class Plain(Guest, HttpUser):
    tasks = [visit]
