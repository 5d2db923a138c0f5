"""Client spans of requests, by the semantic conventions of HTTP."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("opentelemetry.sdk")
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from slo.tracing.spans import Spans

URL = "http://api.test/rooms"


@pytest.fixture
def exported() -> InMemorySpanExporter:
    return InMemorySpanExporter()


def span_of(exported: InMemorySpanExporter, response: Any, url: str = URL) -> Any:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exported))
    spans = Spans()
    spans._tracer = provider.get_tracer("test")
    mark = spans.begin(SimpleNamespace(full_url=lambda path: path), "GET", url, "rooms")
    assert mark.trace_id in mark.headers["traceparent"]
    mark.end(response)
    (span,) = exported.get_finished_spans()
    return span


def test_a_request_has_its_attributes(exported: InMemorySpanExporter) -> None:
    response = SimpleNamespace(status_code=200, error=None, url=f"{URL}?q=1", history=[])
    span = span_of(exported, response, "http://me:secret@api.test/rooms")
    assert span.name == "GET rooms"
    assert dict(span.attributes) == {
        "http.request.method": "GET",
        "url.full": f"{URL}?q=1",
        "server.address": "api.test",
        "server.port": 80,
        "http.response.status_code": 200,
    }
    assert span.status.is_unset


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (SimpleNamespace(status_code=503, error=None), "503"),
        (SimpleNamespace(status_code=0, error=TimeoutError()), "TimeoutError"),
    ],
)
def test_a_failed_request_is_an_error(exported: InMemorySpanExporter, response: Any, kind: str) -> None:
    span = span_of(exported, response)
    assert span.attributes["error.type"] == kind
    assert not span.status.is_ok


def test_a_url_that_is_none_has_no_server(exported: InMemorySpanExporter) -> None:
    assert "server.address" not in span_of(exported, None, "http://[::").attributes


def test_a_span_has_no_secret(exported: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "s3cret-of-the-environment")
    url = "http://me:in-the-url@api.test/s3cret-of-the-environment?access_token=in-the-query"
    span = span_of(exported, SimpleNamespace(status_code=200, error=None, url=url, history=[]), url)
    shown = f"{span.name} {dict(span.attributes)}"
    assert [secret for secret in ("s3cret", "in-the-url", "in-the-query") if secret in shown] == []
