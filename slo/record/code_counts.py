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
    """

    exceptions: CodeExceptions = field(default_factory=CodeExceptions)
    tasks: TaskCounts = field(default_factory=TaskCounts)
    unreported: int = 0
    users_ended: int = 0

    def add(self, other: CodeCounts) -> None:
        """Add the counts of another process."""
        self.exceptions.note_all(other.exceptions)
        self.tasks.add_all(other.tasks)
        self.unreported += other.unreported
        self.users_ended += other.users_ended

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON; what is empty is left out."""
        data = {
            "exceptions": self.exceptions.to_data(),
            "tasks": self.tasks.to_data(),
            "unreported": self.unreported,
            "users_ended": self.users_ended,
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
        )
