"""The steps of a search for the limit, as a run's record holds them: when so many users were held, and no judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SearchStep:
    """``users`` from ``start_ms`` on; what counts is from ``hold_ms`` to ``end_ms``. Milliseconds of the run."""

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
    """A search: the users it begins with, the most it may try, its time in seconds, and the steps it made."""

    start_users: int
    most_users: int
    time_s: float
    items: tuple[SearchStep, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {**vars(self), "items": [dict(vars(step)) for step in self.items]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> SearchRecord:
        """Return the search that ``to_data`` described."""
        return cls(**{**data, "items": tuple(SearchStep(**step) for step in data["items"])})
