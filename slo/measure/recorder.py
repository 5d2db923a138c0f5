"""The hot path: each request and check becomes counts, per endpoint, stage and second.

An endpoint is given as the pair of method and name that a client reports, or as its name alone.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from math import inf

from slo.load.plan import Plan
from slo.measure.caught_responses import CaughtResponses
from slo.metrics.arrivals import LATE_MS, NO_ARRIVALS, Arrivals
from slo.metrics.endpoint import Reported, stored_id
from slo.metrics.tally import OTHER, Packed, RetryOutcome, Tally
from slo.record.code_counts import CodeCounts
from slo.record.history import MAX_ENDPOINTS
from slo.record.interval import Interval
from slo.text.redact import BY_PATTERNS, Redactor

RUN_STAGE = "run"
"""The stage's name where no plan names stages."""
INTERVAL_S = 1.0


class EndpointCounts:
    """Counts of one endpoint in the current interval.

    Latencies of successful requests are collected (``note_ms`` appends one, in milliseconds) and become counts once per
    interval. All at once this takes a third of the time of one by one, because Locust's code has filled the
    processor's cache in between.
    """

    __slots__ = ("_due_ms", "_waiting_ms", "bytes", "note_due_ms", "note_ms", "tally")

    def __init__(self) -> None:
        self.tally = Tally()
        self._waiting_ms = array("d")
        self.note_ms = self._waiting_ms.append
        self._due_ms = array("d")
        self.note_due_ms = self._due_ms.append
        self.bytes = 0

    @property
    def noted(self) -> int:
        """How many requests are counted here, or wait to be."""
        return len(self._waiting_ms) + self.tally.requests

    def fold(self) -> int:
        """Count what waits, once; returns how many of the latencies are no times, which are not counted."""
        values_us = [int(latency_ms * 1000 + 0.5) for latency_ms in self._waiting_ms if 0 <= latency_ms < inf]
        self.tally.ok.record_all(values_us)
        self.tally.ok_due.record_all([int(due_ms * 1000 + 0.5) for due_ms in self._due_ms if 0 <= due_ms < inf])
        self.tally.bytes += self.bytes
        return len(self._waiting_ms) - len(values_us)


