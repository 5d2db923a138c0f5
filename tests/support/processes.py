"""Real processes for tests: the demo API, and Locust against it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slo.analysis import generator_health
from slo.record import run as runs
from slo.record.run import Run
from tests.support.launcher import Launched, launcher

ROOT = Path(__file__).parents[2]
HOTEL = ROOT / "locustfiles" / "hotel.py"
BASIC = ROOT / "tests" / "locustfiles" / "basic.py"


def environment(**extra: str) -> dict[str, str]:
    """Return this process's environment without what would change a run, and with ``extra``.

    The HTML report takes seconds: who wants one says so.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(("LOCUST_", "GITHUB_"))}
    for secret in ("WHATSAPP_APP_SECRET", "ADMIN_TOKEN"):
        own.pop(secret, None)
    fast = {"LOCUST_SLO_REPORT_FORMATS": "markdown,junit"}
    return {**own, "PYTHONPATH": str(ROOT), "COLUMNS": "100", **fast, **extra}


class Demo:
    """A running demo API; ``faults`` changes what is wrong with it."""

    def __init__(self, *words: str, **env: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "demo", "--port", "0", "--exit-with-stdin", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(**env),
            cwd=ROOT,
        )
        assert self.process.stdout is not None
        self.line = json.loads(self.process.stdout.readline())
        self.url: str = self.line["url"]

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Mapping[str, str]]:
        """Return status, body (from JSON where it is) and headers of a request."""
        raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, raw, headers, method=method)
        try:
            response = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            text = response.read().decode()
            is_json = "json" in response.headers.get("Content-Type", "")
            return response.status, json.loads(text) if is_json else text, response.headers

    def faults(self, **changes: Any) -> dict[str, Any]:
        """Change faults; returns all in force."""
        status, data, _ = self.ask("PUT", "/control/faults", changes)
        assert status == 200, data
        return dict(data)

    def heal(self) -> None:
        """Take all faults back."""
        _, data, _ = self.ask("GET", "/control/faults")
        endpoints = dict.fromkeys(data["endpoints"])
        self.faults(
            latency_ms=0,
            latency_spread=0,
            error_ratio=0,
            capacity=0,
            pms_outage=False,
            rate_limit=0,
            rate_burst=0,
            leak_bytes=0,
            endpoints=endpoints,
        )

    def stop(self) -> int:
        """Stop it with SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


BUSY = "our own generator could be why"
NOT_OFFERED = "no verdict: the load was not offered"
"""In the reasons of a verdict that this machine was too busy to give."""


@dataclass
class Finished:
    """A Locust process that ended: its exit code, what it wrote and the last run's folder, if there is one."""

    code: int
    out: str
    err: str
    reports: Path

    @property
    def folder(self) -> Path:
        """The newest run's folder."""
        return sorted(path for path in self.reports.iterdir() if path.is_dir() and not path.is_symlink())[-1]

    @property
    def run(self) -> Run:
        """The newest run's record."""
        return runs.read(self.folder)

    @property
    def verdict(self) -> dict[str, Any]:
        """The newest run's verdict."""
        return dict(json.loads((self.folder / "verdict.json").read_text(encoding="utf-8")))

    @property
    def starved(self) -> bool:
        """Whether it got no verdict for one reason alone, by its own record: this machine was too busy."""
        if self.code != 3 or not (self.folder / "verdict.json").exists():
            return False
        reason = self.verdict["reason"]
        short = reason.startswith(NOT_OFFERED) and generator_health.problem_of(self.run) is not None
        return short or BUSY in reason

    @property
    def was_held_up(self) -> bool:
        """Whether its record shows that the machine was too busy for its processes: figures of time say little."""
        return generator_health.problem_of(self.run) is not None

    @property
    def worked(self) -> bool:
        """Whether its exit code is that of a run that passed, or it was ``starved``."""
        return self.code == 0 or self.starved

    def reached(self, status: str) -> bool:
        """Whether its verdict is ``status``, or it was ``starved``."""
        return self.starved or (self.verdict["status"] == status and self.verdict["exit_code"] == self.code)

    def statuses(self) -> dict[str, str]:
        """Each objective's status by its name."""
        return {result["name"]: result["status"] for result in self.verdict["results"]}


class Locust:
    """A Locust process under way, writing its reports into ``reports``; ``inside`` is a command that runs it.

    Without such a command it is forked from a process that has imported Locust already (``tests.support.launcher``).
    """

    def __init__(
        self,
        reports: Path,
        *words: object,
        headless: bool = True,
        env: Mapping[str, str] | None = None,
        inside: Sequence[str] = (),
    ) -> None:
        self.reports = reports
        reports.mkdir(parents=True, exist_ok=True)
        self._out = (reports.parent / f"{reports.name}.out").open("w+", encoding="utf-8")
        self._err = (reports.parent / f"{reports.name}.err").open("w+", encoding="utf-8")
        own = ["--loglevel", "WARNING"]
        own += ["--headless", "--only-summary"] if headless else []
        arguments = [*own, *map(str, words)]
        variables = environment(LOCUST_SLO_REPORTS_DIR=str(reports), **(env or {}))
        self.process: subprocess.Popen[bytes] | Launched
        if not inside and not any(name.startswith(("PYTHON", "GEVENT")) for name in env or {}):
            self.process = launcher().start(arguments, variables, self._out, self._err, ROOT)
            return
        self.process = subprocess.Popen(
            [*inside, sys.executable, "-m", "locust", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            stderr=self._err,
            env=variables,
            cwd=ROOT,
        )

    def wait(self, timeout_s: float = 120) -> Finished:
        """Wait for its end."""
        try:
            code = self.process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"Locust did not end: {self.text()}") from None
        return Finished(code, *self.text(), self.reports)

    def text(self) -> tuple[str, str]:
        """Return what it wrote so far, to stdout and to stderr."""
        texts = []
        for file in (self._out, self._err):
            file.seek(0)
            texts.append(file.read())
        return texts[0], texts[1]

    def await_journal(self, timeout_s: float = 120) -> Path:
        """Wait until requests are measured, and a second of them is in the journal; returns the run's folder."""
        end, first = time.monotonic() + timeout_s, dict[Path, int]()
        while time.monotonic() < end:
            for journal in self.reports.glob("*/journal.*"):
                size = journal.stat().st_size
                if size > first.setdefault(journal, size) > 0:
                    return journal.parent
                first[journal] = first[journal] or size  # it was seen before its first bytes were written
            time.sleep(0.02)
        raise AssertionError(f"no journal: {self.text()}")


A_FEW = ("--iterations", 3, "-t", "60s")
"""Options of a run that ends by what was done, not by the clock: however busy the machine, there are requests."""


def locust(reports: Path, *words: object, env: Mapping[str, str] | None = None, timeout_s: float = 120) -> Finished:
    """Run Locust headless to its end."""
    return Locust(reports, *words, env=env).wait(timeout_s)


def hotel(reports: Path, url: str, scenario: str, *words: object, env: Mapping[str, str] | None = None) -> Finished:
    """Run a hotel scenario to its end, in a twentieth of its time unless ``words`` say otherwise."""
    return locust(reports, "-f", HOTEL, "-H", url, "--scenario", scenario, "--time-scale", "0.05", *words, env=env)


def demos_of(parent: int) -> list[int]:
    listing = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=True)
    return [int(word) for word in listing.stdout.split()]
