"""What being scraped costs: requests per CPU-second of a recorded LeanHttpUser in seconds with a scrape and without.

``python -m benchmarks.scraping`` starts nginx on loopback (Debian: apt-get install nginx) and a Locust, recorded,
judged by the hotel's objectives, with three checks a request and ``--prometheus-port``. In every second second it is
asked for its metrics once, as Prometheus would; all in one process, so that a slow moment falls on both kinds of
seconds. It prints the median ratio of both and what bounds it (95 %). 1.00 is free; the aim is 0.99.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
import time
import urllib.request
from pathlib import Path

from benchmarks.nginx import nginx
from benchmarks.turns import ROOT, Locust

LOCUSTFILE = Path(__file__).with_name("generator_locustfile.py")
USERS = 20
SCRAPED_PORT = 19646
WORDS = ("--objectives", str(ROOT / "slo" / "hotel.yaml"), "--prometheus-port", str(SCRAPED_PORT))


def main() -> int:
    """Run it and print the ratio; 1 when it is surely below the aim."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scraping", description=__doc__)
    parser.add_argument("--pairs", type=int, default=90, help="pairs of seconds; default: 90")
    parser.add_argument("--port", type=int, default=18095, help="nginx's port on loopback; default: 18095")
    parser.add_argument("--aim", type=float, default=0.99, help="least ratio; default: 0.99")
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    with nginx(options.port) as url:
        locust = Locust(LOCUSTFILE, url, USERS, True, {"BENCHMARK_CLIENT": "lean"}, WORDS)
        # Who asks is not on the core of who answers, as Prometheus would not be.
        os.sched_setaffinity(0, cores[1:2] or cores)
        try:
            ratios, size = pairs(locust, url, options.pairs)
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


def pairs(locust: Locust, url: str, count: int) -> tuple[list[float], int]:
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
                size = ask(f"http://127.0.0.1:{SCRAPED_PORT}/metrics")
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
