"""Slow requests with traces."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from slo.measure.recorder import Recorder
from slo.record.run import Run
from slo.record.slowest import SlowestRequests, SlowRequest
from slo.verdict.judge import judge
from tests.support.made import Clock, demanding, made

TEMPLATE = "https://tempo.example/trace/{trace_id}?org=1&x=a%7Bb"


def trace(number: int) -> str:
    return f"{number:032x}"


def slow(number: int, latency_ms: float = 1.0, endpoint: str = "a", stage: str = "run", at_ms: int = 0) -> SlowRequest:
    return SlowRequest(trace(number), endpoint, stage, at_ms, latency_ms)


slows: st.SearchStrategy[SlowRequest] = st.builds(
    SlowRequest,
    st.integers(1, 30).map(trace),
    st.sampled_from("ab"),
    st.sampled_from(["ramp", "hold"]),
    st.integers(0, 20),
    st.sampled_from([1.0, 2.0, 2.5, 3.0, 9.0]),
    st.sampled_from([None, 200, 503]),
    st.sampled_from([None, "timeout"]),
)


def kept(*parts: list[SlowRequest]) -> tuple[SlowRequest, ...]:
    """Return what is kept of parts that are first kept by themselves, as workers do."""
    whole = small()
    for part in parts:
        own = small()
        own.update(part)
        whole.update(own.items())
    return whole.items()


def traced_run(*found: SlowRequest, **fields: Any) -> Run:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for endpoint in ("a", "b"):
            for _ in range(50):
                recorder.request(endpoint, 900, 10)
        clock.now += 10

    return made(fill, slowest=found, **fields)


def advice_for(run: Run, line: str) -> list[str]:
    (result,) = judge(run, demanding(line)).results
    return [sentence for sentence in result.advice if sentence.startswith("Trace ")]


def small() -> SlowestRequests:
    return SlowestRequests(warmup_ends_ms=(10,), max_per_endpoint=2, max_total=5)
