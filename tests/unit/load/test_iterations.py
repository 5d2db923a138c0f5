"""A limit on the iterations of a run, and its shares."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.load.iterations import IterationBudget, IterationLimit


@pytest.mark.parametrize(
    ("text", "limit"),
    [("100", IterationLimit(100)), ("5/user", IterationLimit(5, True)), (" 7 ", IterationLimit(7))],
)
def test_a_limit_is_for_all_users_or_for_each(text: str, limit: IterationLimit) -> None:
    assert IterationLimit.parse(text) == limit


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "5/users", "/user", "x", "9" * 5000, "\u0663"])
def test_what_is_no_limit_is_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is no number of iterations: give 100 for all users"):
        IterationLimit.parse(text)


@given(st.integers(1, 10**6), st.sets(st.text(), min_size=1, max_size=20))
def test_the_shares_of_workers_add_up_and_differ_by_one_at_most(count: int, workers: set[str]) -> None:
    shares = IterationLimit(count).shares(workers)
    assert set(shares) == workers
    assert sum(shares.values()) == count
    assert max(shares.values()) - min(shares.values()) <= 1
    assert set(IterationLimit(count, per_user=True).shares(workers).values()) == {count}


def test_a_limit_is_reached_by_executions_or_by_users_that_ended() -> None:
    shared, each = IterationLimit(10), IterationLimit(10, per_user=True)
    assert [shared.progress(executed, 0, 3).all for executed in (9, 10, 12)] == [False, True, True]
    assert [each.progress(30, ended, 3).all for ended in (2, 3)] == [False, True]
    assert not each.progress(0, 0, 0).all
    assert each.progress(12, 1, 3).describe() == "12 of 30 iterations"


def test_a_budget_is_used_up_by_all_users_or_by_one() -> None:
    shared, each = IterationBudget(2, per_user=False), IterationBudget(2, per_user=True)
    for budget in (shared, each):
        budget.begin()
        budget.begin()
    assert shared.is_used_up(begun_by_user=0)
    assert [each.is_used_up(begun) for begun in (1, 2)] == [False, True]


@pytest.mark.parametrize(("name", "used_up"), [("w1", False), ("joined late", True)])
def test_a_worker_has_its_share_and_one_that_joins_late_has_none(name: str, used_up: bool) -> None:
    announced = {"count": 5, "per_user": False, "shares": {"w1": 5}}
    budget = IterationBudget.of_worker(name, announced)
    assert budget is not None
    assert budget.is_used_up(0) is used_up
    assert IterationBudget.of_worker(name, None) is None
