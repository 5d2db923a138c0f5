"""Watching whether an objective ends a run."""

from __future__ import annotations

import json
from collections.abc import Sequence

from jsonschema import Draft202012Validator

from slo.metrics.tally import Tally
from slo.metrics.tally_table import Tallies
from slo.text import schemas
from slo.verdict.abort import AbortMonitor, Breach, rules
from tests.support.made import demanding
from tests.support.processes import Finished

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


FILE = """\
version: 1
objectives:
  - {name: quick, indicator: latency.p95, target: 300 ms, priority: P0, abort: {after: 3 s}}
  - {name: errors, indicator: errors.ratio, target: 90 %}
"""
"""Objectives of which one ends a run whose p95 is past 300 ms for 3 s."""


def ended_early(done: Finished, at_least_s: float, at_most_s: float) -> None:
    """Assert that the objective `quick` of ``FILE`` ended the run, with its verdict."""
    assert done.code == 2, done.out + done.err
    assert done.run.ended.how == "aborted"
    assert done.run.ended.objective == "quick"
    assert done.run.ended.at_s is not None
    assert at_least_s <= done.run.ended.at_s <= at_most_s
    assert done.verdict["status"] == "CRITICAL"
    assert "the run is aborted: 'quick' was past its target for" in done.err
    assert "the run was aborted after" in done.verdict["reason"]
    Draft202012Validator(schemas.load("run")).validate(json.loads((done.folder / "run.json").read_text()))
