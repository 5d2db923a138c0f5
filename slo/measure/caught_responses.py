"""Responses that a locustfile is to report itself, in a with-block, and those that it did."""

from __future__ import annotations


class CaughtResponses:
    """Counts of one process: responses that clients returned for a with-block, and with-blocks that were left."""

    def __init__(self) -> None:
        self.returned = 0
        self.reported = 0

    def left(self) -> None:
        """Count a with-block that was left."""
        self.reported += 1

    @property
    def unreported(self) -> int:
        """Responses whose with-block was not left, so far."""
        return max(0, self.returned - self.reported)
