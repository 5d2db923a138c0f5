"""Who ends the load, and what that means for the verdict: a signal, the locustfile, its shape, its slow preparation."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.support.cluster import own_port
from tests.support.processes import Demo, Finished, Locust, locust
from tests.support.waiting import wait_for

SUITE = """
import sys
import time

import gevent
from locust import HttpUser, LoadTestShape, constant, events, task
from locust.exception import StopUser

import slo.plugin

class Guest(HttpUser):
    wait_time = constant(0.05)
    asked = 0

    @task
    def ask(self):
        self.client.get("{path}", name="home")
        Guest.asked += 1
        {then}
"""
OBJECTIVES = "version: 1\nobjectives:\n  - {indicator: errors.ratio, target: 50 %, priority: P0}\n"
GOOD, BAD = "/health/live", "/nowhere"


def words(folder: Path, demo: Demo, text: str, *more: object) -> list[object]:
    (folder / "own.py").write_text(text, encoding="utf-8")
    (folder / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    return ["-f", folder / "own.py", "-H", demo.url, "--objectives", folder / "o.yaml", *more]


def ran(folder: Path, demo: Demo, text: str, *more: object) -> Finished:
    return locust(folder / "reports", *words(folder, demo, text, *more))


LISTENING = """
@events.quitting.add_listener
def quitting(**_):
    sys.stderr.write("quitting is called\\n")

@events.quit.add_listener
def quit(**_):
    sys.stderr.write("quit is called\\n")
"""
SHAPE = """
class Steps(LoadTestShape):
    def tick(self):
        return (1, 1) if self.get_run_time() < 60 else None
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
@pytest.mark.parametrize("shape", ["", SHAPE], ids=["-t", "shape"])
def test_a_signal_shuts_locust_down_once(shape: str, number: signal.Signals, demo: Demo, tmp_path: Path) -> None:
    text = SUITE.format(path=GOOD, then="pass") + LISTENING + shape
    more = ("-u", 1, "-t", "60s", "--json-file", tmp_path / "locust.json")
    under_way = Locust(tmp_path / "reports", *words(tmp_path, demo, text, *more))
    under_way.await_journal()
    under_way.process.send_signal(number)
    done = under_way.wait()
    assert done.code == 128 + number, done.err
    assert (done.err.count("quitting is called"), done.err.count("quit is called")) == (1, 1)
    assert [entry["name"] for entry in json.loads((tmp_path / "locust.json.json").read_text())] == ["home"]
    assert done.run.ended.how == "interrupted"
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "then",
    [
        "Guest.asked > 20 and self.environment.runner.quit()",
        "Guest.asked == 20 and gevent.spawn(self.environment.runner.quit)",
    ],
    ids=["runner.quit()", "spawned"],
)
@pytest.mark.parametrize(("path", "code", "status"), [(GOOD, 3, "NO DATA"), (BAD, 2, "CRITICAL")])
def test_what_is_missed_when_the_locustfile_ends_the_run_stays_missed(
    then: str, path: str, code: int, status: str, demo: Demo, tmp_path: Path
) -> None:
    done = ran(tmp_path, demo, SUITE.format(path=path, then=then), "-t", "60s")
    assert (done.code, done.verdict["status"]) == (code, status), done.err
    assert done.run.ended.how == "quit"
    assert "ended early: the locustfile, or a plugin, ended it after" in done.verdict["reason"]
    assert done.run.tally().requests >= 20


def test_a_run_without_a_planned_end_that_the_locustfile_ends_is_judged(demo: Demo, tmp_path: Path) -> None:
    text = SUITE.format(path=GOOD, then="Guest.asked > 20 and self.environment.runner.quit()")
    done = ran(tmp_path, demo, text)
    assert done.worked, done.err
    assert done.run.ended.how == "stopped"
    assert "the locustfile, or a plugin, ended it" in done.run.ended.reason


TIMED = """
class Steps(LoadTestShape):
    first = True

    def tick(self):
        if self.first:
            self.first = False
            return 1, 1
        return (1, 1) if self.get_run_time() < 3 else None

@events.test_start.add_listener
def prepare(**_):
    time.sleep(1.5)

@events.test_stop.add_listener
def say(environment, **_):
    sys.stderr.write(f"shape time {environment.shape_class.get_run_time():.1f}\\n")
"""


