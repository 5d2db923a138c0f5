"""What the code of a locustfile did in a run: tasks executed, exceptions, responses that it never reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slo.record.code_exceptions import CodeExceptions
from slo.record.task_counts import TaskCounts


@dataclass
class CodeCounts:
    """Counts of one process or of several.

    ``unreported`` are responses of requests with ``catch_response=True`` whose with-block was never entered or left:
    Locust counts such a request nowhere. ``users_ended`` are virtual users that a task ended (``StopUser``).
    ``after_load`` are requests of listeners to ``test_stop`` and of users' ``on_stop`` when the load had ended, of
    which ``after_load_failed`` failed: they are not among the run's requests. ``waiting_tasks`` waited for something,
    and were not asleep, when their users were stopped; ``waiting_tasks_s`` is for how long the oldest had been running.
    """

    exceptions: CodeExceptions = field(default_factory=CodeExceptions)
    tasks: TaskCounts = field(default_factory=TaskCounts)
    unreported: int = 0
    users_ended: int = 0
    after_load: int = 0
    after_load_failed: int = 0
    waiting_tasks: int = 0
    waiting_tasks_s: float = 0.0

    def add(self, other: CodeCounts) -> None:
        """Add the counts of another process."""
        self.exceptions.note_all(other.exceptions)
        self.tasks.add_all(other.tasks)
        self.unreported += other.unreported
        self.users_ended += other.users_ended
        self.after_load += other.after_load
        self.after_load_failed += other.after_load_failed
        self.waiting_tasks += other.waiting_tasks
        self.waiting_tasks_s = max(self.waiting_tasks_s, other.waiting_tasks_s)

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON; what is empty is left out."""
        data = {
            "exceptions": self.exceptions.to_data(),
            "tasks": self.tasks.to_data(),
            "unreported": self.unreported,
            "users_ended": self.users_ended,
            "after_load": self.after_load,
            "after_load_failed": self.after_load_failed,
            "waiting_tasks": self.waiting_tasks,
            "waiting_tasks_s": round(self.waiting_tasks_s, 3),
        }
        return {name: value for name, value in data.items() if value}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> CodeCounts:
        """Return the counts that ``to_data`` described; ``data`` may have other keys, too."""
        return cls(
            CodeExceptions.from_data(data.get("exceptions", ())),
            TaskCounts.from_data(data.get("tasks", ())),
            data.get("unreported", 0),
            data.get("users_ended", 0),
            data.get("after_load", 0),
            data.get("after_load_failed", 0),
            data.get("waiting_tasks", 0),
            data.get("waiting_tasks_s", 0.0),
        )
