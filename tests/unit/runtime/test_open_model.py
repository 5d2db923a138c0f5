"""The open model in Locust."""

from __future__ import annotations

from argparse import Namespace
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from locust.env import Environment
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING
from locust.user.users import User

from slo.load.pacer import LATE_ATTRIBUTE
from slo.runtime.context import context_of
from slo.runtime.open_model import DAY_S, ArrivalShape, ArrivalTaskSet


class Guest(User):
    tasks = [lambda user: None]  # noqa: RUF012  # Locust's way


def task_set(pacer: Any) -> Any:
    environment = Environment()
    context_of(environment).pacer = pacer
    user: Any = Guest(environment)
    user._state = LOCUST_STATE_RUNNING
    return ArrivalTaskSet(user)


def test_a_task_waits_for_its_arrival_and_knows_how_late_it_is() -> None:
    states: list[str] = []

    def take() -> float:
        states.append(tasks.user._state)
        return 250.0

    tasks = task_set(SimpleNamespace(take=take))
    assert tasks.get_next_task() is not None
    assert states == [LOCUST_STATE_WAITING]
    assert tasks.user._state == LOCUST_STATE_RUNNING
    assert getattr(gevent.getcurrent(), LATE_ATTRIBUTE) == 250.0


def test_a_user_that_is_to_stop_takes_no_arrival() -> None:
    tasks = task_set(SimpleNamespace(take=lambda: pytest.fail("an arrival was taken")))
    tasks.user._state = LOCUST_STATE_STOPPING
    with pytest.raises(StopUser):
        tasks.get_next_task()


def shape(**options: Any) -> Any:
    own = {"rate": "50/s", "run_time": 60, "num_users": 100}
    found: Any = ArrivalShape()
    found.runner = SimpleNamespace(environment=Environment(parsed_options=Namespace(**{**own, **options})))
    return found


def test_all_users_start_twice_as_fast_as_they_arrive() -> None:
    one = shape()
    one.reset_time()
    assert one.tick() == (100, 100.0)
    assert one.plan.total_s == 60
    assert shape(run_time=None).plan.total_s == DAY_S


def test_the_load_ends_with_its_plan() -> None:
    one = shape()
    one.reset_time()
    one.get_run_time = lambda: 60.5
    assert one.tick() is None
