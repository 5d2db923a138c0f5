"""Do processes scale? Requests per CPU-second of Locust with ``--processes N`` against one process.

``python -m benchmarks.processes`` starts nginx on loopback (Debian: apt-get install nginx) and, for each round, a
Locust of one process and one of N (and its master), with LeanHttpUser, recorded and with three checks a request. They
work in turns; nginx counts the requests of each turn, the kernel the CPU time of each Locust with all its processes.
It prints what N processes reach of N times one: 1.00 is all of it, the aim is 0.90.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.nginx import nginx
from benchmarks.turns import ROOT, TURN_S, environment, headless

LOCUSTFILE = Path(__file__).with_name("generator_locustfile.py")
USERS = 20
READY_S = 12.0
"""Time for all to begin; what it costs is not counted."""


class Group:
    """One Locust with all its processes, stopped but in its turns."""

    def __init__(self, url: str, processes: int) -> None:
        self._url = url
        self._reports = tempfile.TemporaryDirectory()
        words = ["--reports-dir", self._reports.name, "--progress", "off"]
        words += ["--processes", str(processes)] if processes > 1 else []
        self._process = subprocess.Popen(
            headless(LOCUSTFILE, url, USERS * processes, "1h", *words),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env=environment(BENCHMARK_CLIENT="lean", BENCHMARK_RECORD="1"),
            start_new_session=True,
        )
        time.sleep(READY_S)
        self.requests, self.cpu_s = 0, 0.0
        self._signal(signal.SIGSTOP)

    def work(self) -> None:
        """Work for a turn, and count it."""
        requests, cpu_s = asked(self._url), self._cpu()
        self._signal(signal.SIGCONT)
        time.sleep(TURN_S)
        self._signal(signal.SIGSTOP)
        self.requests += asked(self._url) - requests - 1  # the last question is a request too
        self.cpu_s += self._cpu() - cpu_s

    def end(self) -> None:
        """End it."""
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._reports.cleanup()

    def _signal(self, number: signal.Signals) -> None:
        os.killpg(self._process.pid, number)

    def _cpu(self) -> float:
        """Return the CPU seconds that all its processes used so far."""
        spent_ns = 0
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if os.getpgid(int(entry.name)) == self._process.pid:
                    tasks = (entry / "task").glob("*/schedstat")
                    spent_ns += sum(int(task.read_text().split()[0]) for task in tasks)
            except OSError:
                continue
        return spent_ns / 1e9


def asked(url: str) -> int:
    """Return how many requests nginx has had."""
    with urllib.request.urlopen(f"{url}/nginx_status") as answer:  # noqa: S310  # our own server
        found = re.search(r"^ \d+ \d+ (\d+)", answer.read().decode(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def main() -> int:
    """Run the rounds and print the shares; 1 when the median is below the aim."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.processes", description=__doc__)
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 2, help="default: as many as there are cores"
    )
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument("--seconds", type=int, default=8, help="how long each works in a round; default: 8")
    parser.add_argument("--port", type=int, default=18097, help="nginx's port on loopback; default: 18097")
    options = parser.parse_args()
    shares = []
    with nginx(options.port, pinned=False) as url:
        for number in range(options.rounds):
            one, many = one_round(url, (1, options.processes), options.seconds, number % 2 == 1)
            shares.append(many / one)
            print(
                f"round {number + 1}: 1 process {one:.0f}, {options.processes} processes {many:.0f} requests per "
                f"CPU-second, share {shares[-1]:.3f}",
                flush=True,
            )
    median = statistics.median(shares)
    print(f"median share {median:.3f} of {len(shares)} rounds ({min(shares):.3f} to {max(shares):.3f})")
    return 0 if median >= 0.9 else 1


def one_round(url: str, sizes: Sequence[int], seconds: float, turned: bool) -> list[float]:
    """Return the requests per CPU-second of a Locust of each size."""
    with ExitStack() as stack:
        groups = {}
        for size in sizes[::-1] if turned else sizes:
            groups[size] = Group(url, size)
            stack.callback(groups[size].end)
        for _ in range(round(seconds / TURN_S)):
            for group in groups.values():
                group.work()
        return [groups[size].requests / groups[size].cpu_s for size in sizes]


if __name__ == "__main__":
    sys.exit(main())
