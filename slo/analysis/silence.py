"""Time without an answer: what the requests that were open when their users were stopped say of a run."""

from __future__ import annotations

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


@dataclass(frozen=True)
class Silence:
    """The requests of a run that were open when their users were stopped, and how long nobody was answered.

    ``silent_s`` are the last seconds of the load in which users waited and no request was answered; 0.0 if answered.
    ``waiting_share`` is the share of the users' time in which they waited for 10 s or longer for an answer that never
    came. ``open_requests`` are the ages of all open requests; ``never_answered`` counts those of 10 s or longer.
    """

    duration_s: float
    silent_s: float
    waiting_share: float
    open_requests: Histogram
    never_answered: int

    @property
    def sentence(self) -> str:
        """What is wrong, as the beginning of a headline; empty where users were answered."""
        if self.silent_s:
            return f"no answer for {self.silent_s:.0f} of {self.duration_s:.0f} s"
        if self.waiting_share > MAX_WAITING_SHARE:
            return f"users waited {self.waiting_share * 100:.0f} % of their time for answers that never came"
        return ""

    @property
    def notes(self) -> list[str]:
        """A sentence on the open requests, where they matter."""
        if not self.never_answered and not self.sentence:
            return []
        count = self.open_requests.total
        what = f"{count:,} requests were open when their users were stopped, the oldest"
        if count == 1:
            what = "1 request was open when its user was stopped,"
        lost = self.never_answered
        failed = f"; open for 10 s or longer, and counted as failed: {lost:,}" if lost else ""
        return [f"{what} for {self.open_requests.max_us / 1e6:.1f} s{failed}"]


def find(run: Run) -> Silence:
    """Return what the open requests say of a run."""
    whole = run.tally()
    lost = whole.never_answered
    user_s = user_seconds(run.users, 0.0, run.duration_s) if lost.total else 0.0
    share = min(1.0, lost.sum_us / 1e6 / user_s) if user_s else 0.0
    return Silence(run.duration_s, _silent_s(run, whole), share, whole.unanswered, lost.total)


def _silent_s(run: Run, whole: Tally) -> float:
    """Return the time since the last answer, at most the age of the oldest open request.

    An open request that is younger than the slowest answer is no silence.
    """
    if run.live or run.search is not None or whole.unanswered.max_us <= whole.latency.max_us:
        return 0.0
    answered = (one.end_ms for one in reversed(run.intervals) if any(tally.requests for _, tally in one.tallies()))
    silent_s = min(run.duration_s - next(answered, 0) / 1000, whole.unanswered.max_us / 1e6)
    return silent_s if silent_s >= max(MIN_SILENCE_S, MIN_SHARE * run.duration_s) else 0.0
