"""How much load the hotel's own suite offers with a core: requests per CPU-second of the whole process.

``python -m benchmarks.hotel`` starts nginx on loopback (Debian: apt-get install nginx), which answers with 90 bytes of
JSON, and lets three processes do the spike iteration with 20 users in turns of a quarter of a second: FastHttpUser
without the plugin; `locust -f locustfiles/hotel.py --scenario none SpikeUser`, recorded, with three checks a request;
and bare sockets of gevent, which no client on gevent can beat. Where a k6 is on PATH, it does the same iteration after
them (benchmarks/hotel.k6.js). It prints each round, and the median and range of the ratios of all rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.generator import described
from benchmarks.nginx import nginx, require
from benchmarks.turns import ROOT, Locust, Worker, take_turns

HERE = Path(__file__).parent
ANSWER = '{"status": "ok", "rooms": [{"type": "double", "price": 120}, {"type": "suite", "price": 240}]}'
USERS = 20
FAST, HOTEL, BARE, K6 = "FastHttpUser, plain", "the hotel's suite", "bare sockets", "k6"


def main() -> int:
    """Run the rounds and print the figures; 1 when the median ratio to FastHttpUser is below the aim."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hotel", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of all of them; default: 5")
    parser.add_argument("--seconds", type=int, default=6, help="how long each works in a round; default: 6")
    parser.add_argument("--port", type=int, default=18095, help="nginx's port on loopback; default: 18095")
    parser.add_argument("--aim", type=float, default=5.0, help="least median of the suite / FastHttpUser; default: 5")
    options = parser.parse_args()
    require(parser, "nginx")
    ratios: dict[str, list[float]] = {}
    with nginx(options.port, body=ANSWER) as url:
        for number in range(options.rounds):
            speeds = one_round(url, options.port, options.seconds, number)
            said = ", ".join(f"{name} {speed:.0f}" for name, speed in speeds.items())
            print(f"round {number + 1}: {said} requests per CPU-second", flush=True)
            for name, speed in speeds.items():
                ratios.setdefault(name, []).append(speeds[HOTEL] / speed)
    for name in set(ratios) - {HOTEL}:
        print(f"{HOTEL} / {name}: {described(ratios[name])}")
    return 0 if statistics.median(ratios[FAST]) >= options.aim else 1


def one_round(url: str, port: int, seconds: float, number: int) -> dict[str, float]:
    """Let all of them work so long; return how many requests each made for a second of its own CPU time."""
    with ExitStack() as stack:
        found: dict[str, Worker] = {}
        for name in (FAST, HOTEL, BARE) if number % 2 == 0 else (BARE, HOTEL, FAST):  # none is always first
            found[name] = started(name, url, port)
            stack.callback(found[name].end)
        take_turns(list(found.values()), seconds)
        speeds = {name: found[name].speed() for name in (FAST, HOTEL, BARE)}
    return {**speeds, K6: k6(url, seconds)} if shutil.which("k6") else speeds


def started(name: str, url: str, port: int) -> Worker:
    """Start one of them."""
    if name == FAST:
        return Locust(HERE / "generator_locustfile.py", url, USERS, False, {"BENCHMARK_CLIENT": "fast"})
    if name == HOTEL:
        locustfiles = f"{ROOT / 'locustfiles' / 'hotel.py'},{HERE / 'progress_locustfile.py'}"
        return Locust(locustfiles, url, USERS, True, {}, ("--scenario", "none", "SpikeUser"))
    return Worker([sys.executable, "-m", "benchmarks.bare_sockets", str(port), str(USERS)], {})


def k6(url: str, seconds: float) -> float:
    """Run k6 once; return how many requests it made for each second of its own CPU time."""
    with tempfile.TemporaryDirectory() as folder:
        summary = Path(folder) / "summary.json"
        command = ["k6", "run", "--quiet", "--vus", str(USERS), "--duration", f"{seconds}s"]
        command += ["--summary-export", str(summary), str(HERE / "hotel.k6.js")]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "BASE_URL": url})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        requests = json.loads(summary.read_text(encoding="utf-8"))["metrics"]["http_reqs"]["count"]
    return float(requests / (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime))


if __name__ == "__main__":
    sys.exit(main())
