"""What listens to Locust's request event and to checks during one run, and feeds a recorder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import Any, NamedTuple

from slo.measure.failure_kind import kind_of, status_of
from slo.measure.recorder import Recorder
from slo.measure.retry_after import RetryTracker
from slo.metrics.endpoint import Pair, Reported, stored_id
from slo.metrics.tally import OTHER
from slo.record.slowest import SlowestRequests, SlowRequest
from slo.tracing.traced import trace_id_of


class LocustStatistics(NamedTuple):
    """Locust's own request listener, and the function that it calls for a successful request."""

    own: Callable[..., None]
    log_request: Callable[[str, str, Any, Any], None]


def listeners(
    recorder: Recorder, locusts: LocustStatistics | None = None
) -> tuple[Callable[..., None], Callable[..., None]]:
    """Return the listeners to requests and to checks of one run; the former also does the work of ``locusts``.

    Calling a listener costs more than its work: each call passes nine keyword arguments.
    """
    clock, cells, waits = recorder.clock, recorder.cells, RetryTracker(recorder)
    waiting = waits.waiting
    own, log_request = locusts or (_nothing, _nothing)

    def on_request(
        request_type: str,
        name: str,
        response_time: float | None,
        response_length: int | None,
        exception: object = None,
        response: object = None,
        context: object = None,  # Locust's other arguments: a dict of them takes a fifth of the time.
        start_time: object = None,
        url: object = None,
        **_: Any,
    ) -> None:
        try:
            if not exception and response_time is not None:
                # Recorder.request is inlined: among Locust's own code one more call takes a third of the whole time.
                if clock() >= recorder.until:
                    recorder.close_interval_if_due()
                try:
                    cell = cells[request_type, name]
                except KeyError:
                    cell = recorder.open((request_type, name))
                cell.note_ms(response_time)
                cell.bytes += response_length or 0
                if waiting:
                    waits.request_ended((request_type, name), response_time, "through")
            else:
                endpoint = request_type, name
                _record_unsuccessful(
                    recorder, waits, endpoint, response_time, response_length or 0, exception, response
                )
        except (ValueError, TypeError, OverflowError):
            recorder.faults += 1  # a latency that is not a number: the run is marked as incomplete
        if exception:
            own(request_type, name, response_time, response_length, exception)
        else:
            log_request(request_type, name, response_time, response_length)

    return on_request, _check_listener(recorder)


def _check_listener(recorder: Recorder) -> Callable[..., None]:
    clock, cells = recorder.clock, recorder.cells

    def on_check(endpoint: Reported, name: str, passed: bool) -> None:
        # Recorder.check written out, for a check that was made in this interval before.
        if clock() < recorder.until:
            try:
                cells[endpoint].tally.checks[name][not passed] += 1
                return
            except KeyError:
                pass
        recorder.check(endpoint, name, passed)

    def of_set(endpoint: Reported, results: Mapping[str, bool]) -> None:
        is_known = clock() < recorder.until and endpoint in cells
        checks = cells[endpoint].tally.checks if is_known else {}
        for name, passed in results.items():
            is_known = is_known and name in checks
            if is_known:
                checks[name][not passed] += 1
            else:  # this may close the interval: what comes then is of another
                on_check(endpoint, name, bool(passed))

    on_check.of_set = of_set  # type: ignore[attr-defined]  # all checks of a response, in one call
    return on_check


def open_listener(recorder: Recorder, late_ms: Callable[[], float]) -> Callable[..., None]:
    """Return the request listener of an open model, where each iteration has an intended start.

    ``late_ms`` returns by how many milliseconds the iteration of the request that just ended began late.
    """
    waits = RetryTracker(recorder)

    def on_request(
        request_type: str,
        name: str,
        response_time: float | None,
        response_length: int | None,
        exception: object = None,
        response: object = None,
        **_: Any,
    ) -> None:
        try:
            endpoint, late, length = (request_type, name), late_ms(), response_length or 0
            if not exception and response_time is not None:
                recorder.request(endpoint, response_time, length, late)
                if waits.waiting:
                    waits.request_ended(endpoint, response_time, "through")
            else:
                _record_unsuccessful(recorder, waits, endpoint, response_time, length, exception, response, late)
        except (ValueError, TypeError, OverflowError):
            recorder.faults += 1  # a latency that is not a number: the run is marked as incomplete

    return on_request


def slow_listener(recorder: Recorder, slowest: SlowestRequests) -> Callable[..., None]:
    """Return the listener that keeps the slowest requests with their traces; it runs after the recorder's listener."""
    floors: dict[Pair, float] = {}
    until = recorder.until

    def on_request(
        request_type: str,
        name: str,
        response_time: float | None,
        exception: object = None,
        response: object = None,
        context: object = None,
        **_: Any,
    ) -> None:
        nonlocal until
        try:
            if until != recorder.until:  # another second, and maybe another stage
                until = recorder.until
                floors.clear()
            pair = request_type, name
            if response_time is None or response_time <= floors.get(pair, -1.0):
                return
            endpoint = stored_id(pair, recorder.clean) if pair in recorder.cells else OTHER
            at_ms = round(recorder.elapsed_s * 1000)
            floors[pair] = floor_ms = slowest.floor_ms(endpoint, recorder.stage, at_ms)
            trace_id = trace_id_of(context, response) if max(floor_ms, -1e-9) < response_time < inf else None
            if trace_id is None:
                return
            status, clean = status_of(response) or None, recorder.clean
            failure = kind_of(exception, response, clean) if exception else None
            latency_ms = round(response_time, 3)
            slowest.add(SlowRequest(trace_id, endpoint, recorder.stage, at_ms, latency_ms, status, failure))
        except (ValueError, TypeError, OverflowError):
            pass  # no number: the recorder has counted that as a fault

    return on_request


def _nothing(*_: Any) -> None:
    """Do nothing: the default where there is no function to call."""


def _record_unsuccessful(
    recorder: Recorder,
    waits: RetryTracker,
    endpoint: Pair,
    latency_ms: float | None,
    length: int,
    exception: object,
    response: object,
    late_ms: float | None = None,
) -> None:
    """Count a request that failed, was throttled, or has no latency."""
    if latency_ms is None:
        recorder.untimed(endpoint, kind_of(exception, response, recorder.clean) if exception else None)
        waits.request_ended(endpoint, 0.0, "failed" if exception else "through")
    elif status_of(response) == 429:
        recorder.throttled(endpoint, latency_ms, length, late_ms)
        waits.request_ended(endpoint, latency_ms, "again")
        waits.throttled(endpoint, response)
    else:
        recorder.failure(endpoint, latency_ms, length, kind_of(exception, response, recorder.clean), late_ms)
        waits.request_ended(endpoint, latency_ms, "failed")
