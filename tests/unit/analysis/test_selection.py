"""What came in an objective's warm-up is left out: of a finished run and of one under way alike."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from slo.analysis.findings import miss_detector
from slo.analysis.selection import select
from slo.live.provisional import provisional
from slo.load.plan import Plan
from slo.measure.measurement import Measurement
from slo.measure.recorder import Recorder
from slo.measure.run_description import RunDescription
from slo.metrics.tally import Tally
from slo.record.history import History
from slo.record.interval import Interval
from slo.record.run import Run
from slo.record.target import Target
from slo.reports import console, html, junit, markdown
from slo.text import schemas
from slo.verdict.abort import AbortMonitor, rules
from slo.verdict.judge import judge
from slo.verdict.result import Result
from tests.support.abort import first_breach
from tests.support.made import Clock, demanding, made

COLD_S, WHOLE_S = 4, 10


def cold(plan: Plan | None = None, checks: bool = True) -> Run:
    """Return a run of ten seconds with ten requests each: in the first four they are slow and half of them fail."""

    def fill(recorder: Recorder, clock: Clock) -> None:
        for second in range(WHOLE_S):
            for number in range(10):
                clock.now = 1000 + second + number / 10
                early = second < COLD_S
                if early and number % 2:
                    recorder.failure("home", 900, 1, "HTTP 500")
                else:
                    recorder.request("home", 900 if early else 100, 1)
                if checks:
                    recorder.check("home", "fast", not early)
        clock.now = 1000 + WHOLE_S

    return made(fill, plan)


def result(run: Run, line: str) -> Result:
    return judge(run, demanding(line)).results[0]


@pytest.mark.parametrize(
    ("line", "whole", "warm"),
    [
        ("indicator: latency.max, target: 2 s", 900, 100),
        ("indicator: latency.mean, target: 2 s", 420, 100),
        ("indicator: errors.ratio, target: 90 %", Fraction(1, 5), 0),
        ("indicator: checks.ratio, target: 1 %", Fraction(3, 5), 1),
        ("indicator: requests.count, target: 1", 100, 60),
        ("indicator: throughput.rps, target: 1 rps", 10, 10),
    ],
)
def test_each_indicator_leaves_the_warmup_out(line: str, whole: int, warm: int) -> None:
    assert result(cold(), line).value == pytest.approx(whole, rel=0.001)
    assert result(cold(), f"{line}, warmup: 4 s").value == pytest.approx(warm, rel=0.001)
    assert result(cold(), f"{line}, warmup: 0 s").value == pytest.approx(whole, rel=0.001)


def test_a_second_that_began_in_the_warmup_is_left_out_as_a_whole() -> None:
    counted = {
        warmup: result(cold(), f"indicator: requests.count, target: 1, warmup: {warmup}").value
        for warmup in ("4 s", "4001 ms", "4500 ms", "5 s")
    }
    assert counted == {"4 s": 60, "4001 ms": 50, "4500 ms": 50, "5 s": 50}
    rate = result(cold(), "indicator: throughput.rps, target: 1 rps, warmup: 4500 ms")
    assert rate.value == 10


def test_a_compressed_plan_compresses_the_warmup() -> None:
    plan = Plan.ramps(("ramp", 40, 5), ("hold", 60, 5)).scaled(0.1, 1)
    found = result(cold(plan), "indicator: requests.count, target: 1, warmup: 40 s")
    assert found.value == 60
    only = result(cold(plan), "indicator: latency.max, target: 1 s, warmup: 40 s, stage: ramp")
    assert only.status == "NO DATA"
    assert only.reason == "no request was made after the warm-up of 40 s (4 s in this compressed run)"
    within = result(cold(plan), "indicator: throughput.rps, target: 1 rps, warmup: 20 s, stage: ramp")
    assert within.value == 10
    assert within.samples == 20


def test_a_warmup_as_long_as_the_run_is_no_data() -> None:
    found = judge(cold(), demanding("indicator: errors.ratio, target: 1 %, warmup: 10 s"))
    assert (found.status, found.exit_code) == ("NO DATA", 3)
    assert found.results[0].reason == "the warm-up of 10 s is as long as the run, which lasted 10.0 s"
    wrong = result(cold(), "indicator: errors.ratio, target: 1 %, warmup: 10 s, endpoint: hom")
    assert wrong.reason.startswith("no request to 'hom' was made; did you mean 'home'?")


def test_the_objectives_beside_it_keep_the_warmup() -> None:
    objectives = demanding(
        "indicator: latency.max, target: 500 ms, warmup: 4 s",
        "indicator: latency.max, target: 500 ms, name: all of it",
    )
    assert [one.status for one in judge(cold(), objectives).results] == ["PASS", "FAIL"]


@given(
    st.lists(st.tuples(st.integers(0, 90), st.sampled_from("ab")), min_size=1),
    st.lists(st.integers(1, 95_000), max_size=3),
    st.integers(2, 20),
    st.integers(0, 30),
)
def test_a_run_under_way_is_counted_as_its_record(
    seconds: list[tuple[int, str]], warmup_ends_ms: list[int], most: int, hot_s: int
) -> None:
    history = History(most, most // 2, hot_s * 1000, warmup_ends_ms)
    for at_s, stage in seconds:
        tally = Tally()
        tally.ok.record(1000 + at_s)
        history.add(Interval(at_s * 1000, at_s * 1000 + 1000, stage, {"home": tally.pack()}))
    record = replace(cold(), intervals=tuple(history.intervals()), duration_s=100.0)
    for cut_ms in (0, *warmup_ends_ms):
        counts, late = history.after(cut_ms), record.after(cut_ms)
        assert {key: t.to_data() for key, t in counts.tallies.items()} == {
            k: t.to_data() for k, t in late.tallies.items()
        }
        assert sum(t.requests for t in counts.tallies.values()) == sum(at_s * 1000 >= cut_ms for at_s, _ in seconds)
        assert counts.since_ms == round(late.since_s * 1000)


def test_what_was_added_together_across_another_warmup_is_left_out_as_a_whole() -> None:
    history = History(max_intervals=4, keep_fine=1, open_ms=1000)
    for interval in (replace_stage(one) for one in cold().intervals):
        history.add(interval)
    run = replace(cold(), intervals=tuple(history.intervals()))
    straddling = next(one for one in run.intervals if one.start_ms < 3000 < one.end_ms)
    late = run.after(3000)
    assert late.since_s == straddling.end_ms / 1000 > 3
    assert late.tally().requests == 100 - straddling.end_ms / 100


def replace_stage(interval: Interval) -> Interval:
    return Interval(interval.start_ms, interval.end_ms, "run", dict(interval.packed))


def test_a_run_under_way_has_the_verdict_of_the_finished_one(tmp_path: Path) -> None:
    objectives = demanding(
        "indicator: latency.p95, target: 500 ms, warmup: 4 s", "indicator: throughput.rps, target: 9 rps, warmup: 3 s"
    )
    clock = Clock()
    measurement = Measurement(
        RunDescription("run", "load", Target("http://api.test")), tmp_path, clock=clock, warmup_ends_ms=(3000, 4000)
    )
    for interval in cold().intervals:
        measurement.add_intervals([interval])
    clock.now += WHOLE_S
    _, verdict = provisional(measurement, objectives)
    finished = judge(cold(), objectives)
    shown = [(one.status, one.value, one.samples) for one in verdict.results]
    assert shown == [(one.status, one.value, one.samples) for one in finished.results]
    assert [one.status for one in verdict.results] == ["PASS", "PASS"]


def test_a_window_that_begins_in_the_warmup_ends_no_run() -> None:
    line = "name: quick, indicator: latency.p95, target: 100 ms, abort: {after: 5 s}, warmup: 30 s"
    objectives = demanding(line)
    found = first_breach(AbortMonitor(rules(objectives, "load"), objectives.groups), [150] * 60)
    # The first window that is looked at is that from 30 s to 40 s.
    assert found is not None
    assert found.at_s == 44
    compressed = Plan.ramps(("hold", 100, 5)).scaled(0.1, 1)
    found = first_breach(AbortMonitor(rules(objectives, "load"), objectives.groups, compressed), [150] * 60)
    assert found is not None
    assert found.at_s == 17


def test_a_window_of_a_finding_that_begins_in_the_warmup_misses_nothing() -> None:
    run = cold()
    watch = miss_detector("stress", demanding("indicator: latency.p95, target: 500 ms, priority: P0, warmup: 3 s"))
    assert [bool(watch(run.tallies, start_s, 5.0)) for start_s in (0.0, 2.9, 3.0)] == [False, False, True]


def test_every_report_says_it() -> None:
    run = cold()
    objectives = demanding(
        "name: quick once warm, indicator: latency.max, target: 500 ms, warmup: 4 s",
        "indicator: errors.ratio, target: 1 %, scenario: load, warmup: 1 min",
    )
    assert objectives.items[1].name == "errors.ratio in load after 60 s"
    verdict = judge(run, objectives)
    assert "< 500 ms after 4 s" in console.render(run, verdict)
    assert "\\< 500 ms after 4 s" in markdown.render(run, verdict)
    assert "&lt; 500 ms after 4 s" in html.render(run, verdict)
    properties = ET.fromstring(junit.render(run, verdict)).iter("property")
    assert {one.get("name"): one.get("value") for one in properties}["quick once warm: target"] == "< 500 ms after 4 s"
    data = json.loads(json.dumps(verdict.to_data()))
    Draft202012Validator(schemas.load("verdict")).validate(data)
    assert [one["scope"].get("warmup_s") for one in data["results"]] == [4, 60]


def test_arrivals_of_the_warmup_are_left_out() -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for second in range(WHOLE_S):
            clock.now = 1000 + second
            recorder.request("home", 10, 1)
            recorder.arrived(None if second < COLD_S else 0.0)
        clock.now = 1000 + WHOLE_S

    plan = Plan(tuple(replace(s, rate_from=1, rate_to=1) for s in Plan.ramps(("hold", 10, 5)).stages))
    run = made(fill, plan)
    assert result(run, "indicator: dropped.ratio, target: 90 %").value == Fraction(2, 5)
    assert result(run, "indicator: dropped.ratio, target: 90 %, warmup: 4 s").value == 0
    scope = demanding("indicator: dropped.ratio, target: 90 %, warmup: 4 s").items[0].scope
    assert select(run, scope, {}).arrivals.due == 6


@pytest.mark.parametrize(
    ("ok_ms", "ok", "failed_ms", "failed", "status"),
    [
        (900, 50, 5, 50, "FAIL"),  # quick failures do not make a slow target quick
        (100, 50, 5, 50, "PASS"),
        (100, 40, 9000, 60, "FAIL"),  # and slow ones are slow
        (900, 95, 5, 5, "FAIL"),
        (100, 0, 5, 100, "NO DATA"),  # in an outage nothing is quick
        (100, 0, 9000, 100, "FAIL"),
    ],
)
def test_quick_failures_meet_no_latency(ok_ms: float, ok: int, failed_ms: float, failed: int, status: str) -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for _ in range(ok):
            recorder.request("home", ok_ms, 10)
        for _ in range(failed):
            recorder.failure("home", failed_ms, 10, "HTTP 503")
        clock.now += 10

    (result,) = judge(made(fill), demanding("indicator: latency.p50, target: 500 ms")).results
    assert result.status == status
    if status == "NO DATA":
        assert result.reason.startswith("every request failed, and quickly")
