"""What the master pays for its workers' reports: CPU per report and bytes per report, as the run gets longer.

``python -m benchmarks.merge`` simulates 10, 100 and 1000 workers, each with ten endpoints and a report every three
seconds, and enters their reports as the master does: from the wire's bytes to the merged history and its journal.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack

from slo.cluster.clock import ClockOffset
from slo.cluster.delta_log import DeltaLog
from slo.cluster.delta_sender import DeltaSender
from slo.measure.measurement import Measurement
from slo.measure.run_description import RunDescription
from slo.record.target import Target

ENDPOINTS = tuple(f"endpoint {number}" for number in range(10))
REPORT_S = 3


@dataclass
class Cost:
    """CPU seconds per report in each quarter of the run, and bytes per report."""

    quarters_s: list[float]
    size: float


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.merge", description=__doc__)
    parser.add_argument("--rate", type=int, default=100, help="requests per second of each worker; default: 100")
    parser.add_argument("--workers", type=int, nargs="+", default=[10, 100, 1000], help="default: 10 100 1000")
    parser.add_argument("--reports", type=int, default=4000, help="reports entered for each; default: 4000")
    options = parser.parse_args()
    print("workers  run length  CPU per report by quarter of the run  bytes per report  CPU share of one core")
    for workers in options.workers:
        cost, seconds = measure(workers, options.rate, options.reports)
        quarters = " ".join(f"{quarter * 1e6:6.0f} us" for quarter in cost.quarters_s)
        share = max(cost.quarters_s) * workers / REPORT_S
        print(f"{workers:7d}  {seconds:8d} s  {quarters}  {cost.size:16.0f}  {share:20.2%}", flush=True)
    return 0


def measure(workers: int, rate: int, reports: int) -> tuple[Cost, int]:
    """Return the cost of a run in which ``workers`` send ``reports`` in all, and how long the run was in seconds."""
    rounds = max(8, reports // workers)
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        subject = RunDescription("merge", None, Target("http://api.test"))
        measurement = Measurement(subject, Path(folder), clock=clock, report_s=REPORT_S + 1)
        ledger = DeltaLog("merge")
        source = random.Random(1)
        announced = {"id": "merge", "plan": None, "started_at_s": 0.0, "elapsed_s": 0.0}
        fleet = [DeltaSender(announced, ClockOffset(), clock) for _ in range(workers)]
        spent, sizes = [], []
        for _ in range(rounds):
            messages = [report(books, rate, source, clock) for books in fleet]
            clock.now += REPORT_S
            started_s = time.process_time()
            for number, message in enumerate(messages):
                enter(message, f"worker {number}", ledger, measurement)
            measurement.sample_users(workers)
            spent.append((time.process_time() - started_s) / workers)
            sizes += [len(message) for message in messages]
    quarter = rounds // 4
    quarters_s = [sum(spent[number * quarter :][:quarter]) / quarter for number in range(4)]
    return Cost(quarters_s, sum(sizes) / len(sizes)), rounds * REPORT_S


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return its reading in seconds."""
        return self.now


def report(books: DeltaSender, rate: int, source: random.Random, clock: Clock) -> bytes:
    """Return what a worker sends after the next three seconds, as the wire carries it."""
    start_s = clock.now
    record: Callable[[str, float, int], None] = books.recorder.request
    for number in range(rate * REPORT_S):
        clock.now = start_s + number / rate
        endpoint = ENDPOINTS[number % len(ENDPOINTS)]
        record(endpoint, source.lognormvariate(3, 0.5), 500)
        books.recorder.check(endpoint, "expected answer", True)
    clock.now = start_s + REPORT_S
    data: dict[str, Any] = {"slo": books.report()}
    books.acknowledge(data["slo"]["deltas"][-1]["seq"] + 1)
    clock.now = start_s
    packed: bytes = msgpack.packb(("stats", data, "worker"))
    return packed


def enter(message: bytes, worker: str, ledger: DeltaLog, measurement: Measurement) -> None:
    """Do what the master does with a message."""
    _, data, _ = msgpack.unpackb(message, raw=False, strict_map_key=False)
    for delta in data["slo"]["deltas"]:
        measurement.add_intervals(ledger.apply(worker, delta))


if __name__ == "__main__":
    sys.exit(main())
