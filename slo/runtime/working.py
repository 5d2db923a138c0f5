"""The wiring of a worker process, from Locust's events to its books."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from typing import Any

import gevent
from locust.env import Environment
from locust.exception import RPCError
from locust.runners import WorkerRunner

from slo.cluster.clock import Offset
from slo.cluster.delta_sender import DeltaSender
from slo.measure.loop_lag import LoopLagMonitor
from slo.runtime import options
from slo.runtime.hooks import beat, identity_of, record
from slo.verdict.exit_codes import NO_VERDICT

HELLO_S = 0.5
"""How often a worker introduces itself until it is answered."""
CLOCK_S = 10.0
"""How often it asks for the master's clock after that."""


class WorkerCoordinator:
    """Wires a worker process: it records, reports to the master, and judges nothing."""

    def __init__(self, environment: Environment, runner: WorkerRunner) -> None:
        self._environment = environment
        self._runner = runner
        self._identity = identity_of(environment)
        self._offset = Offset()
        self._books: DeltaSender | None = None
        self._detach: Callable[[], None] = lambda: None
        self._refused = False
        self._pulse = LoopLagMonitor()
        runner.register_message("slo_welcome", self._on_welcome)
        runner.register_message("slo_ack", self._on_ack)
        runner.register_message("slo_finish", self._on_finish)
        runner.register_message("slo_share", self._on_share)
        environment.events.test_stopping.add_listener(self._stopping)
        environment.events.report_to_master.add_listener(self._on_report)
        environment.events.test_start.add_listener(self._start)
        environment.events.test_stop.add_listener(self._stop)
        runner.greenlet.spawn(self._introduce)
        runner.greenlet.spawn(beat, self._pulse)
        early = getattr(environment, "slo_early", None)
        if early is not None:
            self._books, self._detach = early
            self._books.share(runner.client_id)
            self._pulse.stats_log = self._books.stats_log

    def leave(self) -> None:
        """Send what is left. A worker's failed requests are the master's to judge, not an exit code."""
        if self._books is not None and not self._books.finished:
            self._runner.stop()
            self._stop()
        self._environment.process_exit_code = NO_VERDICT if self._refused else 0

    def _introduce(self) -> None:
        """Say who we are until the master answers, then ask for its clock now and then."""
        while not self._refused:
            hello = {"identity": self._identity, "asked_at_s": time.perf_counter()}
            with contextlib.suppress(RPCError):  # Locust connects again; so do we
                self._runner.send_message("slo_hello", hello)
            gevent.sleep(CLOCK_S if self._offset.known else HELLO_S)

    def _on_welcome(self, environment: Environment, msg: Any, **_: Any) -> None:
        reason = msg.data["refused"]
        if reason and not self._refused:
            self._refused = True
            sys.stderr.write(f"locust-slo: the master refuses this worker: {reason}\n")
            gevent.spawn(self._runner.quit)
        self._offset.answer(msg.data["asked_at_s"], msg.data["clock_s"], time.perf_counter())
        if self._books is not None:
            self._books.align(self._offset)

    def _start(self, **_: Any) -> None:
        """Begin the run that the master announced in the options that came with our first users."""
        announced = getattr(self._environment.parsed_options, options.RUN, None)
        if announced is None or self._refused:
            return
        self._detach()
        self._books, self._detach = record(self._environment, announced, self._offset)
        self._books.share(self._runner.client_id)
        self._pulse.stats_log = self._books.stats_log

    def _on_share(self, environment: Environment, msg: Any, **_: Any) -> None:
        if self._books is not None and self._books.run_id == msg.data["run"]:
            self._books.share(self._runner.client_id, msg.data["shares"])

    def _stopping(self, **_: Any) -> None:
        if self._books is not None and self._books.pacer is not None:
            self._books.pacer.stop()

    def _on_ack(self, environment: Environment, msg: Any, **_: Any) -> None:
        if self._books is not None and self._books.run_id == msg.data["run"]:
            self._books.acknowledge(msg.data["upto"])

    def _on_finish(self, environment: Environment, msg: Any, **_: Any) -> None:
        if self._books is None or self._books.run_id != msg.data["run"]:
            return
        if self._books.finished:
            self._runner.send_message("slo_delta", self._books.report())
            return
        self._runner.stop()
        self._stop()

    def _on_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        announced = getattr(self._environment.parsed_options, options.RUN, None)
        if self._books is not None and announced is not None and announced["id"] != self._books.run_id:
            self._start()  # we missed the end of one run and the start of the next, with some of its requests
            self._books.recorder.faults += 1
        data["slo_pulse"] = {"cpu_ratio": self._pulse.cpu_ratio, "lag_ms": self._pulse.lag_ms}
        if self._books is not None and not self._books.settled:
            data["slo"] = self._books.report()

    def _stop(self, **_: Any) -> None:
        if self._books is None or self._books.finished:
            return
        self._detach()
        self._detach = lambda: None
        self._pulse.stats_log = None
        self._runner.send_message("slo_delta", self._books.report(final=True))
