"""Judging one objective after another of one run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial

from slo.analysis import diagnosis, endpoint_filter, findings, generator_health
from slo.analysis.finding import Finding
from slo.analysis.offered import may_still_rise
from slo.analysis.selection import Selection, select, warmup_ms
from slo.analysis.value import NoValue, measure, measure_exceptions, meets, value_of
from slo.metrics import percentile_interval, quantity
from slo.metrics.tally import OTHER
from slo.objectives.objective import Objective
from slo.objectives.objectives import Objectives
from slo.record.ending import Ending
from slo.record.history import MAX_ENDPOINTS
from slo.record.run import Run
from slo.verdict.policy import Policy
from slo.verdict.regression import BaselineComparison, References, compared_indicator_of
from slo.verdict.result import Result, Status

SEARCHED = "the search for the limit drove the load past it on purpose; only objectives on capacity are judged"


class ObjectiveJudge:
    """Judges the objectives of one run."""

    def __init__(
        self, run: Run, objectives: Objectives, references: References, found: Sequence[Finding], policy: Policy
    ) -> None:
        self._run = run
        self._findings = found
        self._policy = policy
        self._groups = objectives.groups
        self._baseline: BaselineComparison | None = None
        if any(objective.against == "baseline" for objective in objectives.items):
            indicator_of = partial(compared_indicator_of, groups=objectives.groups)
            self._baseline = BaselineComparison(run, indicator_of, references, objectives.any_baseline)

    @property
    def references(self) -> tuple[str, ...]:
        """Ids of the reference runs that the run is compared with."""
        return self._baseline.references if self._baseline else ()

    def judge(self, objective: Objective) -> Result:
        """Return the result of one objective."""
        scenarios = objective.scope.scenarios
        if scenarios and self._run.scenario not in scenarios:
            here = f"this run is {self._run.scenario}" if self._run.scenario else "this run has no scenario"
            return Result(objective, "SKIPPED", reason=f"judged only in {', '.join(scenarios)}; {here}")
        if self._run.search is not None and not objective.indicator.name.startswith("capacity."):
            return _judge_searched(objective, self._findings)
        if objective.indicator.kind == "finding":
            return self._judge_finding(objective)
        if objective.indicator.kind == "exceptions":
            return _judge_exceptions(objective, self._run)
        selection = select(self._run, objective.scope, self._groups)
        if selection.empty:
            return Result(objective, "NO DATA", reason=selection.empty)
        lost = self._lost_to_other(objective)
        if lost:
            return Result(objective, "NO DATA", samples=selection.tally.requests, reason=lost)
        if self._baseline and objective.against == "baseline":
            result = self._baseline.judge(objective, selection.tally.requests)
        else:
            result = _judge_target(objective, selection)
        if result.status not in ("PASS", "NO DATA") and self._may_still_be_met(objective):
            return replace(result, status="NO DATA", reason=f"not yet: {result.reason}, and the load is still to come")
        aborted = was_aborted_by(self._run, objective)
        result = self._check_generator(_as_missed(result, self._run.ended) if aborted else result, selection, aborted)
        if result.status in ("PASS", "NO DATA") or objective.against == "baseline":
            return result
        return replace(result, advice=tuple(diagnosis.advise(self._after_warmup(objective), objective, selection)))

    def _may_still_be_met(self, objective: Objective) -> bool:
        """Return whether a running run is yet to offer the load by which the objective can be met."""
        kind = objective.indicator.kind
        if self._run.live is None or objective.against == "baseline":
            return False
        return kind == "requests" or (kind == "throughput" and may_still_rise(self._run, objective.scope.stages))

    def _lost_to_other(self, objective: Objective) -> str:
        """Return why the objective's endpoints may have requests that were not counted for them; empty if not."""
        wanted = endpoint_filter.of_scope(objective.scope, self._groups)
        other = 0 if wanted.accepts(OTHER) else self._run.tally(OTHER.__eq__).requests
        if not other:
            return ""
        return (
            f"{other:,} requests of endpoints beyond the first {MAX_ENDPOINTS} are counted as {OTHER}, and some of "
            "them may belong to it: give URLs that hold an id one name (name=...)"
        )

    def _judge_finding(self, objective: Objective) -> Result:
        result = _judge_figure(objective, self._findings, self._run)
        # Our own generator may cause a breaking point or a slow recovery; it does not change the target's memory.
        doubt = generator_health.problem_of(self._run) if objective.indicator.name != "drift.memory" else None
        return _without_verdict(result, doubt) if doubt and result.status in ("FAIL", "CRITICAL") else result

    def _after_warmup(self, objective: Objective) -> Run:
        return self._run.after(warmup_ms(objective.scope, self._run.plan))

    def _check_generator(self, result: Result, selection: Selection, aborted: bool) -> Result:
        """Return NO DATA for a miss that our own saturated generator could explain."""
        objective, bound = result.objective, result.objective.target
        if result.status == "WARNING" and self._policy.fail_on == "warning":
            bound = objective.warning or bound
        elif result.status not in ("FAIL", "CRITICAL"):
            return result
        ended, now = self._run.ended, value_of(objective, selection)
        value = Fraction(ended.value).limit_denominator(10**9) if aborted and ended.value is not None else result.value
        if value is None or now is None:
            return result
        found = generator_health.could_explain(objective, value, bound, now, selection, self._after_warmup(objective))
        return result if found is None else _without_verdict(result, found)


def was_aborted_by(run: Run, objective: Objective) -> bool:
    """Return whether a breach of ``objective`` ended the run."""
    return run.ended.how == "aborted" and run.ended.objective == objective.name and objective.against == "target"


