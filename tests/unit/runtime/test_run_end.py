"""Whether the load of a run was offered to its end."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from slo.load.plan import Plan
from slo.measure.measurement import Measurement
from slo.measure.run_description import RunDescription
from slo.record.target import Target
from slo.runtime.run_end import early_end_reason, is_complete
from tests.support.made import Clock

PLAN = Plan.ramps(("hold", 10, 5))


def after(folder: Path, seconds: float, plan: Plan | None = None) -> Measurement:
    clock = Clock()
    made = Measurement(RunDescription("made", None, Target("http://api.test"), plan), folder, clock=clock)
    clock.now += seconds
    return made


def options(run_time: float | None = None, headless: bool = True) -> Namespace:
    return Namespace(run_time=run_time, headless=headless)


@pytest.mark.parametrize(("seconds", "complete"), [(9.7, False), (9.8, True), (12.0, True)])
def test_a_plan_is_complete_at_its_end(tmp_path: Path, seconds: float, complete: bool) -> None:
    assert is_complete(after(tmp_path, seconds, PLAN), options(), has_shape=True) is complete


@pytest.mark.parametrize(
    ("run_time", "seconds", "complete"),
    [(100, 93.9, False), (100, 94.1, True), (1, 0.0, False), (1, 0.4, False), (1, 0.9, True)],
)
def test_a_run_time_is_complete_when_almost_all_of_it_is_over(
    tmp_path: Path, run_time: float, seconds: float, complete: bool
) -> None:
    assert is_complete(after(tmp_path, seconds), options(run_time), has_shape=False) is complete


def test_without_a_planned_end_only_a_shape_ends_by_itself(tmp_path: Path) -> None:
    measurement = after(tmp_path, 5)
    assert is_complete(measurement, options(), has_shape=True)
    assert not is_complete(measurement, options(), has_shape=False)


def test_a_search_is_complete_when_it_has_its_answer(tmp_path: Path) -> None:
    measurement, controller = after(tmp_path, 5), SimpleNamespace(done=False)
    measurement.search_controller = controller  # type: ignore[assignment]
    assert not is_complete(measurement, options(), has_shape=True)
    assert "the search ended after 5.0 s without its answer" in early_end_reason(measurement, options(), False)
    controller.done = True
    assert is_complete(measurement, options(), has_shape=True)


@pytest.mark.parametrize(
    ("plan", "parsed", "complete", "reason"),
    [
        (PLAN, {}, False, "the load ended after 5.0 s of 10.0 s (see the log)"),
        (None, {"run_time": 60}, False, "the load ended after 5.0 s of 60.0 s (see the log)"),
        (None, {}, False, ""),
        (PLAN, {}, True, ""),
        (PLAN, {"headless": False}, False, ""),
    ],
)
def test_an_early_end_says_how_much_was_offered(
    tmp_path: Path, plan: Plan | None, parsed: dict[str, Any], complete: bool, reason: str
) -> None:
    assert early_end_reason(after(tmp_path, 5, plan), options(**parsed), complete) == reason
