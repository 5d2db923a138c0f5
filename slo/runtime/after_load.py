"""Requests that are made when the load has ended: in listeners to ``test_stop``, and in a user's ``on_stop``.

They clean up. In the run's counts they would stretch its duration and lower its rates: they are counted apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from gevent import getcurrent

from slo.load.greenlet_tree import USER_ATTRIBUTE, attribute, user_greenlet
from slo.measure.recorder import Recorder
from slo.runtime.replaced_method import replace_method

CLEANING_ATTRIBUTE = "slo_cleans_up"
"""Set on the greenlet of a virtual user while its ``on_stop`` is executed."""


def is_of_load() -> bool:
    """Return whether a request that ends now, after the load has ended, belongs to a task of a user."""
    return hasattr(user_greenlet(), USER_ATTRIBUTE) and not attribute(CLEANING_ATTRIBUTE, False)


def mark_cleaning(user_classes: Iterable[type]) -> Callable[[], None]:
    """Mark users as cleaning up during their ``on_stop``; returns a function that undoes it."""
    return replace_method(list(user_classes), "on_stop", _cleaning)


def _cleaning(on_stop: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(on_stop)
    def clean_up(user: Any) -> None:
        greenlet = getcurrent()
        setattr(greenlet, CLEANING_ATTRIBUTE, True)
        try:
            on_stop(user)
        finally:
            delattr(greenlet, CLEANING_ATTRIBUTE)

    return clean_up


def count_apart(
    on_request: Callable[..., None], recorder: Recorder, own: Callable[..., None] | None
) -> Callable[..., None]:
    """Return the request listener for the time after the load: ``on_request`` for requests of the load alone.

    The others are counted in the recorder's ``code``, and by ``own``, Locust's listener, if ours replaces it.
    """
    code = recorder.code

    def listen(
        request_type: str,
        name: str,
        response_time: float | None,
        response_length: int | None,
        exception: object = None,
        **more: Any,
    ) -> None:
        if is_of_load():
            recorder.note_late_request()
            on_request(
                request_type=request_type,
                name=name,
                response_time=response_time,
                response_length=response_length,
                exception=exception,
                **more,
            )
            return
        code.after_load += 1
        code.after_load_failed += bool(exception)
        if own is not None:
            own(request_type, name, response_time, response_length, exception)

    return listen


def only_of_load(on_check: Callable[..., None]) -> Callable[..., None]:
    """Return the listener to checks for the time after the load: ``on_check`` for those of the load alone."""

    def listen(*check: Any) -> None:
        if is_of_load():
            on_check(*check)

    return listen
