"""What recording costs: requests per CPU-second of plain FastHttpUser, with the plugin against without.

``python -m benchmarks.overhead`` alternates runs of both, so that a noisy machine disturbs both alike, and prints
the ratio of each pair and their median. 1.00 is free; the aim is at least 0.97. Where the machine has two cores,
Locust and the server that answers keep to one each: a process that is moved about loses its processor's cache.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCUSTFILE = Path(__file__).with_name("hello_locustfile.py")
USERS = 10


def main() -> int:
    """Run the pairs and print the ratios; 1 when the median is below the aim."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead", description=__doc__)
    parser.add_argument("--pairs", type=int, default=10, help="pairs of runs; default: 10")
    parser.add_argument("--seconds", type=int, default=6, help="length of each run; default: 6")
    parser.add_argument("--aim", type=float, default=0.97, help="least median ratio; default: 0.97")
    options = parser.parse_args()
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.hello"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) > 1:
            os.sched_setaffinity(server.pid, cores[1:2])
            os.sched_setaffinity(0, cores[:1])
        ratios = []
        for number in range(options.pairs):
            # Each goes first in every second pair: a machine that warms up favours neither.
            order = (False, True) if number % 2 == 0 else (True, False)
            speeds = {record: requests_per_cpu_second(url, record, options.seconds) for record in order}
            ratios.append(speeds[True] / speeds[False])
            print(
                f"pair {number + 1}: plain {speeds[False]:.0f}, recorded {speeds[True]:.0f} requests per CPU-second, "
                f"ratio {ratios[-1]:.3f}",
                flush=True,
            )
        server.communicate()
    median = statistics.median(ratios)
    print(f"median ratio {median:.3f} of {len(ratios)} pairs ({min(ratios):.3f} to {max(ratios):.3f})")
    return 0 if median >= options.aim else 1


def requests_per_cpu_second(url: str, record: bool, seconds: int) -> float:
    """Run Locust once and return how many requests it made for each second of its own CPU time."""
    words = ["-f", str(LOCUSTFILE), "--headless", "--only-summary", "-H", url, "--loglevel", "ERROR"]
    words += ["-u", str(USERS), "-r", str(USERS), "-t", f"{seconds}s"]
    with tempfile.TemporaryDirectory() as reports:
        words += ["--reports-dir", reports, "--progress", "off"] if record else []
        done = subprocess.run(
            [sys.executable, "-m", "locust", *words],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "BENCHMARK_RECORD": str(int(record))},
        )
    line = next(line for line in done.stdout.splitlines() if line.startswith("{"))
    counted = json.loads(line)
    return float(counted["requests"] / counted["cpu_s"])


if __name__ == "__main__":
    sys.exit(main())
