"""Which virtual user a greenlet works for: a task may spawn greenlets (gevent's Pool, spawn) for its requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gevent import getcurrent

USER_ATTRIBUTE = "slo_user"
"""Set on the greenlet of a virtual user while it executes tasks."""


def ancestors(greenlet: Any) -> Iterator[Any]:
    """Yield the greenlet, then the one that spawned it, and so on, as far as they still exist."""
    while greenlet is not None:
        yield greenlet
        spawner = getattr(greenlet, "spawning_greenlet", None)
        greenlet = spawner() if spawner is not None else None


def attribute(name: str, default: Any) -> Any:
    """Return the attribute of the running greenlet, or else of the nearest greenlet above it that has it."""
    for greenlet in ancestors(getcurrent()):
        found = getattr(greenlet, name, None)
        if found is not None:
            return found
    return default


def user_greenlet() -> Any:
    """Return the greenlet of the virtual user that the running greenlet works for; itself where there is none."""
    current = getcurrent()
    return next((one for one in ancestors(current) if hasattr(one, USER_ATTRIBUTE)), current)
