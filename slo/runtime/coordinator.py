"""The wiring of the process that judges, alone or as the master, from Locust's events to the engine."""

from __future__ import annotations

import contextlib
import gc
import sys
import time
from collections.abc import Callable
from typing import Any

import gevent
from locust import LoadTestShape
from locust.env import Environment
from locust.runners import MasterRunner

from slo.cluster.process_status import ProcessStatus
from slo.live.progress import Progress
from slo.load.iterations import IterationBudget, IterationProgress
from slo.load.pacer import ArrivalPacer
from slo.measure.loop_lag import LoopLagMonitor
from slo.measure.measurement import Measurement
from slo.measure.open_requests import merged
from slo.measure.scrape import ScrapeError, Scraper, period_s
from slo.record.ending import Ending
from slo.reports import writer
from slo.runtime import locust_compat, options
from slo.runtime.context import context_of
from slo.runtime.engine import Engine
from slo.runtime.exit import exit_without_verdict, resolve_exit_code
from slo.runtime.hooks import listen, monitor_loop_lag
from slo.runtime.load_checks import arrival_shape, load_error
from slo.runtime.log_filter import RampLogFilter
from slo.runtime.master import REPORT_S, MasterWiring
from slo.runtime.outputs import Outputs
from slo.runtime.run_description import describe_run
from slo.runtime.run_end import LoadEnd, ending_of, start_note
from slo.runtime.run_store import RunStore
from slo.runtime.shape import LimitShape
from slo.runtime.signals import SignalHandler
from slo.runtime.suite import metrics_token
from slo.runtime.target_hosts import only_host
from slo.verdict.exit_codes import NO_VERDICT, PASSED

LEAVE_S = 5.0
"""How long a process that was not shut down waits for its users and workers to leave."""


