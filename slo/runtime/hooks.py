"""What every process attaches to Locust's events: the recorder of a run, and the monitor of the process itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from math import inf
from typing import Any

import gevent
import locust
import requests
from locust import events
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment

from slo.cluster import identity
from slo.cluster.clock import ClockOffset
from slo.cluster.delta_sender import DeltaSender
from slo.load.iterations import IterationBudget
from slo.load.pacer import ArrivalPacer, late_ms
from slo.measure.failure_kind import text_of
from slo.measure.listener import LocustStatistics, listeners, open_listener, slow_listener
from slo.measure.loop_lag import LoopLagMonitor
from slo.measure.recorder import Recorder
from slo.metrics.endpoint import Pair
from slo.record.slowest import SlowestRequests
from slo.runtime import locust_compat, recorded_options
from slo.runtime.after_load import count_apart, mark_cleaning, only_of_load
from slo.runtime.batched import BatchedStats
from slo.runtime.check_event import check_event
from slo.runtime.context import Recording, context_of
from slo.runtime.open_model import use_arrivals
from slo.runtime.replaced_method import replace_method
from slo.runtime.task_executions import count_tasks
from slo.tracing.traced import Tracer, traced_request, tracer_of


def listen(
    environment: Environment,
    recorder: Recorder,
    pacer: ArrivalPacer | None,
    slowest: SlowestRequests,
    budget: IterationBudget | None = None,
) -> Callable[[], None]:
    """Attach a recorder to Locust's events, and make users wait for arrivals; returns a function that detaches it.

    Users end when the ``budget`` of iterations is used up. If requests are traced, the slowest are kept.
    """
    locusts = _statistics_listener(environment)
    on_request, on_check = listeners(recorder, locusts)
    context_of(environment).pacer = pacer
    if pacer is not None:
        on_request, locusts = open_listener(recorder, late_ms), None
        use_arrivals()
    if locusts is not None:
        locust_compat.replace_request_listener(locusts.own, on_request)
    else:
        events.request.add_listener(on_request)
    check_event().add_listener(on_check)

    def on_user_error(exception: Exception, **_: Any) -> None:
        recorder.code.exceptions.note(text_of(exception, recorder.clean))

    environment.events.user_error.add_listener(on_user_error)
    stop_counting = context_of(environment).listener_errors.count_into(recorder.code.exceptions)
    untrace = _trace(tracer_of(environment), recorder, slowest)
    restore = locust_compat.report_uncaught_exceptions(recorder.caught.left)
    stop_counting_unanswered = _count_unanswered(environment, recorder)
    stop_counting_tasks = count_tasks(recorder.code, budget)
    unmark = mark_cleaning(environment.user_classes)

    load_end = inf

    def end_load(**_: Any) -> None:
        nonlocal on_request, on_check, load_end
        load_end = time.perf_counter()
        of_load, check_of_load = on_request, on_check
        recorder.note_load_end()
        on_request = count_apart(of_load, recorder, locusts.own if locusts else None)
        locust_compat.replace_request_listener(of_load, on_request)
        check_event().remove_listener(check_of_load)
        on_check = only_of_load(check_of_load)
        check_event().add_listener(on_check)

    environment.events.test_stopping.add_listener(end_load)

    def detach() -> None:
        environment.events.test_stopping.remove_listener(end_load)
        unmark()
        stop_counting_tasks()
        _count_open(environment, recorder, load_end)
        stop_counting_unanswered()
        restore()
        untrace()
        if locusts is not None:
            locust_compat.replace_request_listener(on_request, locusts.own)
        else:
            events.request.remove_listener(on_request)
        check_event().remove_listener(on_check)
        environment.events.user_error.remove_listener(on_user_error)
        stop_counting()

    return detach


def _count_unanswered(environment: Environment, recorder: Recorder) -> Callable[[], None]:
    """Count the requests that are open, now and when Locust stops their users; returns a function that undoes it.

    Locust ends a user with GreenletExit, and its clients then report nothing. LeanHttpUser calls the context's
    ``on_unanswered``.
    """
    context_of(environment).on_unanswered = recorder.unanswered
    context_of(environment).caught = recorder.caught
    started = context_of(environment).open_requests.started
    clients = [HttpSession, FastHttpSession]
    restore = replace_method(clients, "request", lambda request: _counting_unanswered(request, recorder, started))

    def undo() -> None:
        context_of(environment).on_unanswered = None
        restore()

    return undo


def _count_open(environment: Environment, recorder: Recorder, load_end: float) -> None:
    """Count what is still open of the load: a user that raised KeyboardInterrupt ends the run before the others end."""
    started = context_of(environment).open_requests.started
    for start, endpoint in [one for one in started.items() if one[0] <= load_end]:
        recorder.unanswered(endpoint, (time.perf_counter() - start) * 1000)
        started.pop(start, None)


def _counting_unanswered(
    request: Callable[..., Any], recorder: Recorder, started: dict[float, Pair]
) -> Callable[..., Any]:
    @wraps(request)
    def count(self: Any, method: str, url: str, name: str | None = None, *rest: Any, **words: Any) -> Any:
        start = time.perf_counter()
        started[start] = endpoint = method, str(name or self.request_name or url)
        try:
            response = request(self, method, url, name, *rest, **words)
            if locust_compat.is_for_a_with_block(response):
                recorder.caught.returned += 1
            return response
        except gevent.GreenletExit:
            recorder.unanswered(endpoint, (time.perf_counter() - start) * 1000)
            raise
        finally:
            started.pop(start, None)

    return count


def _statistics_listener(environment: Environment) -> LocustStatistics | None:
    """Return Locust's own request listener, which feeds its statistics, if these are ours."""
    stats, handler = environment.stats, locust_compat.statistics_listener()
    if handler is None or not isinstance(stats, BatchedStats):
        return None
    return LocustStatistics(handler, stats.log_request)


