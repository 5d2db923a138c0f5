"""Tasks and event listeners that raise are reported, in one process and in workers, and the run never passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cluster import own_port
from tests.support.processes import Demo, locust

LOCUSTFILE = """
from locust import HttpUser, constant, task
from locust.exception import RescheduleTask

import slo.plugin

class Guest(HttpUser):
    wait_time = constant(0.05)

    {body}

class Leaving(HttpUser):
    wait_time = constant(0.05)

    @task
    def leave(self):
        self.client.get("/health/live", name="home")
        raise RescheduleTask()
"""
TASK = """
    @task
    def ask(self):
        self.client.get("/health/live", name="home")
        raise KeyError("no such room")
"""
SELDOM = """
    turns = 0

    @task
    def ask(self):
        self.client.get("/health/live", name="home")
        self.turns += 1
        if self.turns % 3 == 0:
            raise KeyError("no such room")
"""
ON_START = """
    def on_start(self):
        raise KeyError("no such room")

    @task
    def ask(self):
        self.client.get("/health/live", name="home")
"""
FORMATS = ("--report-formats", "html,markdown,junit")
OBJECTIVES = "version: 1\nobjectives:\n  - {indicator: errors.ratio, target: 5 %}\n"


@pytest.mark.parametrize(
    ("body", "workers"),
    [(TASK, 0), (SELDOM, 0), (ON_START, 0), pytest.param(TASK, 2, marks=pytest.mark.slow)],
    ids=["task", "seldom", "on_start", "workers"],
)
def test_an_exception_of_a_task_is_never_a_pass(body: str, workers: int, demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(LOCUSTFILE.format(body=body.strip()), encoding="utf-8")
    (tmp_path / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    words = ["-f", str(tmp_path / "own.py"), "-H", demo.url, "-u", "4", "-r", "4", "-t", "3s"]
    words += ["--processes", str(workers), *map(str, own_port())] if workers else []
    done = locust(tmp_path / "reports", *words, "--objectives", tmp_path / "o.yaml", "--allow-incomplete", *FORMATS)
    assert done.reached("FAIL" if body is TASK else "WARNING"), done.out + done.err
    assert "left tasks or event listeners: KeyError: 'no such room'" in done.verdict["reason"]
    assert list(done.run.code.exceptions) == ["KeyError: 'no such room'"]
    raised = done.run.code.exceptions.total()
    assert raised >= 2
    leaving, asking = done.run.code.tasks["Leaving.leave"], done.run.code.tasks.get("Guest.ask", [0, 0])
    assert leaving[0] > leaving[1] == 0  # RescheduleTask is none
    assert asking[1] == (0 if body is ON_START else raised)
    assert (asking[0] == asking[1]) == (body is not SELDOM)
    if body is TASK:
        assert "an exception ended every execution of Guest.ask: " in done.verdict["reason"]
    for report in ("report.md", "report.html", "junit.xml"):
        assert "no such room" in (done.folder / report).read_text(encoding="utf-8")
    assert "no such room" in done.out


LISTENERS = """
from locust import HttpUser, constant, events, task

import slo.plugin

@events.{event}.add_listener
def fail(**_):
    raise ValueError("no such room")

class Guest(HttpUser):
    wait_time = constant(0.05)

    @task
    def ask(self):
        self.client.get("/health/live", name="home")
"""


@pytest.mark.parametrize(
    ("event", "code", "status"),
    [
        ("test_start", 0, "WARNING"),
        ("request", 0, "WARNING"),
        ("test_stop", 0, "WARNING"),
        ("quitting", 3, "PASS"),
    ],
)
def test_a_listener_that_fails_is_never_a_pass(event: str, code: int, status: str, demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(LISTENERS.format(event=event), encoding="utf-8")
    (tmp_path / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    words = ("-f", tmp_path / "own.py", "-H", demo.url, "-u", 2, "-t", "2s", "--objectives", tmp_path / "o.yaml")
    done = locust(tmp_path / "reports", *words, "--allow-incomplete")
    assert (done.code, done.verdict["status"]) == (code, status), done.out + done.err
    if code:
        assert "no verdict: 1 exception left tasks or event listeners" in done.err
    else:
        assert list(done.run.code.exceptions) == ["event listener: ValueError: no such room"]
