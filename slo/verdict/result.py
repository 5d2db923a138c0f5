"""The outcome of judging one objective: its status, its value, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from slo.metrics import quantity
from slo.objectives.objective import Objective
from slo.verdict.exit_codes import CRITICAL, FAILED, NO_VERDICT, PASSED

Status = Literal["PASS", "WARNING", "FAIL", "CRITICAL", "NO DATA", "SKIPPED"]
RANK: tuple[Status, ...] = ("SKIPPED", "PASS", "WARNING", "NO DATA", "FAIL", "CRITICAL")
"""From good to bad. A target that was missed is a fact; what could not be measured never hides it."""
EXIT_CODES: dict[Status, int] = {
    "PASS": PASSED,
    "WARNING": PASSED,
    "FAIL": FAILED,
    "CRITICAL": CRITICAL,
    "NO DATA": NO_VERDICT,
    "SKIPPED": NO_VERDICT,
}


@dataclass(frozen=True)
class Result:
    """The result of one objective. ``value``, ``low`` and ``high`` are in the indicator's unit.

    ``low`` and ``high`` bound a percentile with 95 % confidence (None: not bounded on that side);
    ``deviation`` is (value - target) / target; ``reason`` is a sentence, ``advice`` says where to look;
    ``at_least`` is whether the value is the age of requests that were still open.
    """

    objective: Objective
    status: Status
    value: Fraction | None = None
    samples: int = 0
    low: Fraction | None = None
    high: Fraction | None = None
    low_confidence: bool = False
    deviation: Fraction | None = None
    reason: str = ""
    advice: tuple[str, ...] = ()
    at_least: bool = False

    @property
    def has_interval(self) -> bool:
        """Whether its value comes with a 95 % interval: a percentile, a change, a slope."""
        objective = self.objective
        return objective.indicator.percentile is not None or objective.against == "baseline" or objective.unit == "%/h"

    @property
    def value_shown(self) -> str:
        """The value for people, with enough digits to differ from its target and its warning; ``-`` without one."""
        if self.value is None:
            return "-"
        bounds = (self.objective.target, self.objective.warning)
        return "at least " * self.at_least + quantity.show(self.value, self.objective.unit, *bounds)

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        objective = self.objective
        scope = objective.scope
        return {
            "name": objective.name,
            "indicator": objective.indicator.name,
            "unit": objective.unit,
            "against": objective.against,
            "scope": {
                "scenario": list(scope.scenarios),
                "endpoint": list(scope.endpoints),
                "group": list(scope.groups),
                "stage": list(scope.stages),
                **({"method": list(scope.methods)} if scope.methods else {}),
                **({"warmup_s": number(scope.warmup_s)} if scope.warmup_s else {}),
            },
            "priority": objective.priority,
            "target": number(objective.target),
            "warning": number(objective.warning),
            "direction": objective.direction,
            "status": self.status,
            "value": number(self.value),
            "samples": self.samples,
            "confidence_95": None
            if self.value is None or not self.has_interval
            else {"low": number(self.low), "high": number(self.high)},
            "low_confidence": self.low_confidence,
            **({"at_least": True} if self.at_least else {}),
            "deviation_ratio": number(self.deviation),
            "reason": self.reason,
            "advice": list(self.advice),
        }


def worst_of(results: Sequence[Result]) -> Result:
    """Return the result that is named first: of the worst status the highest priority, errors before latency.

    Of those alike, the one furthest past its target, as a share of it.
    """
    return min(results, key=_precedence)


def _precedence(result: Result) -> tuple[int, str, bool, float]:
    objective = result.objective
    sign = 1 if objective.direction == "lower" else -1
    past = math.inf if result.deviation is None else float(result.deviation) * sign
    is_error = objective.indicator.kind in ("errors", "unanswered", "exceptions")
    return -RANK.index(result.status), objective.priority, not is_error, -past


def number(value: Fraction | None) -> int | float | None:
    """Return a fraction for JSON: an integer where it is whole, else the nearest float."""
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else float(value)
