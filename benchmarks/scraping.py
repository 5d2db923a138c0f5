"""What being scraped costs: requests per CPU-second of a recorded LeanHttpUser, scraped each second or not at all.

``python -m benchmarks.scraping`` starts nginx on loopback (Debian: apt-get install nginx) and a Locust of each kind,
both recorded, judged by the hotel's objectives and with three checks a request. They work at the same time, on a core
each where there are two, changing places each second; one is asked for its metrics once a second, as Prometheus would.
So what the plugin does by the clock counts as often as in a real run. It prints the ratio of each pair and their
median. 1.00 is free; the aim is 0.99.
"""

from __future__ import annotations

import argparse
import os
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
OWN = {"BENCHMARK_CLIENT": "lean"}
OBJECTIVES = ("--objectives", str(ROOT / "slo" / "hotel.yaml"))
SCRAPED_PORT = 19646


def main() -> int:
    """Run the pairs and print the ratios; 1 when the median is below the aim."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scraping", description=__doc__)
    parser.add_argument("--pairs", type=int, default=6, help="pairs of processes; default: 6")
    parser.add_argument("--seconds", type=int, default=20, help="how long both work; default: 20")
    parser.add_argument("--port", type=int, default=18095, help="nginx's port on loopback; default: 18095")
    parser.add_argument("--aim", type=float, default=0.99, help="least median ratio; default: 0.99")
    options = parser.parse_args()
    with nginx(options.port, pinned=False) as url:
        ratios = [pair(url, number, options.seconds) for number in range(options.pairs)]
    median = statistics.median(ratios)
    print(f"median ratio {median:.3f} of {len(ratios)} pairs ({min(ratios):.3f} to {max(ratios):.3f})")
    return 0 if median >= options.aim else 1


def pair(url: str, number: int, seconds: int) -> float:
    """Return the ratio of one pair of processes, scraped to not."""
    cores = sorted(os.sched_getaffinity(0))
    with ExitStack() as stack:
        both = {}
        for scraped in (False, True):
            words = (*OBJECTIVES, "--prometheus-port", str(SCRAPED_PORT)) if scraped else OBJECTIVES
            both[scraped] = Locust(LOCUSTFILE, url, USERS, True, OWN, words)
            stack.callback(both[scraped].end)
        size = 0
        for second in range(seconds):
            for scraped, locust in both.items():
                # They change cores all the time: none is better off.
                locust.go_on(cores[(scraped + second) % 2] if len(cores) > 1 else None)
            size = scrape()
            time.sleep(1)
        alone, asked = both[False].speed(), both[True].speed()
    print(
        f"pair {number + 1}: alone {alone:.0f}, scraped {asked:.0f} requests per CPU-second ({size} bytes), "
        f"ratio {asked / alone:.3f}",
        flush=True,
    )
    return asked / alone


def scrape() -> int:
    """Ask for the metrics as Prometheus does; returns how many bytes came."""
    request = urllib.request.Request(  # our own server
        f"http://127.0.0.1:{SCRAPED_PORT}/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return len(answer.read())


if __name__ == "__main__":
    sys.exit(main())
