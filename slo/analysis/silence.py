"""Time without an answer: seconds in which users waited and nothing came back, at the end of a run and within it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from slo.analysis.offered import user_seconds
from slo.metrics.histogram import Histogram
from slo.metrics.tally import Tally
from slo.record.run import Run

MIN_SILENCE_S = 1.0
MIN_SHARE = 0.1
"""A run whose last tenth or more was without any answer is no pass."""
MAX_WAITING_SHARE = 0.05
"""Share of the users' time that may be spent waiting for answers that never came, for a pass."""
MAX_GAP_SHARE = 0.05
"""Share of the run in which users may all wait at once, for a pass without a warning."""
MIN_GAP_FACTOR = 10
"""A time without an answer is a gap if it is so many times the run's median latency, or longer."""


@dataclass(frozen=True)
class Gap:
    """A time within a run, in seconds after its start, in which half of the users or more waited for an answer."""

    start_s: float
    end_s: float
    stage: str

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.end_s - self.start_s


@dataclass(frozen=True)
class Silence:
    """The requests of a run that were open when their users were stopped, and how long nobody was answered.

    ``silent_s`` are the last seconds of the load in which users waited and no request was answered; 0.0 if answered.
    ``waiting_share`` is the share of the users' time in which they waited for 10 s or longer for an answer that never
    came. ``open_requests`` are the ages of all open requests; ``never_answered`` counts those of 10 s or longer.
    ``gaps`` are the times in mid-run in which nobody was answered. ``stuck_s`` is the time since the last answer in
    which tasks waited, where no request is known to be open: those of a client of the locustfile's own are not known.
    """

    duration_s: float
    silent_s: float
    waiting_share: float
    open_requests: Histogram
    never_answered: int
    gaps: tuple[Gap, ...] = ()
    stuck_s: float = 0.0

    @property
    def longest_s(self) -> float:
        """The longest time in which somebody waited for an answer that did not come, or came late."""
        gaps = [gap.seconds for gap in self.gaps]
        return max(self.silent_s, self.stuck_s, self.open_requests.max_us / 1e6, *gaps)

    @property
    def sentence(self) -> str:
        """What is wrong, as the beginning of a headline; empty where users were answered."""
        in_gaps_s = sum(gap.seconds for gap in self.gaps)
        if self.silent_s or in_gaps_s > MAX_GAP_SHARE * self.duration_s:
            return f"no answer for {self.silent_s + in_gaps_s:.0f} of {self.duration_s:.0f} s"
        if self.waiting_share > MAX_WAITING_SHARE:
            return f"users waited {self.waiting_share * 100:.0f} % of their time for answers that never came"
        if self.stuck_s:
            return f"no request ended for the last {self.stuck_s:.0f} of {self.duration_s:.0f} s, while tasks waited"
        return ""

    @property
    def notes(self) -> list[str]:
        """A sentence on each gap, and on the open requests where they matter."""
        found = [
            f"no answer from {gap.start_s:.0f} s to {gap.end_s:.0f} s of the run ('{gap.stage}'), while users waited"
            for gap in self.gaps
        ]
        if not self.never_answered and not self.silent_s and self.waiting_share <= MAX_WAITING_SHARE:
            return found
        count = self.open_requests.total
        what = f"{count:,} requests were open when their users were stopped, the oldest"
        if count == 1:
            what = "1 request was open when its user was stopped,"
        lost = self.never_answered
        failed = f"; open for 10 s or longer, and counted as failed: {lost:,}" if lost else ""
        return [*found, f"{what} for {self.open_requests.max_us / 1e6:.1f} s{failed}"]


def find(run: Run) -> Silence:
    """Return how long nobody was answered in a run, and what its open requests say."""
    whole = run.tally()
    lost = whole.never_answered
    user_s = user_seconds(run.users, 0.0, run.duration_s) if lost.total else 0.0
    share = min(1.0, lost.sum_us / 1e6 / user_s) if user_s else 0.0
    gaps = () if run.live or run.search is not None else tuple(_gaps(run, whole))
    silent_s = _silent_s(run, whole)
    stuck_s = 0.0 if silent_s or run.live else _stuck_s(run, whole)
    return Silence(run.duration_s, silent_s, share, whole.unanswered, lost.total, gaps, stuck_s)


def _silent_s(run: Run, whole: Tally) -> float:
    """Return the time since the last answer, at most the age of the oldest open request."""
    oldest_s = run.live.oldest_open_s if run.live else whole.unanswered.max_us / 1e6
    return _since_last_answer_s(run, whole, oldest_s)


def _stuck_s(run: Run, whole: Tally) -> float:
    """Return the time since the last answer, at most the age of the oldest task that waited when its user was stopped.

    Where a request is known to be open, its age decides.
    """
    return 0.0 if whole.unanswered.total else _since_last_answer_s(run, whole, run.code.waiting_tasks_s)


def _since_last_answer_s(run: Run, whole: Tally, oldest_s: float) -> float:
    """Return the time since the last answer, at most ``oldest_s``; 0.0 where that is too short to be a silence.

    What has waited for less than the slowest answer took is no silence.
    """
    if run.search is not None or oldest_s <= whole.latency.max_us / 1e6:
        return 0.0
    silent_s = min(run.duration_s - _last_answer_s(run), oldest_s)
    return silent_s if silent_s >= max(MIN_SILENCE_S, MIN_SHARE * run.duration_s) else 0.0


def _last_answer_s(run: Run) -> float:
    """Return when the last request was answered, in seconds after the run's start; 0.0 if none was."""
    if run.live:
        return run.live.last_answer_s
    answered = (one.end_ms for one in reversed(run.intervals) if any(tally.requests for _, tally in one.tallies()))
    return next(answered, 0) / 1000


def _gaps(run: Run, whole: Tally) -> Iterator[Gap]:
    """Yield the times in mid-run after which as many late answers came as half of the users, or more.

    A pause of the load is followed by quick answers. What a slow target needs for each answer is no gap.
    """
    latency = whole.latency
    if not latency.total:
        return
    min_ms = max(MIN_SILENCE_S * 1000, MIN_GAP_FACTOR * latency.percentile(50) / 1000)
    before_ms = 0
    for interval in run.intervals:
        if not interval.packed:
            continue
        gap_ms = interval.start_ms - before_ms
        if gap_ms >= min_ms:
            late = sum(tally.latency.above(gap_ms * 1000).total for _, tally in interval.tallies())
            users = next((one.achieved for one in reversed(run.users) if one.at_ms <= interval.start_ms), 0)
            if late and late >= users / 2:
                yield Gap(before_ms / 1000, interval.start_ms / 1000, interval.stage)
        before_ms = interval.end_ms
