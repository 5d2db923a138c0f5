"""The outcome of judging a run: a status per objective, one overall, and the process's exit code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from slo.analysis.finding import Finding
from slo.record.target import Target
from slo.text import atomic
from slo.verdict.policy import FailOn
from slo.verdict.result import EXIT_CODES, RANK, Result, Status, number

VERSION = 1
FILE_NAME = "verdict.json"


@dataclass(frozen=True)
class Verdict:
    """All results of one run and the overall status. ``compliance`` is met / judged, None if none was judged.

    With ``fail_on`` "warning", a WARNING keeps its status and the exit code is 1. ``references`` are the
    ids of the reference runs that it was compared with.
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
    def problems(self) -> list[Result]:
        """Results that need attention: warnings, misses, values that could not be measured; the worst first."""
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
            "compliance_ratio": number(self.compliance),
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
