"""The value of an objective's indicator on selected counts, and whether a value meets a bound.

All values are exact fractions. The bound itself is a miss (3000 ms misses a target of 3000 ms), except where the bound
is the best possible value (0 % errors, 100 % checks).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from slo.analysis.selection import Selection
from slo.metrics.indicator import WHOLE_RUN, Indicator
from slo.metrics.tally import Tally
from slo.objectives.objective import Objective
from slo.record.run import Run
from slo.text import suggest


@dataclass(frozen=True)
class Value:
    """A measured value in its indicator's unit, and of how many samples it is."""

    value: Fraction
    samples: int


@dataclass(frozen=True)
class NoValue:
    """Why there is no value, as a sentence."""

    reason: str


def measure(objective: Objective, selection: Selection) -> Value | NoValue:
    """Return the objective's value on the selected counts, of at least one request."""
    kind, tally = objective.indicator.kind, selection.tally
    if kind in WHOLE_RUN:
        return NoValue(f"{objective.indicator.name} is of the whole run")
    if kind == "latency":
        return _latency(objective, selection)
    if kind == "dropped":
        return _dropped(selection)
    if kind == "checks":
        return _checks(objective, selection)
    if kind == "requests":
        return Value(Fraction(tally.requests), tally.requests)
    if kind != "throughput":
        return Value(_failed_share(objective, tally), tally.requests)
    if not selection.seconds:
        return NoValue("the stages selected lasted no time")
    return Value(Fraction(tally.requests) / selection.seconds, tally.requests)


def measure_exceptions(objective: Objective, run: Run) -> Value | NoValue:
    """Return the value of ``exceptions.count`` or ``exceptions.ratio``, which are of the whole run."""
    if objective.indicator.statistic == "count":
        return Value(Fraction(run.code.exceptions.total()), run.code.tasks.executions)
    if not run.code.tasks:
        return NoValue("no execution of a task was counted")
    return Value(Fraction(run.code.tasks.raised, run.code.tasks.executions), run.code.tasks.executions)


def value_of(objective: Objective, selection: Selection) -> Fraction | None:
    """Return the objective's value on the selected counts, in its indicator's unit; None without a value."""
    found = measure(objective, selection) if selection.tally.requests else None
    return found.value if isinstance(found, Value) else None


def value_of_counts(objective: Objective, tally: Tally, seconds: float) -> float | None:
    """Return the objective's value of counts that took ``seconds``, in its unit; None without a value."""
    value = value_of(objective, Selection({("", ""): tally}, Fraction(seconds), ()))
    return None if value is None else float(value)


def meets(indicator: Indicator, value: Fraction, bound: Fraction) -> bool:
    """Return whether ``value`` is on the good side of ``bound``."""
    if value == bound:
        return bound == indicator.best
    return value < bound if indicator.direction == "lower" else value > bound


def _latency(objective: Objective, selection: Selection) -> Value | NoValue:
    histogram = selection.latency_against(objective)
    if objective.since == "intended" and not selection.tally.planned:
        return NoValue("no request had an intended start: those of a run with --rate have one")
    if not histogram.total and objective.of == "all" and selection.tally.failed.total:
        return NoValue("every request failed, and quickly: that does not say how long an answer takes")
    if not histogram.total:
        return NoValue(f"no {'' if objective.of == 'all' else objective.of + ' '}request with a latency matched")
    return Value(objective.indicator.latency_us(histogram) / 1000, histogram.total)


def _dropped(selection: Selection) -> Value | NoValue:
    arrivals = selection.arrivals
    if not arrivals.due:
        return NoValue("no arrivals were planned: only a run with --rate has arrivals")
    return Value(Fraction(arrivals.dropped, arrivals.due), arrivals.due)


def _failed_share(objective: Objective, tally: Tally) -> Fraction:
    if objective.indicator.kind == "throttled":
        return Fraction(tally.throttled, tally.requests)
    lost = failed = tally.never_answered.total
    if objective.indicator.kind == "errors":
        failed += tally.errors + (tally.throttled if objective.throttled == "error" else 0)
    return Fraction(failed, tally.requests + lost)


def _checks(objective: Objective, selection: Selection) -> Value | NoValue:
    checks = selection.tally.checks
    if objective.check is not None and objective.check not in checks:
        return NoValue(f"no check named '{objective.check}' was made{suggest.hint(objective.check, checks)}")
    chosen = [checks[objective.check]] if objective.check is not None else list(checks.values())
    made = sum(passed + failed for passed, failed in chosen)
    if not made:
        return NoValue("no check was made on the requests that matched")
    return Value(Fraction(sum(passed for passed, _ in chosen), made), made)
