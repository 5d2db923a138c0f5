"""A worker of a distributed run, as the run's record holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Worker:
    """One generator process: how many requests it counted, and how many of those the master received.

    ``joined_s`` is when it began, ``absences`` are times without a message from it (end None: until the end), in
    seconds since the run's start.
    """

    name: str
    requests_sent: int
    requests_received: int
    finished: bool
    joined_s: float = 0.0
    absences: tuple[tuple[float, float | None], ...] = ()

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {**vars(self), "absences": [list(absence) for absence in self.absences]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Worker:
        """Return the worker that ``to_data`` described."""
        return cls(**{**data, "absences": tuple((start, end) for start, end in data.get("absences", ()))})
