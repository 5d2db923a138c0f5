"""The plugin: ``import slo.plugin`` in a locustfile adds the options, measures each run and judges it.

This is the only file that knows Locust's events. ``check`` counts a named check from any locustfile;
``refuse`` ends a run before its load starts; ``Plan`` and ``Stage`` let a ``LoadTestShape`` name its stages:
give it an attribute ``plan`` and, if it belongs to a scenario, an attribute ``scenario``.
"""

from __future__ import annotations

import gc
import json
import logging
import re
import signal
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
import locust
from locust import argument_parser, events
from locust.env import Environment
from locust.event import EventHook
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

from slo import fingerprint
from slo.failure import kind_of, status_of
from slo.gate import NO_VERDICT, Gate, guarded
from slo.measurement import Measurement, Subject
from slo.objectives import Objectives, ObjectivesError, load
from slo.plan import Plan, Stage
from slo.progress import Progress
from slo.recorder import Recorder
from slo.run import Target
from slo.worker import WorkerBooks

__all__ = ["Plan", "Stage", "check", "refuse"]

FINAL_WAIT_S = 10.0
"""How long the master waits for its workers' last counts."""
_CREDENTIALS = re.compile(r"(?<=//)[^/@\s]+@")
_SECRET_NAMES = re.compile(r"secret|token|password|passwd|api_?key|credential|auth", re.IGNORECASE)
_SHAPE_CHATTER = (
    "Shape test updating",
    "Ramping to",
    "All users spawned",
    "Sending spawn jobs",
    "Spawning is",
)

if not hasattr(events, "slo_check"):
    events.slo_check = EventHook()  # type: ignore[attr-defined]  # Locust's way to add an event


def check(response: object, name: str, passed: bool) -> bool:
    """Count the named check ``name`` for the endpoint of ``response``; returns ``passed``.

    ``response`` comes from a request made with ``catch_response=True``, or is the endpoint's name itself. A
    failed check does not fail the request: checks have a pass rate of their own (``checks.ratio``). Raises
    TypeError for a response that does not know which request it belongs to.
    """
    meta = getattr(response, "request_meta", None)
    endpoint = meta["name"] if meta else response
    if not isinstance(endpoint, str):
        raise TypeError("slo.check needs a response from a request with catch_response=True, or the endpoint's name")
    events.slo_check.fire(endpoint=endpoint, name=name, passed=bool(passed))  # type: ignore[attr-defined]
    return bool(passed)


def refuse(environment: Environment, reason: str) -> None:
    """Let no load start, for ``reason``: headless the process exits with 3, the web UI stops the run."""
    wiring = getattr(environment, "slo", None)
    if isinstance(wiring, _Judge):
        wiring.refuse(reason)
        return
    sys.exit(NO_VERDICT)


@events.init_command_line_parser.add_listener
def _add_options(parser: argument_parser.LocustArgumentParser, **_: Any) -> None:
    group = parser.add_argument_group("SLO options", "Objectives, verdict and reports (locust-slo).")
    group.add_argument(
        "--objectives",
        metavar="<filename>",
        env_var="LOCUST_OBJECTIVES",
        help="YAML file with the objectives to judge the run by. Without it runs are recorded, not judged.",
    )
    group.add_argument(
        "--reports-dir",
        metavar="<directory>",
        default="reports",
        env_var="LOCUST_REPORTS_DIR",
        help="Where each run gets a folder with run.json, verdict.json and report.md. Default: reports",
    )
    group.add_argument(
        "--progress",
        choices=("auto", "on", "off"),
        default="auto",
        env_var="LOCUST_PROGRESS",
        help="A live line with stage, users, throughput, p95 and errors. Default: auto (with --only-summary)",
    )
    _take_over_usage_errors(parser)


def _take_over_usage_errors(parser: argument_parser.LocustArgumentParser) -> None:
    """A mistyped option is no verdict: argparse's exit code 2 would say CRITICAL."""
    leave = parser.exit

    def exit_with_ours(status: int = 0, message: str | None = None) -> None:
        leave(NO_VERDICT if status == 2 else status, message)

    parser.exit = exit_with_ours


