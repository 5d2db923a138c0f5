"""A token bucket: a number of requests per second on average, and a burst of them at once."""

from __future__ import annotations

from collections.abc import Callable


class Bucket:
    """Grants at most ``burst + rate * t`` requests in any ``t`` seconds; a rate of 0 means no limit."""

    def __init__(self, clock: Callable[[], float], rate: float = 0, burst: int = 0) -> None:
        self._clock = clock
        self.set(rate, burst)

    def set(self, rate: float, burst: int = 0) -> None:
        """Change the limit and fill the bucket; without a burst it holds one second's worth."""
        self._rate = rate
        self._burst = float(burst) or max(1.0, rate)
        self._tokens = self._burst
        self._filled_at = self._clock()

    def take(self) -> float:
        """Take a token; returns 0, or without one the seconds until there will be one."""
        if self._rate <= 0:
            return 0.0
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._rate
