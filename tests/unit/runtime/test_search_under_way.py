"""A search for the limit, while it runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from slo.live import snapshot
from slo.live.progress import line
from slo.live.provisional import provisional
from slo.live.snapshot import Trends
from slo.load.search_record import SearchRecord
from slo.measure.measurement import Measurement
from slo.measure.recorder import Recorder
from slo.measure.run_description import RunDescription
from slo.record import run as runs
from slo.record.ending import COMPLETED, Ending
from slo.record.suite import KEY, Suite
from slo.record.target import Target
from slo.runtime.engine import Engine
from slo.runtime.run_store import RunStore
from slo.text import schemas
from slo.verdict.judge import judge
from slo.verdict.verdict import to_json
from tests.support.made import Clock, demanding
from tests.support.searched import QUICK, bounds

SCALED = {"time_scale": 0.1, KEY: Suite(time_scale="time_scale").to_data()}


def test_the_run_under_way_says_the_same_as_its_record_will(tmp_path: Path) -> None:
    """A engine, its clock moved by hand, against a target with a capacity of 5 users."""
    clock, demanded = Clock(), demanding(QUICK)
    engine = Engine(demanded, RunStore(tmp_path))
    subject = RunDescription(
        "made", None, Target("http://api.test"), options=SCALED, search=SearchRecord(1, 100, 600.0)
    )
    measurement = engine.begin(subject)
    measurement.recorder = Recorder(None, clock)
    engine.has_viewers = True
    names = set()
    while measurement.search_controller and measurement.search_controller.wanted is not None:
        users = measurement.search_controller.wanted
        for _ in range(users * 10):
            measurement.recorder.request("home", 100 if users <= 5 else 400, 10)
        clock.now += 1.001
        engine.sample(users)
        shown = snapshot.snapshot_of(
            "running", *provisional(measurement, demanded), Trends(demanded), measurement, [], []
        )
        assert not list(Draft202012Validator(schemas.load("live")).iter_errors(shown))
        names.add((shown["stage"] or {}).get("name"))
        assert "step " in line(measurement, users) or measurement.search_controller.done
    assert {"hold at 4 users", "recovering at 4 users"} <= names
    so_far = provisional(measurement, demanded)[1]
    engine.end(COMPLETED)
    assert engine.store.last is not None
    finished, outcome = engine.store.last
    assert outcome is not None
    assert [one.users for one in outcome.findings[0].trials] == [1, 2, 4, 8, 6, 5, 5]
    assert outcome.findings == so_far.findings
    assert bounds(outcome.findings[0], "capacity.users")[:3] == (5, 5, 6)
    assert outcome.findings[0].figure("capacity.rps") is not None
    assert to_json(judge(runs.read(tmp_path / finished.id), demanded)) == to_json(outcome)
    assert datetime.fromisoformat(finished.started_at) <= datetime.now(UTC)


@pytest.mark.parametrize(("target", "settles_s"), [("200 ms", 2), ("5 s", 6)])
def test_a_step_settles_for_longer_than_its_slowest_target(tmp_path: Path, target: str, settles_s: int) -> None:
    clock, engine = Clock(), Engine(demanding(QUICK.replace("200 ms", target)), RunStore(tmp_path))
    asked = SearchRecord(1, 100, 600.0)
    measurement = engine.begin(RunDescription("made", None, Target("http://api.test"), options=SCALED, search=asked))
    measurement.recorder = Recorder(None, clock)
    assert measurement.search_controller is not None
    seconds = 0
    while measurement.search_controller.phase != "hold":
        seconds += 1
        clock.now += 1.001
        engine.sample(1)
    assert seconds == settles_s + 1


def test_objectives_that_would_abort_a_run_do_not_end_a_search(tmp_path: Path) -> None:
    demanded = demanding(QUICK + ", abort: {after: 1 s}")
    engine = Engine(demanded, RunStore(tmp_path), stop=("FAIL", 0.0))
    clock = Clock()
    measurement = engine.begin(
        RunDescription("made", None, Target("http://api.test"), search=SearchRecord(1, 100, 600.0))
    )
    measurement.recorder = Recorder(None, clock)
    for _ in range(20):
        for _ in range(20):
            measurement.recorder.request("home", 900, 10)
        clock.now += 1
        engine.sample(1)
    assert engine.breach is None


def test_the_seconds_of_a_long_search_stay_apart(tmp_path: Path) -> None:
    clock = Clock()
    subject = RunDescription("limit", None, Target("http://api.test"), search=SearchRecord(1, 50, 3000.0))
    measurement = Measurement(subject, tmp_path, clock=clock)
    for _ in range(3000):
        measurement.recorder.request("home", 10, 5)
        clock.now += 1.0
        measurement.add_intervals(measurement.recorder.drain())
    intervals = measurement.finish(Ending("completed")).intervals
    assert len(intervals) == 3000
    assert {interval.end_ms - interval.start_ms for interval in intervals} == {1000}
