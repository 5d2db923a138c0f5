"""Who hears of traces: a target that writes down the header it got, and a collector that takes spans by OTLP."""

from __future__ import annotations

import gzip
import re
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.support.receiver import Answer, Receiver

SENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-0[13]")
"""Sampled; OpenTelemetry says too that its ids are random (flag 02)."""


@dataclass(frozen=True)
class Asked:
    """A request as the target got it; ``who`` and ``ms``, for how long it let it wait, are of its query."""

    path: str
    who: str
    ms: int
    header: str

    @property
    def ids(self) -> tuple[str, str]:
        """The trace's and the span's id; the header must be valid."""
        found = SENT.fullmatch(self.header)
        assert found, self
        return found[1], found[2]


class Target(Receiver):
    """Waits as long as a request's ``ms`` says; /fail is answered with 503. ``asked`` is all that came."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        super().__init__(self._answer)

    def of(self, path: str, who: str) -> list[Asked]:
        """Return the requests to ``path`` of one client."""
        return [one for one in self.asked if (one.path, one.who) == (path, who)]

    def _answer(self, request: BaseHTTPRequestHandler, body: bytes) -> Answer:
        parts = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        header = ",".join(request.headers.get_all("traceparent") or ())
        self.asked.append(Asked(parts.path, query.get("who", ""), int(query.get("ms", 0)), header))
        time.sleep(self.asked[-1].ms / 1000)
        return (503 if parts.path == "/fail" else 200), {}, b"hello"


class Collector(Receiver):
    """Takes spans; ``spans`` are all that came, as OTLP has them."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.resources: list[Any] = []
        super().__init__(self._answer)

    def _answer(self, request: BaseHTTPRequestHandler, body: bytes) -> Answer:
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources.append(resource.resource)
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]
        return 200, {}, ExportTraceServiceResponse().SerializeToString()


def attributes(span: Any) -> dict[str, Any]:
    """Return a span's attributes."""
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}
