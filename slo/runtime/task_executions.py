"""Counting the executions of a locustfile's tasks."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from gevent import GreenletExit, getcurrent
from locust.exception import StopTest, StopUser
from locust.user.task import DefaultTaskSet, TaskSet

from slo.load.greenlet_tree import USER_ATTRIBUTE
from slo.load.iterations import IterationBudget
from slo.record.code_counts import CodeCounts
from slo.runtime.locust_compat import NO_FAILURES
from slo.runtime.replaced_method import replace_method


def count_tasks(code: CodeCounts, budget: IterationBudget | None = None) -> Callable[[], None]:
    """Count the executions of tasks, and those that an exception ends, in ``code``; returns a function that undoes it.

    With a ``budget`` users end when it is used up. Relies on ``execute_task`` of ``TaskSet`` and of ``DefaultTaskSet``.
    A nested task set is no task: its own tasks are counted.
    """
    return replace_method(
        (TaskSet, DefaultTaskSet), "execute_task", lambda execute: _counting_task(execute, code, budget)
    )


def _counting_task(
    execute: Callable[..., None], code: CodeCounts, budget: IterationBudget | None
) -> Callable[..., None]:
    counts_of = code.tasks.of

    def execute_and_count(tasks: Any, task: Any) -> None:
        if hasattr(task, "tasks"):
            return execute(tasks, task)
        counts = counts_of(str(getattr(task, "__qualname__", type(task).__name__)))
        user = getcurrent()
        begun = getattr(user, USER_ATTRIBUTE, 0)
        if budget is not None:
            _end_user(code, budget, begun)
            budget.begin()
        setattr(user, USER_ATTRIBUTE, begun + 1)
        started_s = time.perf_counter()
        try:
            execute(tasks, task)
        except GreenletExit as error:
            if not _was_asleep(error):
                code.waiting_tasks += 1
                code.waiting_tasks_s = max(code.waiting_tasks_s, time.perf_counter() - started_s)
            raise  # its user is stopped: how it would have ended is unknown
        except NO_FAILURES as error:
            counts[0] += 1
            code.users_ended += isinstance(error, (StopUser, StopTest))
            raise
        except Exception:
            counts[0] += 1
            counts[1] += 1
            raise
        counts[0] += 1
        if budget is not None:
            _end_user(code, budget, begun + 1)  # now, and not after its think time
        return None

    return execute_and_count


def _was_asleep(error: GreenletExit) -> bool:
    """Return whether the task was in ``time.sleep`` or ``gevent.sleep`` when its user was stopped."""
    part = error.__traceback__
    while part is not None:
        frame = part.tb_frame
        if frame.f_code.co_name == "sleep" and frame.f_globals.get("__name__") == "gevent.hub":
            return True
        part = part.tb_next
    return False


def _end_user(code: CodeCounts, budget: IterationBudget, begun: int) -> None:
    """End the running user if it may begin no more iterations."""
    if budget.is_used_up(begun):
        code.users_ended += 1
        raise StopUser
