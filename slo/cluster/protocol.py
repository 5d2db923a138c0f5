"""The master's side of the messages between it and its workers; knows their content, not how they are sent.

A worker sends ``slo_hello`` (its identity and the reading of its clock) until it gets ``slo_welcome`` (the
master's clock, or why the worker is refused). A run is announced in the options that Locust hands to each worker with
its first users, so that no worker can send load that it does not count. Deltas arrive with Locust's reports and as
``slo_delta``; ``slo_ack`` acknowledges them, ``slo_finish`` requests the last counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from slo.cluster import identity
from slo.cluster.delta_log import DeltaLog
from slo.cluster.process_status import ProcessStatus
from slo.load.iterations import IterationLimit
from slo.measure.measurement import Measurement
from slo.measure.open_requests import OpenSummary
from slo.record.interval import Interval

SHARE_S = 2.0
"""How long after it is announced a new sharing of the arrivals begins."""
Send = Callable[[str, Any, str], None]
"""Sends (message type, data, worker's name)."""


class MasterProtocol:
    """Answers workers and classifies them: those that fit, those that differ, those that are refused."""

    def __init__(self, own: Mapping[str, Any], send: Send, clock: Callable[[], float] = time.perf_counter) -> None:
        """``own`` is the master's identity (see ``slo.cluster.identity``)."""
        self._own = own
        self._send = send
        self._clock = clock
        self._known: dict[str, Mapping[str, Any]] = {}
        self._refused: dict[str, str] = {}
        self._loads: dict[str, tuple[float, Mapping[str, Any]]] = {}
        self._sharing = ""
        self._shares: tuple[float, list[str]] = (0.0, [])
        self._iterations: dict[str, Any] | None = None

    def greet(self, worker: str, data: Mapping[str, Any]) -> str:
        """Answer a worker; returns why it is refused the first time it is, else an empty text."""
        reason = identity.refusal(self._own, data["identity"])
        first = worker not in self._known
        self._known[worker] = data["identity"]
        if reason:
            self._refused[worker] = reason
        welcome = {"asked_at_s": data["asked_at_s"], "clock_s": self._clock(), "refused": reason}
        self._send("slo_welcome", welcome, worker)
        return reason if first else ""

    def note_load(self, worker: str, load: Mapping[str, Any]) -> None:
        """Record the load that a worker reports: its CPU share, how late its timers fire, its open requests."""
        self._loads[worker] = (self._clock(), load)

    def process_status(self, worker: str, state: str, users: int) -> ProcessStatus:
        """Return a worker's status, by its last report and by its state in Locust."""
        heard_at_s, load = self._loads.get(worker, (None, {}))
        silent_s = None if heard_at_s is None else round(self._clock() - heard_at_s, 1)
        waiting = OpenSummary.from_data(load.get("waiting"))
        return ProcessStatus(worker, state, users, load.get("cpu_ratio"), load.get("lag_ms"), silent_s, waiting)

    def has_share(self, worker: str) -> bool:
        """Return whether the worker has a share of the arrivals."""
        return worker in self._shares[1]

    def share(self, workers: Iterable[str], measurement: Measurement) -> None:
        """Share the arrivals of an open model among ``workers``: at once when the run begins, else a little later.

        Later means when all of them have received it, so that no arrival is assigned twice.
        """
        table = sorted(workers)
        if table == self._shares[1] and self._sharing == measurement.folder.name:
            return
        begins = self._sharing != measurement.folder.name
        self._sharing = measurement.folder.name
        receivers = set() if begins else {*table, *self._shares[1]}
        self._shares = (0.0 if begins else measurement.elapsed_s + SHARE_S, table)
        for worker in sorted(receivers):
            self._send("slo_share", {"run": measurement.folder.name, "shares": list(self._shares)}, worker)

    def limit_iterations(self, limit: IterationLimit | None, workers: Iterable[str]) -> None:
        """Share the iterations of the next run among ``workers``; None does not limit them."""
        self._iterations = None if limit is None else {**vars(limit), "shares": limit.shares(self.accepted(workers))}

    def announcement(self, measurement: Measurement) -> dict[str, Any]:
        """Return what a worker must know of the run; it is put among the options that travel to it."""
        plan = measurement.description.plan
        elapsed_s = measurement.elapsed_s
        return {
            "id": measurement.folder.name,
            "plan": plan.to_data() if plan else None,
            "started_at_s": self._clock() - elapsed_s,
            "elapsed_s": elapsed_s,
            "shares": list(self._shares),
            "warmup_ends_ms": list(measurement.warmup_ends_ms),
            "iterations": self._iterations,
        }

    def receive(self, worker: str, report: Mapping[str, Any], log: DeltaLog, at_s: float) -> list[Interval]:
        """Enter a worker's report, acknowledge it and return what was new in it."""
        if report["run"] != log.run_id or worker in self._refused:
            return []
        fresh = [interval for delta in report["deltas"] for interval in log.apply(worker, delta, at_s)]
        self._send("slo_ack", {"run": log.run_id, "upto": log.acknowledged(worker)}, worker)
        return fresh

    def request_last_counts(self, log: DeltaLog) -> None:
        """Request the missing counts from every worker whose counts are incomplete."""
        for worker in log.outstanding():
            self._send("slo_finish", {"run": log.run_id}, worker)

    def accepted(self, workers: Iterable[str]) -> list[str]:
        """Return those of ``workers`` that were not refused."""
        return [worker for worker in workers if worker not in self._refused]

    def notes(self, workers: Iterable[str]) -> list[str]:
        """Return sentences on workers that differ from the master, are unknown, or were refused."""
        found = [f"worker {worker} was refused: {reason}" for worker, reason in sorted(self._refused.items())]
        for worker in sorted(workers):
            if worker in self._known:
                found += [f"worker {worker} {words}" for words in identity.differences(self._own, self._known[worker])]
            else:
                found.append(f"worker {worker} never introduced itself: does its locustfile import slo.plugin?")
        return found
