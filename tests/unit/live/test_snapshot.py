"""A run as the web page shows it."""

from __future__ import annotations

from pathlib import Path

from jsonschema import Draft202012Validator

from slo.cluster.process_status import ProcessStatus
from slo.live.snapshot import MAX_POINTS, Trends, entry, snapshot_of
from slo.measure.measurement import Measurement
from slo.measure.open_requests import OpenSummary
from slo.measure.run_description import RunDescription
from slo.record.target import Target
from slo.text import schemas
from slo.verdict.judge import judge
from tests.support.made import Clock, demanding
from tests.support.ramp import OBJECTIVES, ramp

VALID = Draft202012Validator(schemas.load("live"))


def test_before_the_first_run_it_says_what_to_do() -> None:
    found = snapshot_of("ready", None, None, Trends(None), None, (), ())
    VALID.validate(found)
    assert (found["status"], found["run"], found["requests"]) == ("NO DATA", None, 0)
    assert "press start" in found["reason"]


def test_a_finished_run_has_an_exit_code_and_its_failures(tmp_path: Path) -> None:
    run = ramp(20)
    verdict = judge(run, OBJECTIVES)
    found = snapshot_of("finished", run, verdict, Trends(OBJECTIVES), None, (), [entry(run, verdict, tmp_path)])
    VALID.validate(found)
    assert found["exit_code"] == verdict.exit_code
    assert sum(one["count"] for one in found["failures"]) == run.tally().errors + run.tally().throttled
    assert [one["name"] for one in found["objectives"]] == [one.name for one in OBJECTIVES.items]


def test_an_overloaded_generator_is_noted() -> None:
    processes = [
        ProcessStatus("w1", "running", 5, cpu_ratio=0.95),
        ProcessStatus("w2", "running", 5, lag_ms=250.0),
        ProcessStatus("w3", "missing", 0),
        ProcessStatus("w4", "running", 5, 0.2, 3.0),
    ]
    notes = snapshot_of("ready", None, None, Trends(None), None, processes, ())["generator"]["notes"]
    assert [note.partition(" ")[0] for note in notes] == ["w1", "w2's", "w3"]


def test_open_requests_are_shown_with_the_age_of_the_oldest(tmp_path: Path) -> None:
    measurement = Measurement(RunDescription("x", "load", Target("")), tmp_path, clock=Clock())
    found = snapshot_of("running", None, None, Trends(None), measurement, (), ())
    assert found["waiting"] == {"count": 0, "oldest_s": None}
    measurement.waiting = lambda: OpenSummary(3, {"home": 8.5, "basket": 2.0})
    found = snapshot_of("running", None, None, Trends(None), measurement, (), ())
    VALID.validate(found)
    assert found["waiting"] == {"count": 3, "oldest_s": 8.5}


def test_only_files_that_exist_are_linked(tmp_path: Path) -> None:
    run = ramp(5)
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    found = entry(run, None, tmp_path)
    assert found["files"] == ["run.json"]
    assert (found["status"], found["exit_code"]) == ("NO DATA", None)
    assert "without objectives" in found["reason"]


def test_a_trend_has_a_bounded_number_of_points(tmp_path: Path) -> None:
    clock = Clock()
    objectives = demanding("name: mine, indicator: latency.p95, target: 1 s")
    trends = Trends(objectives)
    measurement = Measurement(RunDescription("x", "load", Target("")), tmp_path, clock=clock)
    for _ in range(2 * MAX_POINTS + 50):
        measurement.recorder.request("home", 20.0, 5)
        clock.now += 1
        measurement.sample_users(1)
        trends.update(measurement)
        trends.update(measurement)
    assert MAX_POINTS / 2 <= len(trends.at_s) <= MAX_POINTS
    assert len(trends.values["mine"]) == len(trends.at_s)
    assert trends.at_s == sorted(set(trends.at_s))
    assert trends.points
