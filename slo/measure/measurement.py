"""One run under way: collects intervals and user counts, and becomes the run's record."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from slo.load.plan import Plan, Stage
from slo.load.requested_load import RequestedLoad
from slo.load.search_controller import SearchController
from slo.load.search_record import SearchRecord
from slo.measure.loop_lag import ProcessStatsLog
from slo.measure.recorder import Recorder
from slo.metrics.tally import Tally
from slo.metrics.tally_table import Tallies
from slo.record.ending import Ending
from slo.record.history import MAX_INTERVALS, History
from slo.record.interval import Interval
from slo.record.journal import Journal
from slo.record.process_stats import ProcessStats, to_record
from slo.record.run import Run
from slo.record.run_counts import LiveCounts
from slo.record.samples import Scrape, UserSample
from slo.record.slowest import SlowestRequests
from slo.record.target import Target
from slo.record.worker import Worker

MAX_USER_SAMPLES = 7200
"""Samples of the user count kept; beyond, every second one is dropped (two hours at one a second)."""
MAX_SCRAPES = 2000
"""Samples of the target's own figures kept; beyond, every second one is dropped."""
RECENT_S = 10
"""How much of the run's end people are shown as "now"."""


@dataclass(frozen=True)
class RunDescription:
    """What is about to run: everything of the record that is known before the first request."""

    name: str
    scenario: str | None
    target: Target
    plan: Plan | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    search: SearchRecord | None = None
    ask: RequestedLoad | None = None


@dataclass(frozen=True)
class Recent:
    """The last seconds that every generator process has reported, for people who watch."""

    tallies: Tallies
    seconds: float
    end_s: float = 0.0

    @cached_property
    def tally(self) -> Tally:
        """The sum of all counts."""
        return Tally.merged(self.tallies.values())

    @property
    def errors(self) -> int:
        """Failed requests, throttled ones among them."""
        return self.tally.errors + self.tally.throttled


