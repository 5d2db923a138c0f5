"""Which objectives end a run, and when."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from slo.load.plan import Plan
from slo.measure.open_requests import OpenSummary
from slo.record.ending import Ending
from slo.record.run import Run
from slo.text import schemas
from slo.verdict.abort import WINDOW_S, Breach, rules
from slo.verdict.judge import judge
from tests.support.abort import LATENCY, first_breach, watch, window
from tests.support.made import demanding, requests


def test_a_breach_that_lasts_ends_the_run() -> None:
    found = first_breach(watch(LATENCY), [50] * 20 + [150] * 20)
    assert found is not None
    assert (found.objective, found.at_s) == ("quick", 25.0)
    assert found.value == pytest.approx(150, rel=0.001)
    assert found.reason == "'quick' was past its target for 5 s: 150 ms over the last 10 s against 100 ms"


def test_a_breach_that_heals_does_not() -> None:
    assert first_breach(watch(LATENCY), ([150] * 4 + [50]) * 10) is None
    assert first_breach(watch(LATENCY), [50] * 100) is None


def test_a_pause_of_the_load_is_no_breach_and_heals_none_for_a_while() -> None:
    assert first_breach(watch(LATENCY), [150, None, None, None, None, None, None, None]) is None
    assert first_breach(watch(LATENCY), [150, None, None, None, None, 150]) is not None
    pause: list[float | None] = [None] * (WINDOW_S + 5)
    assert first_breach(watch(LATENCY), [150, 150, *pause, 150, 150]) is None


def test_without_a_delay_the_first_look_ends_it() -> None:
    found = first_breach(watch(LATENCY.replace("5 s", "0 s")), [50, 50, 150])
    assert found is not None
    assert found.at_s == 3.0


def test_only_its_stages_count() -> None:
    assert first_breach(watch(f"{LATENCY}, stage: hold"), [150] * 20, stage="ramp") is None
    assert first_breach(watch(f"{LATENCY}, stage: hold"), [150] * 20, stage="hold") is not None


def test_a_rate_is_of_the_seconds_that_its_stages_lasted() -> None:
    plan = Plan.ramps(("ramp", 95, 5), ("hold", 100, 5))
    assert plan.seconds_within(90, 100, "hold".__eq__) == 5
    assert plan.seconds_within(290, 300, "hold".__eq__) == 10
    rate = watch("indicator: throughput.rps, target: 1.5 rps, stage: hold, abort: {after: 0 s}")
    cells = window(50, "hold", count=10)
    assert rate.check(cells, 100.0, lambda _: plan.seconds_within(90, 100, "hold".__eq__)) is None
    assert rate.check(cells, 105.0, lambda _: plan.seconds_within(95, 105, "hold".__eq__)) is not None


def test_who_may_end_a_run() -> None:
    objectives = demanding(
        "name: own, indicator: latency.p95, target: 1 s, abort: true",
        "name: p0, indicator: latency.p99, target: 1 s, priority: P0",
        "name: p1, indicator: latency.max, target: 1 s",
        "name: soak, indicator: latency.mean, target: 1 s, scenario: soak, priority: P0",
        "name: never, indicator: requests.count, target: 10, priority: P0",
        "name: errors, indicator: errors.ratio, target: 1 %, abort: false",
    )

    def who(*words: object) -> dict[str, float]:
        return {one.name: after_s for one, after_s in rules(objectives, "load", *words)}  # type: ignore[arg-type]

    assert who() == {"own": 30}
    assert who("CRITICAL", 5.0) == {"own": 30, "p0": 5}
    assert who("FAIL", 5.0) == {"own": 30, "p0": 5, "p1": 5, "errors": 5}


def aborted(run: Run, value: float) -> Run:
    return replace(run, ended=Ending("aborted", "'quick' was past its target for 5 s", "quick", value, 10.0))


def test_an_aborted_run_has_the_verdict_of_its_breach() -> None:
    verdict = judge(aborted(requests(100, 150), 150), demanding(LATENCY))
    assert (verdict.status, verdict.exit_code) == ("CRITICAL", 2)
    assert "the run was aborted after 10 s" in verdict.reason
    # Over the whole run it would have been met.
    verdict = judge(
        aborted(requests(100, 50), 150), demanding(LATENCY, "name: other, indicator: errors.ratio, target: 1 %")
    )
    assert [result.status for result in verdict.results] == ["CRITICAL", "PASS"]
    assert "over the whole run 50 ms is inside 100 ms" in verdict.results[0].reason


def test_the_record_of_an_aborted_run_is_valid_and_read_again() -> None:
    run = aborted(requests(10), 150.5)
    data = json.loads(json.dumps(run.to_data()))
    Draft202012Validator(schemas.load("run")).validate(data)
    assert Run.from_data(data).ended == run.ended
    assert requests(10).to_data()["ended"] == {"how": "completed", "reason": ""}


def first_breach_of_silence(line: str, name: str = "home", seconds: float = 10.0) -> Breach | None:
    """Look once a second at windows without an answer, while one request of ``name`` stays open."""
    watching = watch(line)
    for second in range(1, 40):
        waiting = OpenSummary(1, {name: float(second)})
        found = watching.check({}, float(second), lambda _: seconds, waiting)
        if found is not None:
            return found
    return None


@pytest.mark.parametrize(
    ("line", "ends_s"),
    [
        (LATENCY, 14.0),  # missed once a request is open for as long as the window, 10 s
        (LATENCY.replace("100 ms", "12 s"), 16.0),  # 12 s are missed as soon as a request is open for so long
        ("indicator: errors.ratio, target: 1 %, abort: {after: 5 s}", 14.0),
        ("indicator: unanswered.ratio, target: 1 %, abort: {after: 5 s}", 14.0),
        ("indicator: throughput.rps, target: 1 rps, abort: {after: 5 s}", 14.0),
    ],
)
def test_a_target_that_stops_answering_ends_the_run(line: str, ends_s: float) -> None:
    found = first_breach_of_silence(line)
    assert found is not None
    assert found.at_s == ends_s
    assert "no answer over the last " in found.reason
    assert f"the oldest request is open for {ends_s:.0f} s" in found.reason


def test_an_open_request_concerns_the_objectives_on_its_endpoint_and_stage() -> None:
    assert first_breach_of_silence(f"{LATENCY}, endpoint: other") is None
    assert first_breach_of_silence(f"{LATENCY}, stage: hold", seconds=0.0) is None
    assert first_breach_of_silence("indicator: checks.ratio, target: 99 %, abort: {after: 5 s}") is None
