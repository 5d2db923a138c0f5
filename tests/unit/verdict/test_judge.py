from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from slo.analysis.offered import unreached_stages
from slo.load.plan import Plan
from slo.measure.recorder import Recorder
from slo.record.ending import Ending
from slo.record.run import Run
from slo.record.samples import UserSample
from slo.reports import console, markdown
from slo.text import schemas
from slo.verdict.judge import judge
from slo.verdict.verdict import to_json
from tests.support.made import Clock, demanding, made, requests


def mixed(recorder: Recorder, clock: Clock) -> None:
    """90 good, 6 failed, 4 throttled; the failed ones answer at once. Checks: 95 of 100."""
    for number in range(90):
        recorder.request("home", 100 + number, 10)
        recorder.check("home", "fast", number >= 5)
    for _ in range(6):
        recorder.failure("page_1", 1, 10, "HTTP 500")
    for _ in range(4):
        recorder.throttled("page_2", 2, 10)
    for _ in range(10):
        recorder.check("page_1", "body", True)
    clock.now += 10


def status(run: Run, *lines: str) -> list[str]:
    return [result.status for result in judge(run, demanding(*lines)).results]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("indicator: errors.ratio, target: 50 %", Fraction(10, 100)),
        ("indicator: errors.ratio, target: 50 %, throttled: ignored", Fraction(6, 100)),
        ("indicator: throttled.ratio, target: 50 %", Fraction(4, 100)),
        ("indicator: throughput.rps, target: 1 rps", Fraction(10)),
        ("indicator: requests.count, target: 10", Fraction(100)),
        ("indicator: checks.ratio, target: 50 %", Fraction(95, 100)),
        ("indicator: checks.ratio, target: 50 %, check: fast", Fraction(85, 90)),
        ("indicator: latency.max, target: 1 s", Fraction(189)),
        ("indicator: latency.max, target: 1 s, of: failed", Fraction(2)),
        ("indicator: latency.mean, target: 1 s, of: ok", Fraction(2 * 100 + 89, 2)),
        ("indicator: latency.p50, target: 1 s, endpoint: page_1", Fraction(1)),
        ("indicator: requests.count, target: 1, group: pages", Fraction(100)),
        ("indicator: requests.count, target: 1, endpoint: 'page_*'", Fraction(10)),
    ],
)
def test_each_indicator_is_what_it_says(line: str, value: Fraction) -> None:
    assert judge(made(mixed), demanding(line)).results[0].value == value


@pytest.mark.parametrize(
    ("latency", "expected"),
    [(99, "PASS"), (100, "WARNING"), (199, "WARNING"), (200, "CRITICAL"), (201, "CRITICAL")],
)
def test_the_bound_itself_is_a_miss(latency: float, expected: str) -> None:
    line = "indicator: latency.max, target: 200 ms, warning: 100 ms, priority: P0"
    assert status(requests(10, latency), line) == [expected]


def test_the_bound_of_what_more_is_better_is_a_miss_too() -> None:
    run = requests(100, seconds=10)
    bounds = [("9", "PASS"), ("10", "FAIL"), ("11", "FAIL")]
    assert [status(run, f"indicator: throughput.rps, target: {bound} rps")[0] for bound, _ in bounds] == [
        expected for _, expected in bounds
    ]


def test_the_best_value_meets_itself() -> None:
    assert status(requests(10), "indicator: errors.ratio, target: 0 %") == ["PASS"]


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


OUTCOMES = {
    "PASS": "indicator: latency.max, target: 1 s",
    "WARNING": "indicator: latency.max, target: 1 s, warning: 90 ms",
    "NO DATA": "indicator: latency.max, target: 1 s, endpoint: nowhere",
    "FAIL": "indicator: latency.max, target: 90 ms",
    "CRITICAL": "indicator: latency.max, target: 90 ms, priority: P0",
}
CODES = {"PASS": 0, "WARNING": 0, "NO DATA": 3, "FAIL": 1, "CRITICAL": 2}


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


def test_the_verdict_is_valid_by_its_schema_and_the_same_every_time() -> None:
    verdict = judge(made(mixed), demanding("indicator: latency.p95, target: 1 s"))
    assert to_json(verdict) == to_json(judge(made(mixed), demanding("indicator: latency.p95, target: 1 s")))
    Draft202012Validator(schemas.load("verdict")).validate(json.loads(to_json(verdict)))


def test_reports_tell_the_verdict_and_colour_only_when_asked() -> None:
    run = made(mixed)
    verdict = judge(run, demanding("name: 'a | b', indicator: errors.ratio, target: 1 %"))
    plain = console.render(run, verdict, colour=False)
    assert "\x1b[" not in plain
    assert "\x1b[" in console.render(run, verdict, colour=True)
    text = markdown.render(run, verdict)
    for words in (plain, text):
        assert "FAIL" in words
        assert "10.00 %" in words
        assert "http://api.test" in words
    assert "a \\| b" in text


def test_the_end_of_the_plan_is_no_stage_that_can_be_missed() -> None:
    plan = Plan.ramps(("hold", 10, 5), ("ramp to 0", 1, 0))
    users = tuple(UserSample(at_ms, None, 5) for at_ms in range(0, 10_900, 300))
    assert unreached_stages(replace(requests(10, seconds=11), plan=plan, users=users)) == []
    back = Plan.ramps(("up", 1, 5), ("fall to 0", 5, 0), ("hold at 0", 5, 0))
    assert len(unreached_stages(replace(requests(10, seconds=11), plan=back, users=users))) == 1
