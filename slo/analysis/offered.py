"""The load that a run offered, compared with the load that its plan or its options requested."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from slo.analysis.endpoint_filter import matches
from slo.load import schedule
from slo.load.plan import Plan, Stage
from slo.load.requested_load import RequestedLoad
from slo.metrics.arrivals import NO_ARRIVALS
from slo.record.run import Run
from slo.record.samples import UserSample

MISSING_SHARE = 0.1
"""Share of a stage's user-seconds that may be missing ..."""
MIN_USER_SECONDS = 5.0
MIN_ARRIVALS = 5.0
"""... or this many, in a short stage ..."""
DELAY_S = 2.0
"""... or as many as are missing when all users start this late."""
DELAY_POINTS = 50


@dataclass(frozen=True)
class Offered:
    """The load of one stage: user-seconds that the plan requested (None without a plan) and that were offered.

    ``slack`` is how many of them may be missing before the load counts as not offered. In an open model
    arrivals are counted instead, in ``unit``. ``requested`` is the requested load of a run without a plan.
    """

    stage: str
    planned: float | None
    achieved: float
    slack: float = 0.0
    unit: str = "user-seconds"
    requested: RequestedLoad | None = None

    @property
    def short(self) -> bool:
        """Whether much less load was offered than planned."""
        return self.planned is not None and self.planned - self.achieved > self.slack

    def describe(self) -> str:
        """Return the stage or the run, with planned against achieved load."""
        name = f"the run (requested: {self.requested.describe()})" if self.requested else f"stage '{self.stage}'"
        return f"{name} offered {self.amounts()}"

    def amounts(self) -> str:
        """Return the achieved and the planned load, and the one as a share of the other."""
        planned = self.planned or 0.0
        share = f"{self.achieved / planned * 100:.0f} %" if planned else "-"
        return f"{self.achieved:,.0f} of {planned:,.0f} {self.unit} ({share})"


def offered_load(run: Run) -> list[Offered]:
    """Return what each stage that began was to offer, and what was offered, up to the run's end.

    Empty where the number of users was never sampled.
    """
    if run.plan and run.plan.is_open:
        return [_arrivals(run, stage, stop_s - start_s) for stage, start_s, stop_s in run.spans()]
    if not run.users:
        return []
    if not run.plan:
        achieved = user_seconds(run.users, 0.0, run.duration_s)
        return [_without_plan(run, name, achieved) for name in run.stages[:1]]
    return _by_stage(run, run.plan)


def short_stages(run: Run) -> list[str]:
    """Return a sentence for each stage in which much less load was offered than planned."""
    return [one.describe() for one in offered_load(run) if one.short]


def _by_stage(run: Run, plan: Plan) -> list[Offered]:
    found, start_s = [], 0.0
    for stage, end_s in zip(plan.stages, plan.ends(), strict=True):
        stop_s = min(end_s, run.duration_s)
        if stop_s > start_s:
            planned = (stage.users_from + stage.users_at(stop_s - start_s)) / 2 * (stop_s - start_s)
            slack = max(MISSING_SHARE * planned, MIN_USER_SECONDS, _lost_by_delay(plan.users_at, start_s, stop_s))
            # The plan ends with 0 users: how fast the last ones leave does not matter.
            ends_the_plan = stage is plan.stages[-1] and stage.users_to == 0
            achieved = user_seconds(run.users, start_s, stop_s)
            found.append(Offered(stage.name, planned, achieved, planned if ends_the_plan else slack))
        start_s = end_s
    return found


def _without_plan(run: Run, name: str, achieved: float) -> Offered:
    """Return what a run without a plan offered, with the requested load if it is known."""
    if run.requested_load is None:
        return Offered(name, None, achieved)
    planned = run.requested_load.user_seconds(run.duration_s)
    slack = max(
        MISSING_SHARE * planned, MIN_USER_SECONDS, _lost_by_delay(run.requested_load.users_at, 0.0, run.duration_s)
    )
    return Offered(name, planned, achieved, slack, requested=run.requested_load)


def _arrivals(run: Run, stage: Stage, seconds: float) -> Offered:
    """Return how many arrivals were planned in the seconds of a stage, and how many of them were started."""
    planned = schedule.arrivals_until(stage, seconds)
    started = run.arrivals.get(stage.name, NO_ARRIVALS).started
    return Offered(stage.name, planned, started, max(MISSING_SHARE * planned, MIN_ARRIVALS), "arrivals")


