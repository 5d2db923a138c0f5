"""Where to look when an objective is missed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo.analysis.diagnosis import advise, origin, slower_than
from slo.analysis.selection import select
from slo.load.plan import Plan
from slo.measure.recorder import Recorder
from slo.metrics.histogram import Histogram
from slo.record.run import Run
from slo.record.suite import KEY, Suite
from tests.support.made import Clock, demanding, made


def slow_search(recorder: Recorder, clock: Clock) -> None:
    """Answers of search take 900 ms in the second stage; some of them fail."""
    for second in range(20):
        for _ in range(10):
            recorder.request("home", 20, 10)
            recorder.request("search", 900 if second >= 10 else 20, 10)
        if second >= 10:
            recorder.failure("search", 20, 10, "HTTP 503")
            recorder.check("search", "body", False)
        clock.now += 1


RUN = made(slow_search, Plan.ramps(("ramp to 5", 10, 5), ("hold at 5", 10, 5)))


def told(run: Run, line: str) -> list[str]:
    objectives = demanding(line)
    (objective,) = objectives.items
    return advise(run, objective, select(run, objective.scope, objectives.groups))


def test_the_slow_endpoint_and_its_stage_are_named() -> None:
    found = " ".join(told(RUN, "indicator: latency.p95, target: 100 ms"))
    assert "100 requests took longer than 100 ms: search has 100.00 % of them" in found
    assert "hold at 5" in found


def test_failures_are_named_by_their_kind_and_endpoint() -> None:
    found = " ".join(told(RUN, "indicator: errors.ratio, target: 0.1 %"))
    assert "HTTP 503" in found
    assert "search" in found


def test_a_failed_check_is_named() -> None:
    assert "body" in " ".join(told(RUN, "indicator: checks.ratio, target: 99 %"))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("indicator: latency.p95, target: 100 ms", ("hold at 5", "search")),
        ("indicator: errors.ratio, target: 0.1 %", ("hold at 5", "search")),
        ("indicator: throughput.rps, target: 100 rps", (None, None)),
    ],
)
def test_the_origin_is_a_stage_and_an_endpoint(line: str, expected: tuple[str | None, str | None]) -> None:
    objectives = demanding(line)
    (objective,) = objectives.items
    found = origin(objective, select(RUN, objective.scope, objectives.groups))
    assert (found.stage, found.endpoint) == expected


def test_requests_beyond_a_limit_are_counted_by_bucket() -> None:
    histogram = Histogram()
    for value_us in (10, 20, 20, 500):
        histogram.record(value_us)
    assert slower_than(histogram, Fraction(19)) == 3
    assert slower_than(histogram, Fraction(10_000)) == 0


SUITE = Suite(endpoints="endpoint_file", secrets=("SHOP_TOKEN", "SHOP_KEY"))


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        ("HTTP 404", "answered HTTP 404 or HTTP 405: the target has another path or method (--endpoint-file)."),
        ("HTTP 405", "answered HTTP 404 or HTTP 405: the target has another path or method (--endpoint-file)."),
        ("HTTP 403", "answered HTTP 401 or HTTP 403: a secret is missing or wrong (SHOP_TOKEN, SHOP_KEY)."),
        ("HTTP 500", ""),
    ],
)
def test_an_endpoint_that_never_answers_well_for_one_reason_names_what_to_change(kind: str, remedy: str) -> None:
    def wrong(recorder: Recorder, clock: Clock) -> None:
        for _ in range(10):
            recorder.request("home", 20, 10)
            recorder.failure("order", 20, 10, kind)
            recorder.failure("sometimes", 20, 10, kind)
        recorder.request("sometimes", 20, 10)
        clock.now += 1

    run = replace(made(wrong), options={KEY: SUITE.to_data()})
    found = [one for one in told(run, "indicator: errors.ratio, target: 1 %") if one.startswith("Every request")]
    assert found == ([f"Every request to order was {remedy}"] if remedy else [])
