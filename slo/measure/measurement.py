"""One run under way: collects intervals and user counts, and becomes the run's record."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slo.load.plan import Stage
from slo.load.search_controller import SearchController
from slo.measure.loop_lag import ProcessStatsLog
from slo.measure.open_requests import OpenSummary
from slo.measure.recent import Recent
from slo.measure.recorder import Recorder
from slo.measure.run_description import RunDescription
from slo.measure.samples import Samples
from slo.metrics.tally import Tally
from slo.metrics.tally_table import Tallies
from slo.record.code_counts import CodeCounts
from slo.record.ending import Ending
from slo.record.history import MANY_ENDPOINTS, MAX_INTERVALS, History
from slo.record.interval import Interval
from slo.record.journal import Journal
from slo.record.process_stats import ProcessStats, to_record
from slo.record.run import Run
from slo.record.run_counts import LiveCounts
from slo.record.samples import Scrape, UserSample
from slo.record.slowest import SlowestRequests
from slo.record.worker import Worker
from slo.text.redact import Redactor

MAX_USER_SAMPLES = 7200
"""Maximum number of samples of the user count: two hours at one a second."""
MAX_SCRAPES = 2000
"""Maximum number of samples of the target's metrics."""
RECENT_S = 10
"""Seconds of the run that are shown as "now"."""


