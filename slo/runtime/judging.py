"""The wiring of the process that judges, alone or as the master, from Locust's events to its gate."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import gevent
import zmq
from locust import LoadTestShape
from locust.env import Environment
from locust.rpc import Message
from locust.runners import STATE_MISSING, WORKER_REPORT_INTERVAL, MasterRunner

from slo.analysis.findings import window_objectives
from slo.baseline import store
from slo.baseline.store import BaselineError
from slo.cluster.process_status import ProcessStatus
from slo.cluster.protocol import MasterProtocol
from slo.live import web
from slo.live.progress import Progress
from slo.load import rate
from slo.load.pacer import ArrivalPacer
from slo.load.plan import Plan
from slo.measure.loop_lag import LoopLagMonitor
from slo.measure.measurement import Measurement
from slo.measure.scrape import ScrapeError, Scraper, period_s
from slo.objectives.objectives import Objectives, ObjectivesError, load
from slo.prometheus.exporter import ExporterError, exporter_for
from slo.reports import writer
from slo.reports.notifier import NotifierError, notifier_for
from slo.runtime import options
from slo.runtime.chatter import RampLogFilter
from slo.runtime.engine import Engine, guarded
from slo.runtime.hooks import beat, identity_of, listen
from slo.runtime.open_model import ArrivalShape
from slo.runtime.shape import LimitShape
from slo.runtime.subject import subject_of
from slo.verdict.exit_codes import NO_VERDICT

Made = TypeVar("Made")
FINAL_WAIT_S = 10.0
"""How long the master waits for its workers' last counts."""
REPORT_S = WORKER_REPORT_INTERVAL + 1.0
"""How old a worker's counts may be when they reach the master."""