class Measurement:
    """Measures one run into ``folder``; ``recorder`` takes what this process itself requests."""

    def __init__(
        self,
        subject: RunDescription,
        folder: Path,
        clock: Callable[[], float] = time.perf_counter,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        report_s: float = 0.0,
        warmup_ends_ms: Iterable[int] = (),
    ) -> None:
        """Start the run's clock. Counts reach ``take`` up to ``report_s`` seconds after they were made.

        ``warmup_ends_ms`` are the ends of the warm-ups that objectives have.
        """
        self.description = subject
        self.folder = folder
        self.warmup_ends_ms = tuple(warmup_ends_ms)
        self.recorder = Recorder(subject.plan, clock)
        self.stats_log = ProcessStatsLog(subject.plan, lambda: self.recorder.elapsed_s)
        self.slowest = SlowestRequests(self.warmup_ends_ms)
        self.workers: Mapping[str, ProcessStats] | None = None
        self.notes: list[str] = []
        self.worker_faults = 0
        self.search_controller: SearchController | None = None
        self.listeners: list[Callable[[Iterable[tuple[str, Tally]]], None]] = []
        """Told of the counts that come in, by endpoint; theirs to read."""
        self._started_at = now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._cpu_start_s = time.process_time()
        # A search is judged step by step: seconds added together would lie across the end of one.
        seconds = 2 * math.ceil(subject.search.time_s) if subject.search else 0
        self._history = History(max(MAX_INTERVALS, seconds), warmup_ends_ms=self.warmup_ends_ms)
        self._users: list[UserSample] = []
        self._user_period = 1
        self._samples_seen = 0
        self._scrapes: list[Scrape] = []
        self._scrape_period = 1
        self._scrapes_seen = 0
        self._scrape_faults = 0
        self._scrape_fault = ""
        self._report_s = report_s
        self._stopping_s: float | None = None
        self._journal = Journal(folder, self._run(Ending("crashed")).to_data())

    @property
    def elapsed_s(self) -> float:
        """Seconds since the run's start."""
        return self.recorder.elapsed_s

    @property
    def stage(self) -> Stage | None:
        """The stage running now; None without a plan or after its end."""
        return self.description.plan.stage_at(self.elapsed_s) if self.description.plan else None

    def sample_users(self, users: int) -> None:
        """Note how many users run now, and take over the intervals that closed."""
        plan, at_s = self.description.plan, self.elapsed_s
        planned = round(plan.users_at(at_s), 3) if plan and not plan.open else None
        if self._samples_seen % self._user_period == 0:
            self._users.append(UserSample(round(at_s * 1000), planned, users))
        self._samples_seen += 1
        if len(self._users) > MAX_USER_SAMPLES:
            self._users = self._users[::2]
            self._user_period *= 2
        self.take(self.recorder.drain())

    def add_scrape(self, values: Mapping[str, float]) -> None:
        """Note what the target's own metrics say now."""
        if self._scrapes_seen % self._scrape_period == 0:
            self._scrapes.append(Scrape(round(self.elapsed_s * 1000), values))
        self._scrapes_seen += 1
        if len(self._scrapes) > MAX_SCRAPES:
            self._scrapes = self._scrapes[::2]
            self._scrape_period *= 2

    def note_scrape_error(self, why: str) -> None:
        """Note that the target's own metrics could not be read."""
        self._scrape_faults += 1
        self._scrape_fault = self._scrape_fault or why

    def take(self, intervals: Iterable[Interval]) -> None:
        """Add intervals, this process's or a worker's."""
        for interval in intervals:
            tallies = list(interval.tallies())
            for heard in self.listeners:
                heard(tallies)
            self._history.add(interval, tallies)
            self._journal.append(interval)
        self._journal.append_slow(self.slowest.take_new())

    def recent(self) -> Recent:
        """Return the counts of the newest full seconds that all have reported."""
        end_s = int(max(0.0, self.elapsed_s - self._report_s))
        start_s = max(0, end_s - RECENT_S)
        return Recent(self._history.window(start_s * 1000, end_s * 1000), float(end_s - start_s), float(end_s))

    @property
    def known_s(self) -> float:
        """Up to when, in full seconds since the start, every generator process has reported."""
        return float(int(max(0.0, self.elapsed_s - self._report_s)))

    @property
    def reported_s(self) -> int:
        """Full seconds since the start of which all processes have reported what they counted."""
        return int(max(0.0, self.elapsed_s - self._report_s))

    def window(self, start_ms: int, end_ms: int) -> Tallies:
        """Return the counts of this time, which must be among the newest."""
        return self._history.window(start_ms, end_ms)

    @property
    def users(self) -> Sequence[UserSample]:
        """The samples of the user count so far."""
        return self._users

    def so_far(self) -> Run:
        """Return the run as it stands: all that was counted, and no end yet."""
        run = replace(self._run(Ending("stopped")), duration_s=max(0.001, round(self.elapsed_s - self._report_s, 3)))
        later = {end_ms: self._history.after(end_ms) for end_ms in self.warmup_ends_ms}
        steps = self.search_controller.step_tallies if self.search_controller else ()
        return replace(run, live=LiveCounts(self._history.after(0), later, steps))

    def note_load_end(self) -> None:
        """Note that the load ends now; what is still under way may be counted for a while."""
        self._stopping_s = self.elapsed_s

    def finish(self, ending: Ending, workers: tuple[Worker, ...] = ()) -> Run:
        """Close the books and return the record; the journal stays until ``discard_journal``."""
        elapsed_s = self.elapsed_s
        self.take(self.recorder.finish())
        intervals = tuple(self._history.intervals())
        # Waiting for the last counts of others is no time of the run.
        load_s = elapsed_s if self._stopping_s is None else self._stopping_s
        last_s = max((interval.end_ms for interval in intervals), default=0) / 1000
        duration_s = round(min(elapsed_s, max(load_s, last_s)), 3)
        run = replace(self._run(ending), duration_s=duration_s, workers=workers, intervals=intervals)
        run = replace(run, notes=(*run.notes, *self._scrape_notes()))
        faults = self.recorder.faults + self.worker_faults
        if faults and ending.how in ("completed", "stopped", "aborted"):
            reason = f"{faults} requests could not be recorded (a latency that is no number, or a missed start)"
            run = replace(run, ended=Ending("incomplete", reason))
        return run

    def _scrape_notes(self) -> tuple[str, ...]:
        failed = self._scrape_faults
        if not failed:
            return ()
        return (
            f"the target's metrics could not be read {failed} of {failed + self._scrapes_seen} times: "
            f"{self._scrape_fault}",
        )

    def discard_journal(self) -> None:
        """Delete the journal; call it when the run's record is on disk."""
        self._journal.discard()

    def _run(self, ending: Ending) -> Run:
        subject = self.description
        return Run(
            id=self.folder.name,
            scenario=subject.scenario,
            target=subject.target,
            started_at=self._started_at,
            duration_s=0.0,
            ended=ending,
            options=subject.options,
            environment=subject.environment,
            generator=self._generator(),
            plan=subject.plan,
            users=tuple(self._users),
            notes=tuple(self.notes),
            scrapes=tuple(self._scrapes),
            search=self.search_controller.steps if self.search_controller else subject.search,
            ask=subject.ask,
            slowest=self.slowest.items(),
        )

    def _generator(self) -> dict[str, Any]:
        """Return how our processes were; ``workers`` is None where this process sends the requests itself."""
        name = "this process" if self.workers is None else "master"
        processes = [to_record(name, self.workers is None, self.stats_log.so_far())]
        processes += [to_record(worker, True, vitals) for worker, vitals in sorted((self.workers or {}).items())]
        return {"cpu_s": round(time.process_time() - self._cpu_start_s, 3), "processes": processes}
