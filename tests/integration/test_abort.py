"""A breach that lasts ends the run with the verdict it gives."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from slo.load.plan import Plan
from slo.metrics.tally import Tally
from slo.metrics.tally_table import Tallies
from slo.record.ending import Ending
from slo.record.run import Run
from slo.text import schemas
from slo.verdict.abort import WINDOW_S, AbortMonitor, Breach, rules
from slo.verdict.judge import judge
from tests.support.cluster import free_port
from tests.support.commands import validate
from tests.support.made import demanding, requests
from tests.support.processes import BASIC, Demo, Finished, Locust, hotel, locust

LATENCY = "name: quick, indicator: latency.p95, target: 100 ms, priority: P0, abort: {after: 5 s}"


def window(latency_ms: float, stage: str = "run", count: int = 10) -> Tallies:
    tally = Tally()
    tally.ok.record(round(latency_ms * 1000), count)
    return {("home", stage): tally}


def watch(*lines: str) -> AbortMonitor:
    objectives = demanding(*lines)
    return AbortMonitor(rules(objectives, "load"), objectives.groups)


def first_breach(watching: AbortMonitor, latencies_ms: Sequence[float | None], stage: str = "run") -> Breach | None:
    """Look once a second, at None with no request in the window; returns the first breach."""
    for second, latency_ms in enumerate(latencies_ms, 1):
        cells = {} if latency_ms is None else window(latency_ms, stage)
        found = watching.check(cells, float(second), lambda _: 10.0)
        if found is not None:
            return found
    return None


def test_a_breach_that_lasts_ends_the_run() -> None:
    found = first_breach(watch(LATENCY), [50] * 20 + [150] * 20)
    assert found is not None
    assert (found.objective, found.at_s) == ("quick", 25.0)
    assert found.value == pytest.approx(150, rel=0.001)
    assert found.reason == "'quick' was past its target for 5 s: 150 ms over the last 10 s against 100 ms"


def test_a_breach_that_heals_does_not() -> None:
    assert first_breach(watch(LATENCY), ([150] * 4 + [50]) * 10) is None
    assert first_breach(watch(LATENCY), [50] * 100) is None


def test_silence_is_no_breach_and_heals_none_for_a_while() -> None:
    assert first_breach(watch(LATENCY), [150, None, None, None, None, None, None, None]) is None
    assert first_breach(watch(LATENCY), [150, None, None, None, None, 150]) is not None
    pause: list[float | None] = [None] * (WINDOW_S + 5)
    assert first_breach(watch(LATENCY), [150, 150, *pause, 150, 150]) is None


def test_without_a_delay_the_first_look_ends_it() -> None:
    found = first_breach(watch(LATENCY.replace("5 s", "0 s")), [50, 50, 150])
    assert found is not None
    assert found.at_s == 3.0


def test_only_its_stages_count() -> None:
    assert first_breach(watch(f"{LATENCY}, stage: hold"), [150] * 20, stage="ramp") is None
    assert first_breach(watch(f"{LATENCY}, stage: hold"), [150] * 20, stage="hold") is not None


def test_a_rate_is_of_the_seconds_that_its_stages_lasted() -> None:
    plan = Plan.ramps(("ramp", 95, 5), ("hold", 100, 5))
    assert plan.seconds_within(90, 100, "hold".__eq__) == 5
    assert plan.seconds_within(290, 300, "hold".__eq__) == 10
    rate = watch("indicator: throughput.rps, target: 1.5 rps, stage: hold, abort: {after: 0 s}")
    cells = window(50, "hold", count=10)
    assert rate.check(cells, 100.0, lambda _: plan.seconds_within(90, 100, "hold".__eq__)) is None
    assert rate.check(cells, 105.0, lambda _: plan.seconds_within(95, 105, "hold".__eq__)) is not None


def test_who_may_end_a_run() -> None:
    objectives = demanding(
        "name: own, indicator: latency.p95, target: 1 s, abort: true",
        "name: p0, indicator: latency.p99, target: 1 s, priority: P0",
        "name: p1, indicator: latency.max, target: 1 s",
        "name: soak, indicator: latency.mean, target: 1 s, scenario: soak, priority: P0",
        "name: never, indicator: requests.count, target: 10, priority: P0",
        "name: errors, indicator: errors.ratio, target: 1 %, abort: false",
    )

    def who(*words: object) -> dict[str, float]:
        return {one.name: after_s for one, after_s in rules(objectives, "load", *words)}  # type: ignore[arg-type]

    assert who() == {"own": 30}
    assert who("CRITICAL", 5.0) == {"own": 30, "p0": 5}
    assert who("FAIL", 5.0) == {"own": 30, "p0": 5, "p1": 5, "errors": 5}


def aborted(run: Run, value: float) -> Run:
    return replace(run, ended=Ending("aborted", "'quick' was past its target for 5 s", "quick", value, 10.0))


def test_an_aborted_run_has_the_verdict_of_its_breach() -> None:
    verdict = judge(aborted(requests(100, 150), 150), demanding(LATENCY))
    assert (verdict.status, verdict.exit_code) == ("CRITICAL", 2)
    assert "the run was aborted after 10 s" in verdict.reason
    # Over the whole run it would have been met.
    verdict = judge(
        aborted(requests(100, 50), 150), demanding(LATENCY, "name: other, indicator: errors.ratio, target: 1 %")
    )
    assert [result.status for result in verdict.results] == ["CRITICAL", "PASS"]
    assert "over the whole run 50 ms is inside 100 ms" in verdict.results[0].reason


def test_the_record_of_an_aborted_run_is_valid_and_read_again() -> None:
    run = aborted(requests(10), 150.5)
    data = json.loads(json.dumps(run.to_data()))
    Draft202012Validator(schemas.load("run")).validate(data)
    assert Run.from_data(data).ended == run.ended
    assert requests(10).to_data()["ended"] == {"how": "completed", "reason": ""}


FILE = """\
version: 1
objectives:
  - {name: quick, indicator: latency.p95, target: 300 ms, priority: P0, abort: {after: 3 s}}
  - {name: errors, indicator: errors.ratio, target: 90 %}
