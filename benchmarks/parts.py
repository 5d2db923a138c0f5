"""What a request costs, part by part: the client, Locust's statistics, ours, the with-block, the checks.

``python -m benchmarks.parts`` starts nginx on loopback (Debian: apt-get install nginx) and one Locust with
LeanHttpUser, which changes every tenth of a second between modes that differ by one part, and prints the microseconds
of its own CPU time that a request takes in each mode. All in one process and one run, so that a slow moment falls on
all alike.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.nginx import nginx
from benchmarks.turns import ROOT, environment, headless

LOCUSTFILE = Path(__file__).with_name("parts_locustfile.py")


def main() -> int:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parts", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument("--seconds", type=int, default=20, help="length of a round; default: 20")
    parser.add_argument("--port", type=int, default=18096, help="nginx's port on loopback; default: 18096")
    options = parser.parse_args()
    with nginx(options.port) as url:
        found = [measured(url, options.seconds) for _ in range(options.rounds)]
    print("microseconds a request, median and range")
    for name in found[0]:
        costs = [one[name] for one in found]
        print(f"{name:22}{statistics.median(costs):6.2f}  ({min(costs):.2f} to {max(costs):.2f})")
    return 0


def measured(url: str, seconds: int) -> dict[str, float]:
    """Run Locust once and return the microseconds of each mode."""
    with tempfile.TemporaryDirectory() as folder:
        words = ("--progress", "off", "--reports-dir", folder, "--report-formats", "json")
        command, env = headless(LOCUSTFILE, url, 20, f"{seconds}s", *words), environment(BENCHMARK_CLIENT="lean")
        env["BENCHMARK_RECORD"] = "1"
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=env)
    said = next((line for line in done.stdout.splitlines() if line.startswith('{"client')), "")
    if not said:
        raise SystemExit(f"Locust ended with {done.returncode}: {done.stderr[-1000:]}")
    return {name: cpu_s / requests * 1e6 for name, (requests, cpu_s) in json.loads(said).items()}


if __name__ == "__main__":
    sys.exit(main())
