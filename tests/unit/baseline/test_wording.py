"""Sentences on a change from the baseline."""

from __future__ import annotations

from fractions import Fraction

import pytest

from slo.baseline import wording
from slo.baseline.compare import Change
from slo.metrics.indicator import parse

P95, ERRORS = parse("latency.p95"), parse("errors.ratio")


def change(worse: float, low: float, high: float) -> Change:
    return Change(100.0, 100 * (1 + worse), worse, low, high, 0.04, 5, "between and within runs")


def test_a_regression_says_by_how_much_and_whether_it_is_past_the_tolerance() -> None:
    said = wording.sentence(P95, change(0.3, 0.2, 0.4), Fraction(1, 10))
    assert said.startswith("30.0 % worse: 130 ms against 100 ms of 5 references (95 % interval +20.0 % to +40.0 %)")
    assert "past the tolerance of 10.0 %" in said
    assert "within the tolerance of 50.0 %" in wording.sentence(P95, change(0.3, 0.2, 0.4), Fraction(1, 2))
    assert "past the tolerance of 5.0 %" in wording.sentence(
        P95, change(0.3, 0.2, 0.4), Fraction(1, 2), Fraction(1, 20)
    )


def test_an_improvement_is_no_matter_of_tolerance() -> None:
    said = wording.sentence(P95, change(-0.2, -0.3, -0.1), Fraction(1, 10))
    assert said.startswith("20.0 % better")
    assert "tolerance" not in said


def test_noise_says_what_could_have_been_seen() -> None:
    said = wording.sentence(P95, change(0.01, -0.02, 0.04), Fraction(1, 10))
    assert said.startswith("no change seen")
    assert "4.0 %" in said


@pytest.mark.parametrize(("value", "text"), [(0.123, "12.3 points"), (0.0012, "0.12 points")])
def test_a_share_changes_by_points(value: float, text: str) -> None:
    assert wording.share(value, ERRORS) == text


def test_zero_has_no_sign() -> None:
    assert wording.signed(-0.000001, P95) == "0.00 %"
    assert wording.signed(0.05, P95) == "+5.0 %"
    assert wording.count(1) == "1 reference"