class Coordinator:
    """Wires one process that judges to its engine."""

    def __init__(self, environment: Environment, runner: Any) -> None:
        self._environment = environment
        self._runner = runner
        parsed: Any = environment.parsed_options
        self._headless = bool(parsed.headless)
        self._is_refusing = False
        self._started_s = self._before_s = 0.0
        self._load_end = LoadEnd()
        self._detach: Callable[[], None] = lambda: None
        self._pacer: ArrivalPacer | None = None
        self._sampler: gevent.Greenlet | None = None
        self._reporting: gevent.Greenlet | None = None
        self._log_filter = RampLogFilter()
        self._loop_lag = LoopLagMonitor()
        gevent.spawn(monitor_loop_lag, self._loop_lag)
        if parsed.trace_url and not (parsed.trace_context or parsed.otel):
            exit_without_verdict("--trace-url links to traces, and there are none: add --trace-context")
        self._master = MasterWiring(environment, runner) if isinstance(runner, MasterRunner) else None
        self.engine = self._make_engine(parsed)
        search = options.search(parsed, parsed.num_users)
        self._limit_shape = LimitShape(search, self._search_users) if search else None
        self.requested_shape: LoadTestShape | None = arrival_shape(environment) or self._limit_shape
        if self.requested_shape is not None:
            self.requested_shape.runner = runner
            environment.shape_class = self.requested_shape
        locust_compat.call_first(environment.events.test_start, self._note_start)
        environment.events.test_start.add_listener(self._on_start)
        environment.events.test_stopping.add_listener(self._on_stopping)
        environment.events.test_stop.add_listener(self._on_stop)
        environment.events.quit.add_listener(self._on_quit)
        if self._master is not None:
            self._master.attach(self.engine)
        SignalHandler(environment, runner, self.engine, self._headless).install()
        self._outputs = Outputs(environment, self.engine, self._processes)

    def _make_engine(self, parsed: Any) -> Engine:
        objectives = options.objectives_of(parsed, self._environment)
        show = parsed.progress == "on" or (parsed.progress == "auto" and parsed.only_summary)
        progress = Progress(sys.stderr) if show and self._headless else None
        store = RunStore(options.reports_folder(parsed), writer.formats(parsed.report_formats))
        cluster = self._master.cluster if self._master else None
        return Engine(objectives, store, progress, (parsed.stop_on, parsed.stop_after), cluster)

    def refuse(self, reason: str) -> None:
        """Let no load start, for ``reason``; see ``slo.plugin.refuse``."""
        sys.stderr.write(f"locust-slo: {reason}\n")
        self._is_refusing = True
        self.engine.guard(lambda: self.engine.refuse(describe_run(self._environment), reason))
        if self._headless:
            self._on_quit()
            context_of(self._environment).left = True
            sys.exit(NO_VERDICT)
        swarm = locust_compat.swarm_greenlet(self._environment.web_ui)
        if swarm is not None and swarm is not gevent.getcurrent():
            swarm.kill(block=False)
        gevent.spawn(self._end_refusal)

    def _end_refusal(self) -> None:
        # Runs once the listeners to this start have all been called.
        self._is_refusing = False
        self._runner.stop()

    def prepare_to_leave(self) -> None:
        """Do nothing: a run is judged after the locustfile's own listeners."""

    def leave(self) -> None:
        """Set the exit code; a run still going on (SIGTERM, Ctrl-C) is stopped and written first."""
        if self.engine.measurement is not None:
            self.engine.guard(self._stop_runner)
            self.engine.guard(self.engine.end)
        code = self.engine.exit_code()
        late = context_of(self._environment).listener_errors.pending
        if code == PASSED and late:
            sys.stderr.write(f"locust-slo: no verdict: {late.sentence()}, after the run was judged\n")
            code = NO_VERDICT
        if code is not None:
            self._environment.process_exit_code = resolve_exit_code(code, self._environment.process_exit_code)

    def abandon(self, reason: str) -> None:
        """Write the record of a run that nobody will end, without a verdict, and let the workers go."""
        if self.engine.measurement is not None:
            self.engine.guard(lambda: self.engine.end(Ending("incomplete", reason)))
        with contextlib.suppress(Exception), gevent.Timeout(LEAVE_S, False):
            self._runner.quit()

    def _stop_runner(self) -> None:
        if self._master is not None:
            self._runner.stop(send_stop_to_client=False)
        else:
            self._runner.stop()

    def _note_start(self, **_: Any) -> None:
        self._started_s = time.monotonic()

    def _on_start(self, **_: Any) -> None:
        self._before_s = time.monotonic() - self._started_s
        if self._is_refusing:
            return  # a listener before us refused this start: its record is written
        processes = len(self._runner.clients.all) if self._master else 1
        wrong = load_error(self._environment, self.engine.objectives, self._limit_shape, processes)
        if wrong:
            sys.stderr.write(f"locust-slo: {wrong}\n")
            self.engine.guard(lambda: self.engine.refuse(describe_run(self._environment), wrong))
        else:
            self.engine.guard(self._begin)
        if self.engine.internal_error or wrong:
            gevent.spawn(self._runner.quit if self._headless else self._runner.stop)

    def _search_users(self) -> int | None:
        """Return the number of users that the search wants now; before the run begins, those of its first step."""
        assert self._limit_shape is not None
        controller = self.engine.measurement.search_controller if self.engine.measurement else None
        return controller.wanted if controller else self._limit_shape.search.start_users

    def _begin(self) -> None:
        measurement = self.engine.begin(describe_run(self._environment), REPORT_S if self._master else 0.0)
        measurement.waiting = lambda: merged(process.waiting for process in self._processes())
        description = measurement.description
        if getattr(self._environment.parsed_options, "reset_stats", False):
            measurement.notes.append(
                "--reset-stats: Locust's own table begins again once all users run; this record has the whole run"
            )
        self._log_filter.start(description.plan is not None or description.search is not None)
        # Objects that live by now stay: the garbage collector need not examine them while requests are timed.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        if self._master is not None:
            listener_errors = context_of(self._environment).listener_errors
            self._detach = listener_errors.count_into(measurement.recorder.code.exceptions)
            self._master.begin(measurement, options.iterations(self._environment.parsed_options))
        else:
            self._record(measurement)
        if self._environment.shape_class is not None and (description.plan or description.search):
            # The plan's stages and the shape's ticks begin at one moment, however long the preparation took.
            self._environment.shape_class.reset_time()
        self._loop_lag.stats_log = measurement.stats_log
        self._sampler = gevent.spawn(self._sample, measurement)
        if self._environment.parsed_options.target_metrics:  # type: ignore[union-attr]
            gevent.spawn(self._scrape, measurement, self._environment.parsed_options.target_metrics)  # type: ignore[union-attr]

    def _iterations(self, measurement: Measurement) -> IterationProgress | None:
        limit = options.iterations(self._environment.parsed_options)
        if limit is None:
            return None  # without adding up the counts of all workers, once a second
        code = measurement.code
        return limit.progress(code.tasks.executions, code.users_ended, self._runner.target_user_count)

    def _record(self, measurement: Measurement) -> None:
        """Record the requests of this process; in an open model give its users their arrivals."""
        plan, recorder = measurement.description.plan, measurement.recorder
        if plan is not None and plan.is_open:
            self._pacer = ArrivalPacer(plan, lambda: recorder.elapsed_s, recorder.arrived)
        limit = options.iterations(self._environment.parsed_options)
        budget = IterationBudget(limit.count, limit.per_user) if limit else None
        self._detach = listen(self._environment, recorder, self._pacer, measurement.slowest, budget)
        if self._pacer is not None:
            self._pacer.join("", 0.0, [""])

    def _sample(self, measurement: Measurement) -> None:
        plan = measurement.description.plan
        interval_s = plan.step_s if plan else 1.0
        while self.engine.measurement is measurement:
            self.engine.guard(lambda: self.engine.sample(self._runner.user_count))
            if self.engine.breach is not None:
                gevent.spawn(self._runner.quit if self._headless else self._runner.stop)
                return
            if self._master is not None:
                self._master.sample(measurement)
            iterations = self._iterations(measurement)
            if iterations and (iterations.all or (iterations.users_ended and not self._runner.user_count)):
                gevent.spawn(self._runner.quit if self._headless else self._runner.stop)
                return
            gevent.sleep(interval_s - measurement.elapsed_s % interval_s)

    def _scrape(self, measurement: Measurement, path: str) -> None:
        """Read the target's metrics as long as the run is running."""
        scraper = Scraper(only_host(self._environment), path, metrics_token(self._environment))
        plan = measurement.description.plan
        wait_s = period_s(plan.time_scale if plan else 1.0)
        while self.engine.measurement is measurement:
            try:
                measurement.add_scrape(scraper.read())
            except ScrapeError as error:
                measurement.note_scrape_error(str(error))
            gevent.sleep(wait_s)

    def _on_stopping(self, **_: Any) -> None:
        if self._pacer is not None:
            self._pacer.stop()
            self._pacer = None
        measurement = self.engine.measurement
        if measurement is not None:
            self._load_end = LoadEnd.now(self._environment, self._runner, self._before_s, self._iterations(measurement))
            measurement.note_load_end(self._load_end.has_all_iterations)

    def _on_stop(self, **_: Any) -> None:
        measurement = self.engine.measurement
        if measurement is None:
            return
        self._loop_lag.stats_log = None
        parsed = self._environment.parsed_options
        ending = ending_of(measurement, parsed, self._environment.shape_class is not None, self._load_end)
        note = start_note(parsed, self._load_end)
        if note:
            measurement.notes.append(note)
        if self._master is not None:
            master = self._master
            self.engine.guard(lambda: master.collect_last_counts(measurement))
        if self.engine.measurement is not measurement:
            return  # while we waited for last counts the next run began, and ended this one
        self._detach()
        self._detach = lambda: None
        self._log_filter.stop()
        self.engine.guard(lambda: self.engine.end(ending))
        if self._sampler is not None:
            self._sampler.kill(block=False)
        with self.engine.busy():
            self._outputs.publish()
        if not self._headless:
            self._print()
            self._reporting = gevent.spawn(self.engine.store.finish_reports)

    def _on_quit(self, **_: Any) -> None:
        self._print()
        if self._reporting is not None:
            self._reporting.join()
        with self.engine.busy():
            self.engine.store.finish_reports()

    def _print(self) -> None:
        # With --json Locust's statistics are what the standard output is for.
        stream = sys.stderr if getattr(self._environment.parsed_options, "json", False) else sys.stdout
        text = self.engine.store.console_text(colour=stream.isatty())
        if text:
            stream.write(text + "\n")
            stream.flush()

    def _processes(self) -> list[ProcessStatus]:
        """Return how the generator's processes are: this one, or the master and its workers."""
        users = 0 if self._master else self._runner.user_count
        name = "master" if self._master else "this process"
        lag, waiting = self._loop_lag, context_of(self._environment).open_requests.summary()
        own = ProcessStatus(name, self._runner.state, users, lag.cpu_ratio, lag.lag_ms, waiting=waiting)
        return [own, *(self._master.worker_statuses() if self._master else ())]
