"""What being scraped costs: requests per CPU-second of a recorded LeanHttpUser in seconds with a scrape and without.

``python -m benchmarks.scraping`` starts nginx on loopback (Debian: apt-get install nginx) and a Locust, recorded,
judged by the hotel's objectives, with three checks a request and ``--prometheus-port``. In every second second it is
asked for its metrics once, as Prometheus would; all in one process, so that a slow moment falls on both kinds of
seconds. It prints the ratio of both and what bounds it (95 %). 1.00 is free; the aim is 0.99.
"""

from __future__ import annotations

import argparse
import math
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
    with nginx(options.port) as url:
        locust = Locust(LOCUSTFILE, url, USERS, True, {"BENCHMARK_CLIENT": "lean"}, WORDS)
        try:
            ratios, size = pairs(locust, options.pairs)
        finally:
            locust.end()
    mean, spread = statistics.fmean(ratios), statistics.stdev(ratios) / math.sqrt(len(ratios))
    low, high = mean - 1.96 * spread, mean + 1.96 * spread
    print(f"scraped / not: {mean:.4f} ({low:.4f} to {high:.4f}), {len(ratios)} pairs of seconds, {size} bytes a scrape")
    return 0 if high >= options.aim else 1


def pairs(locust: Locust, count: int) -> tuple[list[float], int]:
    """Return the ratio of each pair of seconds, scraped to not, and the bytes of the last scrape."""
    ratios, size = [], 0
    locust.go_on()
    for number in range(count):
        speeds = {}
        # The order turns about: a machine that slows down favours neither.
        for scraped in (False, True) if number % 2 == 0 else (True, False):
            locust.note()
            if scraped:
                size = scrape()
            time.sleep(1)
            speeds[scraped] = locust.speed_since()
        ratios.append(speeds[True] / speeds[False])
    return ratios, size


def scrape() -> int:
    """Ask for the metrics as Prometheus does; returns how many bytes came."""
    request = urllib.request.Request(  # our own server
        f"http://127.0.0.1:{SCRAPED_PORT}/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return len(answer.read())


if __name__ == "__main__":
    sys.exit(main())
