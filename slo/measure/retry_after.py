"""Retry-After: the delay that a 429 names, and whether the user respected it.

A virtual user is the greenlet that executes its tasks, with all that it spawned. Only its next request counts, whatever
its endpoint: ``early`` if it was sent before the delay was over, else ``through`` if it succeeded, ``again`` if it was
throttled again, ``failed`` if it failed otherwise.
"""

from __future__ import annotations

import re
import time
import weakref
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from slo.load.greenlet_tree import user_greenlet
from slo.measure.recorder import Recorder
from slo.metrics.endpoint import Reported
from slo.metrics.tally import RetryOutcome

MAX_USERS = 10_000
"""Maximum number of waiting users per process whose next request is followed; of others only the delay counts."""
GRACE_S = 0.05
"""Tolerance for the end of a delay: timers are rounded, and we see the 429 after it arrived."""
_SECONDS = re.compile(r"[0-9]{1,9}")


def wait_of(response: Any, now: Callable[[], float] = time.time) -> float | None:
    """Return the delay in seconds of a response's Retry-After (RFC 9110, 10.2.3); None without one.

    A date is compared with the response's own Date, since clocks may differ; without one with ``now``.
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
    """Which user has to wait until when, in one process and one run.

    ``waiting`` is public so that the hot path only has to test whether it is empty.
    """

    def __init__(self, recorder: Recorder, current: Callable[[], object] = user_greenlet) -> None:
        self._recorder = recorder
        self._current = current
        self.waiting: dict[int, tuple[weakref.ref[object], float]] = {}

    def throttled(self, endpoint: Reported, response: Any) -> None:
        """Record the delay that a 429 named to its user."""
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

    def request_ended(self, endpoint: Reported, latency_ms: float, outcome: RetryOutcome) -> None:
        """Count how the next request of a user ended, if the user had to wait."""
        found = self.waiting.pop(id(self._current()), None)
        if found is not None:
            sent = self._recorder.clock() - latency_ms / 1000
            self._recorder.retried(endpoint, "early" if sent < found[1] - GRACE_S else outcome)
