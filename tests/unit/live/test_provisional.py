"""Provisional verdicts are shared: judged again only when they are too old, always with the run's timeline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from slo.analysis.timeline import Point
from slo.live import provisional as module
from slo.live.provisional import ProvisionalVerdicts
from slo.measure.measurement import Measurement
from slo.measure.run_description import RunDescription
from slo.record.target import Target
from tests.support.made import demanding


def test_whoever_asks_gets_a_verdict_with_the_run_s_timeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    timeline: Sequence[Point] = []
    given: list[object] = []
    judged = module.provisional

    def spy(measurement: Measurement, objectives: object, points: Sequence[Point]) -> object:
        given.append(points)
        return judged(measurement, objectives, points)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "provisional", spy)
    now = [0.0]
    objectives = demanding("indicator: latency.p95, target: 1 s")
    verdicts = ProvisionalVerdicts(objectives, lambda: timeline, clock=lambda: 0.0)
    measurement = Measurement(RunDescription("made", None, Target("")), tmp_path, clock=lambda: now[0])
    first = verdicts.of(measurement, 10.0)
    now[0] = 5.0
    assert verdicts.of(measurement, 10.0) is first
    assert verdicts.of(measurement, 0.9) is not first
    assert len(given) == 2
    assert all(points is timeline for points in given)


def test_without_objectives_there_is_the_run_and_no_verdict(tmp_path: Path) -> None:
    measurement = Measurement(RunDescription("made", None, Target("http://api.test")), tmp_path)
    run, verdict = ProvisionalVerdicts(None).of(measurement, 1.0)
    assert run.target.url == "http://api.test"
    assert verdict is None
