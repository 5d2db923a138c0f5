"""Small locustfiles with one planted fault of the user's code, and what must hold for a run of any of them."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slo.record import run as records
from tests.support.cluster import own_port
from tests.support.processes import Demo, Finished, Locust

HEAD = """
import os
import sys

import gevent
from locust import {client}, constant, events, task
from locust.exception import StopUser

import slo.plugin

CALLS = dict()

def reached(place):
    CALLS[place] = CALLS.get(place, 0) + 1
    return CALLS[place] == {at}
"""
USER = """
class Guest({client}):
    wait_time = constant(0.02)

    def on_start(self):
        environment = self.environment
        {on_start}

    def on_stop(self):
        environment = self.environment
        {on_stop}

    @task
    def ask(self):
        environment = self.environment
        {before}
        self.client.get("{path}", name="home")
        {task}
"""
LISTENER = """
@events.{event}.add_listener
def planted(environment=None, **_):
    {fault}
"""
EVENTS = ("init", "test_start", "request", "test_stopping", "test_stop", "quitting", "quit", "spawning_complete")
IN_THE_USER = ("on_start", "on_stop", "before", "task")
PLACES = ("import", *IN_THE_USER, *EVENTS)
FAULTS = {
    "raise": "raise RuntimeError('planted')",
    "MemoryError": "raise MemoryError",
    "sys.exit(0)": "sys.exit(0)",
    "sys.exit(1)": "sys.exit(1)",
    "os._exit(0)": "os._exit(0)",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "GreenletExit": "raise gevent.GreenletExit",
    "StopUser": "raise StopUser",
    "runner.quit()": "environment is not None and environment.runner and environment.runner.quit()",
    "exit code 0": "environment is not None and setattr(environment, 'process_exit_code', 0)",
    "odd latency": (
        "events.request.fire(request_type='GET', name='odd', response_time=float('nan'), response_length=0, "
        "exception=None, context={})"
    ),
    "odd text": (
        "events.request.fire(request_type='GET', name='odd\\ud83d', response_time=5.0, response_length=0, "
        "exception=ValueError('half \\ud83d'), context={})"
    ),
    "blocking call": "__import__('ctypes').CDLL(None).sleep(2)",
    "reset": "environment is not None and environment.stats.reset_all()",
}
HANGING = {"hanging call": "gevent.sleep(3600)"}
GOOD, BAD = "/health/live", "/nowhere"
OBJECTIVES = (
    "version: 1\nobjectives:\n  - {name: errors, indicator: errors.ratio, target: 5 %, priority: P0, endpoint: home}\n"
)
WORKER_ENDS_S = 90
"""A worker whose master is gone notices it after 60 s."""
COUNTED = re.compile(r'^http_requests_total\{endpoint="(health_live|other)".*\} (\S+)$', re.MULTILINE)


@dataclass(frozen=True)
class Plant:
    """A fault at a place of a locustfile, when that place is reached for the ``at``-th time.

    ``processes``: 1, 2 for ``--processes 2``, or 3 for a master and two workers that are started one by one.
    """

    place: str
    fault: str
    at: int = 1
    client: str = "HttpUser"
    misses: bool = False
    processes: int = 1

    def __str__(self) -> str:
        return f"{self.place}-{self.fault}-{self.at}-{self.client}-{'miss' if self.misses else 'good'}-{self.processes}"

    def text(self) -> str:
        """Return the locustfile."""
        fault = f"if reached({self.place!r}): {(FAULTS | HANGING)[self.fault]}"
        if self.place == "import":
            fault = FAULTS[self.fault].replace("environment", "None")
        inside = {
            place: fault if place == self.place else "pass" for place in ("on_start", "on_stop", "before", "task")
        }
        parts = [HEAD.format(client=self.client, at=self.at)]
        if self.place in EVENTS:
            parts.append(LISTENER.format(event=self.place, fault=fault))
        parts.append(USER.format(client=self.client, path=BAD if self.misses else GOOD, **inside))
        return "".join(parts) + (f"\n{fault}\n" if self.place == "import" else "")


def run(plant: Plant, demo: Demo, folder: Path) -> tuple[Finished, int]:
    """Run the locustfile; returns how it ended, and how many of its requests the target counted."""
    words = _words(plant, demo, folder, "3s")
    if plant.processes == 2:
        words += ["--processes", 2, *own_port()]
    if plant.processes == 3:
        words += ["--master", "--expect-workers", 2, "--expect-workers-max-wait", 15, *own_port()]
    before = _counted(demo, plant)
    inside = ("env",) if plant.place == "import" else ()  # an import is a fault of a real start alone
    started = Locust(folder / "reports", *words, inside=inside)
    workers = [_worker(folder, number, words, inside) for number in range(2 if plant.processes == 3 else 0)]
    done = started.wait()
    own_code = plant.fault == "sys.exit(1)" and plant.place in ("quit", "quitting")
    for worker in workers:
        if plant.place in ("import", "init"):
            worker.process.kill()  # of a master that ended so early Locust's workers wait for the next one
            continue
        assert worker.wait(WORKER_ENDS_S).code not in (1, 2) or own_code, worker.text()
    return done, _counted(demo, plant) - before


def hang(place: str, demo: Demo, folder: Path) -> Finished:
    """Run a locustfile that waits for ever at ``place``, when the load ends or later; signals end it."""
    plant = Plant(place, "hanging call", misses=True)
    under_way = Locust(folder / "reports", *_words(plant, demo, folder, "2s"))
    under_way.await_journal()
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            under_way.process.wait(timeout=5)
            break
        except subprocess.TimeoutExpired:
            under_way.process.send_signal(signal.SIGTERM)
    return under_way.wait(5)


def _words(plant: Plant, demo: Demo, folder: Path, run_time: str) -> list[object]:
    """Write the locustfile and its objectives into ``folder``; returns the options that run them."""
    (folder / "own.py").write_text(plant.text(), encoding="utf-8")
    (folder / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    load = ["-H", demo.url, "-u", 2, "-r", 2, "-t", run_time]
    return ["-f", folder / "own.py", *load, "--objectives", folder / "o.yaml"]


def _worker(folder: Path, number: int, words: Sequence[object], inside: Sequence[str]) -> Locust:
    port = words[words.index("--master-bind-port") + 1]
    own = ("-f", folder / "own.py", "--worker", "--master-host", "127.0.0.1", "--master-port", port)
    return Locust(folder / f"worker {number}", *own, headless=False, inside=inside)


def _counted(demo: Demo, plant: Plant) -> int:
    endpoint = "other" if plant.misses else "health_live"
    text = demo.ask("GET", "/metrics")[1]
    return sum(int(float(count)) for name, count in COUNTED.findall(text) if name == endpoint)


def check(plant: Plant, done: Finished, counted: int) -> None:
    """Check what must hold for each fault: a verdict for each of its exit codes, no miss that passes, no lost count."""
    said = f"{plant}\n{done.out}\n{done.err}"
    folders = [path for path in done.reports.glob("*-*Z*") if path.is_dir()]
    verdict = done.verdict if folders and (folders[-1] / "verdict.json").exists() else None
    if done.code in (0, 1, 2):
        assert verdict is not None, said
        assert done.code >= verdict["exit_code"], said
        assert done.code == verdict["exit_code"] or "set the exit code" in done.err, said
    else:
        assert done.code in (3, 130, 143), said
    if plant.misses:
        assert done.code != 0, said
    if verdict is not None and plant.misses and counted:
        assert verdict["status"] not in ("PASS", "WARNING"), said
    if not folders or not counted or not (folders[-1] / records.FILE_NAME).exists():
        assert done.code >= 3, said
        return
    tally = done.run.tally("home".__eq__)
    if done.run.ended.how in ("completed", "stopped", "quit"):
        open_ones = tally.unanswered.total
        assert tally.requests <= counted <= tally.requests + open_ones, said
    else:
        assert tally.requests <= counted, said
