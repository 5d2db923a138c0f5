"""Findings of real runs against the demo API, whose breaking point, drain time and leak are known from its settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.known_findings import figures, objectives, once_slow_then_long
from tests.support.processes import ROOT, Demo, Finished, locust

KNEE = ROOT / "tests" / "locustfiles" / "knee.py"


@pytest.fixture
def own() -> Iterator[Demo]:
    demo = Demo()
    yield demo
    demo.stop()


def ran(folder: Path, demo: Demo, scenario: str, *lines: str) -> Finished:
    words = ("-f", KNEE, "-H", demo.url, "--scenario", scenario, "--objectives", objectives(folder, *lines))
    return locust(folder / "reports", *words, "--target-metrics", "/metrics", timeout_s=150)


@pytest.mark.parametrize("number", once_slow_then_long(0, 1, 2, 3, 4))
def test_the_breaking_point_is_found(own: Demo, tmp_path: Path, number: int) -> None:
    """16 served at once, 200 ms each: 80 rps, and from the 17th user on somebody waits for his turn."""
    own.faults(capacity=16, latency_ms=200)
    done = ran(tmp_path, own, "stress", "indicator: latency.p95, target: 240 ms, priority: P0")
    found = figures(done)
    measured = (found["capacity.users"]["value"], found["capacity.rps"]["value"])
    assert measured == pytest.approx((16, 80), rel=0.1) or done.was_held_up, done.verdict["findings"]


@pytest.mark.parametrize("number", once_slow_then_long(0, 1))
def test_the_recovery_time_is_the_time_that_the_queue_takes_to_drain(own: Demo, tmp_path: Path, number: int) -> None:
    """60 users leave their requests in the queue of one that serves 4 at once, 400 ms each: 10 rps, 56 / 10 s."""
    own.faults(capacity=4, latency_ms=400)
    done = ran(tmp_path, own, "spike", "indicator: recovery.s, target: 30 s")
    measured = figures(done)["recovery.s"]["value"]
    # A busy machine serves the queue more slowly.
    assert measured == pytest.approx(5.6, abs=4) or done.was_held_up, done.verdict["findings"]
    assert done.verdict["results"][0]["status"] == "PASS"


@pytest.mark.parametrize("leak_bytes", once_slow_then_long(40_000, 0))
def test_a_leak_is_measured_and_none_is_not(own: Demo, tmp_path: Path, leak_bytes: int) -> None:
    own.faults(latency_ms=50, leak_bytes=leak_bytes)
    done = ran(tmp_path, own, "soak", "indicator: drift.memory, target: 5 %/h")
    run, figure = done.run, figures(done)["drift.memory"]
    if not leak_bytes:
        assert not figure["exact"], done.verdict["findings"]
        assert done.verdict["results"][0]["status"] in ("PASS", "NO DATA")
        return
    late = [scrape for scrape in run.scrapes if scrape.at_ms >= 150 * run.duration_s]
    levels = sorted(scrape.values["process_resident_memory_bytes"] for scrape in late)
    rps = run.tally().requests / run.duration_s
    expected = rps * leak_bytes * 3600 / levels[len(levels) // 2] * 100
    assert figure["exact"], done.verdict["findings"]
    assert figure["value"] == pytest.approx(expected, rel=0.2)
    assert done.verdict["results"][0]["status"] == "FAIL"


def test_the_token_goes_to_the_target_and_nowhere_else(tmp_path: Path) -> None:
    demo = Demo(ADMIN_TOKEN="very-secret")
    try:
        file = objectives(tmp_path, "indicator: latency.p95, target: 1 s")
        words = ("-f", ROOT / "locustfiles" / "hotel.py", "-H", demo.url, "--scenario", "smoke", "--time-scale", "0.05")
        env = {"ADMIN_TOKEN": "very-secret"}
        done = locust(tmp_path / "reports", *words, "--objectives", file, env=env)
    finally:
        demo.stop()
    assert len(done.run.scrapes) > 5
    assert all("process_resident_memory_bytes" in one.values for one in done.run.scrapes)
    assert "metrics" not in done.run.endpoints
    texts = [path.read_text(encoding="utf-8") for path in done.folder.iterdir()]
    assert not any("very-secret" in text for text in texts)
    assert json.loads((done.folder / "verdict.json").read_text())["findings"][0]["name"] == "it works"


@pytest.mark.slow
def test_a_run_judged_again_finds_the_same(demo: Demo, tmp_path: Path) -> None:
    words = ("-f", ROOT / "locustfiles" / "hotel.py", "-H", demo.url, "--scenario", "stress", "--time-scale", "0.008")
    done = locust(tmp_path / "reports", *words)
    before = done.verdict["findings"]
    from slo.objectives.objectives import load
    from slo.verdict.judge import judge

    again = judge(done.run, load(ROOT / "slo" / "hotel.yaml"))
    assert json.loads(json.dumps([one.to_data() for one in again.findings])) == before
    assert before[0]["name"] == "breaking point"
