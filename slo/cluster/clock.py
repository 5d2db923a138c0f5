"""How far another process's monotonic clock is from ours, measured by asking it for the time.

Clocks of machines differ, and are set while a test runs; the run's time is therefore seconds since its start by the
master's monotonic clock. A worker asks the master for that clock's reading and takes the middle of its own
question and answer for the moment of the reading, as NTP does (RFC 5905, section 8): the error is at most half
the round trip.
"""

from __future__ import annotations


class ClockOffset:
    """Keeps the offset of the quickest answer so far: the quicker, the smaller its error."""

    def __init__(self) -> None:
        self._round_trip_s: float | None = None
        self._offset_s = 0.0

    @property
    def known(self) -> bool:
        """Whether there was an answer yet."""
        return self._round_trip_s is not None

    def add_reading(self, asked_at_s: float, reading_s: float, answered_at_s: float) -> None:
        """Take an answer: our clock when we asked, the other's reading, our clock when the answer came."""
        round_trip_s = answered_at_s - asked_at_s
        if self._round_trip_s is None or round_trip_s <= self._round_trip_s:
            self._round_trip_s = round_trip_s
            self._offset_s = reading_s - (asked_at_s + answered_at_s) / 2

    def to_local(self, theirs_s: float) -> float:
        """Return our clock's reading at the moment when the other's was ``theirs_s``."""
        return theirs_s - self._offset_s
