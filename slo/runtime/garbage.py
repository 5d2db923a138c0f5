"""Python's garbage collector while a load runs: it does not look at thousands of users again and again."""

from __future__ import annotations

import gc
from collections.abc import Callable

from locust.env import Environment


def leave_users_out(environment: Environment) -> Callable[[], None]:
    """Leave what is there when users have been started out of the collector's work; returns a function that undoes it.

    A collection stops all users: with 10,000 of them for a tenth of a second and more. What the users do not use any
    longer is still freed, but for objects that refer to each other in a circle: those are freed after the run.
    """
    most = 0

    def freeze(user_count: int, **_: object) -> None:
        nonlocal most
        if user_count > most:  # a shape says it once a second, and what is garbage by then would be kept, too
            most = user_count
            gc.freeze()

    environment.events.spawning_complete.add_listener(freeze)

    def undo() -> None:
        environment.events.spawning_complete.remove_listener(freeze)
        gc.unfreeze()

    return undo
