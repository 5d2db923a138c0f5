"""How many users one process has room for: memory, CPU time and the loop's lag with 1,000, 3,000 and 10,000 users.

``python -m benchmarks.users`` starts nginx on loopback (Debian: apt-get install nginx) and one Locust after the other:
users that pause for 0.5 to 1.5 s, 1,000 of them started a second. By LeanHttpUser recorded by the plugin, and by
FastHttpUser without it. It prints, of the time in which all users are there, the requests per second, how much of a
core they take, the p99 of the loop's lag (how much too late timers fire), and the largest memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.hotel import ANSWER
from benchmarks.nginx import nginx, require
from benchmarks.turns import ROOT, environment, headless

LOCUSTFILE = Path(__file__).with_name("users_locustfile.py")
RATE = 1000
"""Users that are started in a second."""
CLIENTS = (("lean", True), ("fast", False))


def main() -> int:
    """Run them and print the table; 1 where the largest number of lean users needs more than the aims."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.users", description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=[1000, 3000, 10000], help="default: 1000 3000 10000")
    parser.add_argument("--seconds", type=int, default=20, help="how long all users are there; default: 20")
    parser.add_argument("--port", type=int, default=18094, help="nginx's port on loopback; default: 18094")
    parser.add_argument("--memory", type=float, default=400, help="most MB of the largest number; default: 400")
    parser.add_argument("--lag", type=float, default=50, help="most p99 of the lag in ms; default: 50")
    options = parser.parse_args()
    require(parser, "nginx")
    allow_connections(max(options.users) + 1000)
    found: dict[str, Any] = {}
    with nginx(options.port, body=ANSWER, connections=max(options.users) + 1000) as url:
        for users in options.users:
            for client, recorded in CLIENTS:
                found = one_run(url, users, options.seconds, client, recorded)
                print(row(client, recorded, found), flush=True)
                if client == "lean":
                    largest = found
    return 0 if largest["memory_mb"] <= options.memory and largest["lag_p99_ms"] <= options.lag else 1


def allow_connections(count: int) -> None:
    """Let this process and those it starts open so many connections, where the system allows it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if most == resource.RLIM_INFINITY else min(count, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def one_run(url: str, users: int, seconds: int, client: str, recorded: bool) -> dict[str, Any]:
    """Run Locust once and return what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        words = ("--progress", "off", "--reports-dir", folder, "--report-formats", "json") if recorded else ()
        command = headless(LOCUSTFILE, url, users, f"{seconds + users // RATE + 2}s", *words)
        command[command.index("-r") + 1] = str(RATE)
        env = environment(BENCHMARK_CLIENT=client, BENCHMARK_RECORD=str(int(recorded)))
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=env)
    said = next((line for line in done.stdout.splitlines() if line.startswith('{"users')), "")
    if not said:
        raise SystemExit(f"Locust ended with {done.returncode}: {done.stderr[-1000:]}")
    return dict(json.loads(said))


def row(client: str, recorded: bool, found: dict[str, Any]) -> str:
    """Return one line of the table."""
    kind = f"{client}{', recorded' if recorded else ''}"
    return (
        f"{found['users']:6} users, {kind:14}: {found['requests'] / found['seconds']:6.0f} requests/s, "
        f"{found['failures']} failed, {found['cpu_s'] / found['seconds'] * 100:4.0f} % of a core, "
        f"lag p99 {found['lag_p99_ms']:.1f} ms, {found['memory_mb']:.0f} MB"
    )


if __name__ == "__main__":
    sys.exit(main())
