"""Student's t distribution against published values (Abramowitz and Stegun, table 26.10)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.baseline.student import probability, quantile


@pytest.mark.parametrize(
    ("share", "freedom", "value"),
    [
        (0.975, 1, 12.706),
        (0.975, 2, 4.303),
        (0.975, 5, 2.571),
        (0.95, 10, 1.812),
        (0.995, 30, 2.750),
        (0.975, 120, 1.980),
    ],
)
def test_quantiles_are_those_of_the_table(share: float, freedom: int, value: float) -> None:
    assert quantile(share, freedom) == pytest.approx(value, abs=6e-4)


@given(st.floats(-50, 50), st.integers(1, 200))
def test_the_distribution_is_symmetric(value: float, freedom: int) -> None:
    assert probability(value, freedom) + probability(-value, freedom) == pytest.approx(1)
    assert -1e-12 <= probability(value, freedom) <= 1 + 1e-12


@given(st.floats(0.5, 0.9999), st.integers(1, 100))
def test_a_quantile_has_its_probability(share: float, freedom: int) -> None:
    assert probability(quantile(share, freedom), freedom) == pytest.approx(share, abs=1e-9)
