"""A starved generator gives no verdict, a slow target one: with real processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from slo.text import schemas
from tests.support.cluster import own_port
from tests.support.processes import ROOT, Demo, Finished, Locust, locust

STARVED = ROOT / "tests" / "locustfiles" / "starved.py"
LOAD = ("-u", 6, "-r", 6, "-t", "6s", "--stop-timeout", "0")
FAST = """\
version: 1
objectives:
  - {name: p95, indicator: latency.p95, target: 60 ms, priority: P0}
  - {name: p50, indicator: latency.p50, target: 60 ms, priority: P1}
  - {name: rate, indicator: throughput.rps, target: 45 rps}
  - {name: errors, indicator: errors.ratio, target: 1 %}
"""


@pytest.fixture
def fast(tmp_path: Path) -> Path:
    path = tmp_path / "fast.yaml"
    path.write_text(FAST, encoding="utf-8")
    return path


def our_fault(done: Finished) -> None:
    assert done.code == 3, done.out + done.err
    assert done.verdict["status"] == "NO DATA"
    assert done.starved, done.verdict["reason"]
    assert not {"FAIL", "CRITICAL"} & set(done.statuses().values()), done.out
    assert "--processes N" in done.out
    Draft202012Validator(schemas.load("run")).validate(done.run.to_data())


def test_a_busy_locustfile_is_no_verdict_on_the_target(demo: Demo, fast: Path, tmp_path: Path) -> None:
    env = {"BUSY_MS": "150", "PERIOD_MS": "170"}
    done = locust(tmp_path / "r", "-f", STARVED, "-H", demo.url, *LOAD, "--objectives", fast, env=env)
    our_fault(done)
    [process] = done.run.generator["processes"]
    assert process["name"] == "this process"
    assert process["lag_p99_ms"] > 100


def test_starved_workers_are_no_verdict_on_the_target(demo: Demo, fast: Path, tmp_path: Path) -> None:
    env = {"BUSY_MS": "300", "PERIOD_MS": "320"}
    words = ("-f", STARVED, "-H", demo.url, *LOAD, "--objectives", fast, "--processes", 2, *own_port())
    done = locust(tmp_path / "r", *words, env=env)
    our_fault(done)
    processes = done.run.generator["processes"]
    assert [process["sends"] for process in processes] == [False, True, True]
    assert {process["name"] for process in processes[1:]} == {worker.name for worker in done.run.workers}
    assert all(process["lag_p99_ms"] > 100 for process in processes[1:])


def test_a_slow_target_is_its_own_fault(demo: Demo, fast: Path, tmp_path: Path) -> None:
    demo.faults(latency_ms=3000)
    done = locust(tmp_path / "r", "-f", STARVED, "-H", demo.url, *LOAD, "--objectives", fast)
    assert done.code == 2, done.out + done.err
    assert done.statuses()["p95"] == "CRITICAL"


def test_a_target_that_fails_is_judged_however_busy_we_are(demo: Demo, fast: Path, tmp_path: Path) -> None:
    demo.faults(error_ratio=0.5)
    env = {"BUSY_MS": "150", "PERIOD_MS": "170"}
    done = locust(tmp_path / "r", "-f", STARVED, "-H", demo.url, *LOAD, "--objectives", fast, env=env)
    assert done.statuses()["errors"] == "FAIL", done.out
    assert done.statuses()["p95"] in ("PASS", "NO DATA")
    assert done.code == 1


@pytest.fixture
def crowd() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that end with the test."""
    found: list[subprocess.Popen[bytes]] = []
    yield found
    for process in found:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("taskset") is None, reason="needs taskset")
def test_a_machine_that_gives_us_no_core_is_no_verdict_on_the_target(
    demo: Demo, fast: Path, tmp_path: Path, crowd: list[subprocess.Popen[bytes]]
) -> None:
    core = max(os.sched_getaffinity(0))
    narrow = ("taskset", "-c", str(core))
    words = ("-f", STARVED, "-H", demo.url, "-u", 20, "-r", 20, "-t", "10s", "--objectives", fast)
    under_way = Locust(tmp_path / "r", *words, inside=(*narrow, "nice", "-n", "15"))
    under_way.await_journal()
    crowd += [subprocess.Popen([*narrow, sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    our_fault(under_way.wait())