@events.init.add_listener
def _wire(environment: Environment, runner: Any, **_: Any) -> None:
    if isinstance(runner, WorkerRunner):
        environment.slo = _Worker(environment, runner)  # type: ignore[attr-defined]
    elif environment.parsed_options is not None:
        environment.slo = _Judge(environment, runner)  # type: ignore[attr-defined]


@events.quitting.add_listener
def _leave(environment: Environment, **_: Any) -> None:
    # Registered when the module is imported: quitting fires backwards, so this listener has the last word.
    wiring = getattr(environment, "slo", None)
    if wiring is not None:
        wiring.leave()


def _listeners(recorder: Recorder) -> tuple[Callable[..., None], Callable[..., None]]:
    """Return what listens to requests and to checks during one run."""
    succeed = recorder.request

    def on_request(
        request_type: str,
        name: str,
        response_time: float | None,
        response_length: int | None,
        exception: object = None,
        response: object = None,
        context: object = None,  # Locust's other words, by name: gathering them in a dict costs a fifth of it all
        start_time: object = None,
        url: object = None,
        **_: Any,
    ) -> None:
        try:
            if exception is None and response_time is not None:
                succeed(name, response_time, response_length or 0)
            elif response_time is None:
                recorder.untimed(name, kind_of(exception, response) if exception else None)
            elif status_of(response) == 429:
                recorder.throttled(name, response_time, response_length or 0)
            else:
                kind = kind_of(exception, response)
                recorder.failure(name, response_time, response_length or 0, kind)
        except (ValueError, TypeError, OverflowError):
            recorder.faults += 1  # a latency that is no number: the run says that it is incomplete

    def on_check(endpoint: str, name: str, passed: bool) -> None:
        recorder.check(endpoint, name, passed)

    return on_request, on_check


def _listen(recorder: Recorder) -> Callable[[], None]:
    """Attach a recorder to Locust's events; returns what detaches it."""
    on_request, on_check = _listeners(recorder)
    events.request.add_listener(on_request)
    events.slo_check.add_listener(on_check)  # type: ignore[attr-defined]

    def detach() -> None:
        events.request.remove_listener(on_request)
        events.slo_check.remove_listener(on_check)  # type: ignore[attr-defined]

    return detach


