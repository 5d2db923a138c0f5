"""Judging: a saved run and the objectives give a verdict. Pure: no clock, no files, no Locust.

All comparisons are between exact fractions. The bound itself is a miss (3000 ms misses a target of 3000 ms),
except where the bound is the best value there is (0 % errors, 100 % checks).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial

from slo.analysis import diagnosis as advice
from slo.analysis import findings, outcome
from slo.analysis import generator_health as generator
from slo.analysis.finding import Finding
from slo.analysis.offered import short_stages, unreached_stages
from slo.analysis.outcome import Outcome
from slo.analysis.selection import Selection, matches, patterns_of, select, warmup_ms
from slo.analysis.timeline import Point, Watch
from slo.analysis.yardstick import Yardstick
from slo.baseline.question import Question
from slo.load.plan import Plan
from slo.metrics import arrivals, quantity
from slo.metrics import percentile_interval as confidence
from slo.metrics.histogram import Histogram
from slo.metrics.indicator import Indicator
from slo.metrics.tally import Tally
from slo.metrics.tally_table import Tallies
from slo.objectives.objectives import Objective, Objectives
from slo.record.ending import Ending
from slo.record.run import Run
from slo.text import suggest as names
from slo.verdict.regression import NOT_YET, Bench, Kept
from slo.verdict.verdict import RANK, Result, Status, Verdict

SEARCHED = "the search for the limit drove the load past it on purpose; only objectives on capacity are judged"
CROWDED = Fraction(1, 100)
"""Share of the iterations of an open model that may begin late without a word."""


def judge(
    run: Run, objectives: Objectives, references: Kept = NOT_YET, points: Sequence[Point] | None = None
) -> Verdict:
    """Return the verdict on ``run`` by ``objectives``; all of them are judged, not only the first missed.

    ``references`` are the scenario's reference runs, or why there are none. ``points`` are the timeline of a run
    under way; that of a finished one is made of its intervals.
    """
    found = findings.find(run, objectives, Yardstick(value_of, meets), points)
    court = _Court(run, objectives, references, found)
    results = tuple(court.judge(objective) for objective in objectives.items)
    status, reason = _overall(run, results, found)
    return Verdict(
        run_id=run.id,
        scenario=run.scenario,
        target=run.target,
        status=status,
        reason=reason,
        results=results,
        notes=(*run.notes, *unreached_stages(run), *short_stages(run), *generator.notes(run), *_crowded(run)),
        requests=run.tally().requests,
        duration_s=run.duration_s,
        objectives_source=objectives.source,
        objectives_sha256=objectives.sha256,
        fail_on="warning" if run.options.get("fail_on") == "warning" else "fail",
        references=court.compared,
        findings=found,
    )


def watch(scenario: str | None, objectives: Objectives, plan: Plan | None = None) -> Watch:
    """Return what says which objectives a window of a run under way misses."""
    return findings.watch(scenario, objectives, Yardstick(value_of, meets), plan)


def step(scenario: str | None, objectives: Objectives) -> Callable[[Tallies, float], Outcome]:
    """Return what says how a step of a search went, by its counts and its seconds."""
    chosen = findings.watched(scenario, objectives)
    return lambda cells, seconds: outcome.of(cells, seconds, chosen, objectives.groups, Yardstick(value_of, meets))


def value_of(objective: Objective, selection: Selection) -> Fraction | None:
    """Return the objective's value on the selected counts, in its indicator's unit; None where there is none."""
    found = _measure(objective, selection) if selection.tally.requests else ""
    return None if isinstance(found, str) else found.value


def meets(indicator: Indicator, value: Fraction, bound: Fraction) -> bool:
    """Return whether ``value`` is on the good side of ``bound``."""
    if value == bound:
        return bound == indicator.best
    return value < bound if indicator.direction == "lower" else value > bound


def _overall(run: Run, results: tuple[Result, ...], found: Sequence[Finding]) -> tuple[Status, str]:
    allowed = run.ended.how == "incomplete" and bool(run.options.get("allow_incomplete"))
    if run.ended.how not in ("completed", "stopped", "aborted") and not allowed:
        return "NO DATA", f"no verdict: the run {_ended(run)}"
    if not run.tallies:
        return "NO DATA", "no verdict: not one request was made"
    short = short_stages(run)
    # Where guests arrive whether the target answers or not, one that misses its objectives at less load than was asked
    # for has missed them; that it met them would say nothing.
    missed = bool(run.plan and run.plan.open) and any(one.status in ("FAIL", "CRITICAL") for one in results)
    if short and not missed and not run.options.get("allow_incomplete"):
        more = f" (and {len(short) - 1} more)" if len(short) > 1 else ""
        return "NO DATA", f"no verdict: the load was not offered: {short[0]}{more}"
    judged = [result for result in results if result.status != "SKIPPED"]
    if not judged and run.search is not None:
        return _searched(found)
    if not judged:
        return "NO DATA", "no verdict: no objective fits this scenario"
    worst = max(judged, key=lambda result: RANK.index(result.status))
    count = sum(result.status == worst.status for result in judged)
    others = f" (and {count - 1} more)" if count > 1 else ""
    missing = f"; judged although the run {_ended(run)}" if allowed else ""
    missing += f"; judged although {short[0]}" if short else ""
    missing += f"; the run was aborted after {run.ended.at_s or 0:.0f} s" if run.ended.how == "aborted" else ""
    if worst.status == "PASS":
        return "PASS", f"all {len(judged)} objectives are met{missing}"
    return worst.status, f"{worst.objective.name}: {worst.reason}{others}{missing}"


def _searched(found: Sequence[Finding]) -> tuple[Status, str]:
    """Return what a search comes to where no objective bounds the capacity: a limit found is what was asked for."""
    figure, answer = findings.figure(found, "capacity.users"), "; ".join(one.answer for one in found)
    if figure is None or not figure.low:
        return "NO DATA", f"no verdict: {answer}"
    return "PASS", f"the limit: {answer}"


def _searched_past(objective: Objective, found: Sequence[Finding]) -> Result:
    """Return the result of an objective that a search drove the load past: missed by a single user, it is missed."""
    lone = next((one for finding in found for one in reversed(finding.trials) if one.users == 1), None)
    figure = findings.figure(found, "capacity.users")
    nobody = figure is not None and figure.low is None and figure.value == 1
    if lone is None or not nobody or lone.outcome != "failed" or lone.busy or lone.missed != objective.name:
        return Result(objective, "SKIPPED", reason=SEARCHED)
    status: Status = "CRITICAL" if objective.priority == "P0" else "FAIL"
    return Result(objective, status, samples=lone.requests, reason="missed with 1 user already")


def _crowded(run: Run) -> list[str]:
    """Return a sentence when many iterations of an open model began late because no user was free for them."""
    found = arrivals.total(run.arrivals.values())
    if not run.plan or found.late <= CROWDED * found.due:
        return []
    users = max(stage.users_to for stage in run.plan.stages)
    share = quantity.show(Fraction(found.late, found.due), "ratio")
    return [
        f"{share} of the iterations began late, with {users} users to begin them; "
        "raise -u if guests in the pauses of their visits, and not the target, kept them busy"
    ]


def _ended(run: Run) -> str:
    how = {"interrupted": "was interrupted", "refused": "was not started", "incomplete": "is incomplete"}
    words = how.get(run.ended.how, run.ended.how)
    return f"{words}: {run.ended.reason}" if run.ended.reason else words


class _Court:
    """Judges one run's objectives."""

    def __init__(self, run: Run, objectives: Objectives, references: Kept, found: Sequence[Finding]) -> None:
        self._run = run
        self._findings = found
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
        if self._run.search is not None and not objective.indicator.name.startswith("capacity."):
            return _searched_past(objective, self._findings)
        if objective.indicator.kind == "finding":
            result = _found(objective, self._findings, self._run)
            # A breaking point or a recovery may be our own; the target's memory is not.
            doubt = generator.unwell(self._run) if objective.indicator.name != "drift.memory" else None
            return _doubted(result, doubt) if doubt and result.status in ("FAIL", "CRITICAL") else result
        selection = select(self._run, objective.scope, self._groups)
        if selection.empty:
            return Result(objective, "NO DATA", reason=selection.empty)
        if self._bench and objective.against == "baseline":
            result = self._bench.judge(objective, selection.tally.requests)
        else:
            result = _held(objective, selection)
        breached = run_ended_by(self._run, objective)
        result = self._trusted(_missed(result, self._run.ended) if breached else result, selection, breached)
        if result.status in ("PASS", "NO DATA") or objective.against == "baseline":
            return result
        return replace(result, advice=tuple(advice.advise(self._after(objective), objective, selection)))

    def _after(self, objective: Objective) -> Run:
        return self._run.after(warmup_ms(objective.scope, self._run.plan))

    def _trusted(self, result: Result, selection: Selection, breached: bool) -> Result:
        """Return NO DATA for a miss that our own saturated generator could explain: a fault of ours fails nobody."""
        objective, bound = result.objective, result.objective.target
        if result.status == "WARNING" and self._run.options.get("fail_on") == "warning":
            bound = objective.warning or bound
        elif result.status not in ("FAIL", "CRITICAL"):
            return result
        ended, now = self._run.ended, value_of(objective, selection)
        value = Fraction(ended.value).limit_denominator(10**9) if breached and ended.value is not None else result.value
        if value is None or now is None:
            return result
        found = generator.suspect(objective, value, bound, now, selection, self._after(objective))
        return result if found is None else _doubted(result, found)


