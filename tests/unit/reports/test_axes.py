"""Axes of the charts."""

from __future__ import annotations

import pytest

from slo.metrics.histogram import Histogram
from slo.reports import svg
from slo.reports.axes import canvas, curve, draw_users, format_duration, percentile_axes, round_numbers, time_axis
from slo.reports.series import slots
from tests.support.made import requests
from tests.support.ramp import ramp


@pytest.mark.parametrize(
    ("at_s", "text"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (750, "12 min 30 s"), (7500, "2 h 5 min"), (7200, "2 h")],
)
def test_a_time_is_written_for_people(at_s: float, text: str) -> None:
    assert format_duration(at_s) == text


@pytest.mark.parametrize(
    ("low", "high", "numbers"),
    [(3, 60, [5, 10, 20, 50]), (0.9, 11_000, [1, 10, 100, 1000, 10_000])],
)
def test_numbers_on_an_axis_are_round(low: float, high: float, numbers: list[float]) -> None:
    assert round_numbers(low, high) == pytest.approx(numbers)


def test_a_curve_ends_at_the_slowest_request() -> None:
    histogram = Histogram()
    for value_us in range(1000, 101_000, 1000):
        histogram.record(value_us)
    xs, ys = curve(histogram)
    assert xs == sorted(xs)
    assert xs[-1] == pytest.approx(2)  # one request in a hundred
    assert ys[-1] == 100


def test_the_time_axis_has_the_unit_of_the_run_and_its_stages() -> None:
    run = ramp(60)
    with svg.drawing("x"):
        _, axes = canvas()
        time_axis(axes, run, slots(run))
        assert axes.get_xlabel() == "time since the start (s)"
        assert [text.get_text() for text in axes.texts] == ["ramp to 10", "hold at 10"]


def test_slow_requests_are_stretched_out_where_latencies_differ_much() -> None:
    near, far = Histogram(), Histogram()
    for value_us in (1000, 1100):
        near.record(value_us)
    for value_us in (1000, 900_000):
        far.record(value_us)
    with svg.drawing("x"):
        for histogram, scale in ((near, "linear"), (far, "log")):
            _, axes = canvas()
            percentile_axes(axes, [histogram])
            assert axes.get_yscale() == scale


def test_users_are_drawn_only_where_they_are_known() -> None:
    with svg.drawing("x"):
        _, axes = canvas()
        assert draw_users(axes, requests(1)) is None
        assert draw_users(axes, ramp(20)) is not None
