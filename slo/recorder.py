"""The hot path: each request and check becomes counts, per endpoint, stage and second."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable

from slo.histogram import HIGHEST_US
from slo.history import MAX_ENDPOINTS, Interval
from slo.plan import Plan
from slo.tally import OTHER, Tally

RUN_STAGE = "run"
"""The stage's name where no plan names stages."""
INTERVAL_S = 1.0


class Recorder:
    """Counts requests and checks into intervals of one second, cut where a stage ends.

    A request belongs to the second and the stage in which it ended; the last stage is open-ended. Times are
    seconds since the run's start, by a monotonic clock; ``elapsed_s`` is how far the run was when this
    recorder joined it.
    """

    def __init__(
        self,
        plan: Plan | None = None,
        clock: Callable[[], float] = time.perf_counter,
        elapsed_s: float = 0.0,
    ) -> None:
        self._clock = clock
        self._start = clock() - elapsed_s
        self._plan = plan
        self._ends_s = plan.ends() if plan else []
        self._closed: list[Interval] = []
        self._cells: dict[str, Tally] = {}
        self._stage = RUN_STAGE
        self._interval_start_s = elapsed_s
        self._interval_end_s = elapsed_s
        self._until = self._start + elapsed_s
        self.faults = 0
        self.requests = 0

    @property
    def elapsed_s(self) -> float:
        """Seconds since the run's start."""
        return self._clock() - self._start

    def restart_at(self, start_s: float) -> None:
        """Take another reading of the clock for the run's start; what is counted already stays where it is."""
        now = self._clock()
        self._turn(now)
        self._start = min(start_s, now)
        self._until = now

    def request(self, endpoint: str, latency_ms: float, length: int) -> None:
        """Count a request that went well: latency in milliseconds, response length in bytes."""
        now = self._clock()
        if now >= self._until:
            self._turn(now)
        tally = self._cells.get(endpoint) or self._open(endpoint)
        value_us = int(latency_ms * 1000 + 0.5)
        # bucket_of and Histogram.record written out: two calls less per request.
        if value_us < 2048:
            if value_us < 1:
                value_us = 1
            index = value_us
        else:
            if value_us > HIGHEST_US:
                value_us = HIGHEST_US
            shift = value_us.bit_length() - 11
            index = (shift << 10) + (value_us >> shift)
        histogram = tally.ok
        counts = histogram.counts
        counts[index] = counts.get(index, 0) + 1
        if value_us > histogram.max_us:
            histogram.max_us = value_us
        if value_us < histogram.min_us or not histogram.total:
            histogram.min_us = value_us
        histogram.total += 1
        histogram.sum_us += value_us
        tally.bytes += length

    def failure(self, endpoint: str, latency_ms: float, length: int, kind: str) -> None:
        """Count a failed request of the given kind."""
        tally = self._tally(endpoint)
        tally.failed.record(int(latency_ms * 1000 + 0.5))
        tally.bytes += length
        tally.fail(kind)

    def throttled(self, endpoint: str, latency_ms: float, length: int) -> None:
        """Count a request that the target's rate limiter refused (429)."""
        tally = self._tally(endpoint)
        tally.failed.record(int(latency_ms * 1000 + 0.5))
        tally.bytes += length
        tally.throttled += 1

    def untimed(self, endpoint: str, kind: str | None) -> None:
        """Count a request whose client reported no latency, failed when it has a kind."""
        tally = self._tally(endpoint)
        tally.untimed += 1
        if kind is not None:
            tally.fail(kind)

    def check(self, endpoint: str, name: str, passed: bool) -> None:
        """Count one outcome of a named check."""
        now = self._clock()
        if now >= self._until:
            self._turn(now)
        tally = self._cells.get(endpoint) or self._open(endpoint)
        outcome = tally.checks.get(name)
        if outcome is None:
            tally.check(name, int(passed), int(not passed))
        elif passed:
            outcome[0] += 1
        else:
            outcome[1] += 1

    def drain(self) -> list[Interval]:
        """Return the intervals closed since the last call."""
        now = self._clock()
        if now >= self._until:
            self._turn(now)
        closed, self._closed = self._closed, []
        return closed

    def finish(self) -> list[Interval]:
        """Close the interval under way and return all that was not drained; counting may go on after."""
        now = self._clock()
        self._turn(now)
        closed, self._closed = self._closed, []
        return closed

    def _tally(self, endpoint: str) -> Tally:
        now = self._clock()
        if now >= self._until:
            self._turn(now)
        return self._cells.get(endpoint) or self._open(endpoint)

    def _open(self, endpoint: str) -> Tally:
        if len(self._cells) >= MAX_ENDPOINTS:
            endpoint = OTHER
        tally = self._cells.get(endpoint)
        if tally is None:
            tally = self._cells[endpoint] = Tally()
        return tally

    def _turn(self, now: float) -> None:
        """Close the interval under way, if it holds anything, and open the one that holds ``now``."""
        elapsed_s = now - self._start
        if self._cells:
            end_s = min(self._interval_end_s, elapsed_s)
            cells = {endpoint: tally.pack() for endpoint, tally in self._cells.items()}
            self.requests += sum(tally.requests for tally in self._cells.values())
            self._closed.append(Interval(round(self._interval_start_s * 1000), round(end_s * 1000), self._stage, cells))
            self._cells = {}
        second_s = elapsed_s // INTERVAL_S * INTERVAL_S
        start_s, end_s = second_s, second_s + INTERVAL_S
        if self._plan and self._ends_s:
            number = min(bisect_right(self._ends_s, elapsed_s), len(self._ends_s) - 1)
            self._stage = self._plan.stages[number].name
            start_s = max(start_s, self._ends_s[number - 1]) if number else start_s
            if elapsed_s < self._ends_s[number]:
                end_s = min(end_s, self._ends_s[number])
        self._interval_start_s, self._interval_end_s = start_s, end_s
        self._until = self._start + end_s
