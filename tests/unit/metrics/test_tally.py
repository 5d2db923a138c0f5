"""Counts of one endpoint."""

from __future__ import annotations

import pytest

from slo.metrics.tally import Tally


def test_a_damaged_tally_is_refused() -> None:
    with pytest.raises(ValueError, match="bucket"):
        Tally.from_data({"ok": {"buckets": [0, 1], "sum_us": 1, "min_us": 1, "max_us": 1}})
