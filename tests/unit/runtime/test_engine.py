"""The engine: one run after the other, and the exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from slo.load.plan import Plan
from slo.load.search_record import SearchRecord
from slo.measure.run_description import RunDescription
from slo.objectives.objectives import Objectives
from slo.record.ending import COMPLETED, Ending
from slo.record.history import MAX_ENDPOINTS
from slo.record.suite import KEY, Suite
from slo.record.target import Target
from slo.runtime.engine import Engine, many_names, search_controller
from slo.runtime.run_store import RunStore
from tests.support.made import demanding

MET = demanding("name: mine, indicator: latency.p95, target: 1 s, priority: P0")
SHOP = RunDescription("shop", None, Target("http://api.test"))


def engine(folder: Path, objectives: Objectives | None = MET) -> Engine:
    return Engine(objectives, RunStore(folder))


def play(one: Engine, latency_ms: float, description: RunDescription = SHOP) -> None:
    measurement = one.begin(description)
    for _ in range(100):
        measurement.recorder.request("home", latency_ms, 5)
    one.end(COMPLETED)


@pytest.mark.parametrize(("latency_ms", "code"), [(20, 0), (2000, 2)])
def test_the_exit_code_is_that_of_the_last_verdict(tmp_path: Path, latency_ms: float, code: int) -> None:
    one = engine(tmp_path)
    assert one.exit_code() == 3
    play(one, latency_ms)
    assert one.exit_code() == code


def test_without_objectives_locust_decides(tmp_path: Path) -> None:
    one = engine(tmp_path, None)
    play(one, 2000)
    assert one.exit_code() is None


def test_a_refused_load_is_recorded_and_no_verdict(tmp_path: Path) -> None:
    one = engine(tmp_path)
    one.refuse(SHOP, "the API is down")
    assert one.store.last is not None
    assert (one.store.last[0].ended.how, one.store.last[0].ended.reason) == ("refused", "the API is down")
    assert one.exit_code() == 3
    play(one, 20)
    assert one.exit_code() == 0


@pytest.mark.parametrize(("signal", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_is_an_interrupted_run(tmp_path: Path, signal: str, code: int) -> None:
    one = engine(tmp_path)
    one.begin(SHOP)
    one.signal = signal
    one.end()
    assert one.store.last is not None
    assert one.store.last[0].ended.how == "interrupted"
    assert one.exit_code() == code


def test_an_internal_error_never_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = engine(tmp_path)
    measurement = one.begin(SHOP)
    measurement.recorder.request("home", 20.0, 5)
    one.guard(lambda: [][0])
    one.end(COMPLETED)
    assert one.store.last is not None
    assert one.store.last[0].ended.how == "crashed"
    assert one.exit_code() == 3
    assert "internal error, no verdict: IndexError" in capsys.readouterr().err


def test_a_load_that_broke_off_is_incomplete(tmp_path: Path) -> None:
    one = engine(tmp_path)
    one.begin(SHOP).recorder.request("home", 20.0, 5)
    one.end(Ending("incomplete", "the load ended after 9.0 s of 60.0 s"))
    assert one.store.last is not None
    assert one.store.last[0].ended.how == "incomplete"
    assert one.exit_code() == 3


def test_a_run_that_still_waits_ends_when_the_next_begins(tmp_path: Path) -> None:
    one = engine(tmp_path)
    one.begin(SHOP)
    one.begin(SHOP)
    one.end(COMPLETED)
    one.end(COMPLETED)
    assert len(one.store.entries) == 2


def test_the_page_shows_the_run_under_way_then_the_last_one(tmp_path: Path) -> None:
    one = engine(tmp_path)
    assert one.snapshot(())["state"] == "ready"
    one.begin(RunDescription("shop", None, Target(""), Plan.ramps(("up", 60, 5))))
    one.sample(1)
    assert one.snapshot(())["state"] == "running"
    assert one.run_state().running
    one.end(COMPLETED)
    assert one.snapshot(())["state"] == "finished"
    assert not one.run_state().running


@pytest.mark.parametrize(("scale", "shorter"), [(0.1, True), (1.0, False), ("odd", False)])
def test_a_search_is_shortened_by_the_declared_scale(scale: object, shorter: bool) -> None:
    options = {KEY: Suite(time_scale="time_scale").to_data(), "time_scale": scale}
    description = RunDescription("shop", None, Target(""), options=options, search=SearchRecord(1, 64, 600.0))
    plain = RunDescription("shop", None, Target(""), search=SearchRecord(1, 64, 600.0))
    found, usual = (search_controller(one, MET, 0.0) for one in (description, plain))
    assert (found._pace != usual._pace) is shorter


def test_names_that_look_as_if_they_held_ids_are_warned_of_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = engine(tmp_path)
    measurement = one.begin(SHOP)
    for number in range(1000):
        measurement.recorder.request(f"/item/{number}", 20.0, 5)
    one.sample(1)
    assert many_names() not in measurement.notes  # the interval under way is not over
    measurement.add_intervals(measurement.recorder.finish())
    for _ in range(2):
        one.sample(1)
    one.end(COMPLETED)
    assert one.store.last is not None
    run, _ = one.store.last
    assert len(run.endpoints) == MAX_ENDPOINTS + 1
    assert run.tally().requests == 1000
    assert [note for note in run.notes if "different names" in note] == [many_names()]
    assert capsys.readouterr().err.count("name='/item/[id]'") == 1
