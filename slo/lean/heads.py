"""A cache of response heads: a server often sends the same bytes again, which need not be parsed twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MAX_HEADS = 512
MAX_MISSES = 4 * MAX_HEADS
END = b"\r\n\r\n"


class Head(NamedTuple):
    """What the parser made of a head; ``length`` is that of the body in bytes, ``special`` see ``special_in``."""

    length: int
    status: int
    reason: str
    names: Sequence[str]
    values: Sequence[str]
    special: str


def special_in(names: Sequence[str]) -> str:
    """Return those of ``names`` in lower case that are more than information: set-cookie, content-encoding."""
    spelt = ",".join(names).lower()
    return spelt if "set-cookie" in spelt or "content-encoding" in spelt else ""


class HeadCache:
    """Parsed heads by their bytes; shared by the connections of a process.

    Only complete responses are cached that arrived in one piece, with a length, on a connection that stays open. If
    every head differs, as with an id in each, the cache is switched off.
    """

    def __init__(self) -> None:
        self.known: dict[bytes, Head] = {}
        self.useful = True
        self.misses = 0
        """Heads that were kept since one was known."""

    def keep(self, head: bytes, meaning: Head) -> None:
        """Keep what a head means."""
        if len(self.known) >= MAX_HEADS:
            self.known.clear()
        self.known[head] = meaning
        self.misses += 1
        if self.misses >= MAX_MISSES:
            self.useful = False
