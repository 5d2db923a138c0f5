"""The result of one objective."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo.metrics.indicator import parse
from slo.objectives.objective import Objective, Scope
from slo.verdict.result import EXIT_CODES, RANK, Result, Status, number, worst_of

P95 = Objective("fast", parse("latency.p95"), Fraction(800), Fraction(500))


def test_every_status_has_a_rank_and_an_exit_code() -> None:
    assert set(RANK) == set(EXIT_CODES)
    assert [EXIT_CODES[status] for status in RANK] == [3, 0, 0, 3, 1, 2]


def test_only_some_values_come_with_an_interval() -> None:
    assert Result(P95, "PASS").has_interval
    assert not Result(replace(P95, indicator=parse("latency.mean")), "PASS").has_interval
    assert Result(replace(P95, indicator=parse("latency.mean"), against="baseline"), "PASS").has_interval


def test_a_value_is_shown_apart_from_its_bounds() -> None:
    assert Result(P95, "WARNING", Fraction("500.04")).value_shown == "500.04 ms"
    assert Result(P95, "FAIL", Fraction("800.04"), at_least=True).value_shown == "at least 800.04 ms"
    assert Result(P95, "NO DATA").value_shown == "-"


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


def missed(name: str, indicator: str, priority: str, deviation: float, status: Status = "FAIL") -> Result:
    objective = replace(P95, name=name, indicator=parse(indicator), priority=priority)  # type: ignore[arg-type]
    return Result(objective, status, Fraction(1), deviation=Fraction(deviation).limit_denominator(1000))


def test_the_headline_is_of_the_worst_priority_errors_first_then_the_furthest() -> None:
    in_order = [
        missed("errors", "errors.ratio", "P0", 0.1, "CRITICAL"),
        missed("far", "latency.p95", "P0", 9.0, "CRITICAL"),
        missed("near", "latency.p95", "P0", 0.2, "CRITICAL"),
        missed("P1 errors", "errors.ratio", "P1", 0.1),
        missed("P1 little throughput", "throughput.rps", "P1", -0.9),
        missed("P1 latency", "latency.p95", "P1", 0.5),
        missed("P1 throughput", "throughput.rps", "P1", -0.1),
        missed("P2", "latency.p95", "P2", 9.0),
        missed("warning", "latency.p95", "P0", -0.1, "WARNING"),
        missed("met", "latency.p95", "P0", -0.9, "PASS"),
    ]
    for place, first in enumerate(in_order):
        assert worst_of(list(reversed(in_order[place:]))) is first
