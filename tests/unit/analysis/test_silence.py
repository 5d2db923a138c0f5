"""Requests that were never answered decide a run that they hardly appear in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slo.analysis import silence
from slo.measure.recorder import Recorder
from slo.metrics.histogram import Histogram
from slo.record.code_counts import CodeCounts
from slo.record.process_stats import ProcessStats, StageStats, to_record
from slo.record.run import Run
from slo.record.samples import UserSample
from slo.verdict.judge import judge
from tests.support.made import Clock, demanding, made

ERRORS = "indicator: errors.ratio, target: 50 %"


def stopped(answered_s: int, silent_s: float, users: int = 1, age_s: float | None = None) -> Run:
    """Return a run of one answer a second, then of silence, with one open request of each user at its end."""

    def fill(recorder: Recorder, clock: Clock) -> None:
        for _ in range(answered_s):
            recorder.request("home", 100, 10)
            clock.now += 1
        clock.now += silent_s
        for _ in range(users):
            recorder.unanswered("home", 1000 * (silent_s if age_s is None else age_s))

    return made(fill, users=(UserSample(0, None, users),))


@pytest.mark.parametrize(
    ("answered_s", "silent_s", "age_s", "expected_s"),
    [
        (8, 53, None, 53),
        (8, 53, 20, 20),  # a user who began to wait later
        (60, 5, None, 0),  # less than a tenth
        (8, 53, 0.05, 0),  # younger than the slowest answer: users paused
    ],
)
def test_silence_is_the_time_without_an_answer(
    answered_s: int, silent_s: float, age_s: float | None, expected_s: float
) -> None:
    assert silence.find(stopped(answered_s, silent_s, age_s=age_s)).silent_s == pytest.approx(expected_s, abs=0.01)


def test_a_silent_target_fails_whatever_the_objectives_say() -> None:
    verdict = judge(stopped(8, 53), demanding(ERRORS))
    assert [result.status for result in verdict.results] == ["PASS"]
    assert (verdict.status, verdict.exit_code) == ("FAIL", 1)
    assert verdict.reason.startswith("no answer for 53 of 61 s; ")
    assert (
        "1 request was open when its user was stopped, for 53.0 s; open for 10 s or longer, and counted as failed: 1"
        in (verdict.notes)
    )


def test_users_who_wait_for_nothing_prevent_a_pass() -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for _ in range(60):
            recorder.request("home", 100, 10)
            clock.now += 1
        recorder.unanswered("list", 30_000)

    run = made(fill, users=(UserSample(0, None, 2),))
    assert silence.find(run).waiting_share == pytest.approx(30 / 120, rel=0.01)
    verdict = judge(run, demanding(ERRORS))
    assert verdict.status == "WARNING"
    assert verdict.reason.startswith("users waited 25 % of their time for answers that never came; ")


def test_requests_cut_at_the_end_of_a_healthy_run_are_no_matter() -> None:
    run = stopped(60, 0.5, users=10, age_s=0.09)
    found = silence.find(run)
    assert (found.silent_s, found.waiting_share, found.notes) == (0, 0, [])
    assert judge(run, demanding(ERRORS)).status == "PASS"


@pytest.mark.parametrize(
    ("line", "status", "value"),
    [
        ("indicator: errors.ratio, target: 5 %", "FAIL", 1 / 9),
        ("indicator: unanswered.ratio, target: 5 %", "FAIL", 1 / 9),
        ("indicator: throttled.ratio, target: 5 %", "PASS", 0),
        ("indicator: latency.p95, target: 3 s", "FAIL", 53_000),
        ("indicator: latency.p50, target: 3 s", "PASS", 100),
        ("indicator: latency.max, target: 60 s", "PASS", 100),  # it might have been answered in 60 s
        ("indicator: latency.max, target: 3 s, of: failed", "NO DATA", None),
    ],
)
def test_an_open_request_past_the_target_has_missed_it(line: str, status: str, value: float | None) -> None:
    result = judge(stopped(8, 53), demanding(line + ", priority: P1")).results[0]
    assert result.status == status
    assert result.value is None if value is None else float(result.value or 0) == pytest.approx(value, rel=0.001)


def test_an_objective_without_data_does_not_hide_the_silence() -> None:
    verdict = judge(stopped(8, 53), demanding(ERRORS, "indicator: latency.p95, target: 1 s, endpoint: nowhere"))
    assert [result.status for result in verdict.results] == ["PASS", "NO DATA"]
    assert verdict.status == "FAIL"


def frozen(usual_ms: float, late: int, users: int = 4) -> Run:
    """Return a run of 60 s in which nothing is answered from 20 s to 50 s; then ``late`` answers took 30.5 s."""

    def fill(recorder: Recorder, clock: Clock) -> None:
        for second in range(60):
            if second < 20 or second > 50:
                recorder.request("home", usual_ms, 10)
            for _ in range(late if second == 50 else 0):
                recorder.request("home", 30_500, 10)
            clock.now += 1

    return made(fill, users=(UserSample(0, None, users),))


def test_a_silence_in_mid_run_is_no_pass() -> None:
    verdict = judge(frozen(100, late=4), demanding("indicator: latency.p50, target: 1 s"))
    assert [result.status for result in verdict.results] == ["PASS"]
    assert verdict.status == "WARNING"
    assert verdict.reason.startswith("no answer for 30 of 60 s; ")
    assert "no answer from 20 s to 50 s of the run ('run'), while users waited" in verdict.notes


@pytest.mark.parametrize(
    ("usual_ms", "late"),
    [
        (100, 0),  # nobody waited: the load paused
        (100, 1),  # one of four users waited
        (4000, 4),  # a target that takes seconds for each answer
    ],
)
def test_what_is_no_silence_in_mid_run(usual_ms: float, late: int) -> None:
    assert silence.find(frozen(usual_ms, late)).gaps == ()


def test_a_generator_that_stood_still_could_be_why_nobody_was_answered() -> None:
    run = stopped(8, 13)
    lag = Histogram()
    lag.record(13_000_000)
    lag.record(1000, 100)
    stats = ProcessStats({"run": StageStats(21.0, 1.0, 19.0, 19.0, lag)})
    late = replace(run, generator={"processes": [to_record("this process", True, stats)]})
    assert judge(run, demanding(ERRORS)).status == "FAIL"
    verdict = judge(late, demanding(ERRORS, "indicator: unanswered.ratio, target: 0 %"))
    assert verdict.status == "NO DATA"
    assert [result.status for result in verdict.results] == ["PASS", "NO DATA"]
    assert verdict.reason.startswith("no answer for 13 of 21 s, but our own generator could be why: this process used")
    # 13 s do not explain a minute.
    assert judge(replace(stopped(8, 53), generator=late.generator), demanding(ERRORS)).status == "FAIL"


@pytest.mark.parametrize(
    ("seconds", "waited_s", "stuck_s"),
    [(53, 50.0, 50.0), (53, 0.05, 0.0), (53, 0.0, 0.0), (0, 30.0, 0.0)],
    ids=["stuck", "younger than the slowest answer", "asleep", "answered to the end"],
)
def test_tasks_that_waited_since_the_last_answer_are_no_pass(seconds: int, waited_s: float, stuck_s: float) -> None:
    run = replace(stopped(8, seconds, users=0), code=CodeCounts(waiting_tasks=1, waiting_tasks_s=waited_s))
    assert silence.find(run).stuck_s == stuck_s
    verdict = judge(run, demanding(ERRORS))
    assert verdict.status == ("WARNING" if stuck_s else "PASS")
    if stuck_s:
        assert verdict.reason.startswith("no request ended for the last 50 of 61 s, while tasks waited; ")
    assert CodeCounts.from_data(run.code.to_data()) == run.code


def test_where_a_request_is_known_to_be_open_its_age_decides_and_not_that_of_its_task() -> None:
    run = replace(stopped(8, 53, age_s=0.05), code=CodeCounts(waiting_tasks=1, waiting_tasks_s=50.0))
    assert silence.find(run).sentence == ""
