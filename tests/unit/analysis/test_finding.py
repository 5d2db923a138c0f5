"""Findings and their figures."""

from __future__ import annotations

from fractions import Fraction

import pytest

from slo.analysis.finding import Figure, Finding, rounded

FIFTY = Fraction(50)


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        (Figure("capacity.users", FIFTY, "users"), "50 users"),
        (Figure("capacity.users", FIFTY, "users", Fraction(40), Fraction(60)), "50 users (40 users to 60 users)"),
        (Figure("capacity.users", FIFTY, "users", low=FIFTY, exact=False), "at least 50 users"),
        (Figure("capacity.users", FIFTY, "users", high=FIFTY, exact=False), "less than 50 users"),
    ],
)
def test_a_figure_is_shown_with_its_bounds(figure: Figure, shown: str) -> None:
    assert figure.shown() == shown


def test_a_finding_gives_its_figures_by_name_and_its_data() -> None:
    figure = Figure("recovery.s", Fraction(3, 2), "s", low=Fraction(1))
    finding = Finding("recovery", "recovered", True, (figure,), ("a detail",))
    assert finding.figure("recovery.s") == figure
    assert finding.figure("capacity.users") is None
    assert finding.to_data() == {
        "name": "recovery",
        "told": True,
        "answer": "recovered",
        "figures": [{"name": "recovery.s", "value": 1.5, "unit": "s", "low": 1.0, "high": None, "exact": True}],
        "details": ["a detail"],
    }


def test_fitted_values_have_six_digits() -> None:
    assert rounded(1.23456789) == Fraction("1.23457")
