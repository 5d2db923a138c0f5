"""A target that stops answering is never a pass, with every client, in an open model and with workers."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.cluster import own_port
from tests.support.processes import Demo, Finished, Locust

LOCUSTFILE = """
from locust import FastHttpUser, HttpUser, constant, task

import slo.plugin
from slo.lean import LeanHttpUser

class Guest({client}):
    wait_time = constant(0.02)

    @task
    def ask(self):
        self.client.get("/health/live", name="home")
"""
OBJECTIVES = (
    "version: 1\nobjectives:\n"
    "  - {name: errors, indicator: errors.ratio, target: 90 %}\n"
    "  - {name: p50, indicator: latency.p50, target: 5 s}\n"
)


def run_that_is_not_answered(folder: Path, words: Sequence[object]) -> Finished:
    """Run ``own.py`` in ``folder`` against an API that is frozen as soon as requests are measured."""
    demo = Demo()
    try:
        under_way = Locust(folder / "reports", "-f", folder / "own.py", "-H", demo.url, *words)
        under_way.await_journal()
        os.kill(demo.process.pid, signal.SIGSTOP)
        return under_way.wait()
    finally:
        os.kill(demo.process.pid, signal.SIGCONT)
        demo.stop()


@pytest.mark.parametrize(
    ("client", "load"),
    [
        pytest.param("HttpUser", ("-u", 4, "-r", 4), marks=pytest.mark.slow),
        pytest.param("FastHttpUser", ("-u", 4, "-r", 4), marks=pytest.mark.slow),
        ("LeanHttpUser", ("-u", 4, "-r", 4)),
        pytest.param("LeanHttpUser", ("-u", 4, "-r", 4, "--processes", 2), marks=pytest.mark.slow),
        pytest.param("LeanHttpUser", ("--rate", "20/s", "-u", 10), marks=pytest.mark.slow),
    ],
    ids=["HttpUser", "FastHttpUser", "LeanHttpUser", "workers", "rate"],
)
def test_a_target_that_stops_answering_is_never_a_pass(client: str, load: tuple[object, ...], tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(LOCUSTFILE.format(client=client), encoding="utf-8")
    (tmp_path / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    words = [*load, *(own_port() if "--processes" in load else ()), "-t", "8s", "--objectives", tmp_path / "o.yaml"]
    words += ["--report-formats", "html,markdown,junit", "--allow-incomplete"]
    done = run_that_is_not_answered(tmp_path, words)
    assert done.code == 1, done.out + done.err
    assert done.verdict["status"] == "FAIL"
    assert done.verdict["reason"].startswith("no answer for ")
    tally = done.run.tally("home".__eq__)
    assert tally.requests > 0
    assert 1 <= tally.unanswered.total <= 10
    assert tally.unanswered.max_us > tally.latency.max_us
    assert "no answer for " in done.out
    assert '<failure type="FAIL" message="no answer for ' in (done.folder / "junit.xml").read_text(encoding="utf-8")
    for report in ("report.md", "report.html", "junit.xml"):
        assert "no answer for " in (done.folder / report).read_text(encoding="utf-8"), report


ABORTING = (
    "version: 1\nobjectives:\n"
    "  - {name: quick, indicator: latency.p95, target: 2 s, priority: P0, abort: {after: 2 s}}\n"
)


@pytest.mark.slow
@pytest.mark.parametrize("processes", [(), ("--processes", 2)], ids=["one process", "workers"])
def test_a_target_that_stops_answering_ends_its_run(processes: tuple[object, ...], tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(LOCUSTFILE.format(client="LeanHttpUser"), encoding="utf-8")
    (tmp_path / "o.yaml").write_text(ABORTING, encoding="utf-8")
    words = ["-u", 4, "-r", 4, "-t", "300s", *processes, *(own_port() if processes else ())]
    words += ["--objectives", tmp_path / "o.yaml", "--progress", "on"]
    done = run_that_is_not_answered(tmp_path, words)
    assert done.code == 2, done.out + done.err
    assert done.run.ended.how == "aborted"
    assert "the run is aborted: 'quick' was past its target for " in done.err
    assert "no answer over the last 10 s, the oldest request is open for " in done.err
    assert "4 open, the oldest for " in done.err
    assert done.verdict["status"] == "CRITICAL"


OWN_CLIENT = """
import time
import urllib.request

from locust import User, constant, task

import slo.plugin

class Guest(User):
    wait_time = constant(0.02)

    @task
    def ask(self):
        begun = time.perf_counter()
        length = len(urllib.request.urlopen(self.host + "/health/live").read())
        took_ms = (time.perf_counter() - begun) * 1000
        self.environment.events.request.fire(
            request_type="own", name="home", response_time=took_ms, response_length=length, exception=None, context={}
        )
"""


@pytest.mark.parametrize("processes", [(), pytest.param(("--processes", 2), marks=pytest.mark.slow)])
def test_a_client_of_the_locustfile_s_own_that_is_not_answered_is_no_pass(
    processes: tuple[object, ...], tmp_path: Path
) -> None:
    (tmp_path / "own.py").write_text(OWN_CLIENT, encoding="utf-8")
    (tmp_path / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    words = ["-u", 4, "-r", 4, "-t", "8s", *processes, *(own_port() if processes else ())]
    done = run_that_is_not_answered(tmp_path, [*words, "--objectives", tmp_path / "o.yaml", "--allow-incomplete"])
    assert done.run.tally("home".__eq__).requests > 0, done.out + done.err
    assert 1 <= done.run.code.waiting_tasks <= 4
    assert done.verdict["status"] == "WARNING", done.out + done.err
    assert done.verdict["reason"].startswith("no request ended for the last ")
