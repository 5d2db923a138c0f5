"""What runs say about the question of their scenario, by runs made by hand whose truth is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from slo.analysis import findings, timeline
from slo.analysis.finding import Finding
from slo.analysis.findings import miss_detector
from slo.analysis.mann_kendall import trend
from slo.analysis.usl import Fit, Law, fit
from slo.load.plan import Plan, Stage
from slo.measure.recorder import Recorder
from slo.metrics.tally import Tally
from slo.objectives.objectives import Objectives
from slo.record import run as runs
from slo.record.run import Run
from slo.record.samples import Scrape, UserSample
from slo.reports import console, html, markdown
from slo.text import schemas
from slo.verdict.judge import judge
from slo.verdict.verdict import Verdict, to_json
from tests.support.made import Clock, demanding, made, requests

STRESS = Plan.ramps(("ramp to 40", 80, 40), ("ramp to 0", 40, 0))
SPIKE = Plan.ramps(("ramp to 5", 10, 5), ("burst", 5, 50), ("hold at 50", 20, 50), ("fall", 5, 5), ("recover", 60, 5))
SLOW = "name: slow, indicator: latency.p95, target: 200 ms, priority: P0"

Second = Callable[[float, float], tuple[float, float, int]]
"""Of the time and the users: requests per second, latency in milliseconds, how many of the requests fail."""


def simulated(plan: Plan, scenario: str | None, second: Second, noise: float = 0.01, seed: int = 1) -> Run:
    """Return the run whose every second is as ``second`` says."""
    random = np.random.default_rng(seed)
    users: list[UserSample] = []

    def fill(recorder: Recorder, clock: Clock) -> None:
        start = clock.now
        while clock.now - start < plan.total_s - 1e-9:
            at_s = clock.now - start
            now = plan.users_at(at_s + 0.5)
            users.append(UserSample(round(at_s * 1000), now, round(now)))
            rps, latency_ms, failing = second(at_s, now)
            for number in range(round(rps)):
                if number < failing:
                    recorder.failure("search", latency_ms, 10, "HTTP 500")
                else:
                    recorder.request("home" if number % 2 else "search", latency_ms * random.lognormal(0, noise), 10)
            clock.now += 1

    return replace(made(fill, plan, scenario=scenario), users=tuple(users))


def closed(capacity: int, latency_ms: float) -> Second:
    """Users without pauses at a target that serves ``capacity`` at once."""

    def second(_: float, users: float) -> tuple[float, float, int]:
        return min(users, capacity) / latency_ms * 1000, latency_ms * max(1.0, users / capacity), 0

    return second


def verdict(run: Run, *lines: str) -> Verdict:
    return judge(run, demanding(*(lines or (SLOW,))))


def the(outcome: Verdict) -> Finding:
    (one,) = outcome.findings
    return one


def number(one: Finding, name: str) -> float:
    figure = one.figure(name)
    assert figure is not None, one
    return float(figure.value)


# Breaking point


@pytest.mark.parametrize(("capacity", "breaks"), [(5, 10), (10, 20), (15, 30)])
@pytest.mark.parametrize("seed", range(5))
def test_the_breaking_point_is_where_the_capacity_puts_it(capacity: int, breaks: float, seed: int) -> None:
    outcome = verdict(simulated(STRESS, "stress", closed(capacity, 100), seed=seed))
    assert number(the(outcome), "capacity.users") == pytest.approx(breaks, rel=0.1)
    assert number(the(outcome), "capacity.rps") == pytest.approx(capacity * 10, rel=0.1)
    assert "'slow' broke first" in the(outcome).answer
    assert "came back" in " ".join(the(outcome).details)


def test_the_endpoint_that_broke_first_is_named() -> None:
    def second(_: float, users: float) -> tuple[float, float, int]:
        return 40, 50, 4 if users > 20 else 0

    outcome = verdict(
        simulated(STRESS, "stress", second), "name: bad, indicator: errors.ratio, target: 5 %, priority: P0"
    )
    assert "'bad' broke first, mostly at search" in the(outcome).answer
    assert number(the(outcome), "capacity.users") == pytest.approx(20, rel=0.1)


def test_a_hiccup_is_no_breach() -> None:
    def second(at_s: float, users: float) -> tuple[float, float, int]:
        return 40, 900 if at_s == 30 else 50, 0

    answer = the(verdict(simulated(STRESS, "stress", second))).answer
    assert answer.startswith("never broke up to ")
    assert "never lastingly" in answer
    assert "try 3 times the users" in answer


def test_a_breach_that_passes_while_the_load_grows_is_not_the_breaking_point() -> None:
    def second(at_s: float, users: float) -> tuple[float, float, int]:
        return 40, 900 if 20 <= at_s < 30 or users > 30 else 50, 0

    one = the(verdict(simulated(STRESS, "stress", second)))
    assert number(one, "capacity.users") == pytest.approx(30, rel=0.1)
    assert one.details[1].startswith("Targets were missed for a while from 21 s on, at 9.67 users")


def test_one_that_never_broke_is_at_least_as_good_as_what_it_bore() -> None:
    run = simulated(STRESS, "stress", lambda *_: (40, 50, 0))
    lines = (SLOW, *(f"name: u{n}, indicator: capacity.users, target: {n} users" for n in (30, 50)))
    results = {one.objective.name: one for one in verdict(run, *lines).results}
    assert (results["u30"].status, results["u50"].status) == ("PASS", "NO DATA")
    assert "never broke" in results["u50"].reason


def test_one_that_broke_at_once_is_at_most_as_good_as_that() -> None:
    plan = Plan.ramps(("ramp to 40", 80, 40), start=5)
    run = simulated(plan, "stress", lambda *_: (40, 500, 0))
    lines = (SLOW, *(f"name: u{n}, indicator: capacity.users, target: {n} users, priority: P0" for n in (4, 30)))
    results = {one.objective.name: one for one in verdict(run, *lines).results}
    assert the(verdict(run)).answer.startswith("broke from the first window on")
    assert (results["u4"].status, results["u30"].status) == ("NO DATA", "CRITICAL")


def test_one_that_does_not_come_back_is_told() -> None:
    def second(at_s: float, users: float) -> tuple[float, float, int]:
        return 40, 50 if at_s < 40 else 900, 0

    assert "did not come back" in " ".join(the(verdict(simulated(STRESS, "stress", second))).details)


# The scalability law


@pytest.mark.parametrize("law", [Law(5, 0.05, 0.001), Law(20, 0.1, 0.0005), Law(2, 0.02, 0.002)])
@pytest.mark.parametrize("seed", range(3))
def test_the_scalability_law_gets_its_parameters_back(law: Law, seed: int) -> None:
    random = np.random.default_rng(seed)
    found = fit([(users, law.rps(users) * (1 + 0.01 * random.normal())) for users in np.linspace(1, 60, 90)])
    assert isinstance(found, Fit)
    assert found.law.rate_rps == pytest.approx(law.rate_rps, rel=0.1)
    assert found.law.contention == pytest.approx(law.contention, rel=0.1)
    assert found.law.coherency == pytest.approx(law.coherency, rel=0.1)
    assert found.law.peak_users == pytest.approx(law.peak_users, rel=0.1)
    assert found.peak_users[0] <= found.law.peak_users <= found.peak_users[1]
    assert found.explained > 0.95


def test_no_law_is_fitted_to_too_little() -> None:
    assert "too few" in str(fit([(n, n) for n in range(1, 5)]))
    assert "too small a range" in str(fit([(n, n) for n in range(20, 40)]))


def test_where_more_users_always_bring_more_there_is_no_ceiling() -> None:
    found = fit([(n, 3.0 * n) for n in range(1, 40)])
    assert isinstance(found, Fit)
    assert found.law.ceiling_rps > 1e6


# Recovery


def drained(seconds: float) -> Second:
    def second(at_s: float, users: float) -> tuple[float, float, int]:
        hurt = 10 <= at_s < 40 + seconds
        return (20, 900, 3) if hurt else (20, 50, 0)

    return second


@pytest.mark.parametrize("seconds", [0, 1, 7, 30])
def test_the_recovery_time_is_the_drain_time(seconds: float) -> None:
    one = the(verdict(simulated(SPIKE, "spike", drained(seconds))))
    assert number(one, "recovery.s") == pytest.approx(seconds, abs=2)
    assert "stayed so" in one.answer
    assert "p95 at worst 9" in one.details[0]


def test_a_relapse_is_no_recovery() -> None:
    def second(at_s: float, users: float) -> tuple[float, float, int]:
        return (20, 900, 0) if 10 <= at_s < 43 or 60 <= at_s < 65 else (20, 50, 0)

    one = the(verdict(simulated(SPIKE, "spike", second)))
    assert number(one, "recovery.s") == pytest.approx(25, abs=2)


def test_one_that_never_recovers_is_worse_than_what_was_seen() -> None:
    lines = (f"name: {target}, indicator: recovery.s, target: {target}" for target in ("30 s", "2 min"))
    outcome = verdict(simulated(SPIKE, "spike", drained(100)), *lines)
    assert [one.status for one in outcome.results] == ["FAIL", "NO DATA"]
    assert "did not recover" in the(outcome).answer


def test_a_spike_that_ends_with_the_burst_cannot_tell() -> None:
    plan = Plan.ramps(("burst", 20, 50), ("ramp to 0", 20, 0))
    outcome = verdict(simulated(plan, "spike", lambda *_: (20, 50, 0)), "indicator: recovery.s, target: 30 s")
    assert not the(outcome).told
    assert outcome.status == "NO DATA"


# Drift

SOAK = Plan((Stage("hold at 5", 1200, 5, 5),))


def soaked(rise: float = 0.0, leak: float = 0.0, seed: int = 0) -> Run:
    """Return a soak whose latency and memory grow by a share per hour, under noise that remembers."""
    random = np.random.default_rng(seed)
    noise = [0.0]
    for shock in random.normal(0, 0.03, 2400):
        noise.append(0.6 * noise[-1] + shock)

    def second(at_s: float, _: float) -> tuple[float, float, int]:
        return 8, 100 * (1 + rise * at_s / 3600) * (1 + noise[int(at_s)]), 0

    scrapes = tuple(
        Scrape(
            at_s * 1000,
            {"process_resident_memory_bytes": 6e7 * (1 + leak * at_s / 3600) * (1 + noise[at_s + 1200] / 9)},
        )
        for at_s in range(0, 1200, 5)
    )
    return replace(simulated(SOAK, "soak", second, 0.05, seed), scrapes=scrapes)


@pytest.mark.parametrize("seed", range(3))
def test_a_leak_and_a_creeping_latency_are_measured(seed: int) -> None:
    one = the(verdict(soaked(rise=0.6, leak=1.0, seed=seed), "indicator: latency.p95, target: 500 ms"))
    middle = 0.575 * 1200 / 3600  # slopes are shares of the level in the middle of what is looked at
    assert number(one, "drift.memory") == pytest.approx(100 / (1 + middle), rel=0.2)
    assert number(one, "drift.latency.p95") == pytest.approx(60 / (1 + 0.6 * middle), rel=0.2)
    assert "reaches its target of 500 ms in " in one.answer
    assert "MB/h" in one.answer


@pytest.mark.parametrize("seed", range(20))
def test_noise_that_remembers_is_no_drift(seed: int) -> None:
    one = the(verdict(soaked(seed=seed)))
    assert one.answer.startswith("nothing drifts")


def test_drift_is_judged_and_noise_too_wide_is_not() -> None:
    lines = (
        "name: m, indicator: drift.memory, target: 5 %/h",
        "name: l, indicator: drift.latency.p95, target: 0.1 %/h",
    )
    statuses = {one.objective.name: one.status for one in verdict(soaked(leak=1.0), *lines).results}
    assert statuses == {"m": "FAIL", "l": "NO DATA"}


def test_a_trend_too_small_to_be_worth_a_word_misses_nothing() -> None:
    outcome = verdict(soaked(leak=0.05), "indicator: drift.memory, target: 1 %/h")
    assert any("too small in the time seen to matter" in line for line in the(outcome).details)
    assert the(outcome).answer.startswith("nothing drifts")
    assert outcome.results[0].status == "NO DATA"


def test_errors_that_begin_and_grow_are_a_drift() -> None:
    def second(at_s: float, _: float) -> tuple[float, float, int]:
        return 50, 100, round(at_s / 200)

    answer = the(verdict(simulated(SOAK, "soak", second))).answer
    assert answer.startswith("errors.ratio grows by ")
    assert float(answer.split()[3]) == pytest.approx(36, rel=0.15)  # of 50 requests one more each 200 s
    assert "points/h" in answer


def test_a_short_soak_cannot_tell() -> None:
    plan = Plan((Stage("hold at 5", 8, 5, 5),))
    one = the(verdict(simulated(plan, "soak", lambda *_: (8, 100, 0))))
    assert not one.told
    assert "too short" in one.answer


def test_compressed_time_is_said() -> None:
    run = soaked()
    run = replace(run, plan=replace(SOAK, time_scale=0.5))
    assert "per hour of real time" in the(verdict(run)).details[-1]


def test_a_trend_of_a_line_is_exact_and_of_a_constant_nothing() -> None:
    line = trend([(n, 5 + 2 * n) for n in range(40)])
    flat = trend([(n, 5.0) for n in range(40)])
    assert line is not None
    assert line.is_real
    assert line.slope == pytest.approx(2)
    assert flat is not None
    assert not flat.is_real
    assert trend([(0, 1)]) is None


# Headroom and smoke


def test_headroom_is_of_the_plateau_and_littles_law_is_checked() -> None:
    plan = Plan.ramps(("ramp to 10", 20, 10), ("hold at 10", 40, 10))

    def second(_: float, users: float) -> tuple[float, float, int]:
        return 2 * users, 150 if users >= 10 else 20, 0

    one = the(verdict(simulated(plan, "load", second, 0.001), SLOW, "name: e, indicator: errors.ratio, target: 1 %"))
    assert number(one, "headroom.ratio") == pytest.approx(0.25, abs=0.01)
    assert one.answer.startswith("at least 2")
    assert "nearest is 'slow' during hold at 10" in one.answer
    assert any(line.startswith("Plausible by Little's law") for line in one.details)


def test_a_target_that_is_missed_by_far_is_told_without_an_exponent() -> None:
    plan = Plan((Stage("hold at 10", 40, 10, 10),))
    one = the(verdict(simulated(plan, "load", lambda *_: (20, 8000, 0)), SLOW))
    assert one.answer.startswith("none: 'slow' is 3,965 % past its target")
    assert "e+" not in one.answer + " ".join(one.details)


def test_more_latency_than_users_have_time_is_implausible() -> None:
    plan = Plan((Stage("hold at 1", 30, 1, 1),))
    one = the(verdict(simulated(plan, "load", lambda *_: (10, 150, 0))))
    assert any(line.startswith("IMPLAUSIBLE") for line in one.details)


def test_smoke_names_who_never_answered_well() -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        recorder.request("home", 10, 10)
        recorder.failure("search", 10, 10, "HTTP 500")
        recorder.throttled("admin", 10, 10)
        clock.now += 5

    one = the(verdict(made(fill, scenario="smoke")))
    assert one.answer == "no: admin, search never answered well (1 of 3 endpoints did)"
    assert the(verdict(replace(requests(3), scenario="smoke"))).answer.startswith("yes: each of 1 endpoints")


# In all


def test_a_foreign_locustfile_is_asked_what_its_load_allows() -> None:
    rising = simulated(STRESS, None, closed(10, 100))
    assert findings.questions(rising) == ("breaking",)
    assert findings.questions(replace(rising, plan=None)) == ("breaking",)
    assert findings.questions(simulated(SPIKE, "mine", drained(3))) == ("recovery",)
    assert findings.questions(replace(soaked(), scenario=None, plan=None)) == ("drift",)
    assert findings.questions(replace(requests(10), scenario=None)) == ()


def test_they_come_first_in_every_report_and_a_saved_run_says_the_same() -> None:
    run = replace(simulated(STRESS, "stress", closed(10, 100)), scrapes=(Scrape(5, {"process_open_fds": 7.0}),))
    outcome = verdict(run)
    data = run.to_data()
    Draft202012Validator(schemas.load("run")).validate(data)
    again = runs.Run.from_data(json.loads(json.dumps(data)))
    assert again.scrapes == run.scrapes
    assert to_json(verdict(again)) == to_json(outcome)
    Draft202012Validator(schemas.load("verdict")).validate(json.loads(to_json(outcome)))
    for text, table in (
        (console.render(run, outcome), "objective "),
        (markdown.render(run, outcome), "## Objectives"),
        (html.render(run, outcome), 'id="objectives"'),
    ):
        assert 0 < text.index("breaking point") < text.index(table)


@pytest.mark.parametrize("steps", [1, 7])
def test_a_run_under_way_has_the_timeline_of_the_finished_one(steps: int) -> None:
    run = simulated(STRESS, "stress", closed(10, 100))
    watch = miss_detector(run.scenario, demanding(SLOW))

    def counts(start_ms: int, end_ms: int) -> dict[tuple[str, str], Tally]:
        cells: dict[tuple[str, str], Tally] = {}
        for interval in run.intervals:
            if start_ms <= interval.start_ms < end_ms:
                for endpoint, tally in interval.tallies():
                    cells.setdefault((endpoint, interval.stage), Tally()).add(tally)
        return cells

    growing = timeline.LiveTimeline(STRESS.total_s, watch)
    for second in (*range(0, 120, steps), 120):
        growing.update(second, counts, lambda start, end: timeline.users_between(run.plan, run.users, start, end))
    assert growing.points == timeline.of_run(run, watch).points
    outcome = judge(run, demanding(SLOW), points=growing.points)
    assert to_json(outcome) == to_json(verdict(run))


def test_a_run_without_a_request_has_none() -> None:
    assert verdict(made(lambda *_: None)).findings == ()


def test_objectives_refuse_a_part_of_a_finding() -> None:
    from slo.objectives.objectives import ObjectivesError

    with pytest.raises(ObjectivesError, match="of the whole run"):
        demanding("indicator: capacity.users, target: 5 users, endpoint: home")


def units() -> Objectives:
    return demanding("indicator: recovery.s, target: 1 min", "indicator: drift.memory, target: 5 %/h")


def test_targets_of_findings_have_units_of_their_own() -> None:
    assert [(float(one.target), str(one.unit)) for one in units().items] == [(60.0, "s"), (5.0, "%/h")]
