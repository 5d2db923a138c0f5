"""Reading a tally that anybody may have written."""

from __future__ import annotations

import pytest

from slo.metrics.checked_tally import checked_tally
from slo.metrics.tally import Tally


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"extra": 1},
        {"throttled": -1},
        {"bytes": 1.5},
        {"untimed": True},
        {"failures": {"HTTP 500": "2"}},
        {"failures": [1]},
        {"checks": {"body": [1]}},
        {"checks": {"body": 3}},
        {"checks": {1: [1, 2]}},
        {"returns": {"early": 10**16}},
        {"ok": {"buckets": [], "sum_us": 0, "min_us": 0, "max_us": 0}},
    ],
)
def test_what_cannot_be_a_tally_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match=r"tally|count|check|histogram"):
        checked_tally(data)


def test_a_tally_that_we_write_can_be_read() -> None:
    one = Tally()
    one.ok.record(100)
    one.fail("HTTP 500")
    one.check("body", 1, 2)
    one.throttled = 3
    assert checked_tally(one.to_data()) == one
