"""The slowest requests of a run with the traces that they left, within bounds; added up in any order."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any

from slo.metrics.endpoint import endpoint_id, method_and_name
from slo.tracing.traceparent import is_trace_id

MAX_PER_ENDPOINT = 5
"""Requests kept for each endpoint and stage, before and after each end of a warm-up."""
MAX_TOTAL = 2500
"""Requests kept in total."""


@dataclass(frozen=True, slots=True)
class SlowRequest:
    """One request: its latency since it was sent, when it ended, and why it failed (None: it did not).

    ``endpoint`` is the endpoint's id.
    ``status`` is None without a response.
    """

    trace_id: str
    endpoint: str
    stage: str
    at_ms: int
    latency_ms: float
    status: int | None = None
    failure: str | None = None

    @property
    def outcome(self) -> str:
        """How it ended, as short text."""
        return self.failure or (f"HTTP {self.status}" if self.status else "ok")

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON or msgpack."""
        data = {name: getattr(self, name) for name in self.__slots__}
        method, data["endpoint"] = method_and_name(self.endpoint)
        data["method"] = method or None
        return {name: value for name, value in data.items() if value is not None}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> SlowRequest:
        """Return the request that ``to_data`` described; raises ValueError when it is damaged."""
        if not is_trace_id(data["trace_id"]):
            raise ValueError("a slow request's trace_id is not 32 hexadecimal digits")
        rest = {name: value for name, value in data.items() if name != "method"}
        return cls(**{**rest, "endpoint": endpoint_id(data.get("method", ""), data["endpoint"])})


def _order(one: SlowRequest) -> tuple[float, str, str, str, int, int, str]:
    """Sort key: slowest first; ties are broken by all other fields, so that the order of adding does not matter."""
    return -one.latency_ms, one.trace_id, one.endpoint, one.stage, one.at_ms, one.status or 0, one.failure or ""


class SlowestRequests:
    """The slowest requests: ``MAX_PER_ENDPOINT`` of each endpoint, stage and segment, ``MAX_TOTAL`` in total.

    A segment is the time between two ends of warm-ups, so that an objective that leaves the first seconds out has its
    own slowest requests. Adding is associative, commutative and idempotent: reports may arrive twice, in any order.
    """

    def __init__(
        self, warmup_ends_ms: Iterable[int] = (), max_per_endpoint: int = MAX_PER_ENDPOINT, max_total: int = MAX_TOTAL
    ) -> None:
        self._warmup_ends_ms = sorted(set(warmup_ends_ms))
        self._max_per_endpoint = max_per_endpoint
        self._max_total = max_total
        self._kept: dict[tuple[str, str, int], list[SlowRequest]] = {}
        self._count = 0
        self._new: list[SlowRequest] = []

    def floor_ms(self, endpoint: str, stage: str, at_ms: int) -> float:
        """Return the latency above which a request is kept."""
        there = self._kept.get((endpoint, stage, bisect_right(self._warmup_ends_ms, at_ms)))
        return there[-1].latency_ms if there and len(there) >= self._max_per_endpoint else -1.0

    def add(self, one: SlowRequest) -> None:
        """Keep a request if it is among the slowest."""
        there = self._kept.setdefault((one.endpoint, one.stage, bisect_right(self._warmup_ends_ms, one.at_ms)), [])
        if one in there:
            return
        insort(there, one, key=_order)
        self._count += 1
        if len(there) > self._max_per_endpoint:
            self._count -= 1
            if there.pop() == one:
                return
        self._new.append(one)
        if self._count > 2 * self._max_total:
            self._prune()

    def update(self, others: Iterable[SlowRequest]) -> None:
        """Add requests, those of another process for example."""
        for one in others:
            self.add(one)

    def items(self) -> tuple[SlowRequest, ...]:
        """Return the kept requests, slowest first."""
        everything = (one for there in self._kept.values() for one in there)
        return tuple(nsmallest(self._max_total, everything, key=_order))

    def take_new(self) -> list[SlowRequest]:
        """Return the requests that were added since the last call and are still kept."""
        added, self._new = self._new, []
        if not added:
            return []
        there = set(self.items())
        return [one for one in dict.fromkeys(added) if one in there]

    def _prune(self) -> None:
        kept = self.items()
        self._kept, self._count, fresh = {}, 0, self._new
        for one in kept:
            self.add(one)
        self._new = fresh