class _Judge:
    """Wires one process that judges, alone or as the master, to its gate."""

    def __init__(self, environment: Environment, runner: Any) -> None:
        self._environment = environment
        self._runner = runner
        self._master = isinstance(runner, MasterRunner)
        self._detach: Callable[[], None] = lambda: None
        self._sampler: gevent.Greenlet | None = None
        self._chatter = _Chatter()
        options: Any = environment.parsed_options
        self._headless = bool(options.headless)
        show = options.progress == "on" or (options.progress == "auto" and options.only_summary)
        progress = Progress(sys.stderr) if show and self._headless else None
        self.gate = Gate(_objectives(options), Path(options.reports_dir), progress)
        environment.events.test_start.add_listener(self._start)
        environment.events.test_stop.add_listener(self._stop)
        environment.events.quit.add_listener(self._quit)
        if self._master:
            runner.register_message("slo_delta", self._on_delta)
            environment.events.worker_report.add_listener(self._on_report)
            environment.events.worker_connect.add_listener(self._on_connect)
        self._take_signals()

    def refuse(self, reason: str) -> None:
        sys.stderr.write(f"locust-slo: {reason}\n")
        guarded(self.gate, lambda: self.gate.refuse(_subject(self._environment), reason))
        if self._headless:
            self._quit()
            sys.exit(NO_VERDICT)
        gevent.spawn(self._runner.stop)

    def leave(self) -> None:
        """Set the exit code; a run still going on (SIGTERM, Ctrl-C) is stopped and written first."""
        if self.gate.measurement is not None:
            guarded(self.gate, self._stop_runner)
            guarded(self.gate, lambda: self.gate.end(completed=False))
        code = self.gate.exit_code()
        if code is not None:
            self._environment.process_exit_code = code

    def _stop_runner(self) -> None:
        if self._master:
            self._runner.stop(send_stop_to_client=False)
        else:
            self._runner.stop()

    def _start(self, **_: Any) -> None:
        guarded(self.gate, self._begin)
        if self.gate.broken:
            gevent.spawn(self._runner.quit)

    def _begin(self) -> None:
        measurement = self.gate.begin(_subject(self._environment), distributed=self._master)
        self._chatter.mute(measurement.subject.plan is not None)
        gc.collect()
        if self._master:
            for client in self._runner.clients.all:
                self._tell(client.id, measurement)
        else:
            self._detach = _listen(measurement.recorder)
        if self._environment.shape_class is not None:
            # The plan's stages and the shape's line begin at one moment, however long we took to get ready.
            self._environment.shape_class.reset_time()
        self._sampler = gevent.spawn(self._sample, measurement)

    def _sample(self, measurement: Measurement) -> None:
        plan = measurement.subject.plan
        period_s = plan.step_s if plan else 1.0
        while self.gate.measurement is measurement:
            guarded(self.gate, lambda: self.gate.sample(self._runner.user_count))
            gevent.sleep(period_s - measurement.elapsed_s % period_s)

    def _stop(self, **_: Any) -> None:
        measurement = self.gate.measurement
        if measurement is None:
            return
        completed = self._completed(measurement)
        if self._master:
            self._collect_last_counts()
        self._detach()
        self._detach = lambda: None
        self._chatter.unmute()
        guarded(self.gate, lambda: self.gate.end(completed))
        if self._sampler is not None:
            self._sampler.kill(block=False)
        if not self._headless:
            self._print()

    def _completed(self, measurement: Measurement) -> bool:
        options: Any = self._environment.parsed_options
        plan, run_time = measurement.subject.plan, options.run_time
        if plan is not None:
            return measurement.elapsed_s >= plan.total_s - 0.25
        if run_time:
            return bool(measurement.elapsed_s >= run_time - 0.5)
        return self._environment.shape_class is not None

    def _quit(self, **_: Any) -> None:
        self._print()

    def _print(self) -> None:
        colour = sys.stdout.isatty()
        text = self.gate.report(colour)
        if text:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    def _take_signals(self) -> None:
        """Remember which signal ends the process, and end it in good order where Locust would not."""
        for number in (signal.SIGINT, signal.SIGTERM):
            gevent.signal_handler(number, self._on_signal, number)

    def _on_signal(self, number: signal.Signals) -> None:
        gate, main = self.gate, gevent.get_hub().parent
        ended = gate.last is not None and gate.measurement is None
        if gate.signal is not None or (self._headless and ended):
            return  # it is ending already
        gate.signal = number.name
        if self._headless and gate.measurement is None:  # waiting for workers: Locust has no handler yet
            gevent.spawn(self._runner.quit).link(lambda _: gevent.kill(main, SystemExit(gate.exit_code())))
        elif number == signal.SIGINT or (self._headless and self._environment.shape_class is not None):
            # Locust installs its handler of SIGTERM only once a headless shape has ended.
            gevent.kill(main, KeyboardInterrupt)

    # The master's side of a distributed run.

    def _tell(self, client_id: str, measurement: Measurement) -> None:
        """Tell a worker which run it is part of, and how far that run is."""
        assert self.gate.ledger is not None
        plan = measurement.subject.plan
        begin = {
            "run": self.gate.ledger.run_id,
            "elapsed_s": measurement.elapsed_s,
            "plan": plan.to_data() if plan else None,
        }
        self.gate.ledger.expect(client_id)
        self._runner.send_message("slo_begin", begin, client_id=client_id)

    def _on_connect(self, client_id: str, **_: Any) -> None:
        if self.gate.measurement is not None:
            self._tell(client_id, self.gate.measurement)

    def _on_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        self._enter(client_id, data.pop("slo", None))

    def _on_delta(self, environment: Environment, msg: Any, **_: Any) -> None:
        self._enter(msg.node_id, msg.data)

    def _enter(self, client_id: str, delta: dict[str, Any] | None) -> None:
        measurement, ledger = self.gate.measurement, self.gate.ledger
        if delta is not None and measurement is not None and ledger is not None:
            guarded(self.gate, lambda: measurement.take(ledger.apply(client_id, delta)))

    def _collect_last_counts(self) -> None:
        """Locust fires test_stop before its workers' last reports: ask for ours and wait, within bounds."""
        ledger, clients = self.gate.ledger, self._runner.clients
        assert ledger is not None
        for client in clients.all:
            self._runner.send_message("slo_finish", None, client_id=client.id)
        with gevent.Timeout(FINAL_WAIT_S + self._environment.stop_timeout, False):
            while any(name in clients and clients[name].state != STATE_MISSING for name in ledger.outstanding()):
                gevent.sleep(0.02)


