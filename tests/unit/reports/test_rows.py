"""The cells that every table of a report shows."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from slo.load.plan import Plan
from slo.metrics.indicator import parse
from slo.objectives.objective import Objective, Scope
from slo.record.process_stats import ProcessStats, StageStats, to_record
from slo.record.slowest import SlowRequest
from slo.record.worker import Worker
from slo.reports import rows
from slo.verdict.judge import judge
from slo.verdict.result import Result
from tests.support.judged import mixed
from tests.support.made import demanding, made, requests

RUN = made(mixed)


def test_the_headline_says_what_was_tested() -> None:
    verdict = judge(RUN, demanding("indicator: latency.p95, target: 1 s"))
    assert rows.headline(verdict) == "scenario load against http://api.test: 100 requests in 10.0 s"
    assert rows.sentence(verdict).startswith("PASS: ")


def test_an_objective_has_units_everywhere() -> None:
    objective = Objective("p95", parse("latency.p95"), Fraction(800), Fraction(500), scope=Scope(warmup_s=Fraction(30)))
    result = Result(objective, "FAIL", Fraction(1000), 5, Fraction(900), None, True, Fraction(1, 4))
    assert rows.objective(result) == (
        "p95", "FAIL", "1000 ms (low confidence)", "900 ms to ?", "< 800 ms after 30 s", "< 500 ms", "+25.0 %", "P1",
    )  # fmt: skip
    assert len(rows.OBJECTIVE_HEAD) == len(rows.objective(result))


def test_what_is_unknown_is_a_dash() -> None:
    objective = Objective("checks", parse("checks.ratio"), Fraction(99, 100))
    assert rows.objective(Result(objective, "NO DATA"))[2:7] == ("-", "-", "> 99.00 %", "-", "-")


def test_the_last_row_of_endpoints_is_all_of_them() -> None:
    found = rows.endpoints(RUN)
    assert [row[0] for row in found] == ["home", "page_1", "page_2", "all"]
    assert found[-1][1] == "100"
    assert found[1][2] == "6 (100.00 %)"
    assert all(len(row) == len(rows.ENDPOINT_HEAD) for row in found)


def test_failures_are_the_most_frequent_first_and_429_is_throttled() -> None:
    assert rows.failures(RUN) == [("page_1", "HTTP 500", "6"), ("page_2", "throttled (HTTP 429)", "4")]


def test_checks_have_a_rate() -> None:
    assert rows.checks(RUN) == [("body", "10", "0", "100.00 %"), ("fast", "85", "5", "94.44 %")]


def test_a_compressed_plan_is_said() -> None:
    plan = Plan.ramps(("up", 10, 5))
    assert rows.scale_sentence(replace(RUN, plan=plan)) == ""
    assert "at 0.5 of its time and 2 of its users" in rows.scale_sentence(
        replace(RUN, plan=replace(plan, time_scale=0.5, user_scale=2))
    )


def test_workers_and_processes_are_rows() -> None:
    run = replace(
        RUN,
        workers=(Worker("w1", 60, 60, True, 0.5, ((2.0, 3.0), (8.0, None))),),
        generator={"processes": [to_record("this process", True, ProcessStats({"run": StageStats(10, 2)}))]},
    )
    assert rows.workers(run) == [("w1", "60", "60", "yes", "0.5 s", "2.0 s to 3.0 s, 8.0 s to the end")]
    assert rows.processes(run) == [("this process", "yes", *["-"] * 6)]


def test_slow_requests_are_grouped_by_endpoint() -> None:
    slow = [SlowRequest("a" * 32, name, "hold", 1500, 812.5, 503, "HTTP 503") for name in ("home", "page_1", "home")]
    found = rows.slowest(replace(requests(1), slowest=tuple(slow)))
    assert [row[0] for row in found] == ["home", "home", "page_1"]
    assert found[0][4:] == ("1.5 s", "a" * 32)
