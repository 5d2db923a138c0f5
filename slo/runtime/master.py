"""The master's side of a distributed run: messages of workers in, announcements and requests out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import STATE_MISSING, WORKER_REPORT_INTERVAL, MasterRunner

from slo.cluster.cluster import Cluster
from slo.cluster.process_status import ProcessStatus
from slo.cluster.protocol import MasterProtocol
from slo.load.iterations import IterationLimit
from slo.measure.measurement import Measurement
from slo.runtime import locust_compat
from slo.runtime.engine import Engine
from slo.runtime.hooks import identity_of
from slo.runtime.recorded_options import RUN
from slo.runtime.secret_hosts import TRUSTED, is_trusted

FINAL_WAIT_S = 10.0
"""How long the master waits for its workers' last counts."""
REPORT_S = WORKER_REPORT_INTERVAL + 1.0
"""How old a worker's counts may be when they reach the master."""


class MasterWiring:
    """Connects a master runner's messages to the engine."""

    def __init__(self, environment: Environment, runner: MasterRunner) -> None:
        self._environment = environment
        self._runner = runner
        self.cluster = Cluster(MasterProtocol(identity_of(environment), self._send))
        self._engine: Engine | None = None

    def attach(self, engine: Engine) -> None:
        """Listen to workers from now on."""
        self._engine = engine
        self._runner.register_message("slo_hello", self._on_hello)
        self._runner.register_message("slo_delta", self._on_delta)
        self._environment.events.worker_report.add_listener(self._on_report)
        locust_compat.allow_reconnection(self._runner)

    def begin(self, measurement: Measurement, limit: IterationLimit | None) -> None:
        """Begin a run with the workers that are there: they are expected to report, and share the iterations."""
        # A missing worker gets no users; if it returns, it is expected from then on.
        present = [client.id for client in self._runner.clients.all if client.state != STATE_MISSING]
        for worker in present:
            self.cluster.add_worker(worker)
        self.cluster.share_arrivals(present, measurement)
        self.cluster.protocol.limit_iterations(limit, present)
        self._announce(measurement)

    def sample(self, measurement: Measurement) -> None:
        """Check the workers, about once a second: share arrivals among those that run, record which are missing."""
        protocol = self.cluster.protocol
        present = [client for client in self._runner.clients.all if client.state != STATE_MISSING]
        at_work = (client.id for client in present if client.user_count or protocol.has_share(client.id))
        self.cluster.share_arrivals(at_work, measurement)
        self._announce(measurement)
        locust_compat.allow_reconnection(self._runner)  # again, for Locust may have opened another socket
        for client in self._runner.clients.all:
            if client.user_count:
                self.cluster.add_worker(client.id, measurement.elapsed_s)
            self.cluster.note_presence(client.id, client.state == STATE_MISSING, measurement.elapsed_s)

    def collect_last_counts(self, measurement: Measurement) -> None:
        """Request the last counts and wait for them: Locust fires test_stop before its workers' last reports."""
        ends_s = measurement.elapsed_s + FINAL_WAIT_S + self._environment.stop_timeout
        requested_s = float("-inf")
        # Locust removes a worker that has been silent for a minute: it is not waited for.
        while any(worker in self._runner.clients for worker in self.cluster.outstanding()):
            now_s = measurement.elapsed_s
            if now_s >= ends_s:
                break
            if now_s - requested_s >= 1.0:
                self.cluster.request_last_counts()
                requested_s = now_s
            gevent.sleep(0.02)
        self.cluster.note_differences()

    def worker_statuses(self) -> list[ProcessStatus]:
        """Return how each worker is now."""
        status_of = self.cluster.protocol.process_status
        return [status_of(client.id, client.state, client.user_count) for client in self._runner.clients.all]

    def _send(self, message: str, data: Any, worker: str) -> None:
        self._runner.send_message(message, data, client_id=worker)

    def _announce(self, measurement: Measurement) -> None:
        """Put the run among the options, which Locust sends to each worker with its first users."""
        setattr(self._environment.parsed_options, RUN, self.cluster.protocol.announcement(measurement))
        setattr(self._environment.parsed_options, TRUSTED, is_trusted(self._environment))

    def _on_hello(self, environment: Environment, msg: Any, **_: Any) -> None:
        reason = self.cluster.protocol.greet(msg.node_id, msg.data)
        if reason:
            sys.stderr.write(f"locust-slo: worker {msg.node_id} is refused: {reason}\n")
            locust_compat.forget_worker(self._runner, msg.node_id)

    def _on_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        self.cluster.protocol.note_load(client_id, data.pop("slo_load", {}))
        self._receive(client_id, data.pop("slo", None))

    def _on_delta(self, environment: Environment, msg: Any, **_: Any) -> None:
        self._receive(msg.node_id, msg.data)

    def _receive(self, worker: str, report: Mapping[str, Any] | None) -> None:
        engine = self._engine
        measurement = engine.measurement if engine else None
        if report is None or engine is None or measurement is None:
            return
        engine.guard(lambda: measurement.add_intervals(self.cluster.receive(worker, report, measurement.elapsed_s)))