def question_of(objective: Objective, groups: Mapping[str, tuple[str, ...]]) -> Question:
    """Return what is compared for an objective: its indicator, over the endpoints of its scope."""
    patterns = patterns_of(objective.scope, groups)
    return Question(
        objective.indicator,
        lambda tally, seconds: measured(objective, tally, seconds),
        lambda name: matches(name, patterns),
        objective.of,
    )


def _doubted(result: Result, found: generator.Condition) -> Result:
    """Return a missed result as NO DATA, for the generator's condition could be why."""
    reason = f"{result.reason}, but our own generator could be why: {found.words()}"
    return replace(result, status="NO DATA", reason=reason, advice=(generator.REMEDY,))


def run_ended_by(run: Run, objective: Objective) -> bool:
    """Return whether a breach of ``objective`` ended the run."""
    return run.ended.how == "aborted" and run.ended.objective == objective.name and objective.against == "target"


def _missed(result: Result, ended: Ending) -> Result:
    """Return the result of the objective that ended its run: missed, whatever it was over the whole of it."""
    status: Status = "CRITICAL" if result.objective.priority == "P0" else "FAIL"
    span = "the run since its warm-up" if result.objective.scope.warmup_s else "the whole run"
    whole = f"; over {span} {result.reason}" if result.reason else ""
    return replace(result, status=status, reason=f"{ended.reason}{whole}")


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