class Coordinator:
    """Wires one process that judges, alone or as the master, to its gate."""

    def __init__(self, environment: Environment, runner: Any) -> None:
        self._environment = environment
        self._runner = runner
        self._master = (
            MasterProtocol(identity_of(environment), self._send) if isinstance(runner, MasterRunner) else None
        )
        self._detach: Callable[[], None] = lambda: None
        self._sampler: gevent.Greenlet | None = None
        self._reporting: gevent.Greenlet | None = None
        self._refusing = False
        self._arrivals: ArrivalPacer | None = None
        self._chatter = RampLogFilter()
        self._pulse = LoopLagMonitor()
        gevent.spawn(beat, self._pulse)
        parsed: Any = environment.parsed_options
        self._headless = bool(parsed.headless)
        show = parsed.progress == "on" or (parsed.progress == "auto" and parsed.only_summary)
        if parsed.trace_url and not (parsed.trace_context or parsed.otel):
            _leave("--trace-url leads to traces, and there are none: add --trace-context")
        objectives = _objectives(parsed)
        progress = Progress(sys.stderr, objectives) if show and self._headless else None
        formats = writer.formats(parsed.report_formats)
        stop = (parsed.stop_on, parsed.stop_after)
        self.engine = Engine(objectives, Path(parsed.reports_dir), progress, formats, stop)
        search = options.search(parsed, parsed.num_users)
        self.limit_shape = LimitShape(search, self._wanted) if search else None
        self.requested_shape: LoadTestShape | None = _arrivals_of(environment) or self.limit_shape
        if self.requested_shape is not None:
            self.requested_shape.runner = runner
            environment.shape_class = self.requested_shape
        environment.events.test_start.add_listener(self._start)
        environment.events.test_stopping.add_listener(self._stopping)
        environment.events.test_stop.add_listener(self._stop)
        environment.events.quit.add_listener(self._quit)
        if self._master:
            runner.register_message("slo_hello", self._on_hello)
            runner.register_message("slo_delta", self._on_delta)
            environment.events.worker_report.add_listener(self._on_report)
            self._hand_over()
        self._take_signals()
        self._notifier = _or_leave(partial(notifier_for, parsed))
        has_web_ui = environment.web_ui is not None
        self._exporter = _or_leave(partial(exporter_for, parsed, self.engine, self._processes, has_web_ui))
        # Locust hands all options to workers; these may hold secrets that are none of theirs.
        parsed.notify = parsed.prometheus_push = ""
        if environment.web_ui is not None and self._exporter is not None:
            self.engine.has_viewers = True
            web.register(environment.web_ui, self._picture, self.engine.folder_of, self._exporter.text)

    def refuse(self, reason: str) -> None:
        """Let no load start, for ``reason``; see ``slo.plugin.refuse``."""
        sys.stderr.write(f"locust-slo: {reason}\n")
        self._refusing = True
        guarded(self.engine, lambda: self.engine.refuse(subject_of(self._environment), reason))
        if self._headless:
            self._quit()
            sys.exit(NO_VERDICT)
        swarm = getattr(self._environment.web_ui, "_swarm_greenlet", None)
        if swarm is not None and swarm is not gevent.getcurrent():
            swarm.kill(block=False)
        gevent.spawn(self._end_refusal)

    def _end_refusal(self) -> None:
        # Runs once the listeners to this start have all been called.
        self._refusing = False
        self._runner.stop()

    def leave(self) -> None:
        """Set the exit code; a run still going on (SIGTERM, Ctrl-C) is stopped and written first."""
        if self.engine.measurement is not None:
            guarded(self.engine, self._stop_runner)
            guarded(self.engine, lambda: self.engine.end(completed=False))
        code = self.engine.exit_code()
        if code is not None:
            self._environment.process_exit_code = code

    def _stop_runner(self) -> None:
        if self._master is not None:
            self._runner.stop(send_stop_to_client=False)
        else:
            self._runner.stop()

    def _start(self, **_: Any) -> None:
        if self._refusing:
            return  # a listener before us refused this very start: its record stands
        impossible = self._impossible()
        if impossible:
            sys.stderr.write(f"locust-slo: {impossible}\n")
            guarded(self.engine, lambda: self.engine.refuse(subject_of(self._environment), impossible))
        else:
            guarded(self.engine, self._begin)
        if self.engine.internal_error or impossible:
            gevent.spawn(self._runner.quit if self._headless else self._runner.stop)

    def _wanted(self) -> int | None:
        """Return how many users the search wants now; before the run begins, those of its first step."""
        assert self.limit_shape is not None
        climb = self.engine.measurement.search_controller if self.engine.measurement else None
        return climb.wanted if climb else self.limit_shape.search.start_users

    def _hindered(self, asked: LimitShape) -> str:
        """Return why the search asked for cannot be, or an empty text."""
        if self._environment.shape_class is not asked:
            return (
                "--find-limit cannot offer its load: another one was chosen, by --class-picker or by the locustfile, "
                "which can ask slo.plugin.shape_of(environment) for it"
            )
        objectives = self.engine.objectives
        demanded = window_objectives(subject_of(self._environment).scenario, objectives) if objectives else None
        return options.hindrance(self._environment.parsed_options, asked.search, demanded)  # type: ignore[arg-type]

    def _impossible(self) -> str:
        """Return why nobody could follow the plan or make the search, or an empty text."""
        if self.limit_shape is not None:
            return self._hindered(self.limit_shape)
        shape = self._environment.shape_class
        if self._environment.parsed_options.rate and not isinstance(shape, ArrivalShape):  # type: ignore[union-attr]
            return (
                "--rate cannot offer its load: another one was chosen, by --class-picker or by the locustfile, which "
                "can ask slo.plugin.shape_of(environment) for it; with the web UI --rate is given on the command line"
            )
        plan = getattr(self._environment.shape_class, "plan", None)
        processes = len(self._runner.clients.all) if self._master else 1
        found = plan.impossible(processes) if isinstance(plan, Plan) else []
        if isinstance(shape, ArrivalShape) and shape.plan.stages[0].users_to < processes:
            found = [f"-u {shape.plan.stages[0].users_to} leaves some of {processes} workers without a user; raise it"]
        return f"the plan cannot be followed: {'; '.join(found)}" if found else ""

    def _begin(self) -> None:
        measurement = self.engine.begin(subject_of(self._environment), REPORT_S if self._master else None)
        self._chatter.mute(measurement.description.plan is not None or measurement.description.search is not None)
        # What lives by now lives on: the collector need not look at it again and again while requests are timed.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        if self._master and self.engine.delta_log is not None:
            # One that is missing gets no users; should it come back, it is expected from then on.
            there = (client.id for client in self._runner.clients.all if client.state != STATE_MISSING)
            for worker in self._master.accepted(there):
                self.engine.delta_log.add_worker(worker)
            self._share(self._master, measurement, begins=True)
            self._announce(self._master, measurement)
        else:
            plan, recorder = measurement.description.plan, measurement.recorder
            if plan is not None and plan.open:
                self._arrivals = ArrivalPacer(plan, lambda: recorder.elapsed_s, recorder.arrived)
            self._detach = listen(self._environment, recorder, self._arrivals, measurement.slowest)
        if self._arrivals is not None:
            self._arrivals.join("", 0.0, [""])
        if self._environment.shape_class is not None:
            # The plan's stages and the shape's line begin at one moment, however long we took to get ready.
            self._environment.shape_class.reset_time()
        self._pulse.stats_log = measurement.stats_log
        self._sampler = gevent.spawn(self._sample, measurement)
        if self._environment.parsed_options.target_metrics:  # type: ignore[union-attr]
            gevent.spawn(self._scrape, measurement, self._environment.parsed_options.target_metrics)  # type: ignore[union-attr]

    def _sample(self, measurement: Measurement) -> None:
        plan = measurement.description.plan
        period_s = plan.step_s if plan else 1.0
        while self.engine.measurement is measurement:
            guarded(self.engine, lambda: self.engine.sample(self._runner.user_count))
            if self.engine.breach is not None:
                gevent.spawn(self._runner.quit if self._headless else self._runner.stop)
                return
            if self._master and self.engine.delta_log is not None:
                self._share(self._master, measurement)
                self._announce(self._master, measurement)
                self._hand_over()  # again, for Locust may have opened another socket
                for client in self._runner.clients.all:
                    if client.user_count and self._master.accepted([client.id]):
                        self.engine.delta_log.add_worker(client.id, measurement.elapsed_s)
                    self.engine.delta_log.note_presence(client.id, client.state == STATE_MISSING, measurement.elapsed_s)
            gevent.sleep(period_s - measurement.elapsed_s % period_s)

    def _scrape(self, measurement: Measurement, path: str) -> None:
        """Read the target's own metrics as long as the run goes on."""
        scraper = Scraper(self._environment.host or "", path, os.environ.get("ADMIN_TOKEN", ""))
        plan = measurement.description.plan
        wait_s = period_s(plan.time_scale if plan else 1.0)
        while self.engine.measurement is measurement:
            try:
                measurement.add_scrape(scraper.read())
            except ScrapeError as error:
                measurement.note_scrape_error(str(error))
            gevent.sleep(wait_s)

    def _stopping(self, **_: Any) -> None:
        if self._arrivals is not None:
            self._arrivals.stop()
            self._arrivals = None
        if self.engine.measurement is not None:
            self.engine.measurement.note_load_end()

    def _stop(self, **_: Any) -> None:
        measurement = self.engine.measurement
        if measurement is None:
            return
        self._pulse.stats_log = None
        completed = self._completed(measurement)
        broke_off = self._broke_off(measurement, completed)
        if self._master:
            guarded(self.engine, self._collect_last_counts)
        if self.engine.measurement is not measurement:
            return  # while we waited for last counts the next run began, and ended this one
        self._detach()
        self._detach = lambda: None
        self._chatter.unmute()
        guarded(self.engine, lambda: self.engine.end(completed, broke_off))
        if self._sampler is not None:
            self._sampler.kill(block=False)
        if self._exporter is not None:
            self._exporter.push()
        self._tell_others()
        if not self._headless:
            self._print()
            self._reporting = gevent.spawn(self.engine.finish_reports)

    def _tell_others(self) -> None:
        """Tell the webhook of the verdict; a run in the web UI does not wait for that."""
        run, verdict = self.engine.last or (None, None)
        if self._notifier is None or run is None or verdict is None:
            return
        telling = gevent.spawn(self._notifier.tell, run, verdict)
        if self._headless:
            telling.join()

    def _picture(self) -> dict[str, Any]:
        return self.engine.snapshot(self._processes())

    def _processes(self) -> list[ProcessStatus]:
        """Return how the generator's processes are: this one, or the master and its workers."""
        users = 0 if self._master else self._runner.user_count
        name = "master" if self._master else "this process"
        own = ProcessStatus(name, self._runner.state, users, self._pulse.cpu_ratio, self._pulse.lag_ms)
        if self._master is None:
            return [own]
        return [own, *(self._master.process_status(c.id, c.state, c.user_count) for c in self._runner.clients.all)]

    def _completed(self, measurement: Measurement) -> bool:
        if measurement.search_controller is not None:
            return measurement.search_controller.done
        parsed: Any = self._environment.parsed_options
        plan, run_time = measurement.description.plan, parsed.run_time
        if plan is not None:
            return measurement.elapsed_s >= plan.total_s - 0.25
        if run_time:
            return bool(measurement.elapsed_s >= run_time * 0.95 - 1.0)
        return self._environment.shape_class is not None

    def _broke_off(self, measurement: Measurement, completed: bool) -> str:
        """Return why the load was not offered to its end: nobody stops a headless run in good order."""
        parsed: Any = self._environment.parsed_options
        if self._headless and measurement.search_controller is not None and not completed:
            return f"the search ended after {measurement.elapsed_s:.1f} s without its answer (see the log)"
        plan = measurement.description.plan
        wanted_s = plan.total_s if plan else parsed.run_time
        if completed or not self._headless or not wanted_s:
            return ""
        return f"the load ended after {measurement.elapsed_s:.1f} s of {wanted_s:.1f} s (see the log)"

    def _quit(self, **_: Any) -> None:
        self._print()
        if self._reporting is not None:
            self._reporting.join()
        self.engine.finish_reports()

    def _print(self) -> None:
        colour = sys.stdout.isatty()
        text = self.engine.report(colour)
        if text:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    def _take_signals(self) -> None:
        """Remember which signal ends the process, and end it in good order where Locust would not."""
        for number in (signal.SIGINT, signal.SIGTERM):
            gevent.signal_handler(number, self._on_signal, number)

    def _on_signal(self, number: signal.Signals) -> None:
        gate, main = self.engine, gevent.get_hub().parent
        ended = gate.last is not None and gate.measurement is None
        if self._headless and (gate.signal is not None or ended):
            return  # it is ending already
        gate.signal = number.name
        if self._headless and gate.measurement is None:  # waiting for workers: Locust has no handler yet
            gevent.spawn(self._runner.quit).link(lambda _: gevent.kill(main, SystemExit(gate.exit_code())))
        elif number == signal.SIGINT or (self._headless and self._environment.shape_class is not None):
            # Locust installs its handler of SIGTERM only once a headless shape has ended.
            gevent.kill(main, KeyboardInterrupt)

    # The master's side of a distributed run.

    def _send(self, message: str, data: Any, worker: str) -> None:
        self._runner.send_message(message, data, client_id=worker)

    def _hand_over(self) -> None:
        """Let a worker that connects again take the place of its old connection, which we may believe alive.

        Without it ZeroMQ ignores the newcomer: a firewall that forgets one end would silence the worker for good.
        """
        with contextlib.suppress(zmq.ZMQError):  # a socket that Locust is just closing
            self._runner.server.socket.setsockopt(zmq.ROUTER_HANDOVER, 1)

    def _announce(self, master: MasterProtocol, measurement: Measurement) -> None:
        """Put the run among the options, which Locust hands to each worker with its first users."""
        setattr(self._environment.parsed_options, options.RUN, master.announcement(measurement))

    def _share(self, master: MasterProtocol, measurement: Measurement, begins: bool = False) -> None:
        """Share the arrivals among the workers that are there: at the start all, later those that have users."""
        plan = measurement.description.plan
        if plan is not None and plan.open:
            there = [client for client in self._runner.clients.all if client.state != STATE_MISSING]
            at_work = (c.id for c in there if begins or c.user_count or master.has_share(c.id))
            master.share(master.accepted(at_work), measurement)

    def _on_hello(self, environment: Environment, msg: Any, **_: Any) -> None:
        assert self._master is not None
        reason = self._master.greet(msg.node_id, msg.data)
        if not reason:
            return
        sys.stderr.write(f"locust-slo: worker {msg.node_id} is refused: {reason}\n")
        if msg.node_id in self._runner.clients:
            # Forgotten as one that has stopped. Were it to leave by itself as the only worker so far, Locust's
            # headless master would end its own ears and wait for workers for ever.
            self._runner.handle_message(msg.node_id, Message("client_stopped", None, msg.node_id))

    def _on_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        if self._master is not None:
            self._master.note_load(client_id, data.pop("slo_pulse", {}))
        self._enter(client_id, data.pop("slo", None))

    def _on_delta(self, environment: Environment, msg: Any, **_: Any) -> None:
        self._enter(msg.node_id, msg.data)

    def _enter(self, worker: str, report: dict[str, Any] | None) -> None:
        master, measurement, ledger = self._master, self.engine.measurement, self.engine.delta_log
        if report is None or master is None or measurement is None or ledger is None:
            return
        guarded(self.engine, lambda: measurement.take(master.receive(worker, report, ledger, measurement.elapsed_s)))

    def _collect_last_counts(self) -> None:
        """Locust fires test_stop before its workers' last reports: ask for ours and wait, within bounds."""
        master, measurement, ledger = self._master, self.engine.measurement, self.engine.delta_log
        assert master is not None
        assert measurement is not None
        assert ledger is not None
        ends_s = measurement.elapsed_s + FINAL_WAIT_S + self._environment.stop_timeout
        asked_s = float("-inf")
        # Locust forgets a worker that it has not heard of for a minute: that one is not waited for.
        while any(worker in self._runner.clients for worker in ledger.outstanding()):
            now_s = measurement.elapsed_s
            if now_s >= ends_s:
                break
            if now_s - asked_s >= 1.0:
                master.request_last_counts(ledger)
                asked_s = now_s
            gevent.sleep(0.02)
        measurement.notes += master.notes(worker.name for worker in ledger.workers())


