"""What every process of ours hangs onto Locust's events: what records a run, and what looks at the process itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import gevent
import locust
import requests
from locust import events
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment
from locust.event import EventHook

from slo.cluster import identity
from slo.cluster.clock import Offset
from slo.cluster.delta_sender import DeltaSender
from slo.load.pacer import ArrivalPacer, late_ms
from slo.measure.listener import Locusts, listeners, open_listener, slow_listener
from slo.measure.loop_lag import LoopLagMonitor
from slo.measure.recorder import Recorder
from slo.record.slowest import SlowestRequests
from slo.runtime import options
from slo.runtime.batched import BatchedStats
from slo.runtime.open_model import DISPENSER, let_users_wait
from slo.tracing.traced import Tracer, traced, tracer_of


class CheckEvent(EventHook):
    """Tells its listeners of each check: endpoint, name, and whether it passed.

    ``tell`` is for listeners that raise nothing: each request has several checks, and words by name cost time. Where
    there is one listener it is that one itself.
    """

    tell: Callable[[str, str, bool], None]

    def __init__(self) -> None:
        super().__init__()
        self.tell = self._tell_all

    def add_listener(self, handler: Any) -> Any:
        """Add one."""
        super().add_listener(handler)
        self._choose()
        return handler

    def remove_listener(self, handler: Any) -> None:
        """Take one away."""
        super().remove_listener(handler)
        self._choose()

    def _choose(self) -> None:
        self.tell = self._handlers[0] if len(self._handlers) == 1 else self._tell_all

    def _tell_all(self, endpoint: str, name: str, passed: bool) -> None:
        for listener in self._handlers:
            listener(endpoint, name, passed)


if not hasattr(events, "slo_check"):
    events.slo_check = CheckEvent()  # type: ignore[attr-defined]  # Locust's way to add an event


def listen(
    environment: Environment, recorder: Recorder, arrivals: ArrivalPacer | None, slowest: SlowestRequests
) -> Callable[[], None]:
    """Attach a recorder to Locust's events, and let users wait for arrivals; returns what detaches it.

    Where requests are traced, the slowest are kept.
    """
    locusts = _locusts(environment)
    on_request, on_check = listeners(recorder, locusts)
    setattr(environment, DISPENSER, arrivals)
    if arrivals is not None:
        on_request, locusts = open_listener(recorder, late_ms), None
        let_users_wait()
    if locusts is not None:
        _change(locusts.own, on_request)
    else:
        events.request.add_listener(on_request)
    events.slo_check.add_listener(on_check)  # type: ignore[attr-defined]

    untrace = _trace(tracer_of(environment), recorder, slowest)

    def detach() -> None:
        untrace()
        if locusts is not None:
            _change(on_request, locusts.own)
        else:
            events.request.remove_listener(on_request)
        events.slo_check.remove_listener(on_check)  # type: ignore[attr-defined]

    return detach


def _locusts(environment: Environment) -> Locusts | None:
    """Return Locust's own listener to requests, which feeds its statistics, if it is there and they are ours."""
    stats = environment.stats
    for handler in events.request._handlers:
        ours = isinstance(stats, BatchedStats) and getattr(handler, "__module__", "") == "locust.runners"
        if ours and getattr(handler, "__name__", "") == "on_request":
            return Locusts(handler, stats.log_request)
    return None


def _change(old: Callable[..., None], new: Callable[..., None]) -> None:
    """Put a listener to requests in another's place."""
    handlers = events.request._handlers
    handlers[handlers.index(old)] = new


def _trace(tracer: Tracer | None, recorder: Recorder, slowest: SlowestRequests) -> Callable[[], None]:
    """Let the requests of Locust's own clients carry a trace context, and keep the slowest of all; returns the undoing.

    LeanHttpUser looks to its own.
    """
    if tracer is None:
        return lambda: None
    on_request = slow_listener(recorder, slowest)
    events.request.add_listener(on_request)
    clients: list[Any] = [FastHttpSession]
    # OpenTelemetry traces requests itself where --otel let it.
    if not hasattr(requests.Session.send, "opentelemetry_instrumentation_requests_applied"):
        clients.append(HttpSession)
    plain = [(client, client.request) for client in clients]
    for client, request in plain:
        client.request = traced(request, tracer)

    def undo() -> None:
        events.request.remove_listener(on_request)
        for client, request in plain:
            client.request = request

    return undo


def beat(pulse: LoopLagMonitor) -> None:
    """Look for ever how late timers fire in this process."""
    while True:
        due_s = pulse.next_due_s()
        gevent.sleep(max(0.0, due_s - time.perf_counter()))
        pulse.record(due_s)


def record(
    environment: Environment, announced: dict[str, Any], offset: Offset
) -> tuple[DeltaSender, Callable[[], None]]:
    """Begin a worker's books on the run announced; returns them with what ends the recording."""
    books = DeltaSender(announced, offset)
    return books, listen(environment, books.recorder, books.pacer, books.slowest)


def identity_of(environment: Environment) -> dict[str, Any]:
    """Return what the process says of itself when it introduces itself; see ``slo.cluster.identity``."""
    given = options.given(environment.parsed_options)  # type: ignore[arg-type]
    return identity.describe(locust.__version__, environment.parsed_locustfiles or [], given)