def _trace(tracer: Tracer | None, recorder: Recorder, slowest: SlowestRequests) -> Callable[[], None]:
    """Make the requests of Locust's own clients carry a trace context, and keep the slowest of all requests.

    Returns a function that undoes it. LeanHttpUser traces its requests itself.
    """
    if tracer is None:
        return lambda: None
    on_request = slow_listener(recorder, slowest)
    events.request.add_listener(on_request)
    clients: list[Any] = [FastHttpSession]
    # OpenTelemetry traces the requests of HttpUser itself with --otel.
    if not hasattr(requests.Session.send, "opentelemetry_instrumentation_requests_applied"):
        clients.append(HttpSession)
    restore = replace_method(clients, "request", lambda request: traced_request(request, tracer))

    def undo() -> None:
        events.request.remove_listener(on_request)
        restore()

    return undo


def monitor_loop_lag(monitor: LoopLagMonitor) -> None:
    """Record how late timers fire in this process, until it ends."""
    while True:
        due_s = monitor.next_due_s()
        gevent.sleep(max(0.0, due_s - time.perf_counter()))
        monitor.record(due_s)


def record(environment: Environment, announced: dict[str, Any], offset: ClockOffset) -> Recording:
    """Begin to record the announced run in a worker; returns what sends its counts, and what ends the recording."""
    sender = DeltaSender(announced, offset)
    name = getattr(environment.runner, "client_id", "")
    budget = IterationBudget.of_worker(name, announced.get("iterations"))
    return sender, listen(environment, sender.recorder, sender.pacer, sender.slowest, budget)


def identity_of(environment: Environment) -> dict[str, Any]:
    """Return the identity of this process for its hello message; see ``slo.cluster.identity``."""
    given = recorded_options.options_given(environment.parsed_options)  # type: ignore[arg-type]
    return identity.describe(locust.__version__, environment.parsed_locustfiles or [], given)
