"""The engine: begins a measurement when a test starts, ends it with a verdict, and knows the exit code.

It runs in the process that judges: the only one, or the master. It knows no Locust.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from slo.analysis.endpoint_filter import matches
from slo.analysis.findings import window_objectives
from slo.analysis.selection import warmup_ms
from slo.cluster.cluster import Cluster, WorkerSummary, check_counts
from slo.cluster.process_status import ProcessStatus
from slo.live import snapshot
from slo.live.progress import Progress
from slo.live.provisional import ProvisionalVerdicts
from slo.live.snapshot import Trends
from slo.load.search_controller import SearchController, SearchPace
from slo.measure.measurement import Measurement
from slo.measure.run_description import RunDescription
from slo.objectives.objectives import Objectives
from slo.prometheus.collector import RunCollector
from slo.prometheus.run_state import RunState, run_state
from slo.record.ending import STOPPED, Ending
from slo.record.history import MANY_ENDPOINTS, MAX_ENDPOINTS
from slo.record.slowest import SlowestRequests
from slo.record.suite import Suite
from slo.runtime.run_store import RunStore, describe_error
from slo.text.clean import for_terminal
from slo.verdict.abort import AbortMonitor, Breach, StopOn, rules
from slo.verdict.exit_codes import INTERRUPTED, NO_VERDICT
from slo.verdict.judge import step_judge

VIEWER_AGE_S = 0.9
"""How old a provisional verdict on the web page may be."""
PROMETHEUS_AGE_S = 10.0
"""How old a provisional verdict in the metrics may be."""


class Engine:
    """The state of the runs of one Locust process, one after the other."""

    def __init__(
        self,
        objectives: Objectives | None,
        store: RunStore,
        progress: Progress | None = None,
        stop: tuple[StopOn | None, float] = (None, 0.0),
        cluster: Cluster | None = None,
    ) -> None:
        """``objectives`` None records without judging and leaves the exit code to Locust.

        ``stop`` says which missed objectives abort a run, and after how many seconds.
        """
        self.objectives = objectives
        self.store = store
        self.cluster = cluster
        self.measurement: Measurement | None = None
        self.trends = Trends(objectives)
        self.verdicts = ProvisionalVerdicts(objectives, lambda: self.trends.points)
        self.signal: str | None = None
        self.is_busy = False
        self.refusal: str | None = None
        self.internal_error: str | None = None
        self.breach: Breach | None = None
        self.collector: RunCollector | None = None
        """The metrics for Prometheus, where they are asked for."""
        self.has_viewers = False
        """Whether there is a web page: only the page uses the trends."""
        self._progress = progress
        self._stop = stop
        self._abort_monitor = AbortMonitor((), {})

    def begin(self, description: RunDescription, report_s: float = 0.0) -> Measurement:
        """Start measuring; raises OSError when the reports' folder cannot be written.

        ``report_s`` is how long workers may take to report what they count.
        """
        if self.measurement is not None:
            self.end()  # the run before this one is still waiting for last counts: it has ended now
        # An error of an earlier run does not concern this one.
        self.refusal = self.internal_error = self.signal = self.breach = None
        folder = self.store.begin(description.name)
        scopes = [objective.scope for objective in self.objectives.items] if self.objectives else []
        ends_ms = sorted({warmup_ms(scope, description.plan) for scope in scopes} - {0})
        slowest = SlowestRequests(ends_ms)
        if self.cluster is not None:
            self.cluster.begin(folder.name, slowest)
        stats = self.cluster.stats_of_workers if self.cluster is not None else None
        measurement = Measurement(description, folder, slowest, report_s, warmup_ends_ms=ends_ms, worker_stats=stats)
        self.measurement = measurement
        if self.cluster is not None:
            measurement.worker_code = self.cluster.code_of_workers
        if self.collector is not None:
            self.collector.begin(description.scenario or "")
            measurement.listeners.append(self.collector.add)
        self.trends = Trends(self.objectives)
        self._abort_monitor = AbortMonitor((), {})  # a search misses objectives on purpose
        if self.objectives is not None and description.search is not None:
            measurement.search_controller = search_controller(description, self.objectives, report_s)
        elif self.objectives is not None:
            chosen = rules(self.objectives, description.scenario, *self._stop)
            self._abort_monitor = AbortMonitor(chosen, self.objectives.groups, description.plan)
        return measurement

    def sample(self, users: int) -> None:
        """Take the count of running users, and show how the run is going; call it about once a second."""
        measurement = self.measurement
        if measurement is None:
            return
        measurement.sample_users(users)
        many = many_names() if measurement.has_many_endpoints else ""
        if many and many not in measurement.notes:
            measurement.notes.append(many)
            sys.stderr.write(f"locust-slo: {many}\n")
        if measurement.search_controller is not None:
            measurement.search_controller.update(
                measurement.elapsed_s, users, float(measurement.reported_s), measurement.window
            )
        if self.has_viewers:
            self.trends.update(measurement)
        if self._progress:
            self._progress.show(measurement, users, self.verdicts)
        self._check_abort(measurement)

    def end(self, ending: Ending = STOPPED) -> None:
        """End the measurement: write the record, then judge it. Has no effect on a run that ended already.

        ``ending`` is how the load ended; a signal, a refusal, an error or a breach of ours goes before it.
        """
        measurement, self.measurement = self.measurement, None
        if measurement is None:
            return
        with self.busy():
            self._save(measurement, ending)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Do work of ours that no signal may cut short, like writing the record, in a with-block."""
        self.is_busy = True
        try:
            yield
        finally:
            self.is_busy = False

    def _save(self, measurement: Measurement, ending: Ending) -> None:
        if self._progress:
            self._progress.end()
        workers = self.cluster.summary() if self.cluster else WorkerSummary()
        measurement.notes += workers.notes
        run = check_counts(measurement.finish(self._ending(ending), workers.workers, workers.recording_errors))
        self.store.save(run, self.objectives, measurement.folder, measurement.discard_journal, self.crash)

    def refuse(self, description: RunDescription, reason: str) -> None:
        """Record that the load must not start: a run without a request, and no verdict."""
        self.refusal = reason
        if self.measurement is None:
            self.begin(description)
        self.refusal = reason
        self.end()

    def crash(self, error: Exception) -> None:
        """Record an internal error: whatever was measured, there is no verdict on it."""
        self.internal_error = describe_error(error)
        if isinstance(error, OSError):  # a disk that is full, a folder that is gone: nothing of ours to correct
            sys.stderr.write(f"locust-slo: no verdict: {self.internal_error}\n")
            return
        sys.stderr.write(f"locust-slo: internal error, no verdict: {self.internal_error}\n")
        traceback.print_exception(error, file=sys.stderr)

    def guard(self, call: Callable[[], None]) -> None:
        """Run ``call``; an exception becomes an internal error instead of a test that passes by accident."""
        try:
            call()
        except Exception as error:  # noqa: BLE001  # see above
            self.crash(error)

    def exit_code(self) -> int | None:
        """Return the process's exit code; None leaves it to Locust."""
        if self.signal is not None:
            return INTERRUPTED[self.signal]
        if self.internal_error or self.refusal:
            return NO_VERDICT
        if self.objectives is None:
            return None
        verdict = self.store.last[1] if self.store.last else None
        return verdict.exit_code if verdict else NO_VERDICT

    def snapshot(self, processes: Sequence[ProcessStatus]) -> dict[str, Any]:
        """Return what the web page shows: the run under way, or the last one."""
        measurement, entries = self.measurement, self.store.entries
        if measurement is not None:
            run, verdict = self.verdicts.of(measurement, VIEWER_AGE_S)
            return snapshot.snapshot_of("running", run, verdict, self.trends, measurement, processes, entries)
        if self.store.last is not None:
            run, verdict = self.store.last
            return snapshot.snapshot_of("finished", run, verdict, self.trends, None, processes, entries)
        return snapshot.snapshot_of("ready", None, None, self.trends, None, processes, entries)

    def run_state(self, processes: Sequence[ProcessStatus] = ()) -> RunState:
        """Return what the metrics say beside the counts."""
        measurement = self.measurement
        if measurement is None:
            run, verdict = self.store.last or (None, None)
            return run_state(run, verdict, None, processes)
        return run_state(*self.verdicts.of(measurement, PROMETHEUS_AGE_S), measurement, processes)

    def _check_abort(self, measurement: Measurement) -> None:
        if self.breach is not None or not self._abort_monitor.due(float(measurement.reported_s)):
            return
        recent, plan = measurement.recent(), measurement.description.plan
        start_s, end_s = recent.end_s - recent.seconds, recent.end_s

        def seconds(stages: tuple[str, ...]) -> float:
            if plan is None:
                return recent.seconds
            return plan.seconds_within(start_s, end_s, lambda name: matches(name, stages))

        self.breach = self._abort_monitor.check(recent.tallies, end_s, seconds, measurement.waiting())
        if self.breach is not None:
            sys.stderr.write(f"locust-slo: the run is aborted: {for_terminal(self.breach.reason)}\n")

    def _ending(self, ending: Ending) -> Ending:
        if self.signal is not None:
            return Ending("interrupted", self.signal)
        if self.refusal is not None:
            return Ending("refused", self.refusal)
        if self.internal_error is not None:
            return Ending("crashed", self.internal_error)
        if self.breach is not None:
            return Ending("aborted", self.breach.reason, self.breach.objective, self.breach.value, self.breach.at_s)
        return ending


def search_controller(description: RunDescription, objectives: Objectives, report_s: float) -> SearchController:
    """Return the controller of the requested search; the suite's factor on times shortens its steps."""
    assert description.search is not None
    scale = description.options.get(Suite.of_options(description.options).time_scale)
    pace = SearchPace().scaled(scale if isinstance(scale, int | float) and scale > 0 else 1.0)
    chosen = window_objectives(description.scenario, objectives)
    slowest_ms = max((one.target for one in chosen if one.unit == "ms"), default=0)
    pace = pace.for_latency(float(slowest_ms) / 1000)
    return SearchController(description.search, pace, step_judge(description.scenario, objectives), report_s)


def many_names() -> str:
    """Return what is wrong with a run whose requests have names that hold ids."""
    return (
        f"the requests have more than {MANY_ENDPOINTS} different names; those beyond {MAX_ENDPOINTS} are counted "
        "together as (other), which no pattern of an objective selects: give URLs that hold an id one name, like "
        "client.get(f'/item/{id}', name='/item/[id]')"
    )
