"""The result of one objective."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo.metrics.indicator import parse
from slo.objectives.objective import Objective, Scope
from slo.verdict.result import EXIT_CODES, RANK, Result, number

P95 = Objective("fast", parse("latency.p95"), Fraction(800), Fraction(500))


def test_every_status_has_a_rank_and_an_exit_code() -> None:
    assert set(RANK) == set(EXIT_CODES)
    assert [EXIT_CODES[status] for status in RANK] == [3, 0, 0, 3, 1, 2]


def test_only_some_values_come_with_an_interval() -> None:
    assert Result(P95, "PASS").has_interval
    assert not Result(replace(P95, indicator=parse("latency.mean")), "PASS").has_interval
    assert Result(replace(P95, indicator=parse("latency.mean"), against="baseline"), "PASS").has_interval


def test_data_have_plain_numbers() -> None:
    result = Result(P95, "FAIL", Fraction(1601, 2), 30, Fraction(700), None, deviation=Fraction(1, 1600))
    data = result.to_data()
    assert (data["value"], data["target"], data["confidence_95"]) == (800.5, 800, {"low": 700, "high": None})
    assert data["scope"] == {"scenario": [], "endpoint": [], "group": [], "stage": []}
    assert (data["unit"], data["direction"]) == ("ms", "lower")


def test_a_warm_up_and_a_missing_value_are_in_the_data() -> None:
    data = Result(replace(P95, scope=Scope(warmup_s=Fraction(3, 2))), "NO DATA").to_data()
    assert data["scope"]["warmup_s"] == 1.5
    assert (data["value"], data["confidence_95"]) == (None, None)


@pytest.mark.parametrize(("value", "shown"), [(None, None), (Fraction(4, 2), 2), (Fraction(1, 4), 0.25)])
def test_a_fraction_is_an_integer_where_it_is_whole(value: Fraction | None, shown: float | None) -> None:
    assert number(value) == shown
    assert type(number(value)) is type(shown)
