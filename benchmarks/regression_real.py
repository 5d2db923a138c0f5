"""The same question as ``regression_power``, asked of real runs: Locust against the embedded hotel API.

``python -m benchmarks.regression_real`` makes five reference runs, then runs in which nothing changed and runs in which
every answer takes a fifth longer (60 ms instead of 50), and prints in how many a regression of the p95 is named.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from slo.baseline.compare import Change, compare
from slo.baseline.store import Reference
from slo.metrics.indicator import parse
from slo.verdict.saved_runs import compared_indicator
from tests.support.processes import Demo, hotel

TARGET = 0.10
"""The tolerance that a regression must pass as well."""
USUAL_MS, SLOWER_MS = 50, 60


def main() -> int:
    """Run them all and say what was found; 1 when more than one of 20 is false, or fewer than 9 of 10 are found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.regression_real", description=__doc__)
    parser.add_argument("--same", type=int, default=20, help="runs in which nothing changed; default: 20")
    parser.add_argument("--slower", type=int, default=10, help="runs in which answers take 20 %% longer; default: 10")
    options = parser.parse_args()
    demo = Demo("--latency-ms", str(USUAL_MS), "--latency-spread", "0.3")
    with tempfile.TemporaryDirectory() as folder:
        references = [one(demo, Path(folder) / f"reference-{number}") for number in range(5)]
        false = sum(regressed(one(demo, Path(folder) / f"same-{n}"), references) for n in range(options.same))
        demo.faults(latency_ms=SLOWER_MS)
        found = sum(regressed(one(demo, Path(folder) / f"slower-{n}"), references) for n in range(options.slower))
    demo.stop()
    print(f"{false} of {options.same} runs without a change called a regression")
    print(f"{found} of {options.slower} runs with 20 % longer answers called a regression")
    return 0 if false * 20 <= options.same and found * 10 >= 9 * options.slower else 1


def one(demo: Demo, reports: Path) -> Reference:
    """Make one run of some seconds and return it."""
    done = hotel(reports, demo.url, "load", "--time-scale", "0.01", "--think-time", "0.05")
    return Reference.of(done.run)


def regressed(run: Reference, references: list[Reference]) -> bool:
    """Return whether the run's p95 is called a regression, and say how it looked."""
    change = compare(
        run.blocks, [reference.blocks for reference in references], compared_indicator(parse("latency.p95"))
    )
    assert isinstance(change, Change), change
    alarm = change.low > 0 and change.worse >= TARGET
    print(
        f"p95 {change.after:.1f} ms against {change.before:.1f} ms: {change.worse:+.1%} "
        f"({change.low:+.1%} to {change.high:+.1%}){' regression' if alarm else ''}",
        flush=True,
    )
    return alarm


if __name__ == "__main__":
    sys.exit(main())
