"""A run against its reference runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slo.load.plan import Plan
from slo.objectives.objectives import parse
from slo.record.ending import Ending
from slo.record.run import Run
from slo.verdict.judge import judge
from slo.verdict.regression import NO_BASELINE, References
from slo.verdict.result import Result
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
