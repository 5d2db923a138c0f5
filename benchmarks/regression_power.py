"""How often a comparison cries wolf, and how often it finds a real change: simulated runs.

``python -m benchmarks.regression_power`` prints a table: the share of alarms when nothing changed (A/A), and of shifts
found, by the number of reference runs.

The model: requests come at 50 per second for 60 s. A request's latency is 100 ms times three factors: lognormal noise
of its own (sigma 0.5), a factor of its second that is correlated from second to second (AR(1) of its logarithm with
coefficient 0.8 and a standard deviation of 10 %), and a factor of its run (lognormal, 2 %). A shift multiplies all
latencies of the run under test.
"""

from __future__ import annotations

import argparse
import sys
from fractions import Fraction

import numpy as np

from slo.baseline.compare import Change, compare
from slo.baseline.compared_indicator import ComparedIndicator
from slo.baseline.store import Block
from slo.metrics.indicator import parse
from slo.metrics.tally import Tally

SECONDS, RATE = 60, 50
PHI, SECOND_SD, RUN_SD, REQUEST_SD = 0.8, 0.10, 0.02, 0.5
BLOCK_S = 1.5
TARGET = 0.10
"""The tolerance that a regression must pass as well."""


def blocks(random: np.random.Generator, shift: float = 1.0) -> list[Block]:
    """Return one simulated run, cut in blocks as a reference is."""
    innovations = random.normal(0, SECOND_SD * np.sqrt(1 - PHI**2), SECONDS)
    seconds = np.empty(SECONDS)
    seconds[0] = random.normal(0, SECOND_SD)
    for number in range(1, SECONDS):
        seconds[number] = PHI * seconds[number - 1] + innovations[number]
    run = random.normal(0, RUN_SD)
    latency_ms = 100 * shift * np.exp(run + np.repeat(seconds, RATE) + random.normal(0, REQUEST_SD, SECONDS * RATE))
    whole = int(BLOCK_S * RATE)
    found = []
    for start in range(0, SECONDS * RATE, whole):
        tally = Tally()
        tally.ok.record_all([int(ms * 1000 + 0.5) for ms in latency_ms[start : start + whole]])
        found.append(Block(BLOCK_S, "hold", {"home": tally}))
    return found


def question() -> ComparedIndicator:
    """Return the question that is asked: the p95 of all requests."""
    indicator = parse("latency.p95")
    return ComparedIndicator(indicator, lambda tally, _: tally.latency.percentile(Fraction(95)) / 1000)


def alarms(random: np.random.Generator, trials: int, references: int, shift: float) -> int:
    """Return in how many of ``trials`` comparisons a regression is named."""
    found = 0
    for _ in range(trials):
        change = compare(blocks(random, shift), [blocks(random) for _ in range(references)], question())
        found += isinstance(change, Change) and change.low > 0 and change.worse >= TARGET
    return found


def real(random: np.random.Generator, trials: int, references: int) -> int:
    """Return in how many A/A comparisons a change to the worse is called real, whatever its size."""
    found = 0
    for _ in range(trials):
        change = compare(blocks(random), [blocks(random) for _ in range(references)], question())
        found += isinstance(change, Change) and change.low > 0
    return found


def main() -> int:
    """Print the table; 1 when, at five references, more than 5 % are false or less than 90 % are found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.regression_power", description=__doc__)
    parser.add_argument("--same", type=int, default=400, help="A/A comparisons; default: 400")
    parser.add_argument("--shifted", type=int, default=200, help="comparisons with a shift; default: 200")
    parser.add_argument("--seed", type=int, default=1, help="seed of the simulation; default: 1")
    parser.add_argument("--references", type=int, nargs="+", default=[1, 3, 5, 8], help="default: 1 3 5 8")
    options = parser.parse_args()
    random = np.random.Generator(np.random.PCG64(options.seed))
    print("references  A/A called worse  A/A regressions  +10 % found  +20 % found  +30 % found")
    good = True
    for references in options.references:
        noise = real(random, options.same, references) / options.same
        false = alarms(random, options.same, references, 1.0) / options.same
        found = [alarms(random, options.shifted, references, shift) / options.shifted for shift in (1.1, 1.2, 1.3)]
        if references == 5:
            good = false <= 0.05 and found[1] >= 0.9
        shares = "".join(f"{share:13.1%}" for share in found)
        print(f"{references:10}{noise:18.1%}{false:17.1%}{shares}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
