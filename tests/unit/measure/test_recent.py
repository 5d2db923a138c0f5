"""The last seconds of a run under way."""

from __future__ import annotations

from slo.measure.recent import Recent
from slo.metrics.tally import Tally
from slo.metrics.tally_table import TallyTable


def test_errors_are_failed_and_throttled_requests_of_all_endpoints() -> None:
    first, second, table = Tally(), Tally(), TallyTable()
    first.ok.record(1000)
    first.failures["HTTP 500"] = 2
    for _ in range(2):
        first.failed.record(1000)
    second.failures["timeout"] = 1
    second.failed.record(1000)
    table.add("a", "run", first)
    table.add("b", "run", second)
    recent = Recent(table, 10.0, 30.0)
    assert recent.tally.requests == 4
    assert recent.errors == recent.tally.errors + recent.tally.throttled == 3
