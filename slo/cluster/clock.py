"""The offset of another process's monotonic clock from ours, measured by requests for its time.

Clocks of machines differ, and may be set while a test runs; the run's time is therefore seconds since its start by the
master's monotonic clock. A worker requests the reading of the master's clock and assumes that it was taken in the
middle between request and response, as NTP does (RFC 5905, section 8): the error is at most half the round trip.
"""

from __future__ import annotations


class ClockOffset:
    """Keeps the offset of the fastest response so far: the faster, the smaller its error."""

    def __init__(self) -> None:
        self._round_trip_s: float | None = None
        self._offset_s = 0.0

    @property
    def known(self) -> bool:
        """Whether there was an answer yet."""
        return self._round_trip_s is not None

    def add_reading(self, asked_at_s: float, reading_s: float, answered_at_s: float) -> None:
        """Add a response: our clock at the request, the other clock's reading, our clock at the response."""
        round_trip_s = answered_at_s - asked_at_s
        if self._round_trip_s is None or round_trip_s <= self._round_trip_s:
            self._round_trip_s = round_trip_s
            self._offset_s = reading_s - (asked_at_s + answered_at_s) / 2

    def to_local(self, theirs_s: float) -> float:
        """Return our clock's reading at the moment when the other's was ``theirs_s``."""
        return theirs_s - self._offset_s
