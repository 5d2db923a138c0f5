"""The wiring of a worker process, from Locust's events to what it sends the master."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import gevent
from locust import LoadTestShape
from locust.env import Environment
from locust.exception import RPCError
from locust.runners import MASTER_HEARTBEAT_TIMEOUT, WorkerRunner

from slo.cluster.clock import ClockOffset
from slo.cluster.delta_sender import DeltaSender
from slo.measure.loop_lag import LoopLagMonitor
from slo.runtime.context import context_of
from slo.runtime.exit import exit_without_verdict
from slo.runtime.hooks import identity_of, monitor_loop_lag, record
from slo.runtime.recorded_options import RUN
from slo.runtime.signals import EndAfterSignals
from slo.verdict.exit_codes import NO_VERDICT, PASSED, worse

HELLO_S = 0.5
"""How often a worker introduces itself until it is answered."""
HAND_OVER_S = 5.0
"""How long a worker that leaves waits until the master has its last counts."""
CLOCK_S = 10.0
"""Seconds between two requests for the master's clock after that."""


class WorkerCoordinator:
    """Wires a worker process: it records, reports to the master, and judges nothing."""

    requested_shape: LoadTestShape | None = None

    def __init__(self, environment: Environment, runner: WorkerRunner) -> None:
        self._environment = environment
        self._runner = runner
        self._identity = identity_of(environment)
        self._offset = ClockOffset()
        self._sender: DeltaSender | None = None
        self._detach: Callable[[], None] = lambda: None
        self._refused = False
        self._loop_lag = LoopLagMonitor()
        runner.register_message("slo_welcome", self._on_welcome)
        runner.register_message("slo_ack", self._on_ack)
        runner.register_message("slo_finish", self._on_finish)
        runner.register_message("slo_share", self._on_share)
        environment.events.test_stopping.add_listener(self._on_stopping)
        environment.events.report_to_master.add_listener(self._on_report)
        environment.events.test_start.add_listener(self._on_start)
        environment.events.test_stop.add_listener(self._on_stop)
        if _is_listening(runner):  # a master that quits at once ends a worker before this: what it starts would stay
            runner.greenlet.spawn(self._send_hello)
            runner.greenlet.spawn(monitor_loop_lag, self._loop_lag)
        early = context_of(environment).early
        if early is not None:
            self._use_recording(early)

    def refuse(self, reason: str) -> None:
        """End this worker: the locustfile refused the load."""
        context_of(self._environment).left = True
        exit_without_verdict(reason)

    def prepare_to_leave(self) -> None:
        """Send what is left before Locust tells the master that this worker is gone, and wait until it has arrived.

        A master whose last worker is gone reads no more messages.
        """
        # The master gives the users of a worker that left to the others, though they may be leaving, too.
        self._runner.last_received_spawn_timestamp = sys.maxsize
        if self._sender is not None:
            if not self._sender.finished:
                self._runner.stop()
                self._on_stop()
            ends_s = time.monotonic() + HAND_OVER_S
            while _is_listening(self._runner) and not self._sender.settled and time.monotonic() < ends_s:
                gevent.sleep(0.02)
        gevent.signal_handler(signal.SIGTERM, EndAfterSignals(self._environment).note_signal, "SIGTERM")

    def leave(self) -> None:
        """Set the exit code: a worker's failed requests are for the master to judge.

        A worker whose counts never arrived, or whose master is gone, ends with 3.
        """
        unsettled = _is_listening(self._runner) and self._sender is not None and not self._sender.settled
        lost = _has_lost_master(self._runner) or unsettled
        if lost:
            sys.stderr.write("locust-slo: the master is gone, or did not take the last counts of this worker\n")
        own = self._environment.process_exit_code
        self._environment.process_exit_code = worse(NO_VERDICT if self._refused or lost else PASSED, own)

    def abandon(self, reason: str) -> None:
        """Do nothing: the master takes this worker for missing, and its counts for incomplete."""

    def _send_hello(self) -> None:
        """Send our identity until the master answers, then request its clock periodically."""
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
        self._offset.add_reading(msg.data["asked_at_s"], msg.data["clock_s"], time.perf_counter())
        if self._sender is not None:
            self._sender.align(self._offset)

    def _announced(self) -> dict[str, Any] | None:
        """Return the run that the master announced in the options that arrived with our users."""
        announced: dict[str, Any] | None = getattr(self._environment.parsed_options, RUN, None)
        return announced

    def _on_start(self, **_: Any) -> None:
        announced = self._announced()
        if announced is None or self._refused:
            return
        self._detach()
        self._use_recording(record(self._environment, announced, self._offset))

    def _use_recording(self, recording: tuple[DeltaSender, Callable[[], None]]) -> None:
        self._sender, self._detach = recording
        self._sender.share(self._runner.client_id)
        self._loop_lag.stats_log = self._sender.stats_log

    def _on_share(self, environment: Environment, msg: Any, **_: Any) -> None:
        if self._sender is not None and self._sender.run_id == msg.data["run"]:
            self._sender.share(self._runner.client_id, msg.data["shares"])

    def _on_stopping(self, **_: Any) -> None:
        if self._sender is not None and self._sender.pacer is not None:
            self._sender.pacer.stop()

    def _on_ack(self, environment: Environment, msg: Any, **_: Any) -> None:
        if self._sender is not None and self._sender.run_id == msg.data["run"]:
            self._sender.acknowledge(msg.data["upto"])

    def _on_finish(self, environment: Environment, msg: Any, **_: Any) -> None:
        if self._sender is None or self._sender.run_id != msg.data["run"]:
            return
        if self._sender.finished:
            self._runner.send_message("slo_delta", self._sender.report())
            return
        self._runner.stop()
        self._on_stop()

    def _on_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        announced = self._announced()
        if self._sender is not None and announced is not None and announced["id"] != self._sender.run_id:
            self._on_start()  # we missed the end of one run and the start of the next, with some of its requests
            self._sender.recorder.faults += 1
        waiting = context_of(self._environment).open_requests.summary().to_data()
        data["slo_load"] = {
            "cpu_ratio": self._loop_lag.cpu_ratio,
            "lag_ms": self._loop_lag.lag_ms,
            "waiting": waiting,
        }
        if self._sender is not None and not self._sender.settled:
            data["slo"] = self._sender.report()

    def _on_stop(self, **_: Any) -> None:
        if self._sender is None or self._sender.finished:
            return
        self._detach()
        self._detach = lambda: None
        self._loop_lag.stats_log = None
        self._runner.send_message("slo_delta", self._sender.report(final=True))


def _is_listening(runner: WorkerRunner) -> bool:
    """Return whether messages of the master are still read: not after Locust has ended the runner."""
    return len(runner.greenlet) > 0


def _has_lost_master(runner: WorkerRunner) -> bool:
    """Return whether Locust ends this worker because it heard nothing of its master for too long."""
    heard_at_s = runner.last_heartbeat_timestamp
    return heard_at_s is not None and heard_at_s < time.time() - MASTER_HEARTBEAT_TIMEOUT
