"""Samples taken at regular times, within bounded memory."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Samples(Generic[T]):
    """At most ``max_items`` samples.

    When there are more, every second one is dropped, and from then on every second new one is left out.
    """

    def __init__(self, max_items: int) -> None:
        self._max_items = max_items
        self._period = 1
        self.seen = 0
        self.items: list[T] = []

    def add(self, sample: T) -> None:
        """Add the next sample."""
        if self.seen % self._period == 0:
            self.items.append(sample)
        self.seen += 1
        if len(self.items) > self._max_items:
            self.items = self.items[::2]
            self._period *= 2
