"""Shapes: which ticks they return, and what they ask of the runner."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from slo.load.plan import Plan
from slo.load.search_record import SearchRecord
from slo.runtime.shape import LimitShape, PlannedShape


class Runner:
    """A runner that reaches each number of users at once."""

    def __init__(self) -> None:
        self.target_user_count = 0
        self.shape_last_tick: tuple[int, float] | None = None
        self.spawning_greenlet = SimpleNamespace(join=lambda timeout: self.calls.append("joined"))
        self.calls: list[object] = []

    def start(self, users: int, spawn_rate: float) -> None:
        self.calls.append((users, spawn_rate))
        self.target_user_count = users


class Optional(PlannedShape):
    users = 5

    def planned(self) -> Plan:
        return Plan.ramps(("ramp", 10, self.users))

    def tick(self) -> None:
        return None


@pytest.fixture
def runner() -> Runner:
    return Runner()


def limit(runner: Runner, *wanted: int | None) -> LimitShape:
    left = list(wanted)
    made = LimitShape(SearchRecord(1, 10, 60.0), lambda: left.pop(0))
    made.runner = runner  # type: ignore[assignment]
    return made


def test_a_search_reaches_each_number_of_users_at_once(runner: Runner) -> None:
    shape = limit(runner, 8, 8, 2, None)
    assert shape.tick() == (8, 8.0)
    runner.target_user_count, runner.shape_last_tick = 8, (8, 8.0)
    assert shape.tick() == (8, 8.0)  # the same tuple: Locust has nothing to do
    assert shape.tick() == (2, 6.0)
    assert shape.tick() is None


def test_a_change_waits_until_the_last_users_are_spawned(runner: Runner) -> None:
    shape = limit(runner)
    shape.change_users(4, 2.0)
    assert runner.calls == ["joined", (4, 2.0)]
    assert runner.shape_last_tick == (4, 2.0)
    shape.change_users(4, 2.0)
    assert len(runner.calls) == 2


def test_a_plan_stays_what_it_was_as_the_run_began() -> None:
    shape = Optional()
    shape.users = 7
    assert shape.plan.stages[0].users_to == 7
    shape.reset_time()
    shape.users = 9
    assert shape.plan.stages[0].users_to == 7
    assert shape.planned().stages[0].users_to == 9
