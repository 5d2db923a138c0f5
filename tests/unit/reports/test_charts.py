"""The charts of a run say in their captions what they show."""

from __future__ import annotations

import pytest

from slo.baseline.store import Reference
from slo.reports import charts
from slo.reports.series import slots
from slo.verdict.judge import judge
from tests.support.made import requests
from tests.support.ramp import OBJECTIVES, ramp

RUN = ramp(40)
WHOLE = RUN.tally().latency


def test_a_run_without_requests_has_no_charts() -> None:
    run = requests(0)
    assert charts.draw(run, judge(run, OBJECTIVES)) == []


def test_every_chart_has_its_own_name_and_a_drawing() -> None:
    found = charts.draw(RUN, judge(RUN, OBJECTIVES))
    assert len({chart.name for chart in found}) == len(found) >= 5
    assert all(chart.svg.startswith("<svg") and chart.caption.endswith(".") for chart in found)


def test_the_throughput_names_failed_and_throttled_requests() -> None:
    caption = charts.throughput(RUN, slots(RUN)).caption
    tally = RUN.tally()
    assert f"of {tally.requests:,} requests" in caption
    assert f"{tally.errors} failed (10.00 %), {tally.throttled} throttled (10.00 %)" in caption


def test_the_distribution_is_compared_with_the_newest_baseline() -> None:
    assert "baseline" not in charts.distribution(WHOLE, []).caption
    caption = charts.distribution(WHOLE, [Reference.of(RUN)]).caption
    assert "this run's differs by +0.0 %" in caption


def test_endpoints_are_the_slowest_first() -> None:
    assert "home is the slowest of 2" in charts.endpoint_latencies(RUN).caption


@pytest.mark.parametrize(("seconds", "count"), [(60, 1), (3, 0)])
def test_users_need_several_levels(seconds: int, count: int) -> None:
    run = ramp(seconds)
    assert len(charts.by_user_count(run, slots(run))) == count
