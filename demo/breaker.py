"""A circuit breaker: after enough failures in a row, calls are refused for a while; then one is let through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

State = Literal["closed", "half-open", "open"]


class Breaker:
    """Counts failures in a row. Times are seconds of ``clock``, a monotonic one."""

    def __init__(self, clock: Callable[[], float], threshold: int = 5, reset_s: float = 2.0) -> None:
        self._clock = clock
        self._threshold = threshold
        self._reset_s = reset_s
        self._failures = 0
        self._opened_at: float | None = None
        self._trying = False

    @property
    def state(self) -> State:
        """``closed``: calls pass; ``open``: refused; ``half-open``: one trial decides."""
        if self._opened_at is None:
            return "closed"
        return "half-open" if self._clock() - self._opened_at >= self._reset_s else "open"

    def allow(self) -> bool:
        """Return whether a call may be made; one that may must be followed by ``success`` or ``failure``."""
        if self.state == "closed":
            return True
        if self.state == "open" or self._trying:
            return False
        self._trying = True
        return True

    def success(self) -> None:
        """Record a successful call: the breaker closes."""
        self._failures, self._opened_at, self._trying = 0, None, False

    def failure(self) -> None:
        """Note that a call failed: after enough of them, or a failed trial, the breaker opens anew."""
        self._failures += 1
        if self._trying or self._failures >= self._threshold:
            self._opened_at, self._trying = self._clock(), False
