"""A locustfile that ends the process by itself: never a verdict's exit code, and the record is kept."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.cluster import own_port
from tests.support.processes import A_FEW, Demo, Locust, locust
from tests.support.waiting import wait_for

LOCUSTFILE = """
import sys

import gevent
from locust import HttpUser, constant, events, task

import slo.plugin

class Guest(HttpUser):
    wait_time = constant(0.05)

    @task
    def ask(self):
        self.client.get("/health/live", name="home")
"""
ENDINGS = {
    "init": "@events.init.add_listener\ndef end(**_):\n    {how}\n",
    "test_start": "@events.test_start.add_listener\ndef end(**_):\n    {how}\n",
    "request": "@events.request.add_listener\ndef end(**_):\n    {how}\n",
    "test_stop": "@events.test_stop.add_listener\ndef end(**_):\n    {how}\n",
    "quitting": "@events.quitting.add_listener\ndef end(**_):\n    {how}\n",
    "task": "@task\ndef end(user):\n    gevent.sleep(1)\n    {how}\nGuest.tasks = [end]\n",
    "greenlet": "def end():\n    gevent.sleep(2)\n    {how}\ngevent.spawn(end)\n",
}
OBJECTIVES = "version: 1\nobjectives:\n  - {indicator: errors.ratio, target: 50 %}\n"


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "how", ["sys.exit(0)", pytest.param("sys.exit(1)", marks=SLOW), pytest.param("raise SystemExit", marks=SLOW)]
)
@pytest.mark.parametrize("where", ENDINGS)
def test_a_process_that_its_locustfile_ends_has_no_verdict(where: str, how: str, demo: Demo, tmp_path: Path) -> None:
    text = LOCUSTFILE + ENDINGS[where].format(how=how)
    (tmp_path / "own.py").write_text(text, encoding="utf-8")
    (tmp_path / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    words = ("-f", tmp_path / "own.py", "-H", demo.url, "-u", 1, "-t", "3s", "--objectives", tmp_path / "o.yaml")
    done = locust(tmp_path / "reports", *words)
    assert done.code == 3, done.out + done.err
    assert "no verdict: the locustfile, or a plugin, ended the process" in done.err
    if where not in ("init", "quitting", "test_start"):
        assert done.run.ended.how in ("incomplete", "completed"), done.run.ended
        assert not list(done.folder.glob("journal*"))


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("raise KeyError('seed')", 3),
        pytest.param("sys.exit(0)", 3, marks=SLOW),
        pytest.param("sys.exit(1)", 3, marks=SLOW),
        pytest.param("import nothing_of_that_name", 3, marks=SLOW),
        pytest.param("", 0, marks=SLOW),
    ],
)
def test_a_locustfile_that_cannot_be_imported_is_no_verdict(how: str, code: int, demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(LOCUSTFILE + how + "\n", encoding="utf-8")
    more = ("-f", tmp_path / "own.py", "-H", demo.url, *A_FEW)
    done = Locust(tmp_path / "reports", *more, inside=("env",)).wait()
    assert done.code == code, done.out + done.err
    assert ("no verdict: the locustfile could not be imported" in done.err) == (code == 3)
    listed = Locust(tmp_path / "listed", *more, "--list", inside=("env",)).wait()
    assert listed.code == code


@pytest.mark.slow
@pytest.mark.parametrize("where", ["test_start", "test_stop"])
def test_a_master_that_is_ended_takes_its_workers_along(where: str, demo: Demo, tmp_path: Path) -> None:
    text = LOCUSTFILE + ENDINGS[where].format(how="environment.parsed_options.worker or sys.exit(0)")
    (tmp_path / "own.py").write_text(text.replace("def end(**_)", "def end(environment, **_)"), encoding="utf-8")
    (tmp_path / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    words = ["-f", tmp_path / "own.py", "-H", demo.url, "-u", 2, "-t", "3s", "--objectives", tmp_path / "o.yaml"]
    words += ["--processes", 2, *own_port()]
    marker = str(tmp_path / "own.py")
    under_way = Locust(tmp_path / "reports", *words, inside=("env",))  # its command line names the file
    wait_for(lambda: processes_now().count(marker) >= 3)
    done = under_way.wait()
    assert done.code == 3, done.out + done.err
    wait_for(lambda: marker not in processes_now())


def processes_now() -> str:
    return subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True).stdout
