"""A miss that our own processes could explain is no verdict; one that they can't stays a miss."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from slo.analysis import generator_health
from slo.measure.recorder import RUN_STAGE, Recorder
from slo.metrics.histogram import Histogram
from slo.record.process_stats import MAX_BUSY, ProcessStats, StageStats, to_record
from slo.record.run import Run
from slo.record.samples import UserSample
from slo.reports import html
from slo.text import schemas
from slo.verdict.judge import judge
from tests.support.made import Clock, demanding, made, requests
from tests.support.simulated import SPIKE, drained, simulated, soaked


def lags(*found: tuple[float, int]) -> Histogram:
    """Return the lag of (milliseconds, how often)."""
    histogram = Histogram()
    for lag_ms, count in found:
        histogram.record(round(lag_ms * 1000), count)
    return histogram


def strained(run: Run, lag: Histogram, busy_s: float = 0.0, stage: str = RUN_STAGE, **other: Any) -> Run:
    """Return the run as a process with this lag, busy for so many of ten seconds, made it."""
    vitals = ProcessStats({stage: StageStats(10.0, min(busy_s, 10.0), 0.0, busy_s, lag)})
    process = to_record("this process", True, vitals)
    return replace(run, generator={"cpu_s": 1.0, "processes": [process]}, **other)


IDLE = lags((0.1, 100))
LATE = lags((0.1, 50), (60, 50))


def outcome(run: Run, line: str) -> tuple[str, int]:
    verdict = judge(run, demanding(line))
    return verdict.results[0].status, verdict.exit_code


@pytest.mark.parametrize("indicator", ["latency.p50", "latency.p95", "latency.max", "latency.mean"])
def test_a_latency_is_missed_only_if_our_lag_cannot_explain_it(indicator: str) -> None:
    line = f"indicator: {indicator}, target: 50 ms, priority: P0"
    assert outcome(strained(requests(100, 100), IDLE), line) == ("CRITICAL", 2)
    assert outcome(strained(requests(100, 100), LATE), line) == ("NO DATA", 3)
    # Three times a lag of 60 ms explain 180 ms, not 500.
    assert outcome(strained(requests(100, 500), LATE), line) == ("CRITICAL", 2)
    # What is met although we were late stays met.
    assert outcome(strained(requests(100, 40), LATE), line) == ("PASS", 0)
    # A record that says nothing of its generator is judged as before.
    assert outcome(requests(100, 100), line) == ("CRITICAL", 2)


def test_a_lag_that_is_small_beside_the_target_explains_nothing() -> None:
    line = "indicator: latency.p95, target: 3000 ms"
    assert outcome(strained(requests(100, 3001), LATE), line) == ("FAIL", 1)
    assert outcome(strained(requests(100, 3001), LATE, busy_s=5), line) == ("NO DATA", 3)
    assert outcome(strained(requests(100, 3001), LATE, busy_s=0.5), line) == ("FAIL", 1)


def test_one_long_stop_explains_a_maximum_and_no_median() -> None:
    run = strained(requests(100, 100), lags((0.1, 999), (500, 1)))
    assert outcome(run, "indicator: latency.max, target: 50 ms") == ("NO DATA", 3)
    assert outcome(run, "indicator: latency.p50, target: 50 ms") == ("FAIL", 1)
    assert outcome(run, "indicator: latency.p99, target: 50 ms") == ("FAIL", 1)


def test_only_the_stages_selected_count() -> None:
    run = strained(requests(100, 100), LATE, stage="somewhere else")
    assert outcome(run, "indicator: latency.p95, target: 50 ms, stage: run") == ("FAIL", 1)


def test_a_throughput_is_ours_when_a_process_was_saturated_or_requests_waited_for_it() -> None:
    users = tuple(UserSample(second * 1000, None, 5) for second in range(11))
    line = "indicator: throughput.rps, target: 11 rps"  # there were 10
    assert outcome(strained(requests(100), IDLE, users=users), line) == ("FAIL", 1)
    assert outcome(strained(requests(100), IDLE, busy_s=2, users=users), line) == ("NO DATA", 3)
    # A cycle takes 500 ms; of those 3 * 30 ms are ours: 12.2 rps at most.
    assert outcome(strained(requests(100), LATE, users=users), line) == ("NO DATA", 3)
    assert outcome(strained(requests(100), LATE, users=users), line.replace("11 rps", "13 rps")) == ("FAIL", 1)


def test_an_error_with_a_status_is_the_targets_and_one_without_may_be_ours() -> None:
    def failing(kind: str) -> Run:
        def fill(recorder: Recorder, clock: Clock) -> None:
            for number in range(100):
                if number < 5:
                    recorder.failure("home", 100, 10, kind)
                else:
                    recorder.request("home", 100, 10)
            clock.now += 10

        return strained(made(fill), lags((0.1, 90), (500, 10)), busy_s=8)

    line = "indicator: errors.ratio, target: 1 %, priority: P0"
    assert outcome(failing("HTTP 500"), line) == ("CRITICAL", 2)
    assert outcome(failing("timeout"), line) == ("NO DATA", 3)
    assert outcome(failing("timeout"), line.replace("1 %", "10 %")) == ("PASS", 0)


def test_a_check_may_fail_for_our_lag_as_often_as_there_was_one() -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for number in range(100):
            recorder.request("home", 100, 10)
            recorder.check("home", "in time", number >= 20)
        clock.now += 10

    line = "indicator: checks.ratio, target: 99 %"
    assert outcome(strained(made(fill), LATE), line) == ("FAIL", 1)
    assert outcome(strained(made(fill), lags((0.1, 99), (500, 1))), line) == ("FAIL", 1)
    assert outcome(strained(made(fill), lags((0.1, 90), (500, 10))), line) == ("NO DATA", 3)


def test_the_targets_own_miss_is_not_hidden_by_one_of_ours() -> None:
    run = strained(requests(100, 100), LATE)
    verdict = judge(
        run,
        demanding("indicator: latency.p95, target: 50 ms", "indicator: requests.count, target: 1000, priority: P0"),
    )
    assert [result.status for result in verdict.results] == ["NO DATA", "CRITICAL"]
    assert verdict.exit_code == 2


def test_what_is_said_has_reason_numbers_and_remedy() -> None:
    run = strained(requests(100, 100), lags((0.1, 50), (160, 50)), busy_s=9)
    verdict = judge(run, demanding("indicator: latency.p95, target: 50 ms"))
    assert verdict.reason.startswith("latency.p95: 100 ms against 50 ms, but our own generator could be why")
    assert "this process used 90.00 % of a core" in verdict.reason
    assert "160 ms late" in verdict.reason
    assert "--processes N" in verdict.results[0].advice[0]
    assert any(note.startswith("the generator was busy") for note in verdict.notes)
    assert list(generator_health.notes(strained(requests(100), IDLE))) == []


def test_a_warning_of_ours_fails_nobody_either() -> None:
    line = "indicator: latency.p95, target: 1 s, warning: 90 ms"
    run = strained(requests(100, 100), LATE)
    assert outcome(run, line) == ("WARNING", 0)
    assert outcome(replace(run, options={"fail_on": "warning"}), line) == ("NO DATA", 3)
    idle = strained(requests(100, 100), IDLE, options={"fail_on": "warning"})
    assert outcome(idle, line) == ("WARNING", 1)


@given(
    st.floats(1, 2000), st.floats(1, 2000), st.floats(0.1, 1000), st.floats(0, 10),
    st.sampled_from(["latency.p95", "latency.mean", "latency.max", "throughput.rps", "errors.ratio"]),
)  # fmt: skip
def test_a_strained_generator_turns_no_verdict_into_another(
    latency_ms: float, target: float, lag_ms: float, busy_s: float, indicator: str
) -> None:
    unit = {"throughput.rps": "rps", "errors.ratio": "%"}.get(indicator, "ms")
    bound = min(target, 99) if unit == "%" else target
    line = f"indicator: {indicator}, target: {bound:.3f} {unit}"
    run = requests(100, latency_ms)
    before, _ = outcome(run, line)
    after, _ = outcome(strained(run, lags((lag_ms, 100)), busy_s), line)
    assert after in (before, "NO DATA")
    assert before != "PASS" or after == "PASS"


def test_the_record_keeps_it_and_its_schema_knows_it() -> None:
    run = strained(requests(10), LATE, busy_s=3)
    data = json.loads(json.dumps(run.to_data()))
    Draft202012Validator(schemas.load("run")).validate(data)
    again = Run.from_data(data)
    assert again.process_stats == run.process_stats
    assert again.process_stats["this process"].whole().busy_s == 3
    old = {**data, "generator": {"cpu_s": 1.5}}
    Draft202012Validator(schemas.load("run")).validate(old)
    assert Run.from_data(old).process_stats == {}


def test_the_page_shows_every_process() -> None:
    run = strained(requests(10), LATE, busy_s=3)
    page = html.render(run, judge(run, demanding("indicator: latency.p95, target: 1 s")))
    table = page[page.index('id="processes-head"') :]
    for words in ("this process", "30.00 %", "60 ms", "0.1 ms"):
        assert words in table


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 500)), max_size=400))
def test_busy_times_are_bounded_and_cover_all(steps: list[tuple[int, int]]) -> None:
    vitals, now_ms, noted = ProcessStats(), 0, []
    for pause_ms, length_ms in steps:
        start_ms, now_ms = now_ms + pause_ms, now_ms + pause_ms + length_ms
        vitals.add_busy(start_ms, now_ms)
        noted.append((start_ms, now_ms))
    assert len(vitals.busy) <= MAX_BUSY
    assert all(any(a <= start and end <= b for a, b in vitals.busy) for start, end in noted)
    assert vitals.busy == sorted(vitals.busy)


CRUSHED = lags((0.1, 90), (150, 10))


@pytest.mark.parametrize(
    ("lag", "busy_s", "expected"),
    [
        (IDLE, 0.0, "CRITICAL"),
        (LATE, 0.0, "CRITICAL"),  # 60 ms late are felt by a latency, and move no recovery
        (CRUSHED, 0.0, "NO DATA"),
        (IDLE, 0.9, "CRITICAL"),
        (IDLE, 1.0, "NO DATA"),
    ],
)
def test_a_missed_finding_is_no_verdict_when_the_generator_was_strained(
    lag: Histogram, busy_s: float, expected: str
) -> None:
    spike = strained(simulated(SPIKE, "spike", drained(30)), lag, busy_s)
    assert outcome(spike, "indicator: recovery.s, target: 10 s, priority: P0")[0] == expected


def test_the_doubt_about_a_finding_is_said_with_what_to_do() -> None:
    spike = strained(simulated(SPIKE, "spike", drained(30)), CRUSHED)
    (result,) = judge(spike, demanding("indicator: recovery.s, target: 10 s")).results
    assert "against 10 s" in result.reason
    assert "but our own generator could be why: this process used" in result.reason
    assert result.advice == (generator_health.REMEDY,)


def test_a_finding_that_is_met_stays_met_however_strained_the_generator_was() -> None:
    spike = strained(simulated(SPIKE, "spike", drained(30)), CRUSHED, busy_s=5)
    assert outcome(spike, "indicator: recovery.s, target: 1 min")[0] == "PASS"


def test_the_targets_memory_is_not_our_generators_doing() -> None:
    soak = strained(soaked(rise=0.6, leak=1.0), CRUSHED, busy_s=5)
    lines = ("indicator: drift.memory, target: 5 %/h", "indicator: drift.latency.p95, target: 5 %/h")
    assert [one.status for one in judge(soak, demanding(*lines)).results] == ["FAIL", "NO DATA"]
    rested = strained(soaked(rise=0.6, leak=1.0), IDLE)
    assert [one.status for one in judge(rested, demanding(*lines)).results] == ["FAIL", "FAIL"]
