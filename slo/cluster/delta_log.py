"""The counts that a master received from its workers: every delta is added once, whatever the network does.

A delta is ``{"seq", "requests", "intervals", "final", "total", "faults", "vitals"}``: the worker's sequence number, how
many requests the intervals contain, the intervals as wire data; the final one also has how many requests the worker
counted in all, how many it could not record, and the statistics of its process. ``slowest``, where requests are traced,
are those that became some of the slowest since the last delta. ``code`` is what the code of the locustfile did since
the run's start. A worker sends a delta again until it is acknowledged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slo.record.code_counts import CodeCounts
from slo.record.interval import Interval
from slo.record.process_stats import ProcessStats
from slo.record.slowest import SlowestRequests, SlowRequest
from slo.record.worker import Worker


@dataclass
class _WorkerProgress:
    """``upto``: every delta below it has arrived; ``ahead``: those beyond it that arrived early."""

    joined_s: float
    upto: int = 0
    ahead: set[int] = field(default_factory=set)
    received: int = 0
    total: int | None = None
    last: int | None = None
    recording_errors: int = 0
    code: CodeCounts = field(default_factory=CodeCounts)
    code_seq: int = -1
    absences: list[tuple[float, float | None]] = field(default_factory=list)

    def has(self, seq: int) -> bool:
        """Return whether delta ``seq`` arrived before."""
        return seq < self.upto or seq in self.ahead

    def receive(self, seq: int) -> None:
        """Record that delta ``seq`` arrived."""
        self.ahead.add(seq)
        while self.upto in self.ahead:
            self.ahead.remove(self.upto)
            self.upto += 1

    @property
    def complete(self) -> bool:
        return self.last is not None and self.upto == self.last + 1

    @property
    def absent(self) -> bool:
        return bool(self.absences) and self.absences[-1][1] is None


class DeltaLog:
    """Accounts of all workers of the run ``run_id``. Times are seconds since the run's start."""

    def __init__(self, run_id: str, slowest: SlowestRequests | None = None) -> None:
        """``slowest`` collects the slowest requests that the workers report."""
        self.run_id = run_id
        self._slowest = SlowestRequests() if slowest is None else slowest
        self.process_stats: dict[str, ProcessStats] = {}
        self._progress: dict[str, _WorkerProgress] = {}

    def add_worker(self, worker: str, at_s: float = 0.0) -> None:
        """Open an account: the worker takes part from ``at_s`` on."""
        self._progress.setdefault(worker, _WorkerProgress(at_s))

    def apply(self, worker: str, delta: Mapping[str, Any], at_s: float = 0.0) -> list[Interval]:
        """Add a delta and return its intervals; none for a repeated one."""
        self.add_worker(worker, at_s)
        account, seq = self._progress[worker], delta["seq"]
        if account.has(seq):
            return []
        # Decoded first: a delta of which a part cannot be read is not acknowledged, and changes nothing.
        intervals = [Interval.from_wire(interval) for interval in delta["intervals"]]
        code = CodeCounts.from_data(delta.get("code", {}))
        stats = ProcessStats.from_data(delta["vitals"]) if "vitals" in delta else None
        slowest = [SlowRequest.from_data(one) for one in delta.get("slowest", ())]
        account.receive(seq)
        account.received += delta["requests"]
        account.recording_errors = max(account.recording_errors, delta["faults"])
        if seq > account.code_seq:
            account.code, account.code_seq = code, seq
        if delta["final"]:
            account.last, account.total = seq, delta["total"]
        if stats is not None:
            self.process_stats.setdefault(worker, ProcessStats()).add(stats)
        self._slowest.update(slowest)
        return intervals

    def acknowledged(self, worker: str) -> int:
        """Return the number below which every delta of the worker is entered."""
        return self._progress[worker].upto if worker in self._progress else 0

    def note_presence(self, worker: str, missing: bool, at_s: float) -> None:
        """Note whether the worker is heard of now."""
        account = self._progress.get(worker)
        if account is None or missing == account.absent or account.complete:
            return
        if missing:
            account.absences.append((at_s, None))
        else:
            account.absences[-1] = (account.absences[-1][0], at_s)

    def outstanding(self) -> list[str]:
        """Return the workers whose counts are not complete."""
        return sorted(name for name, account in self._progress.items() if not account.complete)

    @property
    def recording_errors(self) -> int:
        """Requests that the workers could not record."""
        return sum(account.recording_errors for account in self._progress.values())

    def code(self) -> CodeCounts:
        """Return what the code of the locustfile did in the workers."""
        found = CodeCounts()
        for account in self._progress.values():
            found.add(account.code)
        return found

    def workers(self) -> tuple[Worker, ...]:
        """Return how many requests each worker counted and how many arrived."""
        return tuple(
            Worker(
                name=name,
                requests_sent=account.received if account.total is None else account.total,
                requests_received=account.received,
                finished=account.complete and account.total == account.received,
                joined_s=round(account.joined_s, 3),
                absences=tuple((round(a, 3), None if b is None else round(b, 3)) for a, b in account.absences),
            )
            for name, account in sorted(self._progress.items())
        )

    def notes(self) -> list[str]:
        """Return sentences on workers that joined late or were silent for a time."""
        found = []
        for worker in self.workers():
            if worker.joined_s > 0:
                found.append(f"worker {worker.name} joined {worker.joined_s:.1f} s after the start")
            for start_s, end_s in worker.absences:
                if end_s is not None:
                    length = f"from {start_s:.1f} s to {end_s:.1f} s, for {end_s - start_s:.1f} s"
                    found.append(f"worker {worker.name} was not heard of {length}")
                else:
                    tail = "; all its counts arrived" if worker.finished else ""
                    found.append(f"worker {worker.name} was not heard of from {start_s:.1f} s on{tail}")
        return found
