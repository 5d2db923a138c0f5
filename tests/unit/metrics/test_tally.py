"""Counts of one endpoint."""

from __future__ import annotations

import pytest

from slo.metrics.tally import Tally


def test_a_damaged_tally_is_refused() -> None:
    with pytest.raises(ValueError, match="bucket"):
        Tally.from_data({"ok": {"buckets": [0, 1], "sum_us": 1, "min_us": 1, "max_us": 1}})


def test_unanswered_requests_are_kept_apart_and_survive() -> None:
    tally = Tally()
    tally.ok.record(1000)
    tally.unanswered.record_all([9_990_000, 10_100_000, 53_000_000])
    whole = Tally.merged([tally, Tally.unpack(tally.pack())])
    assert (whole.requests, whole.unanswered.total, whole.never_answered.total) == (2, 6, 4)


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
        Tally.checked(data)


def test_a_tally_that_we_write_can_be_read() -> None:
    one = Tally()
    one.ok.record(100)
    one.fail("HTTP 500")
    one.check("body", 1, 2)
    one.throttled = 3
    assert Tally.checked(one.to_data()) == one
