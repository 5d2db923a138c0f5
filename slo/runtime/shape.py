"""Shapes: one that follows a plan, and one that follows the search for the limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from locust import LoadTestShape

from slo.load.plan import Plan
from slo.load.search_record import SearchRecord
from slo.runtime import locust_compat


class ShapeWithSpawnControl(LoadTestShape):
    """A load over time that reaches each number of users at once, and does not interrupt a spawning under way."""

    abstract: ClassVar[bool] = True

    def wait_for_spawning(self) -> None:
        """Wait until the last requested users are spawned."""
        locust_compat.join_spawning(self.runner)

    def spawn_at_once(self, users: int) -> tuple[int, float]:
        """Return a tick for this number of users now: the number, and a spawn rate that reaches it at once."""
        target = self.runner.target_user_count if self.runner else 0
        last = locust_compat.last_tick(self.runner)
        if last and last[0] == users == target:
            return users, last[1]  # the same tuple: Locust has nothing to do
        return users, float(max(1, abs(users - target)))

    def change_users(self, users: int, spawn_rate: float) -> None:
        """Change the number of users between two ticks; has no effect if the number is the same."""
        if self.runner is None or (locust_compat.last_tick(self.runner) and users == self.runner.target_user_count):
            return
        self.wait_for_spawning()
        self.runner.start(users, spawn_rate)
        locust_compat.set_last_tick(self.runner, users, spawn_rate)


class PlannedShape(ShapeWithSpawnControl):
    """A load over time with a plan, which stays what the options say as a run begins."""

    abstract: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Locust has no types here
        self._frozen: Plan | None = None

    def reset_time(self) -> None:
        """Begin a run."""
        super().reset_time()  # type: ignore[no-untyped-call]
        self._frozen = self.planned()

    @property
    def plan(self) -> Plan:
        """The stages this run follows."""
        return self._frozen or self.planned()

    def planned(self) -> Plan:
        """Return the stages that the options say now."""
        raise NotImplementedError


class LimitShape(ShapeWithSpawnControl):
    """The load of a search for the limit: the running search determines the number of users; None ends it.

    ``search`` is the requested search: it holds -u, since Locust's value is 1 if it was not given.
    """

    abstract: ClassVar[bool] = True
    use_common_options: ClassVar[bool] = False

    def __init__(self, search: SearchRecord, wanted: Callable[[], int | None]) -> None:
        """``wanted`` returns the users to run now, or None when the search is over."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.search = search
        self._wanted = wanted

    def tick(self) -> tuple[int, float] | None:
        """Return the number of users wanted now, and a spawn rate that reaches it at once."""
        self.wait_for_spawning()
        users = self._wanted()
        return None if users is None else self.spawn_at_once(users)
