"""How much load one core offers: requests per CPU-second of the lean client, of plain FastHttpUser, and of wrk.

``python -m benchmarks.generator`` starts nginx on loopback (Debian: apt-get install nginx wrk), lets 20 users do the
spike iteration without pauses, by three Locusts that work in turns of a quarter of a second: FastHttpUser without the
plugin, LeanHttpUser without the plugin, and LeanHttpUser recorded and with three checks a request. It prints each
round, and of all rounds the median and range of lean recorded / fast (the aim is 3) and of what recording and checks
cost the lean client. What goes by the clock (the plugin closes an interval once a second) counts three times, as each
is stopped two thirds of the time. Where the machine has two cores, the Locusts and nginx keep to one each. wrk, in C,
shows the limit.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.nginx import nginx, require
from benchmarks.turns import Locust, take_turns

LOCUSTFILE = Path(__file__).with_name("generator_locustfile.py")
USERS = 20
VARIANTS = (("fast", False), ("lean", False), ("lean", True))


def main() -> int:
    """Run the rounds and print the figures; 1 when the median ratio is below the aim."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generator", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of all variants; default: 5")
    parser.add_argument("--seconds", type=int, default=6, help="how long each works in a round; default: 6")
    parser.add_argument("--port", type=int, default=18099, help="nginx's port on loopback; default: 18099")
    parser.add_argument("--ids", action="store_true", help="each answer has an id in its head, so that all differ")
    parser.add_argument("--aim", type=float, default=3.0, help="least median of lean recorded / fast; default: 3")
    options = parser.parse_args()
    require(parser, "nginx", "wrk")
    with nginx(options.port, ids=options.ids) as url:
        ratios, costs = rounds(url, options.rounds, options.seconds)
        print(f"wrk {wrk(url, options.seconds):.0f} requests per CPU-second of its own")
    print(f"lean recorded with checks / fast: {described(ratios)}")
    print(f"recording and checks cost the lean client: {described([cost * 100 for cost in costs])} %")
    return 0 if statistics.median(ratios) >= options.aim else 1


def described(values: Sequence[float]) -> str:
    """Return the median and the range."""
    return f"median {statistics.median(values):.2f} of {len(values)} ({min(values):.2f} to {max(values):.2f})"


def rounds(url: str, count: int, seconds: float) -> tuple[list[float], list[float]]:
    """Run all variants ``count`` times; return the ratios to fast and the shares that recording costs."""
    ratios, costs = [], []
    for number in range(count):
        # The order turns about: none is always first.
        speeds = one_round(url, VARIANTS if number % 2 == 0 else VARIANTS[::-1], seconds)
        fast, lean, recorded = (speeds[variant] for variant in VARIANTS)
        ratios.append(recorded / fast)
        costs.append(1 - recorded / lean)
        print(
            f"round {number + 1}: fast {fast:.0f}, lean {lean:.0f}, lean recorded with checks {recorded:.0f} requests "
            f"per CPU-second, ratio {ratios[-1]:.2f}, recording and checks {costs[-1] * 100:.1f} %",
            flush=True,
        )
    return ratios, costs


def one_round(url: str, order: Sequence[tuple[str, bool]], seconds: float) -> dict[tuple[str, bool], float]:
    """Let a Locust of each kind work in turns; return how many requests each made for a second of its own CPU time."""
    with ExitStack() as stack:
        found = {}
        for client, record in order:
            found[client, record] = Locust(LOCUSTFILE, url, USERS, record, {"BENCHMARK_CLIENT": client})
            stack.callback(found[client, record].end)
        take_turns(list(found.values()), seconds)
        return {kind: locust.speed() for kind, locust in found.items()}


def wrk(url: str, seconds: int) -> float:
    """Run wrk once and return how many requests it made for each second of its own CPU time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["wrk", "-t1", f"-c{USERS}", f"-d{seconds}s", f"{url}/health/live"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    line = next(line for line in done.stdout.splitlines() if " requests in " in line)
    return int(line.split()[0]) / (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


if __name__ == "__main__":
    sys.exit(main())
