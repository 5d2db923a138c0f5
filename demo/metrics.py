"""The API's metrics, for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
_BREAKER: Mapping[str, int] = {"closed": 0, "half-open": 1, "open": 2}
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Counters, latencies and gauges in a separate registry."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        labels = ("endpoint", "method", "status")
        self._requests = Counter("http_requests", "Requests answered.", labels, registry=self._registry)
        self._latency = Histogram(
            "http_request_duration_seconds",
            "Time to answer.",
            ("endpoint",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._breaker = Gauge("pms_breaker_state", "0 closed, 1 half-open, 2 open.", registry=self._registry)
        self._cache = Counter("pms_cache", "Look-ups in the cache.", ("outcome",), registry=self._registry)
        self.hit = self._cache.labels("hit").inc
        self.miss = self._cache.labels("miss").inc

    def answered(self, endpoint: str, method: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(endpoint, method, str(status)).inc()
        self._latency.labels(endpoint).observe(seconds)

    def text(self, breaker: str) -> bytes:
        """Return all figures in Prometheus' text format; ``breaker`` is the breaker's state now."""
        self._breaker.set(_BREAKER[breaker])
        return generate_latest(self._registry)
