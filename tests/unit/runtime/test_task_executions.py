"""Executions of tasks are counted as they end."""

from __future__ import annotations

import gevent
import pytest
from gevent import GreenletExit
from locust.env import Environment
from locust.exception import StopUser
from locust.user.task import DefaultTaskSet, TaskSet
from locust.user.users import User

from slo.record.task_counts import TaskCounts
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

    counts = TaskCounts()

    def user() -> None:
        undo = count_tasks(counts.of)
        tasks = cls(User(Environment()))
        for task, raised in ((book, KeyError), (leave, StopUser), (killed, GreenletExit), (Nested, KeyError)):
            with pytest.raises(raised):
                tasks.execute_task(task)
        undo()
        with pytest.raises(KeyError):
            tasks.execute_task(book)

    gevent.spawn(user).get()
    assert {name.rpartition(".")[2]: numbers for name, numbers in counts.items()} == {
        "book": [1, 1],
        "leave": [1, 0],
        "killed": [0, 0],
    }
