"""Runs with a steady load and lognormal latencies, compared with references."""

from __future__ import annotations

import random

from slo.baseline.store import Reference
from slo.measure.recorder import Recorder
from slo.objectives.objectives import Objectives, parse
from slo.record.run import Run
from slo.verdict.judge import judge
from slo.verdict.regression import References
from slo.verdict.result import Result
from tests.support.made import Clock, made

YAML = """version: 1
objectives:
  - {indicator: latency.p95, target: 10 s}
  - {indicator: errors.ratio, target: 50 %}
regression:
  latency.p95: {warning: 5 %, target: 10 %}
  errors.ratio: {target: 1 %, priority: P0}
"""


REGRESSION = "regression of latency.p95"


def steady(
    seed: int, factor: float = 1.0, endpoints: int = 1, rate: int = 20, errors: int = 0, seconds: int = 60
) -> Run:
    """Return a run of a minute, its latency lognormal."""
    chance = random.Random(seed)

    def fill(recorder: Recorder, clock: Clock) -> None:
        for _ in range(seconds):
            for number in range(rate):
                latency_ms = 100 * factor * chance.lognormvariate(0, 0.4)
                name = f"page_{number % endpoints}"
                if number < errors:
                    recorder.failure(name, latency_ms, 1, "HTTP 500")
                else:
                    recorder.request(name, latency_ms, 1)
            clock.now += 1

    return made(fill, id=f"load-{seed}-{factor}", environment={"cpu": "one", "cpus": 2}, options={"time_scale": 1.0})


def references(count: int = 5) -> list[Reference]:
    return [Reference.of(steady(seed)) for seed in range(100, 100 + count)]


def result(run: Run, against: References, objectives: Objectives | None = None) -> Result:
    verdict = judge(run, objectives or parse(YAML, "x.yaml"), against)
    return next(one for one in verdict.results if one.objective.name == REGRESSION)
