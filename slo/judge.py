"""Judging: a saved run and the objectives give a verdict. Pure: no clock, no files, no Locust.

All comparisons are between exact fractions. The bound itself is a miss (3000 ms misses a target of 3000 ms),
except where the bound is the best value there is (0 % errors, 100 % checks).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial

from slo import advice, confidence, names, quantity
from slo.compare import Question
from slo.indicator import Indicator
from slo.objectives import Objective, Objectives
from slo.regression import NOT_YET, Bench, Kept
from slo.run import Run
from slo.scope import Selection, matches, patterns_of, select
from slo.tally import Tally
from slo.verdict import RANK, Result, Status, Verdict


def judge(run: Run, objectives: Objectives, references: Kept = NOT_YET) -> Verdict:
    """Return the verdict on ``run`` by ``objectives``; all of them are judged, not only the first missed.

    ``references`` are the scenario's reference runs, or why there are none.
    """
    court = _Court(run, objectives, references)
    results = tuple(court.judge(objective) for objective in objectives.items)
    status, reason = _overall(run, results)
    return Verdict(
        run_id=run.id,
        scenario=run.scenario,
        target=run.target,
        status=status,
        reason=reason,
        results=results,
        notes=(*run.notes, *run.unreached()),
        requests=run.tally().requests,
        duration_s=run.duration_s,
        objectives_source=objectives.source,
        objectives_sha256=objectives.sha256,
        fail_on="warning" if run.options.get("fail_on") == "warning" else "fail",
        references=court.compared,
    )


def value_of(objective: Objective, selection: Selection) -> Fraction | None:
    """Return the objective's value on the selected counts, in its indicator's unit; None where there is none."""
    found = _measure(objective, selection) if selection.tally.requests else ""
    return None if isinstance(found, str) else found.value


def meets(indicator: Indicator, value: Fraction, bound: Fraction) -> bool:
    """Return whether ``value`` is on the good side of ``bound``."""
    if value == bound:
        return bound == indicator.best
    return value < bound if indicator.direction == "lower" else value > bound


def _overall(run: Run, results: tuple[Result, ...]) -> tuple[Status, str]:
    allowed = run.ended.how == "incomplete" and bool(run.options.get("allow_incomplete"))
    if run.ended.how not in ("completed", "stopped") and not allowed:
        return "NO DATA", f"no verdict: the run {_ended(run)}"
    if not run.cells:
        return "NO DATA", "no verdict: not one request was made"
    judged = [result for result in results if result.status != "SKIPPED"]
    if not judged:
        return "NO DATA", "no verdict: no objective fits this scenario"
    worst = max(judged, key=lambda result: RANK.index(result.status))
    count = sum(result.status == worst.status for result in judged)
    others = f" (and {count - 1} more)" if count > 1 else ""
    missing = f"; judged although the run {_ended(run)}" if allowed else ""
    if worst.status == "PASS":
        return "PASS", f"all {len(judged)} objectives are met{missing}"
    return worst.status, f"{worst.objective.name}: {worst.reason}{others}{missing}"


def _ended(run: Run) -> str:
    how = {"interrupted": "was interrupted", "refused": "was not started", "incomplete": "is incomplete"}
    words = how.get(run.ended.how, run.ended.how)
    return f"{words}: {run.ended.reason}" if run.ended.reason else words


class _Court:
    """Judges one run's objectives."""

    def __init__(self, run: Run, objectives: Objectives, references: Kept) -> None:
        self._run = run
        self._groups = objectives.groups
        self._bench: Bench | None = None
        if any(objective.against == "baseline" for objective in objectives.items):
            ask = partial(question_of, groups=objectives.groups)
            self._bench = Bench(run, ask, references, objectives.any_baseline)

    @property
    def compared(self) -> tuple[str, ...]:
        """Ids of the references that the run is compared with."""
        return self._bench.compared if self._bench else ()

    def judge(self, objective: Objective) -> Result:
        """Return the result of one objective."""
        scenarios = objective.scope.scenarios
        if scenarios and self._run.scenario not in scenarios:
            here = f"this run is {self._run.scenario}" if self._run.scenario else "this run has no scenario"
            return Result(objective, "SKIPPED", reason=f"judged only in {', '.join(scenarios)}; {here}")
        selection = select(self._run, objective.scope, self._groups)
        if selection.empty:
            return Result(objective, "NO DATA", reason=selection.empty)
        if self._bench and objective.against == "baseline":
            return self._bench.judge(objective, selection.tally.requests)
        result = _held(objective, selection)
        if result.status in ("PASS", "NO DATA"):
            return result
        return replace(result, advice=tuple(advice.advise(self._run, objective, selection)))


