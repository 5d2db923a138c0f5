"""Burn rates and their windows."""

from __future__ import annotations

import pytest

from slo.prometheus.burn_rate import (
    MIN_LONG_WINDOW_S,
    MIN_SHORT_WINDOW_S,
    MONTH_S,
    PAGE,
    TICKET,
    burn_rates,
    prometheus_duration,
)


def test_for_a_month_they_are_those_of_the_workbook() -> None:
    found = [(one.rate, *one.windows, one.severity) for one in burn_rates(MONTH_S)]
    assert found == [(14.4, "1h", "5m", PAGE), (6.0, "6h", "30m", PAGE), (1.0, "3d", "6h", TICKET)]


def test_short_periods_have_windows_of_several_scrapes() -> None:
    found = burn_rates(60)
    assert {(one.long_s, one.short_s) for one in found} == {(MIN_LONG_WINDOW_S, MIN_SHORT_WINDOW_S)}
    assert [(one.rate, one.severity) for one in found] == [(1.0, PAGE)]


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (90, "1m30s"), (5400, "1h30m"), (86400, "1d"), (300, "5m")])
def test_a_time_is_written_as_prometheus_does(seconds: int, text: str) -> None:
    assert prometheus_duration(seconds) == text
