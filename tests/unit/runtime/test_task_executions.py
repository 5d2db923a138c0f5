"""Executions of tasks are counted as they end."""

from __future__ import annotations

from collections.abc import Callable

import gevent
import pytest
from gevent import GreenletExit
from gevent.event import Event
from locust.env import Environment
from locust.exception import StopUser
from locust.user.task import DefaultTaskSet, TaskSet
from locust.user.users import User

from slo.load.iterations import IterationBudget
from slo.record.code_counts import CodeCounts
from slo.runtime.task_executions import count_tasks


@pytest.mark.parametrize("cls", [TaskSet, DefaultTaskSet])
def test_executions_of_tasks_are_counted(cls: type[TaskSet]) -> None:
    def book(_: object) -> None:
        raise KeyError

    def leave(_: object) -> None:
        raise StopUser

    def killed(_: object) -> None:
        raise GreenletExit

    class Nested(TaskSet):
        def on_start(self) -> None:
            raise KeyError

    code = CodeCounts()

    def user() -> None:
        undo = count_tasks(code)
        tasks = cls(User(Environment()))
        for task, raised in ((book, KeyError), (leave, StopUser), (killed, GreenletExit), (Nested, KeyError)):
            with pytest.raises(raised):
                tasks.execute_task(task)
        undo()
        with pytest.raises(KeyError):
            tasks.execute_task(book)

    gevent.spawn(user).get()
    assert code.users_ended == 1  # the one that a task ended
    assert {name.rpartition(".")[2]: numbers for name, numbers in code.tasks.items()} == {
        "book": [1, 1],
        "leave": [1, 0],
        "killed": [0, 0],
    }


@pytest.mark.parametrize(("per_user", "executed"), [(False, [2, 0]), (True, [2, 2])])
def test_users_end_when_the_budget_of_iterations_is_used_up(per_user: bool, executed: list[int]) -> None:
    code, budget = CodeCounts(), IterationBudget(2, per_user)
    undo = count_tasks(code, budget)

    def user() -> int:
        tasks, done = TaskSet(User(Environment())), list[object]()
        for _ in range(5):
            try:
                tasks.execute_task(done.append)
            except StopUser:
                break
        return len(done)

    assert [gevent.spawn(user).get() for _ in executed] == executed
    undo()
    assert (code.users_ended, code.tasks.executions) == (2, sum(executed))


@pytest.mark.parametrize(("wait", "count"), [(gevent.sleep, 0), (Event().wait, 1)], ids=["asleep", "waiting"])
def test_a_task_that_waits_when_its_user_is_stopped_is_counted_with_its_age(
    wait: Callable[[float], object], count: int
) -> None:
    code, begun = CodeCounts(), Event()
    undo = count_tasks(code)

    def ask(_: object) -> None:
        begun.set()
        wait(60)

    user = gevent.spawn(lambda: DefaultTaskSet(User(Environment())).execute_task(ask))
    begun.wait(10)
    user.kill()
    undo()
    assert code.waiting_tasks == count
    assert (code.waiting_tasks_s > 0) == bool(count)
