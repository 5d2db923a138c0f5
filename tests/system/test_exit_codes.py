"""One process, --processes, a master with its worker: the same outcome has the same exit code."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.cluster import free_port
from tests.support.processes import HOTEL, Demo, Locust

SMOKE = ("--scenario", "smoke", "--time-scale", "0.05", "--think-time", "0.02")
"""Three seconds, a hundred requests."""
PASSES = "{indicator: errors.ratio, target: 50 %, priority: P0}"
FAILS = "{indicator: errors.ratio, target: 10 %, priority: P1}"
BAD = "{indicator: latency.p50, target: 1}"


@dataclass(frozen=True)
class Outcome:
    code: int
    status: str
    faults: Mapping[str, Any] = field(default_factory=dict)
    objectives: str = ""
    dead: bool = False


OUTCOMES = {
    "pass": Outcome(0, "PASS"),
    "fail": Outcome(1, "FAIL", {"error_ratio": 0.5}, FAILS),
    "critical": Outcome(2, "CRITICAL", {"error_ratio": 0.5}),
    "errors that the objectives allow": Outcome(0, "PASS", {"error_ratio": 0.2}, PASSES),
    "dead host": Outcome(3, "NO DATA", dead=True),
    "bad objectives": Outcome(3, "", objectives=BAD),
}


def dead_url() -> str:
    return f"http://127.0.0.1:{free_port()}"


def start(folder: Path, words: tuple[object, ...]) -> tuple[dict[str, Locust], Locust]:
    """Start all three ways at once; returns who judges, by the way, and the worker."""
    ports = [free_port() for _ in range(2)]
    bind = [("--master-bind-host", "127.0.0.1", "--master-bind-port", port) for port in ports]
    judges = {
        "one": Locust(folder / "one", *words),
        "processes": Locust(folder / "processes", *words, "--processes", 2, *bind[0], "--master-port", ports[0]),
        "master": Locust(folder / "master", *words, "--master", "--expect-workers", 1, *bind[1]),
    }
    join = ("--worker", "--master-host", "127.0.0.1", "--master-port", ports[1])
    return judges, Locust(folder / "worker", "-f", HOTEL, *join, headless=False)


@pytest.mark.parametrize("name", OUTCOMES)
def test_an_outcome_has_the_same_exit_code_each_way(demo: Demo, tmp_path: Path, name: str) -> None:
    outcome = OUTCOMES[name]
    demo.faults(**outcome.faults)
    words: tuple[object, ...] = ("-f", HOTEL, "-H", dead_url() if outcome.dead else demo.url, *SMOKE)
    if outcome.objectives:
        objectives = tmp_path / "objectives.yaml"
        objectives.write_text(f"version: 1\nobjectives:\n  - {outcome.objectives}\n", encoding="utf-8")
        words += ("--objectives", objectives)
    judges, worker = start(tmp_path, words)
    try:
        done = {way: judge.wait(60) for way, judge in judges.items()}
        said = "\n".join(f"--- {way}:\n{one.out}{one.err}" for way, one in done.items())
        assert all(one.code == outcome.code or one.starved for one in done.values()), said
        assert "Traceback" not in said, said
        if outcome.status:
            assert all(one.reached(outcome.status) for one in done.values()), said
        if not outcome.dead and outcome.status:
            assert worker.wait(20).code == 0
    finally:
        # Its master may have ended before it listened to any worker: Locust's workers try again for 5 minutes.
        worker.process.kill()
        worker.process.wait()
    assert "Traceback" not in "".join(worker.text())


@pytest.mark.parametrize("way", ["processes", "master"])
def test_a_master_without_workers_gives_up_without_a_verdict(tmp_path: Path, demo: Demo, way: str) -> None:
    port = free_port()
    bind = ("--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--expect-workers-max-wait", 2)
    # Workers of --processes that look for their master at another port never find it.
    more = ("--processes", 1, "--master-port", free_port()) if way == "processes" else ("--master",)
    words = ("-f", HOTEL, "-H", demo.url, *SMOKE, *more, *bind)
    master = Locust(tmp_path / "reports", *words, inside=("setsid",))
    done = master.wait(60)
    # Such a worker goes on looking for five minutes: it ends with the group of its master.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(master.process.pid, signal.SIGKILL)
    assert done.code == 3, done.out + done.err
    assert "Gave up waiting for workers" in done.err
