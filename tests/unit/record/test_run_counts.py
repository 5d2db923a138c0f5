"""Counts of a running run."""

from __future__ import annotations

from slo.metrics.tally import Tally
from slo.metrics.tally_table import TallyTable
from slo.record.run_counts import LiveCounts, RunCounts


def test_a_run_without_warm_up_and_search_has_its_sums_alone() -> None:
    table = TallyTable()
    table.add("home", "hold", Tally(untimed=2))
    live = LiveCounts(RunCounts(table, {}))
    assert live.whole.tallies["home", "hold"].untimed == 2
    assert live.whole.since_ms == 0
    assert (dict(live.after_warmup), list(live.steps)) == ({}, [])
