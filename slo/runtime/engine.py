"""The gate: begins a measurement when a test starts, ends it with a verdict, and knows the exit code.

It runs in the process that judges: the only one, or the master. It knows no Locust; ``slo.plugin`` calls it.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from slo.analysis.findings import window_objectives
from slo.analysis.selection import matches, warmup_ms
from slo.cluster.delta_log import DeltaLog
from slo.cluster.process_status import ProcessStatus
from slo.live import snapshot as live
from slo.live.progress import Progress
from slo.live.snapshot import Trends
from slo.load.search_controller import SearchController, SearchPace
from slo.load.search_record import SearchRecord
from slo.measure.measurement import Measurement, RunDescription
from slo.objectives.objectives import Objectives
from slo.prometheus.collector import RunCollector, RunState, run_state
from slo.record import run as runs
from slo.record.ending import Ending, How
from slo.record.run import Run
from slo.reports import console, writer
from slo.verdict.abort import AbortMonitor, Breach, StopOn, rules
from slo.verdict.exit_codes import INTERRUPTED, NO_VERDICT
from slo.verdict.judge import step_judge
from slo.verdict.verdict import Verdict

JUDGED_S = 10.0
"""How old what Prometheus is told of objectives may be: judging takes time of the process that measures."""


class Engine:
    """State of the runs of one Locust process, one after the other.

    ``objectives`` None records without judging and leaves the exit code to Locust. ``formats`` are the reports
    written of a run that was judged.
    """

    def __init__(
        self,
        objectives: Objectives | None,
        reports: Path,
        progress: Progress | None,
        formats: Sequence[str] = (),
        stop: tuple[StopOn | None, float] = (None, 0.0),
    ) -> None:
        """``stop`` says which missed objectives end a run, and after how many seconds."""
        self.objectives = objectives
        self.measurement: Measurement | None = None
        self.delta_log: DeltaLog | None = None
        self.trends = Trends(objectives)
        self.finished: list[dict[str, Any]] = []
        self.last: tuple[Run, Verdict | None] | None = None
        self.signal: str | None = None
        self.refusal: str | None = None
        self.internal_error: str | None = None
        self._reports = reports
        self._formats = formats
        self._slow: list[tuple[Run, Verdict, Path, dict[str, Any]]] = []
        self._progress = progress
        self._stop = stop
        self._abort_monitor = AbortMonitor((), {})
        self.breach: Breach | None = None
        self._printed = False
        self.collector: RunCollector | None = None
        """What Prometheus is told, where it is asked for."""
        self._stood: tuple[float, tuple[Run, Verdict | None]] | None = None
        self.has_viewers = False
        """Whether somebody looks: the trends are for the web page alone."""

    def begin(self, subject: RunDescription, report_s: float | None = None) -> Measurement:
        """Start measuring; raises OSError when the reports' folder cannot be written.

        ``report_s`` is how long workers may take to report what they count; None without workers.
        """
        if self.measurement is not None:
            self.end(completed=False)  # the run before this one is still waiting for last counts: it has ended now
        # What befell an earlier run is no fault of this one.
        self.refusal = self.internal_error = self.signal = self.last = self.breach = None
        self._printed = False
        folder = writer.new_folder(self._reports, subject.name)
        scopes = [objective.scope for objective in self.objectives.items] if self.objectives else []
        warmup_ends_ms = sorted({warmup_ms(scope, subject.plan) for scope in scopes} - {0})
        self.measurement = Measurement(subject, folder, report_s=report_s or 0.0, warmup_ends_ms=warmup_ends_ms)
        self.delta_log = DeltaLog(folder.name, self.measurement.slowest) if report_s is not None else None
        self.measurement.workers = self.delta_log.process_stats if self.delta_log else None
        self._stood = None
        if self.collector is not None:
            self.collector.begin(subject.scenario or "")
            self.measurement.listeners.append(self.collector.take)
        self.trends = Trends(self.objectives)
        if self.objectives is not None and subject.search is not None:
            self.measurement.search_controller = _climb(subject, subject.search, self.objectives, report_s or 0.0)
            self._abort_monitor = AbortMonitor((), {})  # past the limit objectives are missed on purpose
        elif self.objectives is not None:
            watched = rules(self.objectives, subject.scenario, *self._stop)
            self._abort_monitor = AbortMonitor(watched, self.objectives.groups, subject.plan)
        return self.measurement

    def sample(self, users: int) -> None:
        """Take the count of running users, and show how the run is going."""
        if self.measurement is not None:
            self.measurement.sample_users(users)
            if self.measurement.search_controller is not None:
                self.measurement.search_controller.update(
                    self.measurement.elapsed_s, users, self.measurement.known_s, self.measurement.window
                )
            if self.has_viewers:
                self.trends.update(self.measurement)
            if self._progress:
                self._progress.show(self.measurement, users)
            self._look_for_breach(self.measurement)

    def _look_for_breach(self, measurement: Measurement) -> None:
        if self.breach is not None or not self._abort_monitor.due(measurement.known_s):
            return
        recent, plan = measurement.recent(), measurement.description.plan
        start_s, end_s = recent.end_s - recent.seconds, recent.end_s

        def seconds(stages: tuple[str, ...]) -> float:
            if plan is None:
                return recent.seconds
            return plan.seconds_within(start_s, end_s, lambda name: matches(name, stages))

        self.breach = self._abort_monitor.check(recent.tallies, end_s, seconds)
        if self.breach is not None:
            sys.stderr.write(f"locust-slo: the run is aborted: {console.plain(self.breach.reason)}\n")

    def end(self, completed: bool, broke_off: str = "") -> None:
        """End the measurement: write the record, then judge it. A run already ended is left alone.

        ``broke_off`` says why the load that was asked for was not offered to its end, if it was not.
        """
        measurement, self.measurement = self.measurement, None
        if measurement is None:
            return
        if self._progress:
            self._progress.end()
        if self.delta_log is not None:
            measurement.notes += self.delta_log.notes()
            measurement.worker_faults = self.delta_log.recording_errors
        finished = measurement.finish(
            self._ending(completed, broke_off), self.delta_log.workers() if self.delta_log else ()
        )
        finished = self._with_ledger_checked(finished)
        self._keep(finished, measurement)

    def refuse(self, subject: RunDescription, reason: str) -> None:
        """Say that the load must not start: a record without a request, and no verdict."""
        self.refusal = reason
        if self.measurement is None:
            self.begin(subject)
        self.refusal = reason
        self.end(completed=False)

    def crash(self, error: BaseException) -> None:
        """Note a fault of ours: whatever was measured, there is no verdict on it."""
        self.internal_error = f"{type(error).__name__}: {error}"
        sys.stderr.write(f"locust-slo: a fault of its own, no verdict: {self.internal_error}\n")
        traceback.print_exception(error, file=sys.stderr)

    def exit_code(self) -> int | None:
        """Return the process's exit code; None leaves it to Locust."""
        if self.signal is not None:
            return INTERRUPTED[self.signal]
        if self.internal_error or self.refusal:
            return NO_VERDICT
        if self.objectives is None:
            return None
        verdict = self.last[1] if self.last else None
        return verdict.exit_code if verdict else NO_VERDICT

    def report(self, colour: bool) -> str:
        """Return the last run's report for the console, once; later calls return an empty text."""
        if self.last is None or self._printed:
            return ""
        self._printed = True
        finished, verdict = self.last
        where = f"record: {self._reports / finished.id}"
        if verdict is None:
            return f"\nrecorded without objectives (give --objectives FILE for a verdict); {where}"
        return f"\n{console.render(finished, verdict, colour)}\n{where}"

    def snapshot(self, processes: Sequence[ProcessStatus]) -> dict[str, Any]:
        """Return what the web page shows: the run under way, or the last one."""
        measurement = self.measurement
        if measurement is not None:
            run, verdict = self._so_far(measurement)
            return live.snapshot_of("running", run, verdict, self.trends, measurement, processes, self.finished)
        if self.last is not None:
            return live.snapshot_of("finished", *self.last, self.trends, None, processes, self.finished)
        return live.snapshot_of("ready", None, None, self.trends, None, processes, self.finished)

    def run_state(self, processes: Sequence[ProcessStatus] = ()) -> RunState:
        """Return what Prometheus is told beside the counts; a run under way is judged every few seconds at most."""
        measurement = self.measurement
        if measurement is None:
            run, verdict = self.last or (None, None)
            return run_state(run, verdict, None, processes)
        now_s = measurement.elapsed_s
        if self._stood is not None and now_s - self._stood[0] < JUDGED_S:
            return run_state(*self._stood[1], measurement, processes)
        return run_state(*self._so_far(measurement), measurement, processes)

    def folder_of(self, run_id: str) -> Path | None:
        """Return the folder of a run that this process finished, or None."""
        return self._reports / run_id if any(one["id"] == run_id for one in self.finished) else None

    def _so_far(self, measurement: Measurement) -> tuple[Run, Verdict | None]:
        """Judge the run as it stands; what the page shows Prometheus is told, too, without judging again."""
        if self.objectives is None:
            found: tuple[Run, Verdict | None] = measurement.so_far(), None
        else:
            found = live.provisional(measurement, self.objectives, self.trends.points)
        self._stood = (measurement.elapsed_s, found)
        return found

    def _ending(self, completed: bool, broke_off: str) -> Ending:
        how: How = "completed" if completed else "stopped"
        if self.signal is not None:
            return Ending("interrupted", self.signal)
        if self.refusal is not None:
            return Ending("refused", self.refusal)
        if self.internal_error is not None:
            return Ending("crashed", self.internal_error)
        if self.breach is not None:
            return Ending("aborted", self.breach.reason, self.breach.objective, self.breach.value, self.breach.at_s)
        if broke_off:
            return Ending("incomplete", broke_off)
        return Ending(how, "" if completed else "stopped by the user before its plan's end")

    def _with_ledger_checked(self, finished: Run) -> Run:
        """Mark the run incomplete when a worker's counts are missing or do not add up."""
        if self.delta_log is None or finished.ended.how not in ("completed", "stopped", "aborted"):
            return finished
        lost = [worker.name for worker in finished.workers if not worker.finished]
        counted, received = finished.tally().requests, sum(w.requests_received for w in finished.workers)
        if lost:
            reason = f"the last counts of {', '.join(lost)} never arrived"
        elif counted != received:
            reason = f"the workers sent {received} requests, the record holds {counted}"
        else:
            return finished
        return replace(finished, ended=Ending("incomplete", reason))

    def _keep(self, finished: Run, measurement: Measurement) -> None:
        """Write the record before anything else can fail, then judge and report."""
        verdict, folder = None, measurement.folder
        try:
            runs.write(finished, folder)
            measurement.discard_journal()
            writer.point_latest(folder)
            if self.objectives is not None:
                verdict = writer.publish(finished, self.objectives, folder)
        except Exception as error:  # noqa: BLE001  # a fault in judging must not lose the record or pass
            self.crash(error)
        if verdict is not None:
            self._report(finished, verdict, folder, apart=False)
        entry = live.entry(finished, verdict, folder)
        self.last = (finished, verdict)
        self.finished.insert(0, entry)
        if verdict is not None:
            writer.tell_github(finished, verdict)
            self._slow.append((finished, verdict, folder, entry))

    def finish_reports(self) -> None:
        """Write the reports that take seconds. The run has ended for everybody: the next one may start meanwhile."""
        while self._slow:
            finished, verdict, folder, entry = self._slow.pop(0)
            self._report(finished, verdict, folder, apart=True)
            entry.update(live.entry(finished, verdict, folder))

    def _report(self, finished: Run, verdict: Verdict, folder: Path, apart: bool) -> None:
        assert self.objectives is not None
        names = [name for name in self._formats if writer.FORMATS[name].apart == apart]
        writer.report(finished, verdict, self.objectives, folder, names)


def _climb(subject: RunDescription, asked: SearchRecord, objectives: Objectives, report_s: float) -> SearchController:
    """Return the search asked for, as much faster as the locustfile's own option compresses its time."""
    scale = subject.options.get("time_scale")
    pace = SearchPace().scaled(scale if isinstance(scale, int | float) and scale > 0 else 1.0)
    demanded = window_objectives(subject.scenario, objectives)
    slowest_ms = max((one.target for one in demanded if one.unit == "ms"), default=0)
    pace = pace.for_latency(float(slowest_ms) / 1000)
    return SearchController(asked, pace, step_judge(subject.scenario, objectives), report_s)


def guarded(gate: Engine, call: Callable[[], None]) -> None:
    """Run ``call``; an exception becomes the gate's own crash instead of a test that passes by accident."""
    try:
        call()
    except Exception as error:  # noqa: BLE001  # see above
        gate.crash(error)
