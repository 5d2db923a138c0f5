"""What a search for the limit found, by records made by hand; the verdict on it, and how it is shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from slo.analysis.finding import Finding
from slo.baseline import store
from slo.baseline.store import BaselineError
from slo.live import snapshot
from slo.live.progress import line
from slo.live.provisional import provisional
from slo.live.snapshot import Trends
from slo.load.search_record import SearchRecord, SearchStep
from slo.measure.measurement import Measurement
from slo.measure.recorder import Recorder
from slo.measure.run_description import RunDescription
from slo.metrics.tally import Tally
from slo.metrics.tally_table import Tallies, TallyTable
from slo.objectives.objectives import parse
from slo.record import run as runs
from slo.record.code_counts import CodeCounts
from slo.record.code_exceptions import CodeExceptions
from slo.record.ending import COMPLETED, Ending
from slo.record.run import Run
from slo.record.run_counts import LiveCounts, RunCounts
from slo.record.run_record import RunError
from slo.record.samples import UserSample
from slo.record.suite import KEY, Suite
from slo.record.target import Target
from slo.reports import console, html, junit, markdown
from slo.runtime.engine import Engine
from slo.runtime.run_store import RunStore
from slo.text import schemas
from slo.verdict.judge import judge
from slo.verdict.verdict import Verdict, to_json
from tests.support.made import Clock, demanding, made

QUICK = "name: quick, indicator: latency.p95, target: 200 ms, priority: P0"
ERRORS = "name: errors, indicator: errors.ratio, target: 1 %, priority: P0"
HOLD_S = 5

Held = tuple[int, float]
"""Users of a step, and the latency of each of its requests in milliseconds."""
FOUND: Sequence[Held] = ((8, 100), (16, 150), (32, 400), (24, 300), (20, 250), (18, 150), (19, 260), (18, 150))

SCALED = {"time_scale": 0.1, KEY: Suite(time_scale="time_scale").to_data()}


def searched(steps: Sequence[Held], most: int = 1000, each: int = 10, failing: int = 0, endpoint: str = "b") -> Run:
    """Return the record of a search: each step with a second of 5 s latencies, then held; ``each`` requests a user.

    From 20 users on ``failing`` of a second's requests fail, at ``endpoint``.
    """
    items: list[SearchStep] = []
    users: list[UserSample] = []

    def fill(recorder: Recorder, clock: Clock) -> None:
        for count, latency_ms in steps:
            start_s = round(clock.now - 1000)
            for second in range(1 + HOLD_S):
                users.append(UserSample(round((clock.now - 1000) * 1000), None, count))
                for number in range(count * each):
                    recorder.request("a" if number % 2 else "b", latency_ms if second else 5000, 10)
                for _ in range(failing if count >= 20 else 0):
                    recorder.failure(endpoint, latency_ms, 10, "HTTP 500")
                clock.now += 1
                recorder.close_interval_if_due()
            items.append(SearchStep(count, start_s * 1000, (start_s + 1) * 1000, (start_s + 1 + HOLD_S) * 1000))

    run = made(fill, scenario="stress")
    return replace(run, users=tuple(users), search=SearchRecord(1, most, 600.0, tuple(items)))


def the(run: Run, *lines: str) -> Finding:
    (one,) = judge(run, demanding(*(lines or (QUICK, ERRORS)))).findings
    return one


def bounds(one: Finding, name: str) -> tuple[float, float | None, float | None, bool]:
    figure = one.figure(name)
    assert figure is not None, one
    low, high = (None if bound is None else float(bound) for bound in (figure.low, figure.high))
    return float(figure.value), low, high, figure.exact


def test_the_limit_is_what_held_below_what_failed() -> None:
    one = the(searched(FOUND))
    assert one.name == "limit"
    assert bounds(one, "capacity.users") == (18, 18, 19, True)
    assert bounds(one, "capacity.rps") == (180, None, None, True)
    assert one.answer == (
        "sustains 18 users and 180 rps (p95 150 ms), all 2 objectives of P0 held; "
        "19 users: 'quick' failed first, mostly at a (p95 260 ms)"
    )
    assert [(trial.users, trial.outcome) for trial in one.trials] == [
        (users, "held" if latency < 200 else "failed") for users, latency in FOUND
    ]


def test_only_what_was_held_counts_not_what_settled() -> None:
    """The second before each hold had latencies of 5 s."""
    (trial, *_) = the(searched(FOUND)).trials
    assert trial.requests == 8 * 10 * HOLD_S
    assert trial.p95_ms == pytest.approx(100, rel=0.001)
    assert (trial.hold_s, trial.end_s) == (1, 6)


def test_what_failed_first_is_named_with_its_endpoint() -> None:
    steps = [(users, 100.0) for users, _ in FOUND if users < 19] + [(20, 100.0), (19, 100.0), (20, 100.0), (19, 100.0)]
    one = the(searched(steps, failing=20))
    assert "20 users: 'errors' failed first, mostly at b" in one.answer
    assert [trial.missed for trial in one.trials if trial.users == 20] == ["errors", "errors"]


def test_few_failures_are_no_proof_and_many_are() -> None:
    """Where 1 % may fail, 5 of 1,005 hold, 15 of 1,015 may be chance (8 %), and 50 of 1,050 are none."""
    steps = ((20, 100.0),) * 2
    for failing, each, outcome in ((1, 10, "held"), (3, 10, "unclear"), (10, 10, "failed")):
        found = {trial.outcome for trial in the(searched(steps, most=20, each=each, failing=failing)).trials}
        assert found == {outcome}, failing


def test_a_search_that_broke_nothing_knows_a_lower_bound() -> None:
    one = the(searched(((1, 100), (2, 100), (4, 100), (4, 100)), most=4))
    assert bounds(one, "capacity.users") == (4, 4, None, False)
    assert one.answer.startswith("never broke up to 4 users and 40 rps")
    assert "raise -u" in one.answer


def test_a_search_whose_time_was_over_says_so() -> None:
    rising = the(searched(((1, 100), (2, 100), (4, 100))))
    assert "more was not tried in 600 s: give more with --find-limit-time" in rising.answer
    between = the(searched(((1, 100), (2, 100), (4, 100), (8, 300))))
    assert bounds(between, "capacity.users") == (4, 4, 8, True)
    assert "between them nothing was tried in 600 s" in between.answer


def test_a_target_that_bears_nobody_fails() -> None:
    run = searched(((4, 300), (2, 300), (1, 300)))
    outcome = judge(run, demanding(QUICK))
    assert bounds(outcome.findings[0], "capacity.users") == (1, None, 1, False)
    assert outcome.findings[0].answer.startswith("not even 1 user: 'quick' failed first")
    assert (outcome.status, outcome.exit_code) == ("CRITICAL", 2)
    assert outcome.reason == "quick: missed with 1 user already"
    assert "<failure" in junit.render(run, outcome)


def test_a_search_that_began_too_high_and_had_no_time_to_go_down_has_no_verdict() -> None:
    outcome = judge(searched(((50, 300), (25, 300))), demanding(QUICK))
    assert bounds(outcome.findings[0], "capacity.users") == (25, None, 25, False)
    assert (outcome.status, outcome.exit_code) == ("NO DATA", 3)
    assert "nothing less was tried in 600 s" in outcome.reason


def test_a_hiccup_that_was_tried_again_is_not_the_limit() -> None:
    one = the(
        searched(((1, 100), (2, 300), (1, 100), (2, 100), (4, 100), (8, 300), (6, 100), (7, 100), (8, 300), (7, 100)))
    )
    assert bounds(one, "capacity.users")[:3] == (7, 7, 8)


def with_steps(run: Run, steps: Sequence[Tallies]) -> Run:
    """Return the run with other counts of its steps."""
    return replace(run, live=LiveCounts(RunCounts(run.tallies, run.arrivals), {}, [TallyTable(one) for one in steps]))


def test_too_few_requests_are_told_and_bound_what_is_known() -> None:
    """19 users with one request a second: 95 samples near the target; 18 and below are clear."""
    noisy = [*[(n, ms) for n, ms in FOUND if n != 19], (19, 150.0)]
    run = searched(noisy)
    odd = next(n for n, step in enumerate(run.search.items) if step.users == 19) if run.search else 0
    cells = [dict(one) for one in run.step_tallies]
    cells[odd] = {}
    run = with_steps(run, cells)
    one = the(run)
    assert one.trials[odd].outcome == "unclear"
    assert bounds(one, "capacity.users") == (18, 18, 20, False)
    assert any("at 19 users" in detail for detail in one.details)


def test_what_is_unclear_below_what_held_is_no_matter() -> None:
    run, few = searched(FOUND), Tally()
    few.ok.record_all([100_000] * 10)
    run = with_steps(run, [{("a", "run"): few}, *run.step_tallies[1:]])
    one = the(run)
    assert (one.trials[0].users, one.trials[0].outcome) == (8, "unclear")
    assert one.details == ()


def test_a_search_of_which_nothing_is_clear_has_no_verdict() -> None:
    run, few = searched(((1, 100), (1, 100)), most=1), Tally()
    few.ok.record_all([100_000] * 10)
    run = with_steps(run, [{("a", "run"): few}] * 2)
    outcome = judge(run, demanding(QUICK))
    assert bounds(outcome.findings[0], "capacity.users") == (1, 0, None, False)
    assert (outcome.status, outcome.exit_code) == ("NO DATA", 3)


def test_one_user_of_whom_nothing_is_clear_is_no_miss() -> None:
    """11 requests, one of them slow: the p95 is past its target, and its interval is not."""
    run, tally = searched(((1, 300), (1, 300))), Tally()
    tally.ok.record_all([100_000] * 10 + [300_000])
    run = with_steps(run, [{("a", "run"): tally}] * 2)
    outcome = judge(run, demanding(QUICK))
    assert [trial.outcome for trial in outcome.findings[0].trials] == ["unclear", "unclear"]
    assert (outcome.status, outcome.results[0].status) == ("NO DATA", "SKIPPED")
    assert "too noisy to be sure" in outcome.reason


def test_a_step_without_its_users_proves_nothing() -> None:
    run = searched(((1, 100), (2, 100), (4, 100), (4, 100)), most=4)
    few = tuple(replace(sample, achieved=min(sample.achieved, 2)) for sample in run.users)
    one = the(replace(run, users=few))
    assert bounds(one, "capacity.users")[0] == 2
    assert "only 2 users of them ran" in one.answer


def busy_at(run: Run, users: int) -> Run:
    assert run.search is not None
    spans = [[step.hold_ms, step.end_ms] for step in run.search.items if step.users == users]
    process = {"name": "this process", "sends": True, "stages": {}, "busy": spans}
    return replace(run, generator={"processes": [process]})


def test_a_limit_that_may_be_our_own_is_a_lower_bound() -> None:
    one = the(busy_at(searched(FOUND), 19))
    assert bounds(one, "capacity.users") == (18, 18, 20, False)
    assert any("our own generator was busy" in detail for detail in one.details)
    assert [trial.users for trial in one.trials if trial.busy] == [19]


# The verdict


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


# The record


def test_the_record_is_valid_and_judged_again_it_finds_the_same(tmp_path: Path) -> None:
    run = searched(FOUND)
    assert not list(Draft202012Validator(schemas.load("run")).iter_errors(json.loads(json.dumps(run.to_data()))))
    runs.write(run, tmp_path)
    again = runs.read(tmp_path)
    assert again == run
    demanded = demanding(QUICK, "indicator: capacity.users, target: 17 users")
    assert to_json(judge(again, demanded)) == to_json(judge(run, demanded))
    assert not list(
        Draft202012Validator(schemas.load("verdict")).iter_errors(json.loads(to_json(judge(run, demanded))))
    )


def test_other_objectives_find_another_limit_in_the_same_record() -> None:
    run = searched(FOUND)
    assert bounds(the(run), "capacity.users")[0] == 18
    assert bounds(the(run, QUICK.replace("200 ms", "120 ms")), "capacity.users")[:3] == (8, 8, 16)


def test_a_record_without_search_has_no_such_key() -> None:
    assert "search" not in replace(searched(FOUND), search=None).to_data()


def test_a_damaged_search_is_refused() -> None:
    data = json.loads(json.dumps(searched(FOUND).to_data()))
    data["search"]["items"][0]["users"] = 0
    with pytest.raises(RunError, match="search"):
        Run.from_data(data)


# How it is shown


def test_every_report_shows_the_steps() -> None:
    run = searched(FOUND)
    outcome = judge(run, demanding(QUICK))
    text = console.render(run, outcome)
    assert "limit: sustains 18 users" in text
    rows = [row.split() for row in text.splitlines() if row.startswith(("1 ", "7 "))]
    assert rows[0][:2] == ["1", "8"]
    assert rows[1][:2] == ["7", "19"]
    assert rows[1][-4:] == ["failed", "quick,", "mostly", "a"]
    assert "| 7 | 19 | 37 s | 5 s | 190 rps | 260 ms |" in markdown.render(run, outcome)
    page = html.render(run, outcome)
    assert 'id="steps-head"' in page
    assert page.count("<bdi>held</bdi>") == 4
    assert "skipped" in junit.render(run, outcome)


def test_the_run_under_way_says_the_same_as_its_record_will(tmp_path: Path) -> None:
    """A engine, its clock moved by hand, against a target with a capacity of 5 users."""
    clock, demanded = Clock(), demanding(QUICK)
    engine = Engine(demanded, RunStore(tmp_path))
    subject = RunDescription(
        "made", None, Target("http://api.test"), options=SCALED, search=SearchRecord(1, 100, 600.0)
    )
    measurement = engine.begin(subject)
    measurement.recorder = Recorder(None, clock)
    engine.has_viewers = True
    names = set()
    while measurement.search_controller and measurement.search_controller.wanted is not None:
        users = measurement.search_controller.wanted
        for _ in range(users * 10):
            measurement.recorder.request("home", 100 if users <= 5 else 400, 10)
        clock.now += 1.001
        engine.sample(users)
        shown = snapshot.snapshot_of(
            "running", *provisional(measurement, demanded), Trends(demanded), measurement, [], []
        )
        assert not list(Draft202012Validator(schemas.load("live")).iter_errors(shown))
        names.add((shown["stage"] or {}).get("name"))
        assert "step " in line(measurement, users) or measurement.search_controller.done
    assert {"hold at 4 users", "recovering at 4 users"} <= names
    so_far = provisional(measurement, demanded)[1]
    engine.end(COMPLETED)
    assert engine.store.last is not None
    finished, outcome = engine.store.last
    assert outcome is not None
    assert [one.users for one in outcome.findings[0].trials] == [1, 2, 4, 8, 6, 5, 5]
    assert outcome.findings == so_far.findings
    assert bounds(outcome.findings[0], "capacity.users")[:3] == (5, 5, 6)
    assert outcome.findings[0].figure("capacity.rps") is not None
    assert to_json(judge(runs.read(tmp_path / finished.id), demanded)) == to_json(outcome)
    assert datetime.fromisoformat(finished.started_at) <= datetime.now(UTC)


@pytest.mark.parametrize(("target", "settles_s"), [("200 ms", 2), ("5 s", 6)])
def test_a_step_settles_for_longer_than_its_slowest_target(tmp_path: Path, target: str, settles_s: int) -> None:
    clock, engine = Clock(), Engine(demanding(QUICK.replace("200 ms", target)), RunStore(tmp_path))
    asked = SearchRecord(1, 100, 600.0)
    measurement = engine.begin(RunDescription("made", None, Target("http://api.test"), options=SCALED, search=asked))
    measurement.recorder = Recorder(None, clock)
    assert measurement.search_controller is not None
    seconds = 0
    while measurement.search_controller.phase != "hold":
        seconds += 1
        clock.now += 1.001
        engine.sample(1)
    assert seconds == settles_s + 1


def test_objectives_that_would_abort_a_run_do_not_end_a_search(tmp_path: Path) -> None:
    demanded = demanding(QUICK + ", abort: {after: 1 s}")
    engine = Engine(demanded, RunStore(tmp_path), stop=("FAIL", 0.0))
    clock = Clock()
    measurement = engine.begin(
        RunDescription("made", None, Target("http://api.test"), search=SearchRecord(1, 100, 600.0))
    )
    measurement.recorder = Recorder(None, clock)
    for _ in range(20):
        for _ in range(20):
            measurement.recorder.request("home", 900, 10)
        clock.now += 1
        engine.sample(1)
    assert engine.breach is None


def test_the_p95_of_a_step_comes_with_its_interval() -> None:
    (trial, *_) = the(searched(FOUND)).trials
    assert trial.low_ms is not None
    assert trial.high_ms is not None
    assert trial.low_ms <= Fraction(100) <= trial.high_ms * Fraction(1001, 1000)


def test_the_seconds_of_a_long_search_stay_apart(tmp_path: Path) -> None:
    clock = Clock()
    subject = RunDescription("limit", None, Target("http://api.test"), search=SearchRecord(1, 50, 3000.0))
    measurement = Measurement(subject, tmp_path, clock=clock)
    for _ in range(3000):
        measurement.recorder.request("home", 10, 5)
        clock.now += 1.0
        measurement.add_intervals(measurement.recorder.drain())
    intervals = measurement.finish(Ending("completed")).intervals
    assert len(intervals) == 3000
    assert {interval.end_ms - interval.start_ms for interval in intervals} == {1000}
