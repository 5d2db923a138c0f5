"""A folder of saved runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slo.measure.recorder import Recorder
from slo.metrics.indicator import parse
from slo.objectives.objectives import parse as parse_objectives
from slo.record.ending import Ending
from slo.record.run_record import RunError
from slo.verdict import saved_runs
from tests.support.cli import saved_runs as write_runs
from tests.support.made import Clock, made
from tests.support.methods import two_methods
from tests.support.steady import YAML, steady


def test_runs_are_read_oldest_first_and_the_link_is_no_run(tmp_path: Path) -> None:
    folder = write_runs(tmp_path)
    (folder / "run-03" / "run.json").write_text("{", encoding="utf-8")
    found = saved_runs.read(folder)
    assert [one.id for one in found.runs] == [f"run-{number:02}" for number in range(12) if number != 3]
    assert len(found.unreadable) == 1
    assert "run-03" in found.unreadable[0]


def test_a_folder_without_runs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there is no such folder"):
        saved_runs.read(tmp_path / "nowhere")
    with pytest.raises(RunError, match="holds no saved run of scenario soak"):
        saved_runs.read(write_runs(tmp_path), "soak")


def test_only_runs_like_the_newest_whole_one_are_compared() -> None:
    runs = [
        replace(steady(1, seconds=2), id="other", scenario="soak"),
        replace(steady(2, seconds=2), id="like"),
        replace(steady(3, seconds=2), id="newest"),
        replace(steady(4, seconds=2), id="crashed", ended=Ending("crashed")),
    ]
    chosen, left = saved_runs.comparable_runs(runs)
    assert [one.id for one in chosen] == ["like", "newest"]
    assert left == ["other: left out, its scenario is soak", "crashed: left out, it was crashed"]


def test_two_runs_side_by_side_have_a_row_for_each_endpoint() -> None:
    rows = saved_runs.side_by_side(steady(1, endpoints=2), steady(2, 1.5, endpoints=2))
    assert [row.endpoint for row in rows[-2:]] == ["page_0", "page_1"]
    assert not any(row.indicator.kind == "checks" for row in rows)
    p95 = next(row for row in rows if row.indicator.name == "latency.p95")
    assert getattr(p95.change, "worse", 0) > 0.2


def test_the_noise_floor_of_steady_runs_is_small() -> None:
    question = saved_runs.compared_indicator(parse("latency.p95"))
    floors = saved_runs.noise_floors([steady(seed) for seed in range(4)], {"p95": question})
    assert 0 < floors["p95"] < 0.5


def test_a_backtest_judges_each_run_by_those_before_it() -> None:
    runs = [replace(steady(seed), id=f"run-{seed}") for seed in range(2)]
    first, second = saved_runs.backtest(runs, parse_objectives(YAML, "x.yaml"))
    assert {one.status for one in first.results if one.objective.against == "baseline"} == {"SKIPPED"}
    assert "SKIPPED" not in {one.status for one in second.results}


def test_two_runs_side_by_side_have_a_row_for_each_method_that_both_know() -> None:
    rows = saved_runs.side_by_side(two_methods(), two_methods(450.0))
    changes = {row.endpoint: row.change for row in rows[-2:]}
    assert list(changes) == ["GET /x", "POST /x"]
    assert getattr(changes["POST /x"], "worse", 0) == pytest.approx(0.5, abs=0.01)
    assert getattr(changes["GET /x"], "worse", 1) == 0.0
    older = saved_runs.side_by_side(two_methods(methods=False), two_methods(450.0))
    assert [row.endpoint for row in older if row.endpoint != "all"] == ["/x"]
    assert getattr(older[-1].change, "worse", 0) == pytest.approx(0.5, abs=0.01)


def test_checks_by_name_alone_leave_the_methods_their_rows() -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for _ in range(40):
            recorder.request(("GET", "/x"), 5.0, 1)
            recorder.request(("POST", "/x"), 5.0, 1)
            recorder.check("/x", "body", True)
            clock.now += 1

    rows = saved_runs.side_by_side(made(fill), made(fill))
    assert [row.endpoint for row in rows if row.endpoint != "all"] == ["GET /x", "POST /x"]
