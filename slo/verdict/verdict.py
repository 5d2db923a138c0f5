"""The outcome of judging a run: a status per objective, one overall, and the process's exit code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from slo.analysis.finding import Finding
from slo.objectives.objectives import Objective
from slo.record.target import Target
from slo.text import atomic
from slo.verdict.exit_codes import CRITICAL, FAILED, NO_VERDICT, PASSED

VERSION = 1
FILE_NAME = "verdict.json"

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
FailOn = Literal["fail", "warning"]
"""From which status on the exit code is 1."""


@dataclass(frozen=True)
class Result:
    """One objective judged. ``value``, ``low`` and ``high`` are in the indicator's unit.

    ``low`` and ``high`` bound a percentile with 95 % confidence (None: not bounded on that side);
    ``deviation`` is (value - target) / target; ``reason`` is a sentence, ``advice`` says where to look.
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

    @property
    def has_interval(self) -> bool:
        """Whether its value comes with a 95 % interval: a percentile, a change, a slope."""
        objective = self.objective
        return objective.indicator.percentile is not None or objective.against == "baseline" or objective.unit == "%/h"

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
                **({"warmup_s": _number(scope.warmup_s)} if scope.warmup_s else {}),
            },
            "priority": objective.priority,
            "target": _number(objective.target),
            "warning": _number(objective.warning),
            "direction": objective.direction,
            "status": self.status,
            "value": _number(self.value),
            "samples": self.samples,
            "confidence_95": None
            if self.value is None or not self.has_interval
            else {"low": _number(self.low), "high": _number(self.high)},
            "low_confidence": self.low_confidence,
            "deviation_ratio": _number(self.deviation),
            "reason": self.reason,
            "advice": list(self.advice),
        }


@dataclass(frozen=True)
class Verdict:
    """All results of one run and what they come to. ``compliance`` is met / judged, None when none was.

    Where it is to ``fail_on`` a warning, a WARNING stays one and the exit code says 1.
    ``references`` are the ids of the reference runs that it was compared with.
    """

    run_id: str
    scenario: str | None
    target: Target
    status: Status
    reason: str
    results: tuple[Result, ...]
    notes: tuple[str, ...]
    requests: int
    duration_s: float
    objectives_source: str
    objectives_sha256: str
    fail_on: FailOn = "fail"
    references: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 PASS or WARNING, 1 FAIL, 2 CRITICAL, 3 no verdict."""
        if self.status == "WARNING" and self.fail_on == "warning":
            return EXIT_CODES["FAIL"]
        return EXIT_CODES[self.status]

    @property
    def judged(self) -> list[Result]:
        """Results that could be judged: met or missed."""
        return [r for r in self.results if r.status not in ("NO DATA", "SKIPPED")]

    @property
    def by_severity(self) -> list[Result]:
        """All results, the worst first; those of one status in the order of the objectives."""
        return sorted(self.results, key=lambda result: -RANK.index(result.status))

    @property
    def blemishes(self) -> list[Result]:
        """What is not as it should be: warnings, what was missed, what could not be measured; the worst first."""
        return [result for result in self.by_severity if result.status not in ("PASS", "SKIPPED")]

    @property
    def compliance(self) -> Fraction | None:
        """Objectives met / objectives judged."""
        met = sum(r.status in ("PASS", "WARNING") for r in self.judged)
        return Fraction(met, len(self.judged)) if self.judged else None

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON, valid by ``schemas/verdict.schema.json``."""
        return {
            "schema": "locust-slo/verdict",
            "version": VERSION,
            "run": self.run_id,
            "scenario": self.scenario,
            "target": {"url": self.target.url, "embedded": self.target.embedded},
            "status": self.status,
            "fail_on": self.fail_on,
            "exit_code": self.exit_code,
            "reason": self.reason,
            "compliance_ratio": _number(self.compliance),
            "objectives_judged": len(self.judged),
            "requests": self.requests,
            "duration_s": self.duration_s,
            "references": list(self.references),
            "findings": [finding.to_data() for finding in self.findings],
            "objectives": {"source": self.objectives_source, "sha256": self.objectives_sha256},
            "results": [result.to_data() for result in self.results],
            "notes": list(self.notes),
        }


def to_json(verdict: Verdict) -> str:
    """Return the verdict as the text of ``verdict.json``: the same verdict gives the same bytes."""
    return json.dumps(verdict.to_data(), indent=2, ensure_ascii=False) + "\n"


def write(verdict: Verdict, folder: Path) -> Path:
    """Write ``verdict.json`` into ``folder`` atomically and return its path."""
    path = folder / FILE_NAME
    atomic.write(path, to_json(verdict))
    return path


def _number(value: Fraction | None) -> int | float | None:
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else float(value)
