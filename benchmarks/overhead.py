"""What recording costs: requests per CPU-second of plain FastHttpUser, with the plugin against without.

``python -m benchmarks.overhead`` starts a Locust of each kind, lets them work in turns of a quarter of a second, the
other one stopped, and prints the ratio of each such pair and their median. 1.00 is free; the aim is at least 0.97.
A machine that others use is slow for seconds at a time, which falls on both alike in turns so short. What the plugin
does by the clock (it looks at itself ten times, and closes an interval once a second) is counted double: a process
that is stopped half of the time has half as many requests to spread it over.

Where the machine has two cores, both Locusts keep to one and the server that answers to another.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from benchmarks.turns import ROOT, Locust, one_core_each, take_turns

LOCUSTFILE = Path(__file__).with_name("hello_locustfile.py")
USERS = 10


def main() -> int:
    """Run the pairs and print the ratios; 1 when the median is below the aim."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead", description=__doc__)
    parser.add_argument("--pairs", type=int, default=10, help="pairs of processes; default: 10")
    parser.add_argument("--seconds", type=int, default=8, help="how long each works; default: 8")
    parser.add_argument("--aim", type=float, default=0.97, help="least median ratio; default: 0.97")
    options = parser.parse_args()
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.hello"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        one_core_each(server.pid)
        ratios = [pair(url, number, options.seconds) for number in range(options.pairs)]
        server.communicate()
    median = statistics.median(ratios)
    print(f"median ratio {median:.3f} of {len(ratios)} pairs ({min(ratios):.3f} to {max(ratios):.3f})")
    return 0 if median >= options.aim else 1


def pair(url: str, number: int, seconds: float) -> float:
    """Return the ratio of one pair of processes, recorded to plain."""
    with ExitStack() as stack:
        both = {}
        # Each is started first, and has the first turn, in every second pair.
        for record in (False, True) if number % 2 == 0 else (True, False):
            both[record] = Locust(LOCUSTFILE, url, USERS, record, {})
            stack.callback(both[record].end)
        take_turns(list(both.values()), seconds)
        plain, recorded = both[False].speed(), both[True].speed()
    ratio = recorded / plain
    print(
        f"pair {number + 1}: plain {plain:.0f}, recorded {recorded:.0f} requests per CPU-second, ratio {ratio:.3f}",
        flush=True,
    )
    return ratio


if __name__ == "__main__":
    sys.exit(main())
