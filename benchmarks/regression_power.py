"""How often a comparison names a regression where there is none, and how often it finds one: simulated runs.

``python -m benchmarks.regression_power`` prints a table: the share of alarms when nothing changed (A/A), and of shifts
found, by the noise between runs and the number of reference runs.

The model: requests come at 50 per second for 60 s. A request's latency is 100 ms times three factors: lognormal noise
of its own (sigma 0.5), a factor of its second that is correlated from second to second (AR(1) of its logarithm with
coefficient 0.8 and a standard deviation of 10 %), and a factor of its run (lognormal: the noise between runs, 2 % on a
machine of one's own, 8 % and more on a shared one). A shift multiplies all latencies of the run under test.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from slo.baseline.blocks import Block
from slo.baseline.compare import ENOUGH_REFERENCES, Change, Measured, compare_measured, measure
from slo.baseline.compared_indicator import ComparedIndicator
from slo.metrics.indicator import parse
from slo.metrics.tally import Tally

SECONDS, RATE = 60, 50
PHI, SECOND_SD, REQUEST_SD = 0.8, 0.10, 0.5
BLOCK_S = 1.5
SHIFTS = (1.0, 1.1, 1.2, 1.3)
TARGET = 0.10
"""The tolerance that a regression must pass as well."""


def blocks(random: np.random.Generator, noise: float) -> list[Block]:
    """Return one simulated run, cut in blocks as a reference is; runs differ by ``noise``."""
    innovations = random.normal(0, SECOND_SD * np.sqrt(1 - PHI**2), SECONDS)
    seconds = np.empty(SECONDS)
    seconds[0] = random.normal(0, SECOND_SD)
    for number in range(1, SECONDS):
        seconds[number] = PHI * seconds[number - 1] + innovations[number]
    run = random.normal(0, noise)
    latency_ms = 100 * np.exp(run + np.repeat(seconds, RATE) + random.normal(0, REQUEST_SD, SECONDS * RATE))
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


@dataclass(frozen=True)
class Shares:
    """Shares of comparisons: of unchanged runs called worse, or a regression; of shifts of 10, 20 and 30 % found."""

    worse: float
    false: float
    found: tuple[float, ...]


def shares(random: np.random.Generator, pool: Sequence[Measured], references: int, trials: int) -> Shares:
    """Return the shares of ``trials`` comparisons of runs drawn from ``pool``, each with other references."""
    compared, worse = question(), 0
    alarms = [0] * len(SHIFTS)
    for _ in range(trials):
        run, *others = (pool[place] for place in random.choice(len(pool), references + 1, replace=False))
        for number, shift in enumerate(SHIFTS):
            assert run.value is not None
            change = compare_measured(replace(run, value=run.value * shift), others, compared)
            if not isinstance(change, Change):
                continue
            worse += number == 0 and change.low > 0
            alarms[number] += change.low > 0 and change.worse >= TARGET
    false, *found = (count / trials for count in alarms)
    return Shares(worse / trials, false, tuple(found))


def main() -> int:
    """Print the table; 1 when more than 5 % of unchanged runs are called regressions, or shifts of 20 % are missed.

    Of these 80 % must be found with five references and a noise between runs of 2 %.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.regression_power", description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="simulated runs for each noise; default: 1000")
    parser.add_argument("--trials", type=int, default=4000, help="comparisons for each line; default: 4000")
    parser.add_argument("--seed", type=int, default=1, help="seed of the simulation; default: 1")
    parser.add_argument("--references", type=int, nargs="+", default=[3, 5], help="default: 3 5")
    parser.add_argument("--noise", type=float, nargs="+", default=[2, 5, 8, 12], help="in percent; default: 2 5 8 12")
    options = parser.parse_args()
    random = np.random.Generator(np.random.PCG64(options.seed))
    print("noise between runs  references  A/A called worse  A/A regressions  +10 % found  +20 % found  +30 % found")
    good = True
    for noise in options.noise:
        pool = [measure(blocks(random, noise / 100), question()) for _ in range(options.runs)]
        for references in options.references:
            found = shares(random, pool, references, options.trials)
            good &= found.false <= 0.05 or references < ENOUGH_REFERENCES
            good &= found.found[1] >= 0.8 or references < 5 or noise > 2
            power = "".join(f"{share:13.1%}" for share in found.found)
            print(f"{noise:16g} %{references:12}{found.worse:18.1%}{found.false:17.1%}{power}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
