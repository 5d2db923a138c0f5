"""Little's law for users that wait and pause: users = throughput * (latency + pause)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slo.analysis.endpoint_filter import matches
from slo.analysis.offered import user_seconds
from slo.record.run import Run


@dataclass(frozen=True)
class UserTime:
    """How users spent their time: ``user_s`` seconds in all, ``busy_s`` of them waiting, in ``seconds`` of the run."""

    user_s: float
    busy_s: float
    requests: int
    seconds: float

    @property
    def busy(self) -> float:
        """The share of their time that users waited; more than 1 where they send requests side by side."""
        return self.busy_s / self.user_s if self.user_s > 0 else 0.0

    @property
    def pause_s(self) -> float:
        """The pause for each request."""
        return max(0.0, self.user_s - self.busy_s) / self.requests if self.requests else 0.0

    @property
    def rps_without_waiting(self) -> float | None:
        """The throughput of the same users if each request were answered at once; None where they never paused."""
        if self.busy >= 1 or self.seconds <= 0 or not self.requests:
            return None
        return self.requests / self.seconds / (1 - self.busy)


def of(run: Run, stages: Sequence[str] = ()) -> UserTime:
    """Return how the users of a run spent their time, in the stages that match one of the patterns (none: in all)."""
    spans = [(start_s, end_s) for stage, start_s, end_s in run.spans() if matches(stage.name, tuple(stages))]
    if not run.plan:
        spans = [(0.0, run.duration_s)]
    chosen = [tally for (_, stage), tally in run.tallies.items() if matches(stage, tuple(stages))]
    return UserTime(
        user_s=sum(user_seconds(run.users, start_s, end_s) for start_s, end_s in spans),
        busy_s=sum(tally.latency.sum_us for tally in chosen) / 1e6,
        requests=sum(tally.requests for tally in chosen),
        seconds=sum(end_s - start_s for start_s, end_s in spans),
    )
