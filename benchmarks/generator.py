"""How much load one core offers: requests per CPU-second of the lean client, of plain FastHttpUser, and of wrk.

``python -m benchmarks.generator`` starts nginx on loopback (Debian: apt-get install nginx wrk), lets 20 users do the
spike iteration without pauses, and alternates: FastHttpUser without the plugin, LeanHttpUser without the plugin, and
LeanHttpUser recorded and with three checks a request. It prints each round, and of all rounds the median and range of
lean recorded / fast (the aim is 3) and of what recording and checks cost the lean client. Where the machine has two
cores, Locust and nginx keep to one each. wrk, in C, shows the limit.
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
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCUSTFILE = Path(__file__).with_name("generator_locustfile.py")
USERS = 20
VARIANTS = (("fast", False), ("lean", False), ("lean", True))
CONFIGURATION = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; default_type text/plain;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port}; location / {{ {header} return 200 "hello"; }} }}
}}
"""


def main() -> int:
    """Run the rounds and print the figures; 1 when the median ratio is below the aim."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generator", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of all variants; default: 5")
    parser.add_argument("--seconds", type=int, default=6, help="length of each run; default: 6")
    parser.add_argument("--port", type=int, default=18099, help="nginx's port on loopback; default: 18099")
    parser.add_argument("--ids", action="store_true", help="each answer has an id in its head, so that all differ")
    parser.add_argument("--aim", type=float, default=3.0, help="least median of lean recorded / fast; default: 3")
    options = parser.parse_args()
    missing = [name for name in ("nginx", "wrk") if not shutil.which(name)]
    if missing:
        parser.error(f"{' and '.join(missing)} not found: apt-get install nginx wrk")
    with nginx(options.port, options.ids) as url:
        ratios, costs = rounds(url, options.rounds, options.seconds)
        print(f"wrk {wrk(url, options.seconds):.0f} requests per CPU-second of its own")
    print(f"lean recorded with checks / fast: {described(ratios)}")
    print(f"recording and checks cost the lean client: {described([cost * 100 for cost in costs])} %")
    return 0 if statistics.median(ratios) >= options.aim else 1


def described(values: Sequence[float]) -> str:
    """Return the median and the range."""
    return f"median {statistics.median(values):.2f} of {len(values)} ({min(values):.2f} to {max(values):.2f})"


def rounds(url: str, count: int, seconds: int) -> tuple[list[float], list[float]]:
    """Run all variants ``count`` times; return the ratios to fast and the shares that recording costs."""
    ratios, costs = [], []
    for number in range(count):
        # The order turns about: a machine that warms up favours none.
        order = VARIANTS if number % 2 == 0 else VARIANTS[::-1]
        speeds = {(client, record): requests_per_cpu_second(url, client, record, seconds) for client, record in order}
        fast, lean, recorded = (speeds[variant] for variant in VARIANTS)
        ratios.append(recorded / fast)
        costs.append(1 - recorded / lean)
        print(
            f"round {number + 1}: fast {fast:.0f}, lean {lean:.0f}, lean recorded with checks {recorded:.0f} requests "
            f"per CPU-second, ratio {ratios[-1]:.2f}",
            flush=True,
        )
    return ratios, costs


def requests_per_cpu_second(url: str, client: str, record: bool, seconds: int) -> float:
    """Run Locust once and return how many requests it made for each second of its own CPU time."""
    words = ["-f", str(LOCUSTFILE), "--headless", "--only-summary", "-H", url, "--loglevel", "ERROR"]
    words += ["-u", str(USERS), "-r", str(USERS), "-t", f"{seconds}s"]
    own = {"PYTHONPATH": str(ROOT), "BENCHMARK_CLIENT": client, "BENCHMARK_RECORD": str(int(record))}
    with tempfile.TemporaryDirectory() as reports:
        words += ["--reports-dir", reports, "--progress", "off"] if record else []
        command = [sys.executable, "-m", "locust", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env={**os.environ, **own})
    counted = json.loads(next(line for line in done.stdout.splitlines() if line.startswith('{"requests')))
    if counted["failures"]:
        raise SystemExit(f"{counted['failures']} requests failed: this measures nothing")
    return float(counted["requests"] / counted["cpu_s"])


def wrk(url: str, seconds: int) -> float:
    """Run wrk once and return how many requests it made for each second of its own CPU time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["wrk", "-t1", f"-c{USERS}", f"-d{seconds}s", f"{url}/health/live"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    line = next(line for line in done.stdout.splitlines() if " requests in " in line)
    return int(line.split()[0]) / (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


@contextmanager
def nginx(port: int, ids: bool) -> Iterator[str]:
    """Start nginx and yield its URL; it gets a core of its own where there are two."""
    header = "add_header X-Request-Id $request_id;" if ids else ""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "nginx.conf"
        file.write_text(CONFIGURATION.format(folder=folder, port=port, header=header), encoding="utf-8")
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) > 1:
            os.sched_setaffinity(0, cores[1:2])
        server = subprocess.Popen(["nginx", "-e", f"{folder}/error.log", "-c", str(file)])
        if len(cores) > 1:
            os.sched_setaffinity(0, cores[:1])
        try:
            time.sleep(0.5)
            if server.poll() is not None:
                raise SystemExit(f"nginx did not start: {(Path(folder) / 'error.log').read_text().strip()}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)


if __name__ == "__main__":
    sys.exit(main())
