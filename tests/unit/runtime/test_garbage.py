"""What the garbage collector looks at while a load runs."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from locust.env import Environment

from slo.runtime.garbage import leave_users_out


@pytest.fixture(autouse=True)
def _unfrozen() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_users_are_left_out_until_the_run_ends() -> None:
    environment = Environment()
    undo = leave_users_out(environment)
    assert gc.get_freeze_count() == 0
    environment.events.spawning_complete.fire(user_count=5)
    assert gc.get_freeze_count() > 0
    undo()
    assert gc.get_freeze_count() == 0
    environment.events.spawning_complete.fire(user_count=9)
    assert gc.get_freeze_count() == 0


def test_only_more_users_than_before_are_a_reason() -> None:
    environment = Environment()
    undo = leave_users_out(environment)
    environment.events.spawning_complete.fire(user_count=5)
    gc.unfreeze()
    for users in (5, 3):
        environment.events.spawning_complete.fire(user_count=users)
        assert gc.get_freeze_count() == 0
    environment.events.spawning_complete.fire(user_count=6)
    assert gc.get_freeze_count() > 0
    undo()
