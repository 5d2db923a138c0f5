"""The demo's parts, with a clock of our own."""

from __future__ import annotations

import json
import math
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.breaker import Breaker
from demo.bucket import Bucket
from demo.cache import Cache
from demo.faults import ENDPOINTS, FaultError, Faults
from demo.validation import InvalidError, messages, reservation, stay
from locustfiles.payloads import whatsapp_message


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_breaker_opens_tries_and_closes() -> None:
    clock = Clock()
    breaker = Breaker(clock, threshold=3, reset_s=2)
    for _ in range(3):
        assert breaker.allow()
        breaker.failure()
    assert (breaker.state, breaker.allow()) == ("open", False)
    clock.now += 2
    assert (breaker.state, breaker.allow(), breaker.allow()) == ("half-open", True, False)
    breaker.failure()
    assert breaker.state == "open"
    clock.now += 2
    assert breaker.allow()
    breaker.success()
    assert (breaker.state, breaker.allow()) == ("closed", True)


@given(st.floats(0.5, 1000), st.integers(1, 50), st.lists(st.floats(0, 2), max_size=200))
def test_the_bucket_never_grants_more_than_its_burst_and_rate(rate: float, burst: int, pauses: list[float]) -> None:
    clock = Clock()
    bucket = Bucket(clock, rate, burst)
    granted = 0
    for pause in pauses:
        clock.now += pause
        wait = bucket.take()
        granted += wait == 0
        assert 0 <= wait <= 1 / rate
    assert granted <= burst + rate * sum(pauses) + 1e-6


def test_the_cache_forgets_in_time_and_in_size() -> None:
    clock = Clock()
    cache = Cache(clock, ttl_s=5, size=2)
    for key in ("a", "b", "c"):
        cache.put(key, key.upper())
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (None, "B", "C")
    clock.now += 5
    assert cache.get("c") is None


@given(st.floats(0.001, 1), st.integers(1, 500))
def test_errors_are_spread_evenly(ratio: float, requests: int) -> None:
    faults = Faults()
    faults.change({"error_ratio": ratio})
    failed = sum(faults.fails("metrics") for _ in range(requests))
    assert abs(failed - ratio * requests) < 1 + 1e-6
    assert not faults.fails("health_live")


def test_latencies_fill_their_distribution() -> None:
    faults = Faults()
    faults.change({"latency_ms": 100, "endpoints": {"metrics": {"latency_ms": 50, "latency_spread": 0.5}}})
    assert faults.latency_s("health_live") == 0.1
    drawn = sorted(faults.latency_s("metrics") for _ in range(2000))
    assert statistics.median(drawn) == pytest.approx(0.05, rel=0.01)
    assert drawn[1900] == pytest.approx(0.05 * math.exp(1.645 * 0.5), rel=0.02)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"latency": 1}, "latency"),
        ({"latency_ms": -1}, "latency_ms"),
        ({"error_ratio": 2}, "error_ratio"),
        ({"capacity": 1.5}, "capacity"),
        ({"pms_outage": 1}, "pms_outage"),
        ({"latency_ms": True}, "latency_ms"),
        ({"latency_ms": float("nan")}, "latency_ms"),
        ({"endpoints": {"nowhere": {}}}, "endpoints.nowhere"),
        ({"endpoints": {"metrics": {"capacity": 1}}}, "endpoints.metrics.capacity"),
        ({"endpoints": []}, "endpoints"),
    ],
)
def test_a_fault_that_cannot_be_changes_nothing(changes: dict[str, Any], field: str) -> None:
    faults = Faults()
    before = faults.to_data()
    with pytest.raises(FaultError) as caught:
        faults.change({"leak_bytes": 7, **changes})
    assert caught.value.field == field
    assert faults.to_data() == before


def test_an_endpoint_follows_the_others_again() -> None:
    faults = Faults()
    faults.change({"latency_ms": 10, "endpoints": {name: {"latency_ms": 1} for name in ENDPOINTS}})
    faults.change({"endpoints": {"metrics": None}})
    assert (faults.latency_s("metrics"), faults.latency_s("health_live")) == (0.01, 0.001)


@given(st.randoms())
def test_what_we_send_is_a_valid_envelope(random: Any) -> None:
    found = messages(json.loads(whatsapp_message(random)))
    assert len(found) == 1
    assert found[0]["from"].startswith("+")


@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_any_body_is_valid_or_refused(body: Any) -> None:
    for read in (messages, reservation):
        with pytest.raises(InvalidError):
            read(body)


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [("2026-13-01", "2026-12-02", "check_in"), ("2026-12-02", "2026-12-02", "check_out"), (None, "x", "check_in")],
)
def test_a_stay_needs_nights(first: Any, last: Any, field: str) -> None:
    with pytest.raises(InvalidError) as caught:
        stay(first, last)
    assert caught.value.field == field
