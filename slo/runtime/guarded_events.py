"""Listeners that raise what ends a user or a greenlet: failed listeners, not the end of what fires the event.

Locust stops a run in a greenlet of its own. A listener to ``test_stop`` or ``test_stopping`` that raised GreenletExit
or StopUser, which Locust lets pass, ended that greenlet, and the process waited for ever for the end of the run.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from gevent import GreenletExit
from locust.event import EventHook, Events
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopTest, StopUser

from slo.runtime import locust_compat

USERS_EVENTS = ("request", "user_error")
"""Are fired by users, which such an exception ends as it ends them anywhere else."""
ENDS_A_USER = (StopUser, StopTest, InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately)


class ListenerExitError(Exception):
    """A listener raised what would end a user; Locust writes this to its log, as of any listener that fails."""


def guard(events: Events) -> None:
    """Make such exceptions failures of the listener, in all events but those that users fire."""
    for name, hook in vars(events).items():
        if isinstance(hook, EventHook) and name not in USERS_EVENTS:
            _guard(hook)


def _guard(hook: EventHook) -> None:
    fire = hook.fire

    @wraps(fire)
    def fire_guarded(*, reverse: bool = False, **words: Any) -> None:
        listeners = [_guarded(listener) for listener in locust_compat.listeners_of(hook)]
        locust_compat.event_with(listeners).fire(reverse=reverse, **words)

    hook.fire = fire_guarded  # type: ignore[method-assign]


def _guarded(listener: Callable[..., None]) -> Callable[..., None]:
    @wraps(listener)
    def call(**words: Any) -> None:
        try:
            listener(**words)
        except (GreenletExit, *ENDS_A_USER) as error:
            if isinstance(error, GreenletExit) and _is_kill(error):
                raise
            raise ListenerExitError(f"a listener raised {type(error).__name__}") from error

    return call


def _is_kill(error: GreenletExit) -> bool:
    """Return whether somebody killed the greenlet: it waited then, which it does inside gevent."""
    innermost = error.__traceback__
    while innermost is not None and innermost.tb_next is not None:
        innermost = innermost.tb_next
    return innermost is not None and "gevent" in innermost.tb_frame.f_globals.get("__name__", "")
