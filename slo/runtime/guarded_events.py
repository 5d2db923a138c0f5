"""Listeners that raise StopUser, GreenletExit or a similar exception have failed; they do not end what fires the event.

Locust stops a run in a greenlet of its own. A listener to ``test_stop`` or ``test_stopping`` that raised GreenletExit
or StopUser, which Locust lets pass, ended that greenlet, and the process waited for ever for the end of the run.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from gevent import GreenletExit
from locust.event import EventHook, Events

from slo.runtime import locust_compat

GUARDED = ("init", "test_start", "spawning_complete", "test_stopping", "test_stop", "quitting", "quit")
"""Events of a run's life. Others are fired by users, which such an exception ends as anywhere else, or by plugins."""


class ListenerExitError(Exception):
    """A listener raised what would end a user; Locust writes this to its log, as of any listener that fails."""


def guard(events: Events) -> None:
    """Make such exceptions failures of the listener, in the events of a run's life.

    An event that fires in a way of its own, by a plugin, is left as it is.
    """
    for name in GUARDED:
        hook = getattr(events, name)
        if type(hook) is EventHook and "fire" not in vars(hook):
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
        except (GreenletExit, *locust_compat.ENDS_A_USER) as error:
            if isinstance(error, GreenletExit) and _is_kill(error):
                raise
            raise ListenerExitError(f"a listener raised {type(error).__name__}") from error

    return call


def _is_kill(error: GreenletExit) -> bool:
    """Return whether somebody killed the greenlet: it waited then, which it does inside gevent."""
    innermost = error.__traceback__
    while innermost is not None and innermost.tb_next is not None:
        innermost = innermost.tb_next
    return innermost is not None and innermost.tb_frame.f_globals.get("__name__", "").partition(".")[0] == "gevent"
