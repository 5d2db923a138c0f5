"""Watching whether an objective ends a run."""

from __future__ import annotations

from collections.abc import Sequence

from slo.metrics.tally import Tally
from slo.metrics.tally_table import Tallies
from slo.verdict.abort import AbortMonitor, Breach, rules
from tests.support.made import demanding

LATENCY = "name: quick, indicator: latency.p95, target: 100 ms, priority: P0, abort: {after: 5 s}"


def window(latency_ms: float, stage: str = "run", count: int = 10) -> Tallies:
    tally = Tally()
    tally.ok.record(round(latency_ms * 1000), count)
    return {("home", stage): tally}


def watch(*lines: str) -> AbortMonitor:
    objectives = demanding(*lines)
    return AbortMonitor(rules(objectives, "load"), objectives.groups)


def first_breach(watching: AbortMonitor, latencies_ms: Sequence[float | None], stage: str = "run") -> Breach | None:
    """Look once a second, at None with no request in the window; returns the first breach."""
    for second, latency_ms in enumerate(latencies_ms, 1):
        cells = {} if latency_ms is None else window(latency_ms, stage)
        found = watching.check(cells, float(second), lambda _: 10.0)
        if found is not None:
            return found
    return None
