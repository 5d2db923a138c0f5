"""Requests with a trace context, for all of Locust's clients and ours."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from slo.tracing.traceparent import HEADER, TraceIds, is_trace_id, trace_id_in

TRACE_ID = "trace_id"
"""The key under which Locust's request event finds the trace's id in ``context``."""
_NOTHING: Mapping[str, Any] = {}
Request = Callable[..., Any]


class RequestTrace(Protocol):
    """One request's trace: what it carries, and what hears of its end."""

    @property
    def trace_id(self) -> str:
        """The trace's id."""

    @property
    def headers(self) -> Mapping[str, str]:
        """What the request carries."""

    def end(self, response: Any) -> None:
        """Record the response; None when the request failed without one."""


class Tracer(Protocol):
    """Begins a mark for each request."""

    def __hash__(self) -> int:
        """Each instance is a tracer of its own; instances are compared by identity."""

    def begin(self, session: Any, method: str, url: str, name: str) -> RequestTrace:
        """Begin a request of ``session``; ``url`` may be a path below its host."""


class _PropagatedTrace:
    """A trace context without a span: only the target sees it."""

    __slots__ = ("headers", "trace_id")

    def __init__(self, trace_id: str, header: str) -> None:
        self.trace_id = trace_id
        self.headers = {HEADER: header}

    def end(self, response: Any) -> None:
        """Do nothing: there is no span."""


class ContextTracer:
    """Gives each request a trace id, without OpenTelemetry."""

    def __init__(self) -> None:
        self._context = TraceIds().context

    def begin(self, session: Any, method: str, url: str, name: str) -> RequestTrace:
        """Return a new trace."""
        return _PropagatedTrace(*self._context())


_TRACERS: WeakKeyDictionary[Any, dict[str, Tracer | None]] = WeakKeyDictionary()
"""The tracers of each Locust environment, by option."""


def tracer_of(environment: Any) -> Tracer | None:
    """Return the tracer for the requests of a Locust environment, by its options; None without tracing.

    ``--otel`` creates spans if OpenTelemetry is installed, ``--trace-context`` alone only contexts. An environment has
    one tracer of each kind, created in the process that uses it, never before a fork.
    """
    options = environment.parsed_options
    for option, make in (("otel", _spans), ("trace_context", ContextTracer)):
        if getattr(options, option, False):
            made = _TRACERS.setdefault(environment, {})
            if option not in made:
                made[option] = make()
            if made[option] is not None:
                return made[option]
    return None


def _spans() -> Tracer | None:
    try:
        return importlib.import_module("slo.tracing.spans").Spans()  # type: ignore[no-any-return]
    except ImportError:
        return None  # Locust has reported it already


def traced_request(request: Request, tracer: Tracer) -> Request:
    """Return a client's method ``request`` that sends a trace context with each request.

    The trace id is in the ``context`` of Locust's request event as ``trace_id``. A request that already has a
    ``traceparent`` keeps it.
    """
    # What may be given by position after the name; clients differ.
    names = [p.name for p in inspect.signature(request).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD][4:]

    @wraps(request)
    def carry(self: Any, method: str, url: str, name: str | None = None, *rest: Any, **words: Any) -> Any:
        if rest:
            words.update(zip(names, rest, strict=False))
        headers, context = words.get("headers"), words.get("context") or _NOTHING
        if headers and (own := trace_id_in(headers)):
            words["context"] = {**context, TRACE_ID: own}
            return request(self, method, url, name, **words)
        mark = tracer.begin(self, method, url, name or self.request_name or url)
        words["headers"] = {**headers, **mark.headers} if headers else mark.headers
        words["context"] = {**context, TRACE_ID: mark.trace_id}
        response = None
        try:
            response = request(self, method, url, name, **words)
            return response
        finally:
            mark.end(response)

    return carry


def trace_id_of(context: object, response: Any) -> str | None:
    """Return the trace id of a request from Locust's event; None where it has none.

    For requests that OpenTelemetry traces itself, as it does HttpUser's, it is in the request that was sent.
    """
    found = context.get(TRACE_ID) if isinstance(context, Mapping) else None
    if is_trace_id(found):
        return str(found)
    first = next(iter(getattr(response, "history", None) or ()), response)
    return trace_id_in(getattr(getattr(first, "request", None), "headers", None))