class _Worker:
    """Wires a worker process: it records, reports to the master, and judges nothing."""

    def __init__(self, environment: Environment, runner: WorkerRunner) -> None:
        self._environment = environment
        self._runner = runner
        self._books: WorkerBooks | None = None
        self._detach: Callable[[], None] = lambda: None
        runner.register_message("slo_begin", self._on_begin)
        runner.register_message("slo_finish", self._on_finish)
        environment.events.report_to_master.add_listener(self._on_report)
        environment.events.test_stop.add_listener(self._stop)

    def leave(self) -> None:
        """A worker's failed requests are the master's to judge, not an exit code."""
        self._environment.process_exit_code = 0

    def _on_begin(self, environment: Environment, msg: Any, **_: Any) -> None:
        if self._books is not None and self._books.run_id == msg.data["run"]:
            return  # a repeated word, after a reconnect
        self._detach()
        self._books = WorkerBooks(msg.data)
        self._detach = _listen(self._books.recorder)

    def _on_finish(self, environment: Environment, msg: Any, **_: Any) -> None:
        self._runner.stop()
        self._stop()

    def _on_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        if self._books is not None and not self._books.finished:
            data["slo"] = self._books.delta()

    def _stop(self, **_: Any) -> None:
        if self._books is None or self._books.finished:
            return
        self._detach()
        self._detach = lambda: None
        self._runner.send_message("slo_delta", self._books.delta(final=True))


class _Chatter(logging.Filter):
    """Keeps Locust's three log lines per second of a ramp out of the log; our plan names its stages."""

    def mute(self, wanted: bool) -> None:
        if wanted:
            logging.getLogger("locust.runners").addFilter(self)

    def unmute(self) -> None:
        logging.getLogger("locust.runners").removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.INFO or not record.getMessage().startswith(_SHAPE_CHATTER)


def _objectives(options: Namespace) -> Objectives | None:
    """Return the objectives asked for; a file with errors ends the process before any load, with 3."""
    if not options.objectives:
        return None
    try:
        return load(Path(options.objectives))
    except ObjectivesError as error:
        sys.stderr.write(f"{error}\nlocust-slo: the objectives have errors; no load was sent\n")
        sys.exit(NO_VERDICT)


def _subject(environment: Environment) -> Subject:
    options: Any = environment.parsed_options
    shape = environment.shape_class
    plan = getattr(shape, "plan", None)
    scenario = getattr(shape, "scenario", None) or getattr(options, "scenario", None) or None
    return Subject(
        name=scenario or Path(environment.locustfile or "run").stem,
        scenario=scenario,
        target=Target(_CREDENTIALS.sub("", environment.host or ""), bool(getattr(options, "demo", False))),
        plan=plan if isinstance(plan, Plan) else None,
        options=_recorded_options(options),
        environment=fingerprint.take(locust.__version__),
    )


def _recorded_options(options: Namespace) -> dict[str, Any]:
    """Return the options the load depends on: Locust's few and the locustfile's own, no secrets."""
    parser = argument_parser.get_parser()
    usual = argument_parser.default_args_dict()
    ours = {"num_users", "spawn_rate", "run_time", "stop_timeout", "user_classes", "tags", "exclude_tags"}
    secret = set(parser.secret_args_included_in_web_ui)
    recorded = {}
    for name, value in sorted(vars(options).items()):
        if name in usual and name not in ours:
            continue
        if name in secret or _SECRET_NAMES.search(name) or value is None or value == []:
            continue
        recorded[name] = json.loads(json.dumps(value, default=str))
    return recorded
