"""What being scraped costs: requests per CPU-second of a recorded LeanHttpUser in seconds with a scrape and without.

``python -m benchmarks.scraping`` starts nginx on loopback (Debian: apt-get install nginx) and a Locust, recorded,
judged by the hotel's objectives, with three checks a request and ``--prometheus-port``. In every second second it is
asked for its metrics once, as Prometheus would; all in one process, so that a slow moment falls on both kinds of
seconds. It prints the median ratio of both and what bounds it (95 %). 1.00 is free; the aim is 0.99.

``--apart`` compares with a Locust that has no metrics at all, so that counting for them is part of what is measured:
pairs of processes, both recorded, work in turns of a second, and the one with the port is scraped once in each.
"""

from __future__ import annotations

import argparse
import math
import os
import socket
import statistics
import sys
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from benchmarks.nginx import nginx
from benchmarks.turns import ROOT, Locust

LOCUSTFILE = Path(__file__).with_name("generator_locustfile.py")
USERS = 20
JUDGED = ("--objectives", str(ROOT / "slo" / "hotel.yaml"))
TURNS = 15


def main() -> int:
    """Run it and print the ratio; 1 when it is surely below the aim."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scraping", description=__doc__)
    parser.add_argument(
        "--pairs", type=int, help="pairs of seconds, default: 90; with --apart of processes, default: 6"
    )
    parser.add_argument("--apart", action="store_true", help="compare with a Locust that has no metrics")
    parser.add_argument("--port", type=int, default=18095, help="nginx's port on loopback; default: 18095")
    parser.add_argument("--aim", type=float, default=0.99, help="least ratio; default: 0.99")
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    with nginx(options.port) as url:
        if options.apart:
            return apart(url, options.pairs or 6, options.aim)
        port = free_port()
        locust = started(url, port)
        # Who asks is not on the core of who answers, as Prometheus would not be.
        os.sched_setaffinity(0, cores[1:2] or cores)
        try:
            ratios, size = pairs(locust, url, port, options.pairs or 90)
        finally:
            locust.end()
    # The median, by its order statistics: other people's work on this machine makes outliers of either kind.
    ranked, reach = sorted(ratios), 0.98 * math.sqrt(len(ratios))
    low, high = (
        ranked[max(0, math.floor(len(ratios) / 2 - reach))],
        ranked[min(len(ratios), round(len(ratios) / 2 + reach)) - 1],
    )
    median = statistics.median(ratios)
    print(
        f"scraped / not: {median:.4f} ({low:.4f} to {high:.4f}), {len(ratios)} pairs of seconds, {size} bytes a scrape"
    )
    return 0 if high >= options.aim else 1


def apart(url: str, count: int, aim: float) -> int:
    """Print the ratio of each pair of processes, with metrics to without; 1 when the median is below the aim."""
    ratios = []
    for number in range(count):
        # Each is started first, and has the first turn, in every second pair.
        ratios.append(pair(url, (False, True) if number % 2 == 0 else (True, False)))
        print(f"pair {number + 1}: scraped / without metrics {ratios[-1]:.4f}", flush=True)
    median = statistics.median(ratios)
    print(f"median {median:.4f} ({min(ratios):.4f} to {max(ratios):.4f}), {count} pairs of processes")
    return 0 if median >= aim else 1


def pair(url: str, order: tuple[bool, ...]) -> float:
    """Return the ratio of one pair of processes, with metrics and scraped to without."""
    with ExitStack() as stack:
        both, port = {}, free_port()
        for scraped in order:
            both[scraped] = started(url, port if scraped else None)
            stack.callback(both[scraped].end)
        for _ in range(TURNS):
            for scraped, locust in both.items():
                locust.go_on()
                if scraped:
                    ask(f"http://127.0.0.1:{port}/metrics")
                locust.work(1)
        return both[True].speed() / both[False].speed()


def started(url: str, port: int | None) -> Locust:
    """Return a Locust that is recorded and judged, and serves its metrics on ``port``, if there is one."""
    words = JUDGED if port is None else (*JUDGED, "--prometheus-port", str(port))
    return Locust(LOCUSTFILE, url, USERS, True, {"BENCHMARK_CLIENT": "lean"}, words)


def free_port() -> int:
    """Return a port on loopback that nobody has."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def pairs(locust: Locust, url: str, port: int, count: int) -> tuple[list[float], int]:
    """Return the ratio of each pair of seconds, scraped to not, and the bytes of the last scrape."""
    ratios, size = [], 0
    locust.go_on()
    for number in range(count):
        speeds = {}
        # The order turns about: a machine that slows down favours neither.
        for scraped in (False, True) if number % 2 == 0 else (True, False):
            locust.note()
            # In the other seconds the same question goes to nginx: asking is work, too, on the same machine.
            if scraped:
                size = ask(f"http://127.0.0.1:{port}/metrics")
            else:
                ask(f"{url}/health/live")
            time.sleep(1)
            speeds[scraped] = locust.speed_since()
        ratios.append(speeds[True] / speeds[False])
    return ratios, size


def ask(url: str) -> int:
    """Ask as Prometheus does; returns how many bytes came."""
    accept = {"Accept": "application/openmetrics-text;version=1.0.0"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=accept), timeout=30) as answer:  # noqa: S310  # ours
        return len(answer.read())


if __name__ == "__main__":
    sys.exit(main())
