"""A run against its reference runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slo.baseline.store import Reference
from slo.load.plan import Plan
from slo.objectives.objectives import parse
from slo.record.ending import Ending
from slo.record.run import Run
from slo.verdict.judge import judge
from slo.verdict.regression import NO_BASELINE, References
from slo.verdict.result import Result
from tests.support.methods import two_methods
from tests.support.steady import REGRESSION, YAML, references, result, steady


def against(run: Run, known: References, any_baseline: bool = False) -> Result:
    objectives = replace(parse(YAML, "x.yaml"), any_baseline=any_baseline)
    found = judge(run, objectives, known).results
    return next(one for one in found if one.objective.name == REGRESSION)


def test_a_much_slower_run_fails_with_its_change() -> None:
    slower = result(steady(1, 1.5), references())
    assert slower.status == "FAIL"
    assert float(slower.value or 0) == pytest.approx(0.5, abs=0.15)
    assert slower.low is not None
    assert slower.low > 0


def test_with_few_references_a_regression_is_a_warning() -> None:
    slower = result(steady(1, 1.5), references(1))
    assert slower.status == "WARNING"
    assert "a warning only" in slower.reason


def test_without_references_nothing_is_compared() -> None:
    assert result(steady(1), NO_BASELINE).status == "SKIPPED"
    assert result(steady(1), []).reason == NO_BASELINE.reason


def test_a_run_is_never_compared_with_itself() -> None:
    run = steady(100)
    assert result(run, references(1)).reason == NO_BASELINE.reason


def test_another_environment_is_compared_only_on_request() -> None:
    other = replace(steady(1), environment={"cpu": "another", "cpus": 64})
    refused = against(other, references())
    assert refused.status == "SKIPPED"
    assert "another environment or load (" in refused.reason
    allowed = against(other, references(), any_baseline=True)
    assert allowed.status != "SKIPPED"
    assert "by --any-baseline: " in allowed.reason


def test_a_plan_that_did_not_end_is_not_compared() -> None:
    plan = Plan.ramps(("up", 60, 5))
    found = result(replace(steady(1), plan=plan, ended=Ending("stopped")), references())
    assert found.status == "SKIPPED"
    assert "not compared: the run was stopped before its plan's end" in found.reason


@pytest.mark.parametrize(
    ("method", "status"), [("GET", "PASS"), ("POST", "WARNING")], ids=["the same", "the slower one"]
)
def test_a_method_is_compared_with_itself(method: str, status: str) -> None:
    found = parse(
        "version: 1\nobjectives:\n  - {indicator: latency.p95, target: 10 s}\n"
        f"regression:\n  latency.p95: {{target: 10 %, endpoint: /x, method: {method}}}\n",
        "made.yaml",
    )
    before = [Reference.of(two_methods(id=f"run-{number}")) for number in range(2)]
    compared = judge(two_methods(450.0), found, before).results[-1]
    assert (compared.status, compared.objective.name) == (status, f"regression of latency.p95 of {method} /x")
    without = [Reference.of(two_methods(id=f"run-{number}", methods=False)) for number in range(2)]
    assert judge(two_methods(450.0), found, without).results[-1].status in ("NO DATA", "SKIPPED")