def _arrivals_of(environment: Environment) -> ArrivalShape | None:
    """Return the load that --rate asks for; what cannot be followed ends the process before any load, with 3."""
    parsed: Any = environment.parsed_options
    if not parsed.rate:
        return None
    wrong = ""
    if parsed.find_limit:
        wrong = "--rate and --find-limit both say what load to offer: give one of the two"
    elif ":" not in parsed.rate and parsed.headless and not parsed.run_time:
        wrong = f"--rate {parsed.rate} is held for --run-time: give one, like -t 5m"
    if wrong:
        _leave(wrong)
    parsed.num_users = parsed.num_users or rate.users_for(rate.stages(parsed.rate, 1.0))
    return ArrivalShape()


def _or_leave(make: Callable[[], Made]) -> Made:
    """Return what ``make`` makes of the options; what cannot be ends the process before any load, with 3."""
    try:
        return make()
    except (ExporterError, NotifierError) as error:
        _leave(f"{error}; no load was sent")


def _objectives(parsed: Namespace) -> Objectives | None:
    """Return the objectives asked for; a file with errors ends the process before any load, with 3."""
    if not parsed.objectives:
        return None
    try:
        objectives = load(Path(parsed.objectives))
        if any(objective.against == "baseline" for objective in objectives.items) and getattr(parsed, "scenario", None):
            store.read(Path(parsed.baselines) / f"{parsed.scenario}.json")
        return replace(objectives, baselines=Path(parsed.baselines), any_baseline=bool(parsed.any_baseline))
    except BaselineError as error:
        _leave("the baseline cannot be read; no load was sent", f"{error}\n")
    except ObjectivesError as error:
        _leave("the objectives have errors; no load was sent", f"{error}\n")


def _leave(why: str, before: str = "") -> NoReturn:
    """End the process before any load, with 3 for no verdict."""
    sys.stderr.write(f"{before}locust-slo: {why}\n")
    sys.exit(NO_VERDICT)
