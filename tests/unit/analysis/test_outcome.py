"""Whether a step of a search held."""

from __future__ import annotations

import pytest

from slo.analysis.outcome import Outcome, furthest_first, offered, outcome_of
from slo.analysis.timeline import Miss
from slo.metrics.tally import Tally
from slo.metrics.tally_table import TallyTable
from tests.support.made import demanding

P95 = "name: p95, indicator: latency.p95, target: 100 ms"
ERRORS = "name: errors, indicator: errors.ratio, target: 10 %"


def cells(good: int, latency_ms: float = 50, failed: int = 0) -> TallyTable:
    tally, table = Tally(), TallyTable()
    for _ in range(good):
        tally.ok.record(round(latency_ms * 1000))
    for _ in range(failed):
        tally.failed.record(1000)
        tally.failures["HTTP 500"] = tally.failures.get("HTTP 500", 0) + 1
    table.add("home", "run", tally)
    return table


@pytest.mark.parametrize(
    ("table", "held"),
    [
        (cells(400), True),
        (cells(400, 200), False),
        (cells(400, failed=200), False),
        (cells(10), None),  # too few for a percentile
        (TallyTable(), None),
    ],
)
def test_a_step_is_decided_only_where_chance_cannot_reverse_it(table: TallyTable, held: bool | None) -> None:
    objectives = demanding(P95, ERRORS)
    assert outcome_of(table, 10, objectives.items, objectives.groups).held is held


def test_an_error_rate_just_past_its_target_could_be_chance() -> None:
    objectives = demanding(ERRORS)
    outcome = outcome_of(cells(89, failed=11), 10, objectives.items, objectives.groups)
    assert outcome.held is None
    assert not outcome.likely
    assert outcome.missed == (Miss("errors", None),)


def test_misses_are_ordered_by_how_far_they_are() -> None:
    assert furthest_first([(0.1, Miss("b")), (2.0, Miss("c")), (0.1, Miss("a"))]) == (Miss("c"), Miss("a"), Miss("b"))


def test_too_few_running_users_prove_nothing() -> None:
    held = Outcome(True, True)
    assert offered(held, 10, 10) is held
    short = offered(held, 10, 5)
    assert (short.held, short.likely, short.short) == (None, False, True)
