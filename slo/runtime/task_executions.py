"""Counting the executions of a locustfile's tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gevent import GreenletExit, getcurrent
from locust.user.task import DefaultTaskSet, TaskSet

from slo.load.greenlet_tree import USER_ATTRIBUTE
from slo.runtime.locust_compat import NO_FAILURES
from slo.runtime.replaced_method import replace_method


def count_tasks(counts_of: Callable[[str], list[int]]) -> Callable[[], None]:
    """Count the executions of tasks, and those that an exception ends; returns a function that undoes it.

    ``counts_of`` returns the counts of a task by its name. Relies on ``execute_task`` of ``TaskSet`` and of
    ``DefaultTaskSet``. A nested task set is no task: its own tasks are counted.
    """
    return replace_method((TaskSet, DefaultTaskSet), "execute_task", lambda execute: _counting_task(execute, counts_of))


def _counting_task(execute: Callable[..., None], counts_of: Callable[[str], list[int]]) -> Callable[..., None]:
    def execute_and_count(tasks: Any, task: Any) -> None:
        if hasattr(task, "tasks"):
            return execute(tasks, task)
        counts = counts_of(str(getattr(task, "__qualname__", type(task).__name__)))
        setattr(getcurrent(), USER_ATTRIBUTE, True)
        try:
            execute(tasks, task)
        except GreenletExit:
            raise  # its user is stopped: how it would have ended is unknown
        except NO_FAILURES:
            counts[0] += 1
            raise
        except Exception:
            counts[0] += 1
            counts[1] += 1
            raise
        counts[0] += 1
        return None

    return execute_and_count
