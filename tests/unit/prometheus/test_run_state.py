"""What the metrics say of a run beside its counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from slo.cluster.process_status import ProcessStatus
from slo.load.plan import Plan
from slo.measure.measurement import Measurement
from slo.measure.run_description import RunDescription
from slo.prometheus.run_state import RunState, run_state
from slo.record.target import Target
from tests.support.made import Clock, requests

PROCESS = ProcessStatus("this process", "running", 1)


def test_without_a_run_there_are_processes_alone() -> None:
    assert run_state(None, None, None, [PROCESS]) == RunState(processes=[PROCESS])


def test_a_finished_run_is_not_running() -> None:
    state = run_state(replace(requests(1), started_at="1970-01-01T00:01:00Z"), None, None, ())
    assert (state.running, state.started_s, state.scenario, state.target) == (False, 60.0, "load", "http://api.test")
    assert state.stage is None


def test_a_running_run_has_its_users_and_stage(tmp_path: Path) -> None:
    clock = Clock()
    plan = Plan.ramps(("up", 10, 10), ("hold", 10, 10))
    measurement = Measurement(RunDescription("x", "load", Target("http://api.test"), plan), tmp_path, clock=clock)
    clock.now += 12
    measurement.sample_users(9)
    state = run_state(measurement.current_run(), None, measurement, ())
    assert (state.running, state.users_wanted, state.users_running, state.stage) == (True, 10.0, 9, ("hold", 2))