"""


@pytest.fixture
def objectives(tmp_path: Path) -> Path:
    path = tmp_path / "objectives.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def ended_early(done: Finished, at_least_s: float, at_most_s: float) -> None:
    assert done.code == 2, done.out + done.err
    assert done.run.ended.how == "aborted"
    assert done.run.ended.objective == "quick"
    assert done.run.ended.at_s is not None
    assert at_least_s <= done.run.ended.at_s <= at_most_s
    assert done.verdict["status"] == "CRITICAL"
    assert "the run is aborted: 'quick' was past its target for" in done.err
    assert "the run was aborted after" in done.verdict["reason"]
    Draft202012Validator(schemas.load("run")).validate(json.loads((done.folder / "run.json").read_text()))


def test_a_slow_target_ends_its_run(demo: Demo, objectives: Path, tmp_path: Path) -> None:
    demo.faults(latency_ms=4000)  # far more than a crowded machine could add
    words = ("-f", BASIC, "-H", demo.url, "-u", 5, "-r", 5, "-t", "60s", "--objectives", objectives)
    done = locust(tmp_path / "reports", *words)
    ended_early(done, 3, 15)
    assert done.run.duration_s < 30
    judged = validate(done.folder, "--objectives", objectives)
    assert judged.returncode == 2, judged.stdout


def test_a_quick_target_does_not(demo: Demo, objectives: Path, tmp_path: Path) -> None:
    done = hotel(tmp_path / "reports", demo.url, "smoke", "--time-scale", "0.1", "--objectives", objectives)
    assert done.code == 0, done.out + done.err
    assert done.run.ended.how == "completed"


def test_stop_on_ends_a_scenario_for_any_objective_that_is_critical(demo: Demo, tmp_path: Path) -> None:
    demo.faults(error_ratio=0.5)
    words = ("--time-scale", "0.2", "--think-time", "0.1", "--stop-on", "CRITICAL", "--stop-after", "2s")
    done = hotel(tmp_path / "reports", demo.url, "load", *words)
    assert done.code == 2, done.out + done.err
    assert done.run.ended.how == "aborted"
    assert done.run.ended.objective == "error rate"
    assert done.run.duration_s < 60


def test_a_mistyped_delay_is_no_verdict(demo: Demo, tmp_path: Path) -> None:
    done = hotel(tmp_path / "reports", demo.url, "smoke", "--stop-after", "soon")
    assert done.code == 3
    assert "--stop-after is a time like 30s or 2m, not 'soon'" in done.err


@pytest.mark.slow
def test_in_the_web_ui_the_next_run_can_start(demo: Demo, objectives: Path, tmp_path: Path) -> None:
    demo.faults(latency_ms=4000)  # far more than a crowded machine could add
    port = free_port()
    words = ("-f", BASIC, "-H", demo.url, "--web-host", "127.0.0.1", "--web-port", port, "--objectives", objectives)
    under_way = Locust(tmp_path / "reports", *words, headless=False)
    url = f"http://127.0.0.1:{port}"
    try:
        for number in (1, 2):
            _start(url)
            _await_finished(url, number)
    finally:
        under_way.process.terminate()
        done = under_way.wait()
    assert sum(path.is_dir() and not path.is_symlink() for path in done.reports.iterdir()) == 2, done.err
    assert done.run.ended.how == "aborted"
    assert done.verdict["exit_code"] == 2


def _start(url: str, timeout_s: float = 20) -> None:
    end = time.monotonic() + timeout_s
    while True:
        try:
            urllib.request.urlopen(f"{url}/swarm", b"user_count=5&spawn_rate=5", timeout=10).close()
            return
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.2)


def _await_finished(url: str, count: int, timeout_s: float = 40) -> None:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        with urllib.request.urlopen(f"{url}/slo/verdict", timeout=10) as answer:
            picture = json.loads(answer.read())
        if len(picture["finished"]) >= count and picture["state"] == "finished":
            return
        time.sleep(0.3)
    raise AssertionError("the run did not end")