def question_of(objective: Objective, groups: Mapping[str, tuple[str, ...]]) -> Question:
    """Return what is compared for an objective: its indicator, over the endpoints of its scope."""
    patterns = patterns_of(objective.scope, groups)
    return Question(
        objective.indicator,
        lambda tally, seconds: measured(objective, tally, seconds),
        lambda name: matches(name, patterns),
        objective.of,
    )


def measured(objective: Objective, tally: Tally, seconds: float) -> float | None:
    """Return the objective's indicator of counts that took ``seconds``, in its unit; None where there is none."""
    value = value_of(objective, Selection({("", ""): tally}, Fraction(seconds), ()))
    return None if value is None else float(value)


def _held(objective: Objective, selection: Selection) -> Result:
    """Return the result of an objective with a target, without advice."""
    found = _measure(objective, selection)
    if isinstance(found, str):
        return Result(objective, "NO DATA", samples=selection.tally.requests, reason=found)
    result = _with_bounds(found, selection)
    if objective.confidence is not None and result.low_confidence:
        return replace(result, status="NO DATA", reason=_too_few(objective, result.samples))
    return _with_status(result)


def _measure(objective: Objective, selection: Selection) -> Result | str:
    """Return the result with its value and samples, or the sentence that says why there is none."""
    kind, tally = objective.indicator.kind, selection.tally
    if kind == "latency":
        histogram = selection.latency(objective.of)
        if not histogram.total:
            return f"no {'' if objective.of == 'all' else objective.of + ' '}request with a latency matched"
        return Result(objective, "NO DATA", _latency(objective.indicator, selection, objective), histogram.total)
    if kind == "checks":
        return _measure_checks(objective, selection)
    if kind == "throughput":
        if not selection.seconds:
            return "the stages selected lasted no time"
        value = Fraction(tally.requests) / selection.seconds
    elif kind == "requests":
        value = Fraction(tally.requests)
    else:
        count = tally.throttled if kind == "throttled" else tally.errors
        if kind == "errors" and objective.throttled == "error":
            count += tally.throttled
        value = Fraction(count, tally.requests)
    return Result(objective, "NO DATA", value, tally.requests)


def _measure_checks(objective: Objective, selection: Selection) -> Result | str:
    checks = selection.tally.checks
    if objective.check is not None and objective.check not in checks:
        return f"no check named '{objective.check}' was made{names.hint(objective.check, checks)}"
    chosen = [checks[objective.check]] if objective.check is not None else list(checks.values())
    made = sum(passed + failed for passed, failed in chosen)
    if not made:
        return "no check was made on the requests that matched"
    return Result(objective, "NO DATA", Fraction(sum(passed for passed, _ in chosen), made), made)


def _latency(indicator: Indicator, selection: Selection, objective: Objective) -> Fraction:
    histogram = selection.latency(objective.of)
    if indicator.percentile is not None:
        return Fraction(histogram.percentile(indicator.percentile), 1000)
    if indicator.statistic == "mean":
        return histogram.mean() / 1000
    return Fraction(histogram.max_us, 1000)


def _with_bounds(result: Result, selection: Selection) -> Result:
    percentile = result.objective.indicator.percentile
    if percentile is None:
        return result
    bounds = confidence.of_percentile(selection.latency(result.objective.of), percentile)
    return replace(
        result,
        low=None if bounds.low_us is None else Fraction(bounds.low_us, 1000),
        high=None if bounds.high_us is None else Fraction(bounds.high_us, 1000),
        low_confidence=bounds.low_confidence,
    )


def _with_status(result: Result) -> Result:
    objective, value = result.objective, result.value
    assert value is not None
    indicator, unit = objective.indicator, objective.unit
    deviation = (value - objective.target) / objective.target if objective.target else None
    shown, target = quantity.show(value, unit, objective.target), quantity.show(objective.target, unit)
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


def _too_few(objective: Objective, samples: int) -> str:
    assert objective.indicator.percentile is not None
    share = float(objective.indicator.percentile / 100)
    needed = math.ceil(math.log(confidence.MISS) / math.log(max(share, 1 - share)))
    return f"{samples} samples are too few for 95 % confidence: {objective.indicator.name} needs {needed}"
