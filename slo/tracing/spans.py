"""Each request a client span of OpenTelemetry, exported by what Locust's --otel set up; needs ``locust-slo[otel]``.

Attributes are those of the semantic conventions, https://opentelemetry.io/docs/specs/semconv/http/http-spans/.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from slo.text.redact import Redactor
from slo.text.version import __version__

_PORTS = {"http": 80, "https": 443}


class Spans:
    """Begins a span for each request, as a child of the span that is current in its user's greenlet."""

    def __init__(self) -> None:
        self._tracer = trace.get_tracer("locust-slo", __version__)
        self._hide = Redactor.of_environment(os.environ).hide

    def begin(self, session: Any, method: str, url: str, name: str) -> _Span:
        """Begin a request's span; ``url`` is made whole by the session that sends it."""
        whole = session.full_url(url) if hasattr(session, "full_url") else session._build_url(url)
        attributes: dict[str, Any] = {"http.request.method": method, "url.full": self._hide(whole)}
        with suppress(ValueError):  # no URL: the client rejects the request with its own message
            parts = urlsplit(whole)
            host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
            attributes |= {"server.address": host, "server.port": port} if host and port else {}
        title = f"{method} {self._hide(name)}"
        return _Span(self._tracer.start_span(title, kind=SpanKind.CLIENT, attributes=attributes), self._hide)


class _Span:
    """One request's span."""

    def __init__(self, span: trace.Span, hide: Callable[[str], str]) -> None:
        self._span = span
        self._hide = hide
        self.trace_id = trace.format_trace_id(span.get_span_context().trace_id)
        self.headers: dict[str, str] = {}
        propagate.inject(self.headers, context=trace.set_span_in_context(span))

    def end(self, response: Any) -> None:
        """End the span with the status of the response, or with the error."""
        span = self._span
        status = getattr(response, "status_code", 0)
        error = getattr(response, "error", None)
        asked = getattr(next(iter(getattr(response, "history", None) or ()), response), "url", None)
        if isinstance(asked, str):
            span.set_attribute("url.full", self._hide(asked))  # with the query that was made of params
        if status:
            span.set_attribute("http.response.status_code", status)
        if status >= 400 or error is not None:
            span.set_attribute("error.type", str(status) if status >= 400 else type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
        span.end()
