"""The value of an indicator, and whether it meets a bound."""

from __future__ import annotations

from fractions import Fraction

import pytest

from slo.verdict.judge import judge
from tests.support.judged import mixed, status
from tests.support.made import demanding, made, requests


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
        ("indicator: latency.p50, target: 1 s, endpoint: page_1, of: failed", Fraction(1)),
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
