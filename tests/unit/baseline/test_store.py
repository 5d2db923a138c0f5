"""References on disk, and objectives that hold a run against them."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from slo.baseline import store
from slo.baseline.blocks import BLOCKS, blocks_of
from slo.baseline.store import MAX_BYTES, BaselineError, Reference, differences
from slo.load.plan import Plan
from slo.measure.recorder import Recorder
from slo.objectives.objectives import ObjectivesError, parse
from slo.record.ending import Ending
from slo.record.suite import KEY, Suite
from slo.record.target import Target
from slo.verdict.judge import judge
from slo.verdict.regression import NoReferences
from tests.support.made import Clock, made, requests
from tests.support.steady import YAML, references, result, steady


def test_a_reference_keeps_every_count_in_blocks(tmp_path: Path) -> None:
    run = steady(1, endpoints=3, errors=2)
    path = store.add(run, tmp_path)
    (kept,) = store.read(path)
    assert kept == Reference.of(run)
    assert kept.tally() == run.tally()
    assert kept.tally("page_2".__eq__) == run.tally("page_2".__eq__)
    assert BLOCKS / 2 <= len(kept.blocks) <= BLOCKS
    assert sum(block.seconds for block in kept.blocks) == pytest.approx(60)


def test_the_newest_references_stay(tmp_path: Path) -> None:
    for seed in range(7):
        path = store.add(steady(seed, seconds=3), tmp_path)
    assert [one.id for one in store.read(path)] == [f"load-{seed}-1.0" for seed in range(2, 7)]
    store.add(steady(9, seconds=3), tmp_path, keep=2)
    assert [one.id for one in store.read(path)] == ["load-6-1.0", "load-9-1.0"]
    assert store.drop(path, ["load-6-1.0"]) == ["load-9-1.0"]
    with pytest.raises(BaselineError, match=r"holds no load-6-1.0; it holds load-9-1.0"):
        store.drop(path, ["load-6-1.0"])
    assert store.drop(path, ["load-9-1.0"]) == []
    assert not path.exists()


@pytest.mark.slow
def test_a_large_run_is_kept_small_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = steady(1, endpoints=300, rate=300, seconds=15)
    path = store.add(run, tmp_path)
    assert path.stat().st_size < 100_000
    (kept,) = store.read(path)
    assert len(json.loads(path.read_text())["runs"][0]["blocks"]) <= MAX_BYTES
    assert kept.tally() == run.tally()
    few = len(kept.blocks)
    monkeypatch.setattr(store, "MAX_BYTES", 60_000)
    (smaller,) = store.read(store.add(run, tmp_path / "smaller"))
    assert smaller.tally() == run.tally()
    assert len(smaller.blocks) <= few
    monkeypatch.setattr(store, "MAX_BYTES", 10_000)
    with pytest.raises(BaselineError, match=r"has too many endpoints for a baseline \(300\)"):
        store.add(run, tmp_path / "refused")


def test_blocks_cover_the_run_though_nothing_was_answered_for_a_while() -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for second in range(60):
            for _ in range(10 if second < 30 or second >= 50 else 0):
                recorder.request("home", 100, 1)
            clock.now += 1

    run = made(fill)
    blocks = blocks_of(run)
    assert sum(block.seconds for block in blocks) == pytest.approx(60)
    assert sum(tally.requests for block in blocks for tally in block.cells.values()) == 400
    assert sum(not block.cells for block in blocks) > 10
    planned = made(fill, Plan.ramps(("up", 20, 5), ("hold", 30, 5), ("down", 10, 0)))
    assert {block.stage for block in blocks_of(planned)} == {"up", "hold", "down"}
    yaml = "version: 1\nobjectives: [{indicator: throughput.rps, target: 1 rps}]\n"
    yaml += "regression: {throughput.rps: {target: 10 %}}\n"
    usual = [Reference.of(replace(steady(seed, rate=10), environment={}, options={})) for seed in range(5)]
    (_, found) = judge(run, parse(yaml, "x.yaml"), usual).results
    assert found.status == "FAIL"
    assert found.value == pytest.approx(1 / 3)


def test_a_load_that_was_edited_is_another_load() -> None:
    run = steady(1)
    plan = Plan.ramps(("up", 60, 10))
    assert "load: " in differences(Reference.of(replace(run, plan=plan)), run)[0]
    assert differences(Reference.of(replace(run, plan=plan)), replace(run, plan=plan)) == []


def test_a_run_stopped_before_its_plans_end_is_not_compared() -> None:
    plan = Plan.ramps(("up", 60, 10))
    kept = [Reference.of(replace(steady(seed), plan=plan)) for seed in range(100, 105)]
    stopped = replace(steady(1, factor=2), plan=plan, ended=Ending("stopped"))
    assert result(stopped, kept).status == "SKIPPED"
    assert "was stopped before its plan's end" in result(stopped, kept).reason


def test_few_references_warn_at_most() -> None:
    found = result(steady(1, factor=2), references(2))
    assert found.status == "WARNING"
    assert "fewer than 3 references" in found.reason
    short = [Reference.of(steady(seed, seconds=3)) for seed in range(100, 102)]
    assert result(steady(1, seconds=3), short).status == "SKIPPED"


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"version": 3', '"version": 1'),
        lambda text: text.replace('"version": 3', '"version": 99'),
        lambda text: text.replace('"blocks": "', '"blocks": "AAAA'),
        lambda text: text.replace('"blocks": "', '"blocks": "%'),
        lambda text: text.replace('"started_at"', '"begun_at"'),
        lambda _: "[]",
        lambda _: "[" * 100_000,
        lambda _: "\x00",
    ],
)
def test_a_damaged_file_is_refused_with_a_sentence_and_kept(tmp_path: Path, damage: Callable[[str], str]) -> None:
    path = store.add(steady(1, seconds=3), tmp_path)
    damaged = damage(path.read_text())
    path.write_text(damaged)
    with pytest.raises(BaselineError, match=r"load\.json: .*restore it from git or delete it"):
        store.add(steady(2, seconds=3), tmp_path)
    assert path.read_text() == damaged


def test_a_regression_is_larger_than_the_tolerance_and_than_the_noise() -> None:
    worse = result(steady(1, factor=1.3), references())
    assert worse.status == "FAIL"
    assert worse.value is not None
    assert 0.2 < worse.value < 0.4
    assert "worse: " in worse.reason
    assert "past the tolerance of 10.0 %" in worse.reason
    many = [Reference.of(steady(seed, rate=200)) for seed in range(100, 105)]
    assert result(steady(1, factor=1.08, rate=200), many).status == "WARNING"
    same = result(steady(1), references())
    assert same.status == "PASS"
    assert same.reason.startswith("no change seen: ")
    assert "the smallest change this test could have seen is" in same.reason
    assert result(steady(1, factor=0.7), references()).status == "PASS"


def test_a_share_regresses_in_points() -> None:
    verdict = judge(steady(1, errors=2), parse(YAML, "x.yaml"), references())
    found = next(one for one in verdict.results if one.objective.name == "regression of errors.ratio")
    assert found.status == "CRITICAL"
    assert "10.0 points worse" in found.reason
    assert verdict.exit_code == 2
    assert verdict.references == tuple(one.id for one in references())


def test_without_a_baseline_a_regression_is_skipped_and_says_so() -> None:
    assert result(steady(1), []).status == "SKIPPED"
    assert "there is no baseline" in result(steady(1), []).reason
    broken = judge(steady(1), parse(YAML, "x.yaml"), NoReferences("load.json: is damaged", "NO DATA"))
    assert (broken.status, broken.exit_code) == ("NO DATA", 3)
    assert "load.json: is damaged" in broken.reason


def test_a_run_is_never_compared_with_itself() -> None:
    run = steady(1)
    assert "there is no baseline" in result(run, [Reference.of(run)]).reason


def test_another_environment_is_compared_only_when_told_to() -> None:
    run = steady(1, factor=1.3)
    for other in (
        replace(run, target=Target("http://other.test")),
        replace(run, environment={"cpu": "two", "cpus": 2}),
        replace(run, options={"time_scale": 0.1, KEY: Suite(time_scale="time_scale").to_data()}),
        replace(run, options={**run.options, "pace": 2, KEY: Suite(load_options=("pace",)).to_data()}),
        replace(run, options={**run.options, "tags": ["quick"]}),
    ):
        skipped = result(other, references())
        assert skipped.status == "SKIPPED"
        assert "of another environment" in skipped.reason
        told = replace(parse(YAML, "x.yaml"), any_baseline=True)
        assert result(other, references(), told).status == "FAIL"
        assert "compared with another environment or load by --any-baseline" in result(other, references(), told).reason


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "latency.p99: {target: 10 %}",
            "6:3: regression.latency.p99: needs an objective with a target for `latency.p99` too",
        ),
        ("latency.p95: {warning: 5 %}", "`target` is missing; add `target: 10 %`"),
        ("latency.p95: {target: 10 ms}", "`ms` is not a unit here; write a share in percent"),
        ("latency.p95: {target: 10 %, warning: 20 %}", "must be stricter than the target: below 10 %"),
        ("latency.p95: {target: 0 %}", "nothing can be free of noise"),
        ("latencyp95: {target: 10 %}", "is no indicator; did you mean `latency.p95`?"),
        ("requests.count: {target: 10 %}", "counts what the load requested; compare `throughput.rps`"),
        ("latency.p95: 10 %", "`10 %` is text; write a mapping with `target`"),
        ("latency.p95: {target: 10 %, stage: hold}", "is not a key here"),
        ("latency.p95: {target: 10 %, group: pms}", "there is no group `pms`"),
    ],
)
def test_a_wrong_regression_is_told_where_and_why(text: str, message: str) -> None:
    yaml = f"version: 1\nobjectives:\n  - indicator: latency.p95\n    target: 1 s\nregression:\n  {text}\n"
    with pytest.raises(ObjectivesError) as caught:
        parse(yaml, "x.yaml")
    assert message in str(caught.value)


def test_a_suite_without_scenarios_keeps_a_baseline_by_its_name(tmp_path: Path) -> None:
    run = replace(steady(1, seconds=3), scenario=None, options={KEY: Suite(name="shop").to_data()})
    path = store.add(run, tmp_path)
    assert path == tmp_path / "shop.json"
    assert [one.id for one in store.read(path)] == [run.id]
    with pytest.raises(BaselineError, match="neither a scenario nor the name of its suite"):
        store.add(replace(run, options={}), tmp_path)


def test_runs_that_are_added_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    runs = [replace(requests(5), id=f"run-{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        files = list(pool.map(lambda run: store.add(run, tmp_path, keep=8), runs))
    assert sorted(one.id for one in store.read(files[0])) == [run.id for run in runs]
