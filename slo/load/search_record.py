"""The steps of a search for the limit, as a run's record holds them: times and users, without an outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SearchStep:
    """A step with ``users`` from ``start_ms`` on, judged from ``hold_ms`` to ``end_ms`` (milliseconds of the run)."""

    users: int
    start_ms: int
    hold_ms: int
    end_ms: int

    @property
    def hold_s(self) -> float:
        """For how many seconds the step was held."""
        return (self.end_ms - self.hold_ms) / 1000


@dataclass(frozen=True)
class SearchRecord:
    """A search: its first and its largest allowed number of users, its time limit in seconds, and its steps."""

    start_users: int
    max_users: int
    time_s: float
    items: tuple[SearchStep, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "start_users": self.start_users,
            "most_users": self.max_users,
            "time_s": self.time_s,
            "items": [dict(vars(step)) for step in self.items],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> SearchRecord:
        """Return the search that ``to_data`` described."""
        steps = tuple(SearchStep(**step) for step in data["items"])
        return cls(data["start_users"], data["most_users"], data["time_s"], steps)
