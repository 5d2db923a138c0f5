"""Heads of answers that were seen before: a server repeats itself, and reading the same bytes gives the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MAX_HEADS = 512
MAX_MISSES = 4 * MAX_HEADS
END = b"\r\n\r\n"


class Head(NamedTuple):
    """What the parser made of a head; ``length`` is that of the body in bytes."""

    length: int
    status: int
    reason: str
    names: Sequence[str]
    values: Sequence[str]


class HeadCache:
    """What the parser made of heads, by their very bytes; shared by the connections of a process.

    Only whole answers are kept that arrived in one piece, with a length, on a connection that stays open. Where
    every head is another, as with an id in each, it gives up.
    """

    def __init__(self) -> None:
        self.known: dict[bytes, Head] = {}
        self.useful = True
        self._misses = 0

    def keep(self, head: bytes, meaning: Head) -> None:
        """Keep what a head means."""
        if len(self.known) >= MAX_HEADS:
            self.known.clear()
        self.known[head] = meaning
        self._misses += 1
        if self._misses >= MAX_MISSES:
            self.useful = False

    def hit(self) -> None:
        """Note that a head was known."""
        self._misses = 0
