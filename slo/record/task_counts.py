"""How often each task of a locustfile was executed, and how often an exception ended it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from slo.metrics.tally import OTHER

MAX_TASKS = 200
"""Maximum number of tasks; those beyond are counted together."""


class TaskCounts(dict[str, list[int]]):
    """By the task's name: [executions that ended, those of them that an exception ended].

    An exception with which Locust ends a task or a user, like StopUser or RescheduleTask, is none.
    """

    def of(self, task: str) -> list[int]:
        """Return the counts of a task, to be changed in place."""
        found = self.get(task)
        if found is None:
            found = self.setdefault(task if len(self) < MAX_TASKS else OTHER, [0, 0])
        return found

    def add_all(self, others: Mapping[str, Iterable[int]]) -> None:
        """Add the counts of another process."""
        for task, (executions, raised) in others.items():
            mine = self.of(task)
            mine[0] += executions
            mine[1] += raised

    @property
    def executions(self) -> int:
        """Executions of all tasks."""
        return sum(executions for executions, _ in self.values())

    @property
    def raised(self) -> int:
        """Executions that an exception ended."""
        return sum(raised for _, raised in self.values())

    @property
    def never_succeeded(self) -> list[str]:
        """Tasks of which an exception ended every execution, in alphabetical order."""
        return sorted(task for task, (executions, raised) in self.items() if executions == raised > 0)

    def to_data(self) -> list[list[Any]]:
        """Return plain data for JSON: [task, executions, raised] in alphabetical order."""
        return [[task, *counts] for task, counts in sorted(self.items())]

    @classmethod
    def from_data(cls, data: Iterable[tuple[str, int, int]]) -> TaskCounts:
        """Return the counts that ``to_data`` described."""
        return cls({task: [executions, raised] for task, executions, raised in data})
