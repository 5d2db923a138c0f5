"""What is counted of one endpoint in one interval, and how such counts are added up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgpack

from slo.histogram import Histogram

OTHER = "(other)"
"""Where names beyond a cap are counted: nothing is lost, and memory stays bounded."""
MAX_KINDS = 32
"""Failure kinds, and check names, kept apart for one endpoint."""

Packed = bytes
"""A tally on the wire; named because Tally has a field called bytes."""


@dataclass(slots=True)
class Tally:
    """Counts of one endpoint: latency of requests that went well and of failed ones, and why they failed.

    ``failures`` counts failed requests by kind, 429 aside; those are ``throttled``. ``untimed`` counts
    requests whose client reported no latency. ``checks`` maps a check's name to [passed, failed].
    """

    ok: Histogram = field(default_factory=Histogram)
    failed: Histogram = field(default_factory=Histogram)
    failures: dict[str, int] = field(default_factory=dict)
    throttled: int = 0
    untimed: int = 0
    bytes: int = 0
    checks: dict[str, list[int]] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        """All requests: ok, failed and throttled."""
        return self.ok.total + self.failed.total + self.untimed

    @property
    def errors(self) -> int:
        """Failed requests, throttled ones aside."""
        return sum(self.failures.values())

    @property
    def latency(self) -> Histogram:
        """Latency of all requests, however they ended."""
        return Histogram.merged((self.ok, self.failed))

    def latency_of(self, which: str) -> Histogram:
        """Return the latency of ``all`` requests, the ``ok`` or the ``failed`` ones."""
        if which == "ok":
            return self.ok
        return self.failed if which == "failed" else self.latency

    def fail(self, kind: str, count: int = 1) -> None:
        """Count ``count`` failures of ``kind``; kinds beyond the cap are counted together."""
        _count(self.failures, kind, count)

    def check(self, name: str, passed: int, failed: int) -> None:
        """Count outcomes of the check ``name``; names beyond the cap are counted together."""
        if name not in self.checks and len(self.checks) >= MAX_KINDS:
            name = OTHER
        outcome = self.checks.setdefault(name, [0, 0])
        outcome[0] += passed
        outcome[1] += failed

    def add(self, other: Tally) -> None:
        """Add every count of ``other``, exactly."""
        self.ok.add(other.ok)
        self.failed.add(other.failed)
        self.throttled += other.throttled
        self.untimed += other.untimed
        self.bytes += other.bytes
        for kind, count in other.failures.items():
            self.fail(kind, count)
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
        if self.ok.total:
            data["ok"] = self.ok.to_data()
        if self.failed.total:
            data["failed"] = self.failed.to_data()
        for key in ("failures", "throttled", "untimed", "bytes", "checks"):
            value = getattr(self, key)
            if value:
                data[key] = value
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Tally:
        """Return the tally that ``to_data`` described; raises ValueError when it is damaged."""
        return cls(
            ok=Histogram.from_data(data["ok"]) if "ok" in data else Histogram(),
            failed=Histogram.from_data(data["failed"]) if "failed" in data else Histogram(),
            failures=dict(data.get("failures", {})),
            throttled=data.get("throttled", 0),
            untimed=data.get("untimed", 0),
            bytes=data.get("bytes", 0),
            checks={name: list(outcome) for name, outcome in data.get("checks", {}).items()},
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
