"""Requests whose with-block an exception leaves are counted, with every client."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.processes import BUSY, Demo, locust

LOCUSTFILE = """
import itertools

from locust import FastHttpUser, HttpUser, constant, task
from locust.exception import RescheduleTask

import slo.plugin
from slo.lean import LeanHttpUser

class Guest({client}):
    wait_time = constant(0.01)
    turn = itertools.count()

    @task
    def ask(self):
        number = next(self.turn)
        if number >= 40:
            self.environment.runner.quit()
        with self.client.get("/health/live", name="home", catch_response=True) as response:
            if number % 4 == 0:
                response.json()["no such key"]
            if number % 4 == 1:
                raise RescheduleTask()
"""
OBJECTIVES = "version: 1\nobjectives:\n  - {name: errors, indicator: errors.ratio, target: 5 %, priority: P0}\n"


@pytest.mark.parametrize("client", ["HttpUser", "FastHttpUser", "LeanHttpUser"])
def test_an_exception_is_a_failed_request(client: str, demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(LOCUSTFILE.format(client=client), encoding="utf-8")
    (tmp_path / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    words = ("-f", tmp_path / "own.py", "-H", demo.url, "-u", 1, "--objectives", tmp_path / "o.yaml")
    done = locust(tmp_path / "reports", *words, "--allow-incomplete")
    tally = done.run.tally("home".__eq__)
    assert tally.requests >= 40, done.out + done.err
    assert tally.errors == pytest.approx(tally.requests / 4, abs=1)
    assert [kind for kind in tally.failures if "no such key" not in kind] == []
    # A busy machine of ours could cause failures without an HTTP status; it is never a pass.
    busy = BUSY in done.verdict["reason"]
    assert (done.code, done.statuses()) == ((3, {"errors": "NO DATA"}) if busy else (2, {"errors": "CRITICAL"}))
