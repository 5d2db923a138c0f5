"""Where a rising load breaks the target."""

from __future__ import annotations

import pytest

from slo.load.plan import Plan
from tests.support.simulated import (
    SLOW,
    STRESS,
    closed,
    number,
    simulated,
    the,
    verdict,
)


@pytest.mark.parametrize(("capacity", "breaks"), [(5, 10), (10, 20), (15, 30)])
@pytest.mark.parametrize("seed", range(5))
def test_the_breaking_point_is_where_the_capacity_puts_it(capacity: int, breaks: float, seed: int) -> None:
    outcome = verdict(simulated(STRESS, "stress", closed(capacity, 100), seed=seed))
    assert number(the(outcome), "capacity.users") == pytest.approx(breaks, rel=0.1)
    assert number(the(outcome), "capacity.rps") == pytest.approx(capacity * 10, rel=0.1)
    assert "'slow' broke first" in the(outcome).answer
    assert "recovered" in " ".join(the(outcome).details)


def test_the_endpoint_that_broke_first_is_named() -> None:
    def second(_: float, users: float) -> tuple[float, float, int]:
        return 40, 50, 4 if users > 20 else 0

    outcome = verdict(
        simulated(STRESS, "stress", second), "name: bad, indicator: errors.ratio, target: 5 %, priority: P0"
    )
    assert "'bad' broke first, mostly at search" in the(outcome).answer
    assert number(the(outcome), "capacity.users") == pytest.approx(20, rel=0.1)


def test_a_hiccup_is_no_breach() -> None:
    def second(at_s: float, users: float) -> tuple[float, float, int]:
        return users * 2, 900 if at_s == 30 else 50, 0

    answer = the(verdict(simulated(STRESS, "stress", second))).answer
    assert answer.startswith("never broke up to ")
    assert "never lastingly" in answer
    assert "try 3 times the users" in answer


def test_a_breach_that_passes_while_the_load_grows_is_not_the_breaking_point() -> None:
    def second(at_s: float, users: float) -> tuple[float, float, int]:
        return 40, 900 if 20 <= at_s < 30 or users > 30 else 50, 0

    one = the(verdict(simulated(STRESS, "stress", second)))
    assert number(one, "capacity.users") == pytest.approx(30, rel=0.1)
    assert one.details[1].startswith("Targets were missed for a while from 21 s on, at 9.67 users")


def test_one_that_never_broke_is_at_least_as_good_as_what_it_bore() -> None:
    run = simulated(STRESS, "stress", lambda *_: (40, 50, 0))
    lines = (SLOW, *(f"name: u{n}, indicator: capacity.users, target: {n} users" for n in (30, 50)))
    results = {one.objective.name: one for one in verdict(run, *lines).results}
    assert (results["u30"].status, results["u50"].status) == ("PASS", "NO DATA")
    assert "never broke" in results["u50"].reason


def test_one_that_broke_at_once_is_at_most_as_good_as_that() -> None:
    plan = Plan.ramps(("ramp to 40", 80, 40), start=5)
    run = simulated(plan, "stress", lambda *_: (40, 500, 0))
    lines = (SLOW, *(f"name: u{n}, indicator: capacity.users, target: {n} users, priority: P0" for n in (4, 30)))
    results = {one.objective.name: one for one in verdict(run, *lines).results}
    assert the(verdict(run)).answer.startswith("broke from the first window on")
    assert (results["u4"].status, results["u30"].status) == ("NO DATA", "CRITICAL")


def test_one_that_does_not_come_back_is_told() -> None:
    def second(at_s: float, users: float) -> tuple[float, float, int]:
        return 40, 50 if at_s < 40 else 900, 0

    assert "did not recover" in " ".join(the(verdict(simulated(STRESS, "stress", second))).details)
