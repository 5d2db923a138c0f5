"""Retry-After: what a 429 tells its client, and whether who was told came back when told.

A virtual user is the greenlet that made the request. Only its next request counts, whatever its endpoint: ``early``
when it was sent before the time told, else ``through`` when it went well, ``again`` when it was throttled again,
``failed`` when it failed otherwise.
"""

from __future__ import annotations

import re
import time
import weakref
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from gevent import getcurrent

from slo.measure.recorder import Recorder
from slo.metrics.tally import RetryOutcome

MAX_USERS = 10_000
"""Users of a process waiting at once whose next request is looked for; of others only what they were told counts."""
GRACE_S = 0.05
"""A user who slept as told may seem this much early: timers are rounded, and we hear of the 429 after it arrived."""
_SECONDS = re.compile(r"[0-9]{1,9}")


def wait_of(response: Any, now: Callable[[], float] = time.time) -> float | None:
    """Return how many seconds a response's Retry-After says to wait (RFC 9110, 10.2.3); None where it says nothing.

    A date is held against the response's own Date, for its clock may not be ours; without one against ``now``.
    """
    headers = getattr(response, "headers", None)
    told = _header(headers, "Retry-After")
    if _SECONDS.fullmatch(told):
        return float(told)
    until = _date(told) if told else None
    if until is None:
        return None
    sent = _date(_header(headers, "Date")) or datetime.fromtimestamp(now(), UTC)
    return max(0.0, (until - sent).total_seconds())


def _header(headers: Any, name: str) -> str:
    get = getattr(headers, "get", None)
    return str(get(name) or "").strip() if get else ""


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class RetryTracker:
    """Who was told to wait until when, in one process and one run.

    ``waiting`` is open to see, so that the hot path asks no more than whether anybody is in it.
    """

    def __init__(self, recorder: Recorder, current: Callable[[], object] = getcurrent) -> None:
        self._recorder = recorder
        self._current = current
        self.waiting: dict[int, tuple[weakref.ref[object], float]] = {}

    def throttled(self, endpoint: str, response: Any) -> None:
        """Note what a 429 told the user who got it."""
        wait_s = wait_of(response)
        if wait_s is None:
            return
        self._recorder.retry_after(endpoint, wait_s)
        if len(self.waiting) < MAX_USERS:
            user = self._current()
            key, waiting = id(user), self.waiting
            # A user that ended is forgotten at once: another may get its id.
            gone = weakref.ref(user, lambda _: waiting.pop(key, None))
            waiting[key] = (gone, self._recorder.clock() + wait_s)

    def request_ended(self, endpoint: str, latency_ms: float, outcome: RetryOutcome) -> None:
        """Count how the request ended that a user made next, if it had been told to wait."""
        found = self.waiting.pop(id(self._current()), None)
        if found is not None:
            sent = self._recorder.clock() - latency_ms / 1000
            self._recorder.retried(endpoint, "early" if sent < found[1] - GRACE_S else outcome)