def _without_verdict(result: Result, found: generator_health.Condition) -> Result:
    """Return a missed result as NO DATA, for the generator's condition could be why."""
    reason = f"{result.reason}, but our own generator could be why: {found.describe()}"
    return replace(result, status="NO DATA", reason=reason, advice=(generator_health.REMEDY,))


def _as_missed(result: Result, ended: Ending) -> Result:
    """Return the result of the objective that ended its run: missed, whatever its value over the whole run."""
    status: Status = "CRITICAL" if result.objective.priority == "P0" else "FAIL"
    span = "the run since its warm-up" if result.objective.scope.warmup_s else "the whole run"
    whole = f"; over {span} {result.reason}" if result.reason else ""
    return replace(result, status=status, reason=f"{ended.reason}{whole}")


def _judge_searched(objective: Objective, found: Sequence[Finding]) -> Result:
    """Return the result of an objective in a search: the load was driven past it; missed by a single user, it fails."""
    lone = next((one for finding in found for one in reversed(finding.trials) if one.users == 1), None)
    figure = findings.figure(found, "capacity.users")
    nobody = figure is not None and figure.low is None and figure.value == 1
    if lone is None or not nobody or lone.outcome != "failed" or lone.busy or lone.missed != objective.name:
        return Result(objective, "SKIPPED", reason=SEARCHED)
    status: Status = "CRITICAL" if objective.priority == "P0" else "FAIL"
    return Result(objective, status, samples=lone.requests, reason="missed with 1 user already")


def _judge_target(objective: Objective, selection: Selection) -> Result:
    """Return the result of an objective with a target, without advice."""
    found = measure(objective, selection)
    if isinstance(found, NoValue):
        return Result(objective, "NO DATA", samples=selection.tally.requests, reason=found.reason)
    at_least = selection.is_at_least(objective, found.value)
    result = _with_interval(Result(objective, "NO DATA", found.value, found.samples, at_least=at_least), selection)
    if objective.confidence is not None and result.low_confidence:
        return replace(result, status="NO DATA", reason=_has_too_few_samples(objective, result.samples))
    return _with_status(result)


def _judge_figure(objective: Objective, found: Sequence[Finding], run: Run) -> Result:
    """Return the result of an objective on a figure of a finding; a figure known by bounds may not decide it."""
    name, samples = objective.indicator.name, sum(tally.requests for tally in run.tallies.values())
    figure = findings.figure(found, name)
    if figure is None:
        why = "; ".join(f"{one.name}: {one.answer}" for one in found) or "the run's load does not answer it"
        return Result(objective, "NO DATA", samples=samples, reason=why)
    answer = next(one.answer for one in found if one.figure(name) is figure)
    result = Result(objective, "NO DATA", figure.value, samples)
    if result.has_interval:
        result = replace(result, low=figure.low, high=figure.high)
    worst, best = figure.high, figure.low
    if objective.direction == "higher":
        worst, best = best, worst
    met = worst is not None and meets(objective.indicator, worst, objective.target)
    missed = best is not None and not meets(objective.indicator, best, objective.target)
    if not figure.exact and not met and not missed:
        return replace(result, reason=f"known only to be {figure.shown()}: {answer}")
    result = _with_status(result)
    return result if result.status == "PASS" else replace(result, reason=f"{result.reason}: {answer}")


def _with_interval(result: Result, selection: Selection) -> Result:
    percentile = result.objective.indicator.percentile
    if percentile is None:
        return result
    histogram = selection.latency_against(result.objective)
    bounds = percentile_interval.of_percentile(histogram, percentile)
    return replace(
        result,
        low=None if bounds.low_us is None else Fraction(bounds.low_us, 1000),
        high=None if bounds.high_us is None else Fraction(bounds.high_us, 1000),
        low_confidence=bounds.low_confidence,
    )


def _judge_exceptions(objective: Objective, run: Run) -> Result:
    """Return the result of an objective on the exceptions of a run."""
    found = measure_exceptions(objective, run)
    if isinstance(found, NoValue):
        return Result(objective, "NO DATA", reason=found.reason)
    result = _with_status(Result(objective, "NO DATA", found.value, found.samples))
    return replace(result, advice=(run.code.exceptions.sentence(),)) if result.status != "PASS" else result


def _with_status(result: Result) -> Result:
    objective, value = result.objective, result.value
    assert value is not None
    indicator, unit = objective.indicator, objective.unit
    deviation = (value - objective.target) / objective.target if objective.target else None
    shown, target = result.value_shown, quantity.show(objective.target, unit)
    status: Status = "PASS"
    if not meets(indicator, value, objective.target):
        status = "CRITICAL" if objective.priority == "P0" else "FAIL"
        reason = f"{shown} against {target}"
    elif objective.warning is not None and not meets(indicator, value, objective.warning):
        status = "WARNING"
        reason = f"{shown} is inside {target} but past the warning at {quantity.show(objective.warning, unit)}"
    else:
        reason = f"{shown} is inside {target}"
    return replace(result, status=status, deviation=deviation, reason=reason)


def _has_too_few_samples(objective: Objective, samples: int) -> str:
    assert objective.indicator.percentile is not None
    share = float(objective.indicator.percentile / 100)
    needed = math.ceil(math.log(percentile_interval.MISS_PROBABILITY) / math.log(max(share, 1 - share)))
    return f"{samples} samples are too few for 95 % confidence: {objective.indicator.name} needs {needed}"
