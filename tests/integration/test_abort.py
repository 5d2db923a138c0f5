"""A breach that lasts ends the run with the verdict it gives."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path

import pytest

from tests.support.abort import FILE, ended_early
from tests.support.cluster import free_port
from tests.support.commands import validate
from tests.support.processes import BASIC, Demo, Locust, hotel, locust


@pytest.fixture
def objectives(tmp_path: Path) -> Path:
    path = tmp_path / "objectives.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


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
    assert done.worked, done.out + done.err
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


def _start(url: str, timeout_s: float = 120) -> None:
    end = time.monotonic() + timeout_s
    while True:
        try:
            urllib.request.urlopen(f"{url}/swarm", b"user_count=5&spawn_rate=5", timeout=60).close()
            return
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.2)


def _await_finished(url: str, count: int, timeout_s: float = 120) -> None:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        with urllib.request.urlopen(f"{url}/slo/verdict", timeout=60) as answer:
            picture = json.loads(answer.read())
        if len(picture["finished"]) >= count and picture["state"] == "finished":
            return
        time.sleep(0.3)
    raise AssertionError("the run did not end")