class Recorder:
    """Counts requests and checks into intervals of one second, cut where a stage ends.

    A request belongs to the second and the stage in which it ended; the last stage is open-ended. Times are
    seconds since the run's start, by a monotonic clock; ``elapsed_s`` is how far the run was when this
    recorder joined it.

    The hot path uses public fields: ``cells`` has the counts of the current interval, by endpoint as reported, and
    ``close_interval_if_due`` is to be called as soon as ``clock()`` reaches ``until``.
    """

    def __init__(
        self,
        plan: Plan | None = None,
        clock: Callable[[], float] = time.perf_counter,
        elapsed_s: float = 0.0,
        redactor: Redactor | None = None,
    ) -> None:
        """``redactor`` makes names and failure texts storable; by default it knows no secret by its value."""
        self.clock = clock
        self.clean = (redactor or BY_PATTERNS).text
        self._start = clock() - elapsed_s
        self._plan = plan
        self._ends_s = plan.ends() if plan else []
        self._closed: list[Interval] = []
        self.cells: dict[Reported, EndpointCounts] = {}
        self._stage = RUN_STAGE
        self._interval_start_s = elapsed_s
        self._interval_end_s = elapsed_s
        self.until = self._start + elapsed_s
        self.faults = 0
        self.code = CodeCounts()
        """What the code of the locustfile did since the run's start, but for ``caught``."""
        self.caught = CaughtResponses()
        self.requests = 0
        self._arrivals = NO_ARRIVALS
        self._last_s: float | None = None

    @property
    def elapsed_s(self) -> float:
        """Seconds since the run's start."""
        return self.clock() - self._start

    def code_counts(self) -> CodeCounts:
        """Return what the code of the locustfile did since the run's start."""
        return replace(self.code, unreported=self.caught.unreported)

    @property
    def stage(self) -> str:
        """The stage of the interval under way."""
        return self._stage

    def note_load_end(self) -> None:
        """Close the interval under way: the load ends now, and what is still open may take longer than a second."""
        self.close_interval_if_due()
        self._last_s = self.elapsed_s

    def note_late_request(self) -> None:
        """Note that a request of the load ends now, after its end: the record lasts until then."""
        self._last_s = self.elapsed_s

    def restart_at(self, start_s: float) -> None:
        """Take another reading of the clock for the run's start; what is counted already stays where it is."""
        now = self.clock()
        self._close_interval(now)
        self._start = min(start_s, now)
        self.until = now

    def request(self, endpoint: Reported, latency_ms: float, length: int, late_ms: float | None = None) -> None:
        """Count a successful request: latency in milliseconds, response length in bytes.

        ``late_ms`` is how long after its intended start its iteration began, if it had one.
        """
        if self.clock() >= self.until:
            self.close_interval_if_due()
        cell = self.cells.get(endpoint) or self.open(endpoint)
        cell.note_ms(latency_ms)
        if late_ms is not None:
            cell.note_due_ms(latency_ms + late_ms)
        cell.bytes += length

    def arrived(self, late_ms: float | None) -> None:
        """Count an arrival that started ``late_ms`` after it was due, or was dropped (None)."""
        if self.clock() >= self.until:
            self.close_interval_if_due()
        late = late_ms is not None and late_ms > LATE_MS
        self._arrivals = self._arrivals.plus(Arrivals(int(late_ms is not None), int(late), int(late_ms is None)))

    def failure(
        self, endpoint: Reported, latency_ms: float, length: int, kind: str, late_ms: float | None = None
    ) -> None:
        """Count a failed request of the given kind; ``late_ms`` as in ``request``."""
        tally = self._tally(endpoint)
        tally.record_unsuccessful(latency_ms, length, late_ms)
        tally.fail(kind)

    def throttled(self, endpoint: Reported, latency_ms: float, length: int, late_ms: float | None = None) -> None:
        """Count a request that the target's rate limiter refused (429); ``late_ms`` as in ``request``."""
        tally = self._tally(endpoint)
        tally.record_unsuccessful(latency_ms, length, late_ms)
        tally.throttled += 1

    def retry_after(self, endpoint: Reported, wait_s: float) -> None:
        """Count the delay in seconds that a throttled request's Retry-After named."""
        self._tally(endpoint).retry_after.record(int(wait_s * 1e6 + 0.5))

    def retried(self, endpoint: Reported, outcome: RetryOutcome) -> None:
        """Count how the next request of a throttled user ended."""
        returns = self._tally(endpoint).retry_outcomes
        returns[outcome] = returns.get(outcome, 0) + 1

    def unanswered(self, endpoint: Reported, age_ms: float) -> None:
        """Count a request that was open for ``age_ms`` milliseconds when its user was stopped."""
        self._tally(endpoint).unanswered.record(int(age_ms * 1000 + 0.5))

    def untimed(self, endpoint: Reported, kind: str | None) -> None:
        """Count a request whose client reported no latency, as failed if it has a kind."""
        tally = self._tally(endpoint)
        tally.untimed += 1
        if kind is not None:
            tally.fail(kind)

    def check(self, endpoint: Reported, name: str, passed: bool) -> None:
        """Count one outcome of a named check."""
        tally, name = self._tally(endpoint), self.clean(name)
        outcome = tally.checks.get(name)
        if outcome is None:
            tally.check(name, int(passed), int(not passed))
        elif passed:
            outcome[0] += 1
        else:
            outcome[1] += 1

    def drain(self) -> list[Interval]:
        """Return the intervals closed since the last call."""
        if self.clock() >= self.until:
            self.close_interval_if_due()
        closed, self._closed = self._closed, []
        return closed

    def finish(self) -> list[Interval]:
        """Close the interval under way and return all that was not drained; counting may go on after."""
        self.close_interval_if_due()
        closed, self._closed = self._closed, []
        return closed

    def _tally(self, endpoint: Reported) -> Tally:
        if self.clock() >= self.until:
            self.close_interval_if_due()
        return (self.cells.get(endpoint) or self.open(endpoint)).tally

    def open(self, endpoint: Reported) -> EndpointCounts:
        """Return the endpoint's cell in the interval under way; names beyond the cap share one."""
        if len(self.cells) >= MAX_ENDPOINTS:
            endpoint = OTHER
        cell = self.cells.get(endpoint)
        if cell is None:
            cell = self.cells[endpoint] = EndpointCounts()
        return cell

    def close_interval_if_due(self) -> None:
        """Close the interval under way, if it holds anything, and open the one that holds this moment."""
        self._close_interval(self.clock())

    def _close_interval(self, now: float) -> None:
        elapsed_s = now - self._start
        if self.cells or self._arrivals != NO_ARRIVALS:
            end_s = min(self._interval_end_s, elapsed_s)
            if self._last_s is not None:
                end_s = max(self._interval_start_s, min(end_s, self._last_s))
            self._pack_interval(end_s)
        second_s = elapsed_s // INTERVAL_S * INTERVAL_S
        start_s, end_s = second_s, second_s + INTERVAL_S
        if self._plan and self._ends_s:
            number = min(bisect_right(self._ends_s, elapsed_s), len(self._ends_s) - 1)
            self._stage = self._plan.stages[number].name
            start_s = max(start_s, self._ends_s[number - 1]) if number else start_s
            if elapsed_s < self._ends_s[number]:
                end_s = min(end_s, self._ends_s[number])
        self._interval_start_s, self._interval_end_s = start_s, end_s
        self.until = self._start + end_s

    def _pack_interval(self, end_s: float) -> None:
        """Make the interval that ends at ``end_s`` of the counts so far, and begin to count anew.

        The counts are taken first: those of an endpoint that cannot be packed are faults, and none is counted twice.
        """
        cells, arrivals = list(self.cells.items()), self._arrivals
        self.cells.clear()  # in place: the listeners hold a reference to it
        self._arrivals = NO_ARRIVALS
        tallies: dict[str, Tally] = {}
        packed: dict[str, Packed] = {}
        for endpoint, cell in cells:
            noted = cell.noted
            try:
                name = stored_id(endpoint, self.clean)  # it may be a number, bytes or an Enum
                invalid, tally = cell.fold(), cell.tally
                requests = tally.requests
                if name in tallies:
                    tally.add(tallies[name])
                packed[name], tallies[name] = tally.pack(), tally
            except Exception:  # noqa: BLE001  # what a locustfile gives can fail in any way
                self.faults += max(1, noted)
                continue
            self.faults += invalid
            self.requests += requests
        start_ms, end_ms = round(self._interval_start_s * 1000), round(end_s * 1000)
        self._closed.append(Interval(start_ms, end_ms, self._stage, packed, arrivals))
