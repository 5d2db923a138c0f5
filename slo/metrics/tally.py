"""Counts of one endpoint in one interval, and how such counts are added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgpack

from slo.metrics.histogram import Histogram

OTHER = "(other)"
"""Where names beyond a cap are counted: nothing is lost, and memory stays bounded."""
MAX_KINDS = 32
"""Failure kinds, and check names, that are counted separately for one endpoint."""

Since = Literal["sent", "intended"]
RetryOutcome = Literal["early", "through", "again", "failed"]
"""How the request after a 429 with Retry-After ended; see ``slo.measure.retry_after``."""
UNANSWERED_US = 10_000_000
"""A request that was open for 10 s or longer when its user was stopped counts as failed."""
HISTOGRAM_KEYS = {
    "ok": "ok",
    "failed": "failed",
    "ok_due": "ok_due",
    "failed_due": "failed_due",
    "retry_after": "told",
    "unanswered": "unanswered",
}
COUNT_KEYS = {
    "failures": "failures",
    "throttled": "throttled",
    "untimed": "untimed",
    "bytes": "bytes",
    "checks": "checks",
    "retry_outcomes": "returns",
}
"""Fields of a tally, and their keys in files and messages."""
Packed = bytes
"""A tally on the wire; named because Tally has a field called bytes."""


@dataclass(slots=True)
class Tally:
    """Counts of one endpoint: latencies of successful and of failed requests, and reasons of failures.

    ``failures`` counts failed requests by kind, without 429; those are ``throttled``. ``untimed`` counts
    requests whose client reported no latency. ``checks`` maps a check's name to [passed, failed].
    ``ok_due`` and ``failed_due`` are the latencies from the intended start, for requests that had one.
    ``retry_after`` are the delays that the Retry-After headers of throttled requests named; ``retry_outcomes``
    counts how the next request after such a response ended. ``unanswered`` are the ages of requests that were still
    open when their users were stopped; they are not among ``requests``.
    """

    ok: Histogram = field(default_factory=Histogram)
    failed: Histogram = field(default_factory=Histogram)
    failures: dict[str, int] = field(default_factory=dict)
    throttled: int = 0
    untimed: int = 0
    bytes: int = 0
    checks: dict[str, list[int]] = field(default_factory=dict)
    ok_due: Histogram = field(default_factory=Histogram)
    failed_due: Histogram = field(default_factory=Histogram)
    retry_after: Histogram = field(default_factory=Histogram)
    retry_outcomes: dict[str, int] = field(default_factory=dict)
    unanswered: Histogram = field(default_factory=Histogram)

    @property
    def requests(self) -> int:
        """All requests: ok, failed and throttled."""
        return self.ok.total + self.failed.total + self.untimed

    @property
    def errors(self) -> int:
        """Failed requests, without throttled ones."""
        return sum(self.failures.values())

    @property
    def never_answered(self) -> Histogram:
        """Ages of the requests that were open for ``UNANSWERED_US`` or longer when their users were stopped."""
        return self.unanswered.above(UNANSWERED_US - 1)

    @property
    def latency(self) -> Histogram:
        """Latency of all requests, however they ended."""
        return Histogram.merged((self.ok, self.failed))

    @property
    def planned(self) -> bool:
        """Whether its requests had an intended start."""
        return bool(self.ok_due.total or self.failed_due.total)

    def latency_of(self, which: str, since: Since | None = "sent") -> Histogram:
        """Return the latency of ``all`` requests, the ``ok`` or the ``failed`` ones.

        ``since`` is the start of the measurement: when the request was ``sent``, or the ``intended`` start of its
        iteration. None means the intended start where there is one.
        """
        if since == "intended" or (since is None and self.planned):
            ok, failed = self.ok_due, self.failed_due
        else:
            ok, failed = self.ok, self.failed
        if which == "all":
            return Histogram.merged((ok, failed))
        return ok if which == "ok" else failed

    def fail(self, kind: str, count: int = 1) -> None:
        """Count ``count`` failures of ``kind``; kinds beyond the cap are counted together."""
        _count(self.failures, kind, count)

    def record_unsuccessful(self, latency_ms: float, length: int, late_ms: float | None = None) -> None:
        """Count latency and bytes of a request that failed or was throttled; ``late_ms`` after its intended start.

        Raises ValueError or OverflowError for a latency that is no time.
        """
        if latency_ms < 0:
            raise ValueError(f"a latency of {latency_ms} ms")
        self.failed.record(int(latency_ms * 1000 + 0.5))
        self.bytes += length
        if late_ms is not None:
            self.failed_due.record(int((latency_ms + late_ms) * 1000 + 0.5))

    def check(self, name: str, passed: int, failed: int) -> None:
        """Count outcomes of the check ``name``; names beyond the cap are counted together."""
        if name not in self.checks and len(self.checks) >= MAX_KINDS:
            name = OTHER
        outcome = self.checks.setdefault(name, [0, 0])
        outcome[0] += passed
        outcome[1] += failed

    def add(self, other: Tally) -> None:
        """Add every count of ``other``, exactly."""
        for mine, others in (
            (self.ok, other.ok),
            (self.failed, other.failed),
            (self.ok_due, other.ok_due),
            (self.failed_due, other.failed_due),
            (self.retry_after, other.retry_after),
            (self.unanswered, other.unanswered),
        ):
            if others.total:
                mine.add(others)
        self.throttled += other.throttled
        self.untimed += other.untimed
        self.bytes += other.bytes
        for kind, count in other.failures.items():
            self.fail(kind, count)
        for outcome, count in other.retry_outcomes.items():
            _count(self.retry_outcomes, outcome, count)
        for name, (passed, failed) in other.checks.items():
            self.check(name, passed, failed)

    @classmethod
    def merged(cls, parts: Iterable[Tally]) -> Tally:
        """Return the sum of ``parts``."""
        whole = cls()
        for part in parts:
            whole.add(part)
        return whole

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON or msgpack; what is zero is left out."""
        data: dict[str, Any] = {}
        for field_name, key in HISTOGRAM_KEYS.items():
            histogram = getattr(self, field_name)
            if histogram.total:
                data[key] = histogram.to_data()
        for field_name, key in COUNT_KEYS.items():
            value = getattr(self, field_name)
            if value:
                data[key] = value
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Tally:
        """Return the tally that ``to_data`` described; raises ValueError when it is damaged."""
        histograms: dict[str, Any] = {
            name: Histogram.from_data(data[key]) for name, key in HISTOGRAM_KEYS.items() if key in data
        }
        return cls(
            **histograms,
            failures=dict(data.get("failures", {})),
            throttled=data.get("throttled", 0),
            untimed=data.get("untimed", 0),
            bytes=data.get("bytes", 0),
            checks={name: list(outcome) for name, outcome in data.get("checks", {}).items()},
            retry_outcomes=dict(data.get("returns", {})),
        )

    def pack(self) -> Packed:
        """Return the tally as msgpack: a few hundred bytes where the objects take kilobytes."""
        packed: Packed = msgpack.packb(self.to_data())
        return packed

    @classmethod
    def unpack(cls, packed: Packed) -> Tally:
        """Return the tally that ``pack`` packed."""
        return cls.from_data(msgpack.unpackb(packed))


def _count(counts: dict[str, int], name: str, count: int) -> None:
    if name not in counts and len(counts) >= MAX_KINDS:
        name = OTHER
    counts[name] = counts.get(name, 0) + count
