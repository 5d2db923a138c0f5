"""What a master knows of its workers: their identity, their share of arrivals, and their counts in this run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from slo.cluster.delta_log import DeltaLog
from slo.cluster.protocol import MasterProtocol
from slo.measure.measurement import Measurement
from slo.record.code_counts import CodeCounts
from slo.record.ending import Ending
from slo.record.interval import Interval
from slo.record.process_stats import ProcessStats
from slo.record.run import Run
from slo.record.slowest import SlowestRequests
from slo.record.worker import Worker


@dataclass(frozen=True)
class WorkerSummary:
    """What is known of all workers as a run ends; ``recording_errors`` are requests that they could not record."""

    workers: tuple[Worker, ...] = ()
    notes: tuple[str, ...] = ()
    recording_errors: int = 0


class Cluster:
    """The state of the distributed runs of one master, one after the other."""

    def __init__(self, protocol: MasterProtocol) -> None:
        self.protocol = protocol
        self._log: DeltaLog | None = None
        self._notes: tuple[str, ...] = ()

    def begin(self, run_id: str, slowest: SlowestRequests) -> None:
        """Begin a run; ``slowest`` takes the slowest requests that the workers report."""
        self._log = DeltaLog(run_id, slowest)
        self._notes = ()

    def stats_of_workers(self) -> Mapping[str, ProcessStats]:
        """Return statistics of the workers' processes in this run, by name."""
        return self._log.process_stats if self._log else {}

    def code_of_workers(self) -> CodeCounts:
        """Return what the code of the locustfile did in the workers, in this run."""
        return self._log.code() if self._log else CodeCounts()

    def add_worker(self, worker: str, at_s: float = 0.0) -> None:
        """Note that a worker takes part from ``at_s`` on, in seconds since the run's start."""
        if self._log is not None and self.protocol.accepted([worker]):
            self._log.add_worker(worker, at_s)

    def note_presence(self, worker: str, missing: bool, at_s: float) -> None:
        """Record whether messages from the worker arrive now."""
        if self._log is not None:
            self._log.note_presence(worker, missing, at_s)

    def share_arrivals(self, workers: Iterable[str], measurement: Measurement) -> None:
        """Share the arrivals of an open model among those of ``workers`` that were not refused."""
        plan = measurement.description.plan
        if plan is not None and plan.is_open:
            self.protocol.share(self.protocol.accepted(workers), measurement)

    def receive(self, worker: str, report: Mapping[str, Any], at_s: float) -> list[Interval]:
        """Add a worker's report, acknowledge it, and return the intervals that are new."""
        return self.protocol.receive(worker, report, self._log, at_s) if self._log else []

    def outstanding(self) -> list[str]:
        """Return the workers whose last counts have not arrived."""
        return self._log.outstanding() if self._log else []

    def request_last_counts(self) -> None:
        """Request the last counts from every worker whose counts are incomplete."""
        if self._log is not None:
            self.protocol.request_last_counts(self._log)

    def note_differences(self) -> None:
        """Record how the workers differ from the master, once the last counts have arrived."""
        if self._log is not None:
            self._notes = tuple(self.protocol.notes(worker.name for worker in self._log.workers()))

    def summary(self) -> WorkerSummary:
        """Return what is known of all workers of this run."""
        if self._log is None:
            return WorkerSummary()
        return WorkerSummary(self._log.workers(), (*self._notes, *self._log.notes()), self._log.recording_errors)


def check_counts(run: Run) -> Run:
    """Mark a distributed run incomplete when a worker's counts are missing or do not add up."""
    if not run.workers or not run.ended.has_counts:
        return run
    lost = [worker.name for worker in run.workers if not worker.finished]
    counted, received = run.tally().requests, sum(worker.requests_received for worker in run.workers)
    if lost:
        reason = f"the last counts of {', '.join(lost)} never arrived"
    elif counted != received:
        reason = f"the workers sent {received} requests, the record holds {counted}"
    else:
        return run
    return replace(run, ended=Ending("incomplete", reason))
