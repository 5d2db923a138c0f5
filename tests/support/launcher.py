"""Starts Locust processes without the seconds that each of them would import: one process imports, then forks.

``python -m tests.support.launcher`` reads jobs from stdin, a line of JSON each, and writes ``start <job> <pid>`` and
``end <pid> <code>``; a child becomes ``python -m locust`` with the job's arguments, environment and files. What the
plugin registers as it is imported is left to each child, whose locustfile may not import it. ``Launcher`` and
``Launched`` are the other side.
"""

from __future__ import annotations

import json
import os
import random
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]


class Launched:
    """A process that the launcher started; the same methods as ``subprocess.Popen``."""

    def __init__(self, launcher: Launcher, pid: int) -> None:
        self._launcher = launcher
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        if self.returncode is None:
            self.returncode = self._launcher.ended(self.pid, 0.0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self.returncode = self._launcher.ended(self.pid, timeout)
            if self.returncode is None:
                raise subprocess.TimeoutExpired("locust", timeout or 0.0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


class Launcher:
    """The launcher of this test process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.launcher"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self._changed = threading.Condition()
        self._started: dict[int, int] = {}
        self._ended: dict[int, int] = {}
        self._jobs = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def start(self, words: Sequence[str], env: Mapping[str, str], out: IO[str], err: IO[str], cwd: Path) -> Launched:
        """Start ``python -m locust`` with ``words``, its output in two files."""
        job = {"words": list(words), "env": dict(env), "out": out.name, "err": err.name, "cwd": str(cwd)}
        assert self._process.stdin is not None
        with self._changed:
            self._jobs += 1
            number = self._jobs
            self._process.stdin.write(json.dumps({"job": number, **job}) + "\n")
            self._process.stdin.flush()
            assert self._changed.wait_for(lambda: number in self._started, 300), "the launcher does not answer"
            return Launched(self, self._started.pop(number))

    def ended(self, pid: int, timeout_s: float | None) -> int | None:
        """Return the exit code of a process within a time; None if it still runs then."""
        with self._changed:
            self._changed.wait_for(lambda: pid in self._ended, timeout_s)
            return self._ended.get(pid)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            kind, first, second = line.split()
            with self._changed:
                (self._started if kind == "start" else self._ended)[int(first)] = int(second)
                self._changed.notify_all()


@cache
def launcher() -> Launcher:
    """Return the launcher, which is started at the first call and ends with this process."""
    return Launcher()


def prepare() -> None:
    """Import what Locust and the plugin need."""
    import locust.main  # noqa: F401  # patches the standard library

    import slo.lean.user
    import slo.runtime.coordinator
    import slo.runtime.worker  # noqa: F401


def serve() -> dict[str, Any]:
    """Fork for each job, until stdin ends; returns the job, in the child."""
    from gevent.monkey import get_original

    fork, waitpid, set_signal = (
        get_original(module, name) for module, name in (("os", "fork"), ("os", "waitpid"), ("signal", "signal"))
    )

    def tell(*words: object) -> None:
        os.write(1, (" ".join(map(str, words)) + "\n").encode())

    def reap(*_: object) -> None:
        while True:
            try:
                pid, status = waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            tell("end", pid, os.waitstatus_to_exitcode(status))

    set_signal(signal.SIGCHLD, reap)
    set_signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for pytest, which ends us
    waiting = b""
    while chunk := os.read(0, 65536):
        waiting += chunk
        *lines, waiting = waiting.split(b"\n")
        for line in lines:
            job: dict[str, Any] = json.loads(line)
            pid = fork()
            if not pid:
                set_signal(signal.SIGCHLD, signal.SIG_DFL)
                set_signal(signal.SIGINT, signal.default_int_handler)
                return job
            tell("start", job["job"], pid)
    sys.exit()


def become(job: Mapping[str, Any]) -> None:
    """Take the job's environment, files and arguments."""
    for number, (name, flags) in enumerate(
        [("/dev/null", os.O_RDONLY), (job["out"], os.O_WRONLY | os.O_APPEND), (job["err"], os.O_WRONLY | os.O_APPEND)]
    ):
        file = os.open(name, flags)
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(job["env"])
    time.tzset()
    os.chdir(job["cwd"])
    random.seed()
    sys.argv = ["locust", *job["words"]]


if __name__ == "__main__":
    prepare()
    become(serve())
    runpy.run_module("locust", run_name="__main__", alter_sys=True)
