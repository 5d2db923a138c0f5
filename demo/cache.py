"""A cache whose entries expire."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any


class Cache:
    """Keeps at most ``size`` values for ``ttl_s`` seconds each; the oldest go first."""

    def __init__(self, clock: Callable[[], float], ttl_s: float, size: int = 1024) -> None:
        self._clock = clock
        self._ttl_s = ttl_s
        self._size = size
        self._entries: dict[Hashable, tuple[float, Any]] = {}

    def get(self, key: Hashable) -> Any:
        """Return the value kept for ``key``, or None."""
        entry = self._entries.get(key)
        if entry is None or self._clock() - entry[0] >= self._ttl_s:
            return None
        return entry[1]

    def put(self, key: Hashable, value: Any) -> None:
        """Keep ``value``, which must not be None."""
        self._entries.pop(key, None)
        self._entries[key] = (self._clock(), value)
        while len(self._entries) > self._size:
            del self._entries[next(iter(self._entries))]