class Measurement:
    """Measures one run into ``folder``; ``recorder`` takes what this process itself requests."""

    def __init__(
        self,
        description: RunDescription,
        folder: Path,
        slowest: SlowestRequests | None = None,
        report_s: float = 0.0,
        clock: Callable[[], float] = time.perf_counter,
        warmup_ends_ms: Iterable[int] = (),
        worker_stats: Callable[[], Mapping[str, ProcessStats]] | None = None,
    ) -> None:
        """Start the run's clock. Counts reach ``add_intervals`` up to ``report_s`` seconds after they were made.

        ``warmup_ends_ms`` are the ends of the objectives' warm-ups. ``slowest`` collects the slowest requests,
        also those of workers. ``worker_stats`` returns the statistics of the processes that send the requests; None
        where this process does.
        """
        self.description = description
        self.folder = folder
        self.warmup_ends_ms = tuple(warmup_ends_ms)
        self.recorder = Recorder(description.plan, clock, redactor=Redactor.of_environment(os.environ))
        self.stats_log = ProcessStatsLog(description.plan, lambda: self.recorder.elapsed_s)
        self.slowest = SlowestRequests(self.warmup_ends_ms) if slowest is None else slowest
        self.notes: list[str] = []
        self.search_controller: SearchController | None = None
        self.listeners: list[Callable[[Iterable[tuple[str, Tally]]], None]] = []
        """Called with the new counts of each interval, by endpoint; they may be read, not changed."""
        self.worker_code: Callable[[], CodeCounts] = CodeCounts
        """Returns what the code of the locustfile did in the workers."""
        self.waiting: Callable[[], OpenSummary] = OpenSummary
        """Returns the requests that are open now, of all processes."""
        self.last_answer_s = 0.0
        """When the newest known answer arrived, in seconds after the run's start; 0.0 before the first."""
        self._worker_stats = worker_stats
        self._started_at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._cpu_start_s = time.process_time()
        # A search is judged step by step: a merged interval could extend beyond the end of a step.
        seconds = 2 * math.ceil(description.search.time_s) if description.search else 0
        self._history = History(max(MAX_INTERVALS, seconds), warmup_ends_ms=self.warmup_ends_ms)
        self._users: Samples[UserSample] = Samples(MAX_USER_SAMPLES)
        self._scrapes: Samples[Scrape] = Samples(MAX_SCRAPES)
        self._failed_scrapes = 0
        self._scrape_error = ""
        self._report_s = report_s
        self._load_end_s: float | None = None
        self._journal = Journal(folder, self._record(Ending("crashed")).to_data())

    @property
    def elapsed_s(self) -> float:
        """Seconds since the run's start."""
        return self.recorder.elapsed_s

    @property
    def stage(self) -> Stage | None:
        """The current stage; None without a plan or after its end."""
        return self.description.plan.stage_at(self.elapsed_s) if self.description.plan else None

    @property
    def code(self) -> CodeCounts:
        """What the code of the locustfile did so far, in all processes."""
        found = self.worker_code()
        found.add(self.recorder.code_counts())
        return found

    def sample_users(self, users: int) -> None:
        """Note how many users run now, and take over the intervals that closed."""
        plan, at_s = self.description.plan, self.elapsed_s
        planned = round(plan.users_at(at_s), 3) if plan and not plan.is_open else None
        self._users.add(UserSample(round(at_s * 1000), planned, users))
        self.add_intervals(self.recorder.drain())

    def add_scrape(self, values: Mapping[str, float]) -> None:
        """Record the target's metrics as read now."""
        self._scrapes.add(Scrape(round(self.elapsed_s * 1000), values))

    def note_scrape_error(self, why: str) -> None:
        """Record that the target's metrics could not be read."""
        self._failed_scrapes += 1
        self._scrape_error = self._scrape_error or why

    def add_intervals(self, intervals: Iterable[Interval]) -> None:
        """Add intervals, this process's or a worker's."""
        for interval in intervals:
            tallies = [(self._history.capped(endpoint), tally) for endpoint, tally in interval.tallies()]
            if any(tally.requests for _, tally in tallies):
                self.last_answer_s = max(self.last_answer_s, interval.end_ms / 1000)
            for listener in self.listeners:
                listener(tallies)
            self._history.add(interval, tallies)
            self._journal.append(interval)
        self._journal.append_slow(self.slowest.take_new())

    def recent(self) -> Recent:
        """Return the counts of the newest full seconds that all processes have reported."""
        end_s = self.reported_s
        start_s = max(0, end_s - RECENT_S)
        return Recent(self.window(start_s * 1000, end_s * 1000), float(end_s - start_s), float(end_s))

    @property
    def reported_s(self) -> int:
        """Full seconds since the start of which all processes have reported what they counted."""
        return int(max(0.0, self.elapsed_s - self._report_s))

    def window(self, start_ms: int, end_ms: int) -> Tallies:
        """Return the counts of this time, which must be among the newest."""
        return self._history.window(start_ms, end_ms)

    @property
    def has_many_endpoints(self) -> bool:
        """Whether the requests so far have so many names that they look as if they held ids."""
        return len(self._history.endpoints) >= MANY_ENDPOINTS

    @property
    def users(self) -> Sequence[UserSample]:
        """The samples of the user count so far."""
        return self._users.items

    def current_run(self) -> Run:
        """Return the run so far: everything counted, without an end."""
        duration_s = max(0.001, round(self.elapsed_s - self._report_s, 3))
        later = {end_ms: self._history.after(end_ms) for end_ms in self.warmup_ends_ms}
        steps = self.search_controller.step_tallies if self.search_controller else ()
        live = LiveCounts(self._history.after(0), later, steps, self.last_answer_s, self.waiting().age_s)
        return replace(self._record(Ending("stopped")), duration_s=duration_s, live=live, names=self._history.names)

    def note_load_end(self, has_ended: bool = False) -> None:
        """Note that the load ends now, or, if it ``has_ended`` already, that it ended with the last answer.

        What is still under way may be counted for a while.
        """
        self._load_end_s = 0.0 if has_ended else self.elapsed_s

    def finish(self, ending: Ending, workers: tuple[Worker, ...] = (), worker_errors: int = 0) -> Run:
        """Take the last counts and return the record; the journal stays until ``discard_journal``.

        ``worker_errors`` are requests that the workers could not record.
        """
        elapsed_s = self.elapsed_s
        self.add_intervals(self.recorder.finish())
        intervals = tuple(self._history.intervals())
        # The time in which the last counts of workers are awaited does not belong to the run.
        load_s = elapsed_s if self._load_end_s is None else self._load_end_s
        last_s = max((interval.end_ms for interval in intervals), default=0) / 1000
        duration_s = round(min(elapsed_s, max(load_s, last_s)), 3)
        run = replace(self._record(ending), duration_s=duration_s, workers=workers, intervals=intervals)
        run = replace(run, notes=(*run.notes, *self._scrape_notes()))
        errors = self.recorder.faults + worker_errors
        if errors and ending.has_counts:
            reason = f"{errors} requests could not be recorded (a latency that is no number, or a missed start)"
            run = replace(run, ended=Ending("incomplete", reason))
        return run

    def _scrape_notes(self) -> tuple[str, ...]:
        failed = self._failed_scrapes
        if not failed:
            return ()
        return (
            f"the target's metrics could not be read {failed} of {failed + self._scrapes.seen} times: "
            f"{self._scrape_error}",
        )

    def discard_journal(self) -> None:
        """Delete the journal; call it when the run's record is on disk."""
        self._journal.discard()

    def _record(self, ending: Ending) -> Run:
        description = self.description
        return Run(
            id=self.folder.name,
            scenario=description.scenario,
            target=description.target,
            started_at=self._started_at,
            duration_s=0.0,
            ended=ending,
            options=description.options,
            environment=description.environment,
            generator=self._generator(),
            plan=description.plan,
            users=tuple(self._users.items),
            notes=tuple(self.notes),
            scrapes=tuple(self._scrapes.items),
            search=self.search_controller.steps if self.search_controller else description.search,
            requested_load=description.requested_load,
            slowest=self.slowest.items(),
            code=self.code,
        )

    def _generator(self) -> dict[str, Any]:
        """Return the statistics of our processes."""
        sends = self._worker_stats is None
        processes = [to_record("this process" if sends else "master", sends, self.stats_log.current())]
        if self._worker_stats is not None:
            processes += [to_record(worker, True, stats) for worker, stats in sorted(self._worker_stats().items())]
        return {"cpu_s": round(time.process_time() - self._cpu_start_s, 3), "processes": processes}
