"""One run under way: collects intervals and user counts, and becomes the run's record."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slo.histogram import Histogram
from slo.history import History, Interval
from slo.journal import Journal
from slo.plan import Plan, Stage
from slo.recorder import Recorder
from slo.run import Ending, Run, Target, UserSample, Worker

MAX_USER_SAMPLES = 7200
"""Samples of the user count kept; beyond, every second one is dropped (two hours at one a second)."""
RECENT_INTERVALS = 10


@dataclass(frozen=True)
class Subject:
    """What is about to run: everything of the record that is known before the first request."""

    name: str
    scenario: str | None
    target: Target
    plan: Plan | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Recent:
    """The last ten seconds, for people who watch."""

    requests: int
    errors: int
    seconds: float
    latency: Histogram


class Measurement:
    """Measures one run into ``folder``; ``recorder`` takes what this process itself requests."""

    def __init__(
        self,
        subject: Subject,
        folder: Path,
        clock: Callable[[], float] = time.perf_counter,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.subject = subject
        self.folder = folder
        self.recorder = Recorder(subject.plan, clock)
        self.notes: list[str] = []
        self._started_at = now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._cpu_start_s = time.process_time()
        self._history = History()
        self._users: list[UserSample] = []
        self._user_period = 1
        self._samples_seen = 0
        self._recent: deque[Interval] = deque(maxlen=RECENT_INTERVALS)
        self._journal = Journal(folder, self._run(Ending("crashed")).to_data())

    @property
    def elapsed_s(self) -> float:
        """Seconds since the run's start."""
        return self.recorder.elapsed_s

    @property
    def stage(self) -> Stage | None:
        """The stage running now; None without a plan or after its end."""
        return self.subject.plan.stage_at(self.elapsed_s) if self.subject.plan else None

    def sample(self, users: int) -> None:
        """Note how many users run now, and take over the intervals that closed."""
        plan, at_s = self.subject.plan, self.elapsed_s
        planned = round(plan.users_at(at_s), 3) if plan else None
        if self._samples_seen % self._user_period == 0:
            self._users.append(UserSample(round(at_s * 1000), planned, users))
        self._samples_seen += 1
        if len(self._users) > MAX_USER_SAMPLES:
            self._users = self._users[::2]
            self._user_period *= 2
        self.take(self.recorder.drain())

    def take(self, intervals: Iterable[Interval]) -> None:
        """Add intervals, this process's or a worker's."""
        for interval in intervals:
            self._history.add(interval)
            self._journal.append(interval)
            self._recent.append(interval)

    def recent(self) -> Recent:
        """Return the sum of the newest intervals."""
        recent = Recent(0, 0, 0.0, Histogram())
        newest = max((interval.end_ms for interval in self._recent), default=0)
        oldest = newest
        for interval in self._recent:
            if interval.end_ms < newest - RECENT_INTERVALS * 1000:
                continue
            oldest = min(oldest, interval.start_ms)
            for _, tally in interval.tallies():
                recent.requests += tally.requests
                recent.errors += tally.errors + tally.throttled
                recent.latency.add(tally.latency)
        recent.seconds = (newest - oldest) / 1000
        return recent

    def finish(self, ending: Ending, workers: tuple[Worker, ...] = ()) -> Run:
        """Close the books and return the record; the journal stays until ``discard_journal``."""
        duration_s = round(self.elapsed_s, 3)
        self.take(self.recorder.finish())
        run = replace(self._run(ending), duration_s=duration_s, workers=workers)
        if self.recorder.faults and ending.how in ("completed", "stopped"):
            reason = f"{self.recorder.faults} requests could not be recorded (see the log)"
            run = replace(run, ended=Ending("incomplete", reason))
        return run

    def discard_journal(self) -> None:
        """Delete the journal; call it when the run's record is on disk."""
        self._journal.discard()

    def _run(self, ending: Ending) -> Run:
        subject = self.subject
        return Run(
            id=self.folder.name,
            scenario=subject.scenario,
            target=subject.target,
            started_at=self._started_at,
            duration_s=0.0,
            ended=ending,
            options=subject.options,
            environment=subject.environment,
            generator={"cpu_s": round(time.process_time() - self._cpu_start_s, 3)},
            plan=subject.plan,
            users=tuple(self._users),
            notes=tuple(self.notes),
            intervals=tuple(self._history.intervals()),
        )