def test_a_shape_of_the_users_keeps_its_time_and_ends_the_run_beside_a_run_time(demo: Demo, tmp_path: Path) -> None:
    done = ran(tmp_path, demo, SUITE.format(path=GOOD, then="pass") + TIMED, "-t", "600s")
    assert done.worked, done.err
    assert done.run.ended.how == "completed"
    # The shape's 3 s, from before the preparation of 1.5 s: the run has what is left, and at most a tick more.
    assert done.run.duration_s < 3 or done.was_held_up, done.err


PREPARED = """
@events.test_start.add_listener
def prepare(**_):
    time.sleep(2)
"""


def test_a_slow_preparation_takes_a_part_of_the_run_time_and_that_is_said(demo: Demo, tmp_path: Path) -> None:
    done = ran(tmp_path, demo, SUITE.format(path=GOOD, then="pass") + PREPARED, "-t", "5s")
    assert done.worked, done.err
    assert done.run.ended.how == "completed"
    assert any("listeners to test_start took" in note for note in done.verdict["notes"])


def test_a_web_ui_ends_with_the_code_of_its_last_verdict(demo: Demo, tmp_path: Path) -> None:
    text = SUITE.format(path=BAD, then="pass") + LISTENING
    more = ("--autostart", "-u", 1, "-t", "2s", "--web-host", "127.0.0.1", "--web-port", 0)
    under_way = Locust(tmp_path / "reports", *words(tmp_path, demo, text, *more), headless=False)
    wait_for(lambda: list((tmp_path / "reports").glob("*/verdict.json")))
    under_way.process.send_signal(signal.SIGTERM)
    done = under_way.wait()
    assert (done.code, done.verdict["status"]) == (2, "CRITICAL"), done.err
    assert (done.err.count("quitting is called"), done.err.count("quit is called")) == (1, 1)


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("limit", "count"), [("30", 30), ("10/user", 20)])
def test_a_limit_of_iterations_ends_the_run(limit: str, count: int, processes: int, demo: Demo, tmp_path: Path) -> None:
    text = SUITE.format(path=GOOD, then="pass")
    more = ["-u", 2, "-r", 2, "--iterations", limit, "-t", "60s"]
    more += ["--processes", processes, *own_port()] if processes > 1 else []
    done = ran(tmp_path, demo, text, *more)
    assert done.worked, done.err
    assert done.run.ended.how == "completed"
    assert done.run.tally().requests == count
    assert done.run.code.users_ended == 2 or limit == "30"
    assert done.run.duration_s < 30


def test_a_limit_of_iterations_that_the_run_time_ends_first_is_not_reached(demo: Demo, tmp_path: Path) -> None:
    done = ran(tmp_path, demo, SUITE.format(path=GOOD, then="pass"), "--iterations", "100000", "-t", "2s")
    assert done.code == 3, done.err
    assert "of 100,000 iterations were executed after" in done.verdict["reason"]


def test_users_that_stop_themselves_leave_a_warning_and_no_doubt_about_what_was_measured(
    demo: Demo, tmp_path: Path
) -> None:
    text = SUITE.format(path=GOOD, then="if Guest.asked > 20: raise StopUser")
    done = ran(tmp_path, demo, text, "-u", 4, "-r", 4, "-t", "5s")
    assert done.reached("WARNING"), done.err
    assert done.verdict["reason"].startswith("4 users ended by themselves (StopUser), and the run (requested: 4 users")


CLEANING = """
    def on_stop(self):
        time.sleep(1)
        self.client.get("/health/ready", name="cleaning")

@events.test_stop.add_listener
def clean(environment, **_):
    time.sleep(1)
    with Guest(environment).client.get("/nowhere", name="cleaning", catch_response=True) as response:
        response.failure("gone")
"""


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_requests_that_clean_up_after_the_load_are_counted_apart(processes: int, demo: Demo, tmp_path: Path) -> None:
    text = SUITE.format(path=GOOD, then="pass") + CLEANING
    more = ["-u", 2, "-r", 2, "-t", "3s"] + (["--processes", processes, *own_port()] if processes > 1 else [])
    done = ran(tmp_path, demo, text, *more)
    assert done.worked, done.err
    assert done.run.endpoints == ["home"]
    # In a distributed run each worker's listener to test_stop is called, and that of the master, which records nothing.
    assert (done.run.code.after_load, done.run.code.after_load_failed) == (2 + processes, processes)
    # The listener of a master is called before its workers are told to stop.
    assert processes > 1 or done.run.duration_s < 3.9 or done.was_held_up
    assert any("made after the load, in listeners to test_stop or in on_stop" in one for one in done.verdict["notes"])
