"""The requests that wait for their answers now: how many, and since when, by endpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slo.metrics.endpoint import Pair, stored_id
from slo.text.redact import BY_PATTERNS

MAX_NAMES = 50
"""Endpoints whose oldest request is named; those of which the oldest is youngest are left out."""


@dataclass(frozen=True)
class OpenSummary:
    """Open requests of one process or of several: their ``count``, and the age in s of the oldest by endpoint id."""

    count: int = 0
    oldest_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def age_s(self) -> float:
        """The age of the oldest of all, in seconds; 0.0 where none is open."""
        return max(self.oldest_s.values(), default=0.0)

    def to_data(self) -> dict[str, Any]:
        """Return plain data, as workers send it to their master."""
        return {"count": self.count, "oldest_s": dict(self.oldest_s)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any] | None) -> OpenSummary:
        """Return the summary of ``to_data``; an empty one for None."""
        return cls(data["count"], data["oldest_s"]) if data else cls()


def merged(summaries: Iterable[OpenSummary]) -> OpenSummary:
    """Return the open requests of several processes as one summary."""
    count, oldest_s = 0, dict[str, float]()
    for one in summaries:
        count += one.count
        for name, age_s in one.oldest_s.items():
            oldest_s[name] = max(age_s, oldest_s.get(name, 0.0))
    return OpenSummary(count, oldest_s)


class OpenRequests:
    """The open requests of this process.

    A client adds the start of a request to ``started`` (``time.perf_counter()``, and its method and name), and removes
    it when the request ends, however it ends. A dictionary keeps the order of insertion: the oldest comes first.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self.started: dict[float, Pair] = {}

    def summary(self) -> OpenSummary:
        """Return how many requests are open, and the oldest of each endpoint."""
        now, oldest_s = self._clock(), dict[str, float]()
        for started, given in self.started.items():
            name = stored_id(given, BY_PATTERNS.text)
            if name not in oldest_s:
                oldest_s[name] = round(max(0.0, now - started), 1)
                if len(oldest_s) == MAX_NAMES:
                    break
        return OpenSummary(len(self.started), oldest_s)
