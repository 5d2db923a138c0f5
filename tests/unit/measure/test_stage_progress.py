"""The position of a run in its plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from slo.load.plan import Plan
from slo.measure.measurement import Measurement
from slo.measure.run_description import RunDescription
from slo.measure.stage_progress import stage_progress
from slo.record.target import Target
from tests.support.made import Clock


@pytest.mark.parametrize(
    ("at_s", "expected"),
    [
        (0, {"name": "up", "left_s": 10.0, "number": 1, "of": 2}),
        (10, {"name": "hold", "left_s": 20.0, "number": 2, "of": 2}),
        (29.5, {"name": "hold", "left_s": 0.5, "number": 2, "of": 2}),
        (30, None),
    ],
)
def test_a_plan_has_a_current_stage_until_its_end(tmp_path: Path, at_s: float, expected: object) -> None:
    clock = Clock()
    plan = Plan.ramps(("up", 10, 5), ("hold", 20, 5))
    measurement = Measurement(RunDescription("x", None, Target(""), plan), tmp_path, clock=clock)
    clock.now += at_s
    assert stage_progress(measurement) == expected


def test_a_run_without_a_plan_has_no_stage(tmp_path: Path) -> None:
    assert stage_progress(Measurement(RunDescription("x", None, Target("")), tmp_path)) is None
