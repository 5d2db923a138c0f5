"""The verdict on a search for the limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from slo.baseline import store
from slo.baseline.store import BaselineError
from slo.objectives.objectives import parse
from slo.record.code_counts import CodeCounts
from slo.record.code_exceptions import CodeExceptions
from slo.record.ending import Ending
from slo.verdict.judge import judge
from slo.verdict.verdict import Verdict
from tests.support.made import demanding
from tests.support.searched import FOUND, QUICK, Held, searched


def verdict(*lines: str, steps: Sequence[Held] = FOUND) -> Verdict:
    return judge(searched(steps), demanding(*lines))


@pytest.mark.parametrize(
    ("target", "status", "code"), [("17 users", "PASS", 0), ("18 users", "CRITICAL", 2), ("25 users", "CRITICAL", 2)]
)
def test_objectives_on_the_capacity_are_judged(target: str, status: str, code: int) -> None:
    outcome = verdict(QUICK, f"name: bears, indicator: capacity.users, target: {target}, priority: P0")
    assert (outcome.status, outcome.exit_code) == (status, code)
    assert [result.status for result in outcome.results] == ["SKIPPED", status]
    assert "on purpose" in outcome.results[0].reason


def test_the_throughput_at_the_limit_is_judged_too() -> None:
    assert verdict(QUICK, "indicator: capacity.rps, target: 170 rps").status == "PASS"
    assert verdict(QUICK, "indicator: capacity.rps, target: 190 rps").status == "FAIL"


def test_without_an_objective_on_the_capacity_a_limit_found_passes() -> None:
    outcome = verdict(QUICK)
    assert (outcome.status, outcome.exit_code) == ("PASS", 0)
    assert outcome.reason.startswith("the limit: sustains 18 users")
    assert outcome.compliance is None


def test_a_limit_found_by_tasks_that_raised_is_a_warning() -> None:
    run = replace(searched(FOUND), code=CodeCounts(CodeExceptions({"KeyError: 'id'": 3})))
    outcome = judge(run, demanding(QUICK))
    assert outcome.status == "WARNING"
    assert outcome.reason.startswith(
        "3 exceptions left tasks or event listeners: KeyError: 'id' (3 times); the limit: "
    )


def test_a_search_that_could_not_tell_has_no_verdict() -> None:
    run = searched(FOUND)
    assert run.search is not None
    outcome = judge(replace(run, search=replace(run.search, items=())), demanding(QUICK))
    assert (outcome.status, outcome.exit_code) == ("NO DATA", 3)
    assert "--find-limit-time" in outcome.reason


def test_a_search_that_broke_off_has_no_verdict() -> None:
    outcome = judge(replace(searched(FOUND), ended=Ending("incomplete", "a worker was lost")), demanding(QUICK))
    assert (outcome.status, outcome.exit_code) == ("NO DATA", 3)


def test_a_stage_of_the_search_is_not_compared_with_a_baseline() -> None:
    text = "version: 1\nobjectives:\n  - {indicator: latency.p95, target: 200 ms}\n"
    text += "regression:\n  latency.p95: {target: 10 %}\n"
    assert {one.status for one in judge(searched(FOUND), parse(text, "x.yaml")).results} == {"SKIPPED"}


def test_a_search_is_no_reference(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="searched for the limit"):
        store.add(searched(FOUND), tmp_path)
