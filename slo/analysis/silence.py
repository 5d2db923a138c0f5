"""Time without an answer: what requests that were open when their users were stopped say of a run."""

from __future__ import annotations

from itertools import pairwise

from slo.metrics.tally import UNANSWERED_US
from slo.record.run import Run

MIN_SILENCE_S = 1.0
MIN_SHARE = 0.1
"""A run whose last tenth or more was without any answer is no pass."""
MAX_STUCK_SHARE = 0.05
"""Share of the users' time that may be spent waiting for answers that never came, for a pass."""


def silence_s(run: Run) -> float:
    """Return for how many seconds at the end of the load users waited and no request was answered; 0.0 if answered.

    That is the time since the last answer, at most the age of the oldest open request. An open request that is
    younger than the slowest answer is no silence.
    """
    whole = run.tally()
    if run.live or run.search is not None or whole.unanswered.max_us <= whole.latency.max_us:
        return 0.0
    answered = (one.end_ms for one in run.intervals if any(tally.requests for _, tally in one.tallies()))
    since_s = run.duration_s - max(answered, default=0) / 1000
    silent_s = min(since_s, whole.unanswered.max_us / 1e6)
    return silent_s if silent_s >= max(MIN_SILENCE_S, MIN_SHARE * run.duration_s) else 0.0


def stuck_share(run: Run) -> float:
    """Return the share of the users' time in which they waited for 10 s or longer for an answer that never came."""
    stuck_us = run.tally().unanswered.above(UNANSWERED_US - 1).sum_us
    user_s = sum(left.achieved * (right.at_ms - left.at_ms) / 1000 for left, right in pairwise(run.users))
    if run.users:
        user_s += run.users[-1].achieved * max(0.0, run.duration_s - run.users[-1].at_ms / 1000)
    return min(1.0, stuck_us / 1e6 / user_s) if user_s else 0.0


def sentence(run: Run) -> str:
    """Return what is wrong as the beginning of a headline; empty where users were answered."""
    silent_s = silence_s(run)
    if silent_s:
        return f"no answer for {silent_s:.0f} of {run.duration_s:.0f} s"
    share = stuck_share(run)
    return f"users waited {share:.0%} of their time for answers that never came" if share > MAX_STUCK_SHARE else ""


def notes(run: Run) -> list[str]:
    """Return a sentence on the requests that were open when their users were stopped, where they matter."""
    whole = run.tally()
    open_requests, lost = whole.unanswered, whole.never_answered
    if not lost and not sentence(run):
        return []
    one = open_requests.total == 1
    what = (
        "1 request was open when its user was stopped,"
        if one
        else (f"{open_requests.total:,} requests were open when their users were stopped, the oldest")
    )
    failed = f"; open for 10 s or longer, and counted as failed: {lost:,}" if lost else ""
    return [f"{what} for {open_requests.max_us / 1e6:.1f} s{failed}"]
