"""Our own event on Locust's event hub: ``events.slo_check``, fired for each named check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from locust import events
from locust.event import EventHook

from slo.metrics.endpoint import Reported


class CheckEvent(EventHook):
    """Calls its listeners with each check: endpoint, name, and whether it passed.

    The endpoint is the pair of method and name of its request, or the name alone.

    ``notify`` is for listeners that raise nothing: each request has several checks, and keyword arguments cost time.
    If there is exactly one listener, ``notify`` is that listener. ``notify_set`` takes all checks of a response at
    once; a listener that can do so has a function ``of_set``.
    """

    notify: Callable[[Reported, str, bool], None]
    notify_set: Callable[[Reported, Mapping[str, bool]], None]

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._choose()

    def add_listener(self, handler: Any) -> Any:
        """Add a listener."""
        super().add_listener(handler)  # type: ignore[no-untyped-call]
        self._choose()
        return handler

    def remove_listener(self, handler: Any) -> None:
        """Remove a listener."""
        super().remove_listener(handler)  # type: ignore[no-untyped-call]
        self._choose()

    def _choose(self) -> None:
        self.notify = self._handlers[0] if len(self._handlers) == 1 else self._notify_all
        self.notify_set = getattr(self.notify, "of_set", self._notify_each)

    def _notify_each(self, endpoint: Reported, results: Mapping[str, bool]) -> None:
        for name, passed in results.items():
            self.notify(endpoint, name, bool(passed))

    def _notify_all(self, endpoint: Reported, name: str, passed: bool) -> None:
        for listener in self._handlers:
            listener(endpoint, name, passed)


if not hasattr(events, "slo_check"):
    events.slo_check = CheckEvent()  # type: ignore[attr-defined]  # Locust's way to add an event


def check_event() -> CheckEvent:
    """Return the event."""
    event: CheckEvent = events.slo_check  # type: ignore[attr-defined]
    return event
