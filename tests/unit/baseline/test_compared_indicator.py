"""What is compared between runs."""

from __future__ import annotations

import pytest

from slo.baseline.compared_indicator import ComparedIndicator
from slo.metrics.indicator import parse


@pytest.mark.parametrize(
    ("name", "relative"), [("latency.p95", True), ("throughput.rps", True), ("errors.ratio", False)]
)
def test_shares_are_compared_as_differences(name: str, relative: bool) -> None:
    assert ComparedIndicator(parse(name), lambda *_: None).relative is relative


def test_all_endpoints_are_compared_by_default() -> None:
    assert ComparedIndicator(parse("latency.p95"), lambda *_: None).endpoint("anything")
