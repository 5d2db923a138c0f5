"""The generator benchmark's guests, who make ENDURANCE_REQUESTS requests in all and then end by themselves."""

from __future__ import annotations

import os

from locust.exception import StopUser

from benchmarks import generator_locustfile

USERS = 20
ITERATIONS = int(os.environ.get("ENDURANCE_REQUESTS", "100000")) // 5 // USERS
left: list[object] = []


class Guest(generator_locustfile.Guest):
    """Ends by itself after its share, so that no request is cut off."""

    def on_start(self) -> None:
        """Join."""
        left.append(self)

    def iteration(self) -> None:
        """All of its iterations; the last guest ends the run."""
        for _ in range(ITERATIONS):
            super().iteration()
        left.remove(self)
        if not left:
            self.environment.runner.quit()
        raise StopUser


Guest.tasks = [Guest.iteration]  # alone, without the single iteration that it inherits
