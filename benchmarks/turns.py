"""Processes that work in turns, one at a time, so that a machine's slow seconds fall on all of them alike.

A process that takes part prints its requests and its CPU seconds so far as one line of JSON
(``{"requests": ..., "cpu_s": ...}``) once it is at work, and again at each SIGUSR1; see ``progress_locustfile.py``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
TURN_S = 0.25
WARM_UP_S = 1.0
"""What a Locust does once, to begin, is no cost of a request."""


def headless(locustfile: Path | str, url: str, users: int, run_time: str, *words: str) -> list[str]:
    """Return the command of a Locust without a page that asks ``url``, all of its users at once."""
    command = [sys.executable, "-m", "locust", "-f", str(locustfile), "--headless", "--only-summary", "-H", url]
    return [*command, "--loglevel", "ERROR", "-u", str(users), "-r", str(users), "-t", run_time, *words]


def environment(**own: str) -> dict[str, str]:
    """Return this process's environment for such a Locust, with ``own`` in it."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **own}


class Worker:
    """One process under way, stopped but in its turns."""

    def __init__(self, command: Sequence[str], own: Mapping[str, str]) -> None:
        """Start it with ``own`` in its environment; RuntimeError."""
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env=environment(**own),
        )
        self._said()  # that it is ready
        time.sleep(WARM_UP_S)
        self._process.send_signal(signal.SIGSTOP)
        self._begun = self._asked()

    def work(self, seconds: float) -> None:
        """Let it work so long."""
        self._process.send_signal(signal.SIGCONT)
        time.sleep(seconds)
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it work from now on."""
        self._process.send_signal(signal.SIGCONT)

    def note(self) -> None:
        """Begin anew to count what it does."""
        self._begun = self._told()

    def speed_since(self) -> float:
        """Return its requests per second of its own CPU time since then; it works on."""
        return self._speed(self._told())

    def speed(self) -> float:
        """Return its requests per second of its own CPU time, in its turns; RuntimeError when requests failed."""
        return self._speed(self._asked())

    def _speed(self, now: dict[str, float]) -> float:
        if now.get("failures"):
            raise RuntimeError(f"{now['failures']:.0f} requests failed: this measures nothing")
        return (now["requests"] - self._begun["requests"]) / (now["cpu_s"] - self._begun["cpu_s"])

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()

    def _told(self) -> dict[str, float]:
        self._process.send_signal(signal.SIGUSR1)
        return self._said()

    def _asked(self) -> dict[str, float]:
        self._process.send_signal(signal.SIGCONT)
        said = self._told()
        self._process.send_signal(signal.SIGSTOP)
        return said

    def _said(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"it ended by itself, with exit code {self._process.wait()}")
        return dict(json.loads(line))


class Locust(Worker):
    """One Locust; ``recorded`` says whether the plugin is to record."""

    def __init__(
        self,
        locustfile: Path | str,
        url: str,
        users: int,
        recorded: bool,
        own: Mapping[str, str],
        words: Sequence[str] = (),
    ) -> None:
        """Start it with ``own`` in its environment and further ``words`` on its command line; RuntimeError."""
        self._reports = tempfile.TemporaryDirectory()
        kept = ("--reports-dir", self._reports.name, "--progress", "off") if recorded else ()
        command = headless(locustfile, url, users, "1h", *kept, *words)
        super().__init__(command, {"BENCHMARK_RECORD": str(int(recorded)), **own})

    def end(self) -> None:
        """End it."""
        super().end()
        self._reports.cleanup()


def take_turns(all_of_them: Sequence[Worker], seconds: float) -> None:
    """Let each work so long in all, in turns."""
    for _ in range(round(seconds / TURN_S)):
        for worker in all_of_them:
            worker.work(TURN_S)


def one_core_each(server: int) -> None:
    """Give a server (its process id) a core of its own where there are two; what is started next keeps to the other."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(server, cores[1:2])
        os.sched_setaffinity(0, cores[:1])