def _found(objective: Objective, found: Sequence[Finding], run: Run) -> Result:
    """Return the result of an objective that bounds a figure of a finding; one known by bounds may not decide it."""
    name, samples = objective.indicator.name, sum(tally.requests for tally in run.tallies.values())
    figure = findings.figure(found, name)
    if figure is None:
        why = "; ".join(f"{one.name}: {one.answer}" for one in found) or "the run's load does not ask for it"
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


def _measure(objective: Objective, selection: Selection) -> Result | str:
    """Return the result with its value and samples, or the sentence that says why there is none."""
    kind, tally = objective.indicator.kind, selection.tally
    if kind == "finding":
        return "a finding is of the whole run"
    if kind == "latency":
        return _measure_latency(objective, selection)
    if kind == "dropped":
        return _measure_dropped(objective, selection)
    if kind == "checks":
        return _measure_checks(objective, selection)
    if kind == "throughput":
        if not selection.seconds:
            return "the stages selected lasted no time"
        value = Fraction(tally.requests) / selection.seconds
    elif kind == "requests":
        value = Fraction(tally.requests)
    else:
        value = _failed_share(objective, tally)
    return Result(objective, "NO DATA", value, tally.requests)


def _measure_latency(objective: Objective, selection: Selection) -> Result | str:
    histogram = selection.latency(objective.of, objective.since)
    if objective.since == "intended" and not selection.tally.planned:
        return "no request had an intended start: those of a run with --rate have one"
    if not histogram.total:
        return f"no {'' if objective.of == 'all' else objective.of + ' '}request with a latency matched"
    return Result(objective, "NO DATA", _latency(objective.indicator, histogram), histogram.total)


def _measure_dropped(objective: Objective, selection: Selection) -> Result | str:
    arrivals = selection.arrivals
    if not arrivals.due:
        return "nobody was to arrive: only a run with --rate has arrivals"
    return Result(objective, "NO DATA", Fraction(arrivals.dropped, arrivals.due), arrivals.due)


def _failed_share(objective: Objective, tally: Tally) -> Fraction:
    count = tally.throttled if objective.indicator.kind == "throttled" else tally.errors
    if objective.indicator.kind == "errors" and objective.throttled == "error":
        count += tally.throttled
    return Fraction(count, tally.requests)


def _measure_checks(objective: Objective, selection: Selection) -> Result | str:
    checks = selection.tally.checks
    if objective.check is not None and objective.check not in checks:
        return f"no check named '{objective.check}' was made{names.hint(objective.check, checks)}"
    chosen = [checks[objective.check]] if objective.check is not None else list(checks.values())
    made = sum(passed + failed for passed, failed in chosen)
    if not made:
        return "no check was made on the requests that matched"
    return Result(objective, "NO DATA", Fraction(sum(passed for passed, _ in chosen), made), made)


def _latency(indicator: Indicator, histogram: Histogram) -> Fraction:
    if indicator.percentile is not None:
        return Fraction(histogram.percentile(indicator.percentile), 1000)
    if indicator.statistic == "mean":
        return histogram.mean() / 1000
    return Fraction(histogram.max_us, 1000)


def _with_bounds(result: Result, selection: Selection) -> Result:
    percentile = result.objective.indicator.percentile
    if percentile is None:
        return result
    histogram = selection.latency(result.objective.of, result.objective.since)
    bounds = confidence.of_percentile(histogram, percentile)
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
