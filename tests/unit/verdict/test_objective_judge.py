"""Judging one objective of one run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slo.measure.recorder import Recorder
from slo.objectives.objectives import Objectives
from slo.record.ending import Ending
from slo.record.history import MAX_ENDPOINTS
from slo.record.run import Run
from slo.reports import rows
from slo.verdict.judge import judge
from slo.verdict.objective_judge import ObjectiveJudge, was_aborted_by
from slo.verdict.policy import Policy
from slo.verdict.regression import NO_BASELINE
from slo.verdict.result import Result
from tests.support.judged import mixed
from tests.support.made import Clock, demanding, made, requests


def judged(run: Run, line: str) -> Result:
    objectives: Objectives = demanding(line)
    return ObjectiveJudge(run, objectives, NO_BASELINE, (), Policy()).judge(objectives.items[0])


@pytest.mark.parametrize(
    ("line", "status", "reason"),
    [
        ("indicator: latency.max, target: 1 s", "PASS", "100 ms is inside 1000 ms"),
        ("indicator: latency.max, target: 1 s, warning: 50 ms", "WARNING", "past the warning at 50 ms"),
        ("indicator: latency.max, target: 90 ms", "FAIL", "100 ms against 90 ms"),
        ("indicator: latency.max, target: 90 ms, priority: P0", "CRITICAL", "100 ms against 90 ms"),
        ("indicator: latency.max, target: 90 ms, endpoint: nowhere", "NO DATA", "nowhere"),
        ("indicator: latency.max, target: 90 ms, scenario: soak", "SKIPPED", "judged only in soak; this run is load"),
        ("indicator: checks.ratio, target: 99 %", "NO DATA", "check"),
    ],
)
def test_a_status_comes_with_its_reason(line: str, status: str, reason: str) -> None:
    result = judged(requests(200), line)
    assert result.status == status, result.reason
    assert reason in result.reason


def test_the_deviation_is_relative_to_the_target() -> None:
    result = judged(requests(200), "indicator: latency.max, target: 80 ms")
    assert float(result.deviation or 0) == pytest.approx(0.25, abs=0.002)


def test_a_percentile_has_an_interval_around_its_value() -> None:
    result = judged(made(mixed), "indicator: latency.p50, target: 1 s")
    assert result.low is not None
    assert result.high is not None
    assert result.value is not None
    assert result.low <= result.value <= result.high


def test_confidence_demands_enough_samples() -> None:
    result = judged(requests(50), "indicator: latency.p99, target: 1 s, confidence: 95 %")
    assert result.status == "NO DATA"
    assert "50 samples are too few for 95 % confidence: latency.p99 needs 299" in result.reason


def test_what_ended_the_run_is_missed_whatever_its_value() -> None:
    ended = Ending("aborted", "aborted: p95 was 2 s for 30 s", "mine", 2000.0, 40.0)
    run = replace(requests(200), ended=ended)
    line = "name: mine, indicator: latency.p95, target: 1 s, priority: P0"
    result = judged(run, line)
    assert was_aborted_by(run, result.objective)
    assert result.status == "CRITICAL"
    assert result.reason.startswith("aborted: p95 was 2 s for 30 s; over the whole run 100 ms is inside 1000 ms")


def test_an_objective_on_a_finding_without_one_has_no_data() -> None:
    result = judged(requests(200), "indicator: capacity.users, target: 10 users")
    assert (result.status, result.reason) == ("NO DATA", "the run's load does not answer it")


def test_an_objective_whose_requests_may_be_among_the_other_ones_has_no_data() -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for number in range(MAX_ENDPOINTS + 100):
            recorder.request(f"/item/{number}", 100, 10)

    run = made(fill)
    lines = ("indicator: errors.ratio, target: 1 %", "indicator: errors.ratio, target: 1 %, endpoint: '/item/*'")
    whole, items = judge(run, demanding(*lines)).results
    assert whole.status == "PASS"
    assert items.status == "NO DATA"
    assert items.reason.startswith("100 requests of endpoints beyond the first 500 are counted as (other)")
    (all_names,) = judge(run, demanding("indicator: errors.ratio, target: 1 %, endpoint: '*'")).results
    assert all_names.status == "PASS"


@pytest.mark.parametrize(("open_ones", "at_least"), [(0, False), (1, False), (10, True)])
def test_a_latency_that_is_an_age_of_open_requests_is_at_least_that(open_ones: int, at_least: bool) -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for _ in range(90):
            recorder.request("home", 4000, 10)
        for _ in range(open_ones):
            recorder.unanswered("home", 20_000)
        clock.now += 1

    (result,) = judge(made(fill), demanding("indicator: latency.p95, target: 3 s")).results
    assert result.status == "FAIL"
    assert result.reason == ("at least 20000 ms against 3000 ms" if at_least else result.reason)
    assert result.reason.startswith("at least") is at_least
    assert result.to_data().get("at_least", False) is at_least
    assert rows.objective(result)[2].startswith("at least 20000 ms") is at_least
