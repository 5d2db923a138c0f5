"""The overall status of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.load.requested_load import RequestedLoad
from slo.record.code_counts import CodeCounts
from slo.record.code_exceptions import CodeExceptions
from slo.record.ending import Ending
from slo.record.samples import UserSample
from slo.record.task_counts import TaskCounts
from slo.verdict.judge import judge
from slo.verdict.policy import Policy
from tests.support.judged import CODES, OUTCOMES
from tests.support.made import demanding, requests


@given(st.lists(st.sampled_from(sorted(OUTCOMES)), min_size=1, max_size=6))
def test_the_worst_status_is_the_runs_and_sets_the_exit_code(wanted: list[str]) -> None:
    lines = [f"name: o{number}, {OUTCOMES[one]}" for number, one in enumerate(wanted)]
    verdict = judge(requests(10, 100), demanding(*lines))
    assert [result.status for result in verdict.results] == wanted
    assert verdict.status == max(wanted, key=list(OUTCOMES).index)
    assert verdict.exit_code == CODES[verdict.status]


@pytest.mark.parametrize("how", ["interrupted", "refused", "incomplete", "crashed"])
def test_a_run_that_did_not_end_well_has_no_verdict(how: str) -> None:
    run = replace(requests(10), ended=Ending(how, "for a reason"))  # type: ignore[arg-type]
    verdict = judge(run, demanding("indicator: latency.p95, target: 1 s"))
    assert (verdict.status, verdict.exit_code) == ("NO DATA", 3)
    assert "for a reason" in verdict.reason
    assert verdict.results[0].status == "PASS"


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [("PASS", "NO DATA", 3), ("WARNING", "NO DATA", 3), ("FAIL", "FAIL", 1), ("CRITICAL", "CRITICAL", 2)],
)
def test_what_a_run_missed_before_its_locustfile_ended_it_stays_missed(wanted: str, status: str, code: int) -> None:
    run = replace(requests(10, 100), ended=Ending("quit", "the locustfile ended it after 3 of 60 s"))
    verdict = judge(run, demanding(OUTCOMES[wanted]))
    assert (verdict.status, verdict.exit_code) == (status, code)
    assert "the locustfile ended it after 3 of 60 s" in verdict.reason
    assert judge(run, demanding(OUTCOMES[wanted]), policy=Policy(allow_incomplete=True)).status == wanted


def test_requests_after_the_load_are_noted() -> None:
    objectives = demanding("indicator: latency.p95, target: 1 s")
    run = replace(requests(10), code=CodeCounts(after_load=3, after_load_failed=2))
    assert any(note.startswith("3 requests were made after the load") for note in judge(run, objectives).notes)
    assert not judge(requests(10), objectives).notes


@pytest.mark.parametrize(("ended", "status"), [(0, "NO DATA"), (9, "WARNING")])
def test_users_that_end_by_themselves_are_no_load_that_was_not_offered(ended: int, status: str) -> None:
    users = tuple(UserSample(at * 1000, None, 10 if at < 2 else 1) for at in range(100))
    run = replace(requests(10), users=users, duration_s=100.0, requested_load=RequestedLoad(10, 10.0))
    run = replace(run, code=CodeCounts(users_ended=ended))
    verdict = judge(run, demanding("indicator: latency.p95, target: 1 s"))
    assert verdict.status == status
    assert verdict.reason.startswith("9 users ended by themselves (StopUser), and the run") == (ended > 0)
    assert (judge(run, demanding("indicator: latency.p95, target: 1 us")).status == "FAIL") == (ended > 0)


@pytest.mark.parametrize("wanted", ["PASS", "WARNING", "FAIL", "NO DATA"])
def test_a_run_with_code_exceptions_never_passes_and_says_so_first(wanted: str) -> None:
    run = replace(requests(10, 100), code=CodeCounts(CodeExceptions({"KeyError: 'id'": 3})))
    verdict = judge(run, demanding(f"name: mine, {OUTCOMES[wanted]}"))
    assert verdict.status == ("WARNING" if wanted == "PASS" else wanted)
    assert verdict.notes[0] == "3 exceptions left tasks or event listeners: KeyError: 'id' (3 times)"
    if wanted == "PASS":
        assert verdict.reason.startswith(f"{verdict.notes[0]}; all 1 objectives are met")


RAISED = CodeExceptions({"KeyError: 'id'": 3})
QUICK = "indicator: latency.p95, target: 1 s"


def test_a_task_that_never_ended_well_fails_the_run() -> None:
    run = replace(requests(10), code=CodeCounts(RAISED, TaskCounts({"Guest.book": [3, 3], "Guest.look": [10, 0]})))
    verdict = judge(run, demanding(QUICK, "indicator: exceptions.count, target: 9"))
    assert [result.status for result in verdict.results] == ["PASS", "PASS"]
    assert verdict.status == "FAIL"
    assert verdict.reason.startswith("an exception ended every execution of Guest.book: 3 exceptions left tasks")


@pytest.mark.parametrize(
    ("objective", "status"),
    [
        ("indicator: exceptions.count, target: 4", "PASS"),
        ("indicator: exceptions.count, target: 3", "FAIL"),
        ("indicator: exceptions.count, target: 0, priority: P0", "CRITICAL"),
        ("indicator: exceptions.ratio, target: 31 %", "PASS"),
        ("indicator: exceptions.ratio, target: 10 %", "FAIL"),
        ("indicator: exceptions.ratio, target: 50 %, warning: 20 %", "WARNING"),
    ],
)
def test_an_objective_says_how_many_exceptions_are_allowed(objective: str, status: str) -> None:
    run = replace(requests(10), code=CodeCounts(RAISED, TaskCounts({"Guest.book": [10, 3]})))
    verdict = judge(run, demanding(QUICK, objective))
    assert verdict.status == verdict.results[1].status == status
    if status in ("FAIL", "CRITICAL"):
        assert verdict.results[1].advice == ("3 exceptions left tasks or event listeners: KeyError: 'id' (3 times)",)


def test_without_exceptions_an_objective_on_them_is_met() -> None:
    run = replace(requests(10), code=CodeCounts(tasks=TaskCounts({"Guest.book": [10, 0]})))
    lines = ("indicator: exceptions.count, target: 0", "indicator: exceptions.ratio, target: 0 %")
    assert judge(run, demanding(*lines)).status == "PASS"
    older = judge(requests(10), demanding(*lines))
    assert [result.status for result in older.results] == ["PASS", "NO DATA"]


@pytest.mark.parametrize(("unreported", "status"), [(0, "PASS"), (1, "PASS"), (2, "WARNING")])
def test_responses_that_were_never_reported_prevent_a_pass(unreported: int, status: str) -> None:
    verdict = judge(replace(requests(1000), code=CodeCounts(unreported=unreported)), demanding(QUICK))
    assert verdict.status == status
    assert any("never reported, and counted nowhere" in note for note in verdict.notes) == bool(unreported)
    assert verdict.reason.startswith("2 responses were never reported") == (status == "WARNING")
