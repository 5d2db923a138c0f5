"""The slope of a trend and its significance."""

from __future__ import annotations

import pytest

from slo.analysis.mann_kendall import trend


def test_a_trend_of_a_line_is_exact_and_of_a_constant_nothing() -> None:
    line = trend([(n, 5 + 2 * n) for n in range(40)])
    flat = trend([(n, 5.0) for n in range(40)])
    assert line is not None
    assert line.is_real
    assert line.slope == pytest.approx(2)
    assert flat is not None
    assert not flat.is_real
    assert trend([(0, 1)]) is None
