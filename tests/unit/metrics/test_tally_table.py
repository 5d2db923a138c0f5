"""Tables of counts are added without sharing."""

from __future__ import annotations

from slo.metrics.tally import Tally
from slo.metrics.tally_table import TallyTable


def good(count: int) -> Tally:
    tally = Tally()
    for _ in range(count):
        tally.ok.record(1000)
    return tally


def test_counts_of_one_endpoint_and_stage_are_added() -> None:
    table = TallyTable()
    table.add("home", "ramp", good(1))
    table.add("home", "ramp", good(2))
    table.add("home", "hold", good(4))
    assert {key: tally.requests for key, tally in table.items()} == {("home", "ramp"): 3, ("home", "hold"): 4}


def test_a_table_never_changes_what_was_added_to_it() -> None:
    own, table, other = good(1), TallyTable(), TallyTable()
    table.add("home", "ramp", own)
    other.add_all(table)
    other.add_all(table)
    assert (own.requests, table["home", "ramp"].requests, other["home", "ramp"].requests) == (1, 1, 2)
