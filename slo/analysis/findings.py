"""Findings: the answers to the questions that the scenario asks. Pure, from a saved run or a running one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import groupby
from typing import Literal

from slo.analysis import breaking_point, coverage, drift, headroom, limit, outcome, recovery, timeline
from slo.analysis.finding import Figure, Finding
from slo.analysis.selection import Selection, matching, warmup_ms
from slo.analysis.timeline import Miss, MissDetector, Point
from slo.analysis.value import meets, value_of
from slo.load.plan import Plan
from slo.metrics.tally_table import Tallies
from slo.objectives.objective import Objective
from slo.objectives.objectives import Objectives
from slo.record.run import Run
from slo.record.suite import Suite

Question = Literal["coverage", "headroom", "breaking", "recovery", "drift", "limit"]
SCENARIOS: dict[str, Question] = {
    "smoke": "coverage",
    "load": "headroom",
    "stress": "breaking",
    "spike": "recovery",
    "soak": "drift",
}
STEADY_S = 600.0
"""A load that is constant for this many seconds is examined for drift, whatever its scenario."""
MIN_RISE = 3
"""A load that grows by at least this factor is examined for its breaking point."""
_WINDOW_KINDS = ("latency", "errors", "throttled", "checks")


def find(run: Run, objectives: Objectives, points: Sequence[Point] | None = None) -> tuple[Finding, ...]:
    """Return the run's findings; ``points`` are the timeline of a running run, which has no intervals yet."""
    if not run.tallies:
        return ()
    if points is None:
        points = timeline.of_run(run, miss_detector(run.scenario, objectives, run.plan)).points
    answers = [_answer(question, run, objectives, points) for question in questions(run)]
    return tuple(_while_running(one) for one in answers) if run.live else tuple(answers)


def _while_running(finding: Finding) -> Finding:
    """Return a finding of a running run: what it has not seen yet may still come."""
    if finding.is_answered or "no objective" in finding.answer:
        return finding
    return replace(finding, answer="no answer yet: the run is under way")


def figure(findings: Sequence[Finding], name: str) -> Figure | None:
    """Return the figure called ``name`` of the findings, if one has it."""
    return next((found for one in findings if (found := one.figure(name)) is not None), None)


def questions(run: Run) -> tuple[Question, ...]:
    """Return the questions for a run: by its scenario, or by the shape of its load.

    A run that searched for the limit answers that question only.
    """
    if run.search is not None:
        return ("limit",)
    if run.scenario in SCENARIOS:
        return (SCENARIOS[run.scenario],)
    asked: list[Question] = []
    if run.plan and recovery.burst_of(run.plan):
        asked.append("recovery")
    elif _rises(run):
        asked.append("breaking")
    start_s, end_s = hold(run)
    if end_s - start_s >= STEADY_S:
        asked.append("drift")
    return tuple(asked)


def hold(run: Run) -> tuple[float, float]:
    """Return from when to when, in seconds after the start, the load was constant for longest."""
    spans = [(0.0, 0.0)]
    if run.plan:
        for stage, end_s in zip(run.plan.stages, run.plan.ends(), strict=True):
            if stage.load_from == stage.load_to:
                spans.append((end_s - stage.duration_s, min(end_s, run.duration_s)))
    else:
        for users, group in groupby(run.users, key=lambda sample: sample.achieved):
            samples = list(group)
            if users:
                spans.append((samples[0].at_ms / 1000, samples[-1].at_ms / 1000))
    return max(spans, key=lambda span: span[1] - span[0])


def _rises(run: Run) -> bool:
    """Whether the load grows slowly and far: not the few seconds in which users are spawned."""
    if run.plan:
        rising_s = sum(stage.duration_s for stage in run.plan.stages if stage.load_to > stage.load_from)
        most = max((stage.load_to for stage in run.plan.stages), default=0)
        return most >= MIN_RISE and rising_s >= 0.3 * run.plan.total_s
    most = max((sample.achieved for sample in run.users), default=0)
    reached_ms = next((sample.at_ms for sample in run.users if sample.achieved >= 0.95 * most), 0)
    return most >= MIN_RISE and reached_ms / 1000 >= 0.3 * run.duration_s


def _answer(question: Question, run: Run, objectives: Objectives, points: Sequence[Point]) -> Finding:
    suite = Suite.of_options(run.options)
    if question == "coverage":
        return coverage.find(run)
    if question == "limit":
        chosen = window_objectives(run.scenario, objectives)
        return limit.find(run, chosen, objectives.groups, describe_objectives(chosen))
    if question == "headroom":
        return headroom.find(run, objectives)
    if question == "breaking":
        return breaking_point.find(points, describe_objectives(window_objectives(run.scenario, objectives)), suite)
    if question == "recovery":
        return recovery.find(points, run.plan, suite)
    return drift.find(points, run.scrapes, hold(run), run, _limit_ms(run.scenario, objectives))


def window_objectives(scenario: str | None, objectives: Objectives) -> list[Objective]:
    """Return the objectives that every window of a run is judged by: those of P0, or all if none is P0."""
    fitting = [
        one
        for one in objectives.items
        if one.against == "target"
        and one.indicator.kind in _WINDOW_KINDS
        and not one.scope.stages
        and (not one.scope.scenarios or scenario in one.scope.scenarios)
    ]
    return [one for one in fitting if one.priority == "P0"] or fitting


def miss_detector(scenario: str | None, objectives: Objectives, plan: Plan | None = None) -> MissDetector:
    """Return a function that returns which objectives a window misses, the furthest missed first.

    An objective is not applied to a window that begins in its warm-up.
    """
    chosen = [(one, warmup_ms(one.scope, plan) / 1000) for one in window_objectives(scenario, objectives)]

    def missed(cells: Tallies, start_s: float, seconds: float) -> tuple[Miss, ...]:
        found: list[outcome.MissedObjective] = []
        for objective, warm_s in chosen:
            if start_s < warm_s:
                continue
            inside = Selection(matching(cells, objective.scope, objectives.groups), Fraction(seconds), ())
            value = value_of(objective, inside)
            if value is None or meets(objective.indicator, value, objective.target):
                continue
            found.append(outcome.distance_past_target(objective, value, inside))
        return outcome.furthest_first(found)

    return missed


def describe_objectives(chosen: Sequence[Objective]) -> str:
    """Return a short description of the objectives; empty where there are none."""
    if not chosen:
        return ""
    if len(chosen) == 1:
        return f"'{chosen[0].name}'"
    return (
        f"all {len(chosen)} objectives of {chosen[0].priority}"
        if _common_name(chosen)
        else f"all {len(chosen)} objectives"
    )


def _common_name(chosen: Sequence[Objective]) -> bool:
    return len({one.priority for one in chosen}) == 1


def _limit_ms(scenario: str | None, objectives: Objectives) -> float | None:
    """Return the target of the p95 of all requests, if there is one."""
    for one in objectives.items:
        scope = one.scope
        everywhere = scope.has_all_endpoints and not scope.stages
        fits = everywhere and (not scope.scenarios or scenario in scope.scenarios)
        if one.indicator.name == "latency.p95" and one.against == "target" and fits:
            return float(one.target)
    return None
