"""The load that Locust's own options ask for where there is no plan: users and spawn rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RequestedLoad:
    """``users`` to run, started at ``per_s`` users per second: a straight line up to all of them, then constant."""

    users: int
    per_s: float

    def users_at(self, at_s: float) -> float:
        """Return the wanted number of users (the line, not rounded) ``at_s`` seconds after the start."""
        return min(float(self.users), at_s * self.per_s)

    def user_seconds(self, until_s: float) -> float:
        """Return the area under the line from the start on."""
        if self.per_s <= 0:
            return 0.0
        rising_s = min(until_s, self.users / self.per_s)
        return self.per_s * rising_s**2 / 2 + self.users * (until_s - rising_s)

    def describe(self) -> str:
        """Return the requested load as text."""
        return f"{self.users:,} {'user' if self.users == 1 else 'users'}, {self.per_s:g} more each second"

    def to_data(self) -> dict[str, Any]:
        """Return plain data for the run record."""
        return dict(vars(self))
