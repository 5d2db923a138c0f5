"""The master's books on its workers: every delta is added once, whatever the network does.

A delta is ``{"run", "seq", "requests", "intervals", "final", "total"}``: the worker's running number, how
many requests the intervals hold, the intervals as wire data and, with the final one, how many requests the
worker counted in all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slo.history import Interval
from slo.run import Worker


@dataclass
class _Account:
    seen: set[int] = field(default_factory=set)
    received: int = 0
    total: int | None = None
    last: int | None = None

    @property
    def complete(self) -> bool:
        return self.last is not None and len(self.seen) == self.last + 1


class Ledger:
    """Accounts of all workers of the run ``run_id``."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self._accounts: dict[str, _Account] = {}

    def expect(self, worker: str) -> None:
        """Open an account: the worker was told to start."""
        self._accounts.setdefault(worker, _Account())

    def apply(self, worker: str, delta: Mapping[str, Any]) -> list[Interval]:
        """Enter a delta and return its intervals; nothing for another run's delta or a repeated one."""
        if delta["run"] != self.run_id:
            return []
        account = self._accounts.setdefault(worker, _Account())
        if delta["seq"] in account.seen:
            return []
        account.seen.add(delta["seq"])
        account.received += delta["requests"]
        if delta["final"]:
            account.last, account.total = delta["seq"], delta["total"]
        return [Interval.from_wire(interval) for interval in delta["intervals"]]

    def outstanding(self) -> list[str]:
        """Return the workers whose books are not complete."""
        return sorted(name for name, account in self._accounts.items() if not account.complete)

    def workers(self) -> tuple[Worker, ...]:
        """Return what each worker says it counted and what arrived."""
        return tuple(
            Worker(
                name,
                account.received if account.total is None else account.total,
                account.received,
                account.complete and account.total == account.received,
            )
            for name, account in sorted(self._accounts.items())
        )
