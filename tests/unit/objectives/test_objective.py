"""An objective's unit and direction."""

from __future__ import annotations

from fractions import Fraction

import pytest

from slo.metrics.indicator import parse
from slo.objectives.objective import Objective


@pytest.mark.parametrize(
    ("name", "unit", "direction"),
    [("latency.p95", "ms", "lower"), ("throughput.rps", "rps", "higher"), ("checks.ratio", "ratio", "higher")],
)
def test_unit_and_direction_are_those_of_the_indicator(name: str, unit: str, direction: str) -> None:
    one = Objective("x", parse(name), Fraction(1))
    assert (one.unit, one.direction) == (unit, direction)


def test_a_change_to_the_worse_is_a_share_and_better_when_lower() -> None:
    one = Objective("x", parse("throughput.rps"), Fraction(1, 10), against="baseline")
    assert (one.unit, one.direction) == ("ratio", "lower")
