"""Requests that a task makes in greenlets of its own count for its user, with every client."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.processes import Demo, locust

LOCUSTFILE = """
import gevent
from gevent.pool import Pool
from locust import FastHttpUser, HttpUser, constant, task

import slo.plugin
from slo.lean import LeanHttpUser

class Guest({client}):
    wait_time = constant(0.1)

    @task
    def ask(self):
        gevent.sleep(0.5)  # with one user the next arrival begins late
        pool = Pool(3)
        for _ in range(3):
            pool.spawn(self.client.get, "/health/live", name="home")
        pool.join()
"""
OBJECTIVES = "version: 1\nobjectives:\n  - {indicator: errors.ratio, target: 5 %}\n"


@pytest.mark.parametrize("client", ["HttpUser", "FastHttpUser", "LeanHttpUser"])
def test_they_began_as_late_as_their_user_and_carry_a_trace(client: str, demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(LOCUSTFILE.format(client=client), encoding="utf-8")
    (tmp_path / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    words = ("-f", tmp_path / "own.py", "-H", demo.url, "--rate", "10/s", "-t", "3s", "-u", 1, "--trace-context")
    done = locust(tmp_path / "reports", *words, "--objectives", tmp_path / "o.yaml", "--allow-incomplete")
    tally = done.run.tally("home".__eq__)
    assert tally.requests >= 6, done.out + done.err
    assert tally.ok_due.total == tally.ok.total
    # Each iteration takes half a second and another begins every tenth: all but the first ones begin later and later.
    assert tally.ok_due.percentile(90) > tally.ok.percentile(90) + 500_000
    assert done.run.slowest


UNREPORTED = """
from locust import FastHttpUser, HttpUser, constant, task

import slo.plugin
from slo.lean import LeanHttpUser

class Guest({client}):
    wait_time = constant(0.05)

    @task
    def forget(self):
        self.client.get("/health/live", name="home", catch_response=True)

    @task
    def ask(self):
        with self.client.get("/health/live", name="home", catch_response=True) as response:
            response.success()
"""


@pytest.mark.parametrize("client", ["HttpUser", "FastHttpUser", "LeanHttpUser"])
def test_responses_that_a_locustfile_never_reports_are_no_pass(client: str, demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(UNREPORTED.format(client=client), encoding="utf-8")
    (tmp_path / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    words = ("-f", tmp_path / "own.py", "-H", demo.url, "-u", 2, "-r", 2, "-t", "2s")
    done = locust(tmp_path / "reports", *words, "--objectives", tmp_path / "o.yaml", "--allow-incomplete")
    assert done.verdict["status"] == "WARNING", done.out + done.err
    assert done.run.code.unreported > 0
    assert f"{done.run.code.unreported:,} response" in done.verdict["reason"]
    assert "never reported, and counted nowhere" in done.out
    assert done.run.code.tasks["Guest.ask"][0] == pytest.approx(done.run.tally().requests, abs=2)
    assert done.run.code.tasks["Guest.forget"][0] == pytest.approx(done.run.code.unreported, abs=2)
