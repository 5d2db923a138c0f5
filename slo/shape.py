"""The load of a search for the limit as Locust wants it: as many users as the search asks for, all at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from locust import LoadTestShape

from slo.step import Steps


class LimitShape(LoadTestShape):
    """Asks the run under way how many users there are to be; None ends the load.

    ``search`` is what was asked for: -u is kept here, as Locust takes 1 for it where it is not given.
    """

    abstract: ClassVar[bool] = True
    use_common_options: ClassVar[bool] = False

    def __init__(self, search: Steps, wanted: Callable[[], int | None]) -> None:
        """``wanted`` returns the users to run now, or None when the search is over."""
        super().__init__()  # type: ignore[no-untyped-call]  # Locust has no types here
        self.search = search
        self._wanted = wanted

    def tick(self) -> tuple[int, float] | None:
        """Return the users wanted now, and a spawn rate that gets there at once."""
        self._let_spawning_end()
        users = self._wanted()
        if users is None:
            return None
        last = self.runner.shape_last_tick if self.runner else None
        if last and last[0] == users:
            return users, last[1]  # the same tuple: Locust has nothing to do
        target = self.runner.target_user_count if self.runner else 0
        return users, float(max(1, abs(users - target)))

    def _let_spawning_end(self) -> None:
        # start() kills a spawning that is under way, and with it what listens to the start of the test.
        spawning = self.runner.spawning_greenlet if self.runner else None
        if spawning is not None:
            spawning.join(timeout=10)