def user_seconds(samples: Sequence[UserSample], start_s: float, stop_s: float) -> float:
    """Return the user-seconds between two times, by straight lines between the samples of the user count."""
    whole = 0.0
    for one, other in pairwise(samples):
        from_s, to_s = max(start_s, one.at_ms / 1000), min(stop_s, other.at_ms / 1000)
        if to_s > from_s:
            rise = (other.achieved - one.achieved) / (other.at_ms - one.at_ms) * 1000
            middle = one.achieved + rise * ((from_s + to_s) / 2 - one.at_ms / 1000)
            whole += middle * (to_s - from_s)
    if samples and samples[-1].at_ms / 1000 < stop_s:
        whole += samples[-1].achieved * (stop_s - max(start_s, samples[-1].at_ms / 1000))
    return whole


def _lost_by_delay(users_at: Callable[[float], float], start_s: float, stop_s: float) -> float:
    """Return how many user-seconds are missing when every user starts ``DELAY_S`` late."""
    step_s = (stop_s - start_s) / DELAY_POINTS
    middles = [start_s + (number + 0.5) * step_s for number in range(DELAY_POINTS)]
    late = [users_at(at_s - DELAY_S) if at_s >= DELAY_S else 0.0 for at_s in middles]
    return sum(max(0.0, users_at(at_s) - then) for at_s, then in zip(middles, late, strict=True)) * step_s


def unreached_stages(run: Run) -> list[str]:
    """Return a sentence for each stage that began and never reached its number of users."""
    if not run.plan or run.plan.is_open:
        return []
    sentences = []
    start_s = 0.0
    for stage, end_s in zip(run.plan.stages, run.plan.ends(), strict=True):
        # The plan ends with 0 users: there is no sample after it.
        ends_the_plan = stage is run.plan.stages[-1] and stage.users_to == 0
        if start_s < run.duration_s and end_s > run.since_s and not ends_the_plan:
            sentence = _unreached(run, stage, start_s, end_s)
            sentences += [sentence] if sentence else []
        start_s = end_s
    return sentences


def may_still_rise(run: Run, stages: Sequence[str]) -> bool:
    """Return whether a running run will offer more load in the stages that match, on average, than it has so far."""
    if run.live is None:
        return False
    if run.plan is None:
        load = run.requested_load
        return load is not None and load.users_at(run.duration_s) < load.users
    so_far = whole = so_far_s = whole_s = start_s = 0.0
    for stage in run.plan.stages:
        if matches(stage.name, tuple(stages)):
            past_s = min(stage.duration_s, max(0.0, run.duration_s - start_s))
            now = stage.load_from + (stage.load_to - stage.load_from) * (past_s / (stage.duration_s or 1.0))
            so_far, so_far_s = so_far + (stage.load_from + now) / 2 * past_s, so_far_s + past_s
            whole += (stage.load_from + stage.load_to) / 2 * stage.duration_s
            whole_s += stage.duration_s
        start_s += stage.duration_s
    return so_far_s > 0 and whole / whole_s > 1.02 * so_far / so_far_s


def users_never_reached(run: Run) -> str:
    """Return a sentence on a run without a plan that ended before all its users ran; empty where they did.

    A run that an objective ended early is none.
    """
    load, reached = run.requested_load, max((sample.achieved for sample in run.users), default=0)
    if (
        load is None
        or run.live
        or run.ended.how in ("aborted", "quit")
        or load.users - reached <= max(1, 0.02 * load.users)
    ):
        return ""
    if short_stages(run):
        return ""  # that much less was offered than requested says it already
    return (
        f"the load never reached its users: {reached:,} of {load.users:,} ({load.per_s:g} more each second for "
        f"{run.duration_s:.0f} s); give it more time, or more users each second (-r)"
    )


def _unreached(run: Run, stage: Stage, start_s: float, end_s: float) -> str | None:
    name, wanted = stage.name, stage.users_to
    # Users are sampled once a second (ten times as often where the time is compressed): allow for one sample.
    grace_ms = 1500
    inside = [s.achieved for s in run.users if start_s * 1000 <= s.at_ms <= end_s * 1000 + grace_ms]
    if not inside:
        return f"stage '{name}' was never seen running: it should have reached {wanted} users"
    nearest = min(inside, key=lambda achieved: abs(achieved - wanted))
    between_samples = abs(stage.users_to - stage.users_from) / stage.duration_s * (run.plan.step_s if run.plan else 1)
    if abs(nearest - wanted) <= max(1, 0.02 * wanted, between_samples):
        return None
    return f"stage '{name}' should have reached {wanted} users and reached at most {nearest}"
