from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo.analysis.offered import unreached_stages
from slo.load.plan import Plan
from slo.measure.recorder import Recorder
from slo.record.samples import UserSample
from slo.verdict.judge import judge
from tests.support.judged import mixed, status
from tests.support.made import Clock, demanding, made, requests


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("indicator: latency.p95, target: 1 s, endpoint: hom", "no request to 'hom' was made; did you mean 'home'?"),
        ("indicator: latency.p95, target: 1 s, stage: burst", "the run has no stage 'burst'"),
        ("indicator: checks.ratio, target: 1 %, check: fat", "no check named 'fat' was made; did you mean 'fast'?"),
        ("indicator: checks.ratio, target: 1 %, endpoint: page_2", "no check was made"),
        ("indicator: latency.p95, target: 1 s, of: ok, endpoint: page_1", "no ok request with a latency matched"),
        ("indicator: errors.ratio, target: 1 %, endpoint: nowhere", "no request to 'nowhere' was made"),
        ("indicator: requests.count, target: 5, endpoint: nowhere", "no request to 'nowhere' was made"),
        (
            "indicator: latency.p99, target: 1 s, confidence: 95 %",
            "100 samples are too few for 95 % confidence: latency.p99 needs 299",
        ),
    ],
)
def test_no_data_is_never_a_pass_and_never_a_zero(line: str, reason: str) -> None:
    verdict = judge(made(mixed), demanding(line))
    assert verdict.results[0].status == "NO DATA"
    assert verdict.results[0].reason.startswith(reason)
    assert verdict.status == "NO DATA"
    assert verdict.exit_code == 3


def test_a_scope_that_does_not_fit_is_skipped_and_nothing_left_is_no_verdict() -> None:
    verdict = judge(requests(10), demanding("indicator: latency.p95, target: 1 s, scenario: soak"))
    assert verdict.results[0].status == "SKIPPED"
    assert (verdict.status, verdict.exit_code) == ("NO DATA", 3)
    assert verdict.compliance is None


def test_all_are_judged_and_the_worst_counts() -> None:
    verdict = judge(
        requests(10, 100),
        demanding(
            "name: a, indicator: latency.max, target: 50 ms, priority: P1",
            "name: b, indicator: latency.max, target: 60 ms, priority: P0",
            "name: c, indicator: latency.max, target: 1 s",
            "name: d, indicator: latency.max, target: 1 s, warning: 90 ms",
            "name: e, indicator: latency.max, target: 1 s, endpoint: nowhere",
            "name: f, indicator: latency.max, target: 1 s, scenario: soak",
        ),
    )
    assert [r.status for r in verdict.results] == ["FAIL", "CRITICAL", "PASS", "WARNING", "NO DATA", "SKIPPED"]
    assert verdict.compliance == Fraction(2, 4)
    assert verdict.status == "CRITICAL"
    assert verdict.results[0].deviation == 1


def test_stages_are_judged_on_their_own() -> None:
    plan = Plan.ramps(("ramp", 10, 5), ("hold", 20, 5))

    def fill(recorder: Recorder, clock: Clock) -> None:
        for second in range(30):
            recorder.request("home", 500 if second < 10 else 50, 1)
            clock.now += 1

    run = made(fill, plan)
    lines = ["indicator: latency.max, target: 100 ms, stage: hold", "indicator: latency.max, target: 100 ms"]
    assert status(run, *lines) == ["PASS", "FAIL"]
    rate = judge(run, demanding("indicator: throughput.rps, target: 0.5 rps, stage: hold")).results[0]
    assert rate.value == 1


def test_a_percentile_has_its_interval() -> None:
    result = judge(requests(1000), demanding("indicator: latency.p95, target: 1 s")).results[0]
    assert result.low is not None
    assert result.high is not None
    assert not result.low_confidence
    few = judge(requests(100), demanding("indicator: latency.p99, target: 1 s")).results[0]
    assert few.low_confidence
    assert few.high is None


def test_a_stage_that_never_reached_its_users_is_named() -> None:
    plan = Plan.ramps(("ramp to 10", 10, 10), ("hold at 10", 10, 10))
    users = tuple(UserSample(second * 1000, None, min(second, 4)) for second in range(20))
    run = replace(requests(10, seconds=20), plan=plan, users=users)
    notes = judge(run, demanding("indicator: latency.p95, target: 1 s")).notes
    assert "stage 'ramp to 10' should have reached 10 users and reached at most 4" in notes


def test_advice_comes_from_the_run() -> None:
    lines = (
        "indicator: errors.ratio, target: 1 %",
        "indicator: latency.p50, target: 100 ms",
        "indicator: checks.ratio, target: 99 %",
    )
    errors, latency, checks = (" ".join(result.advice) for result in judge(made(mixed), demanding(*lines)).results)
    assert "6 x HTTP 500 from page_1" in errors
    assert "page_2" in errors
    assert "home" in latency
    assert "'fast' failed 5 of 90 times at home" in checks


def test_the_end_of_the_plan_is_no_stage_that_can_be_missed() -> None:
    plan = Plan.ramps(("hold", 10, 5), ("ramp to 0", 1, 0))
    users = tuple(UserSample(at_ms, None, 5) for at_ms in range(0, 10_900, 300))
    assert unreached_stages(replace(requests(10, seconds=11), plan=plan, users=users)) == []
    back = Plan.ramps(("up", 1, 5), ("fall to 0", 5, 0), ("hold at 0", 5, 0))
    assert len(unreached_stages(replace(requests(10, seconds=11), plan=back, users=users))) == 1
