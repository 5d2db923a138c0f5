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
