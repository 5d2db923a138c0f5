"""``locust-slo calibrate``: run the same load several times to learn which change can be detected."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from slo.baseline import wording
from slo.baseline.store import KEEP
from slo.cli.arguments import Commands, add_objectives, positive_integer, print_lines
from slo.cli.judging import objectives_of
from slo.metrics.indicator import parse
from slo.objectives.objectives import Objectives
from slo.record.run import Run
from slo.record.run_record import RunError
from slo.reports.console import table
from slo.verdict import calibration, saved_runs
from slo.verdict.saved_runs import compared_indicator


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "calibrate",
        help="run the same load several times to learn which change can be detected",
        epilog="Example: locust-slo calibrate --runs 5 -- -f locustfile.py --objectives objectives.yaml -t 1m",
    )
    add_objectives(parser)
    parser.add_argument("--runs", type=_at_least_two, default=KEEP, metavar="N", help=f"how many runs; default: {KEEP}")
    parser.add_argument("--saved", type=Path, metavar="DIR", help="take the runs saved there instead of new ones")
    parser.add_argument("--scenario", help="with --saved: only runs of this scenario")
    parser.add_argument("words", nargs="*", metavar="LOCUST OPTION", help="after --: what Locust is started with")
    parser.set_defaults(do=_calibrate)


def _at_least_two(text: str) -> int:
    if positive_integer(text) < 2:
        raise argparse.ArgumentTypeError("at least 2 runs: each is compared with the others")
    return int(text)


def _calibrate(options: argparse.Namespace) -> int:
    if options.saved:
        runs, skipped = saved_runs.comparable_runs(saved_runs.read(options.saved, options.scenario).runs)
        objectives = _objectives(options, runs, options.saved)
    else:
        with tempfile.TemporaryDirectory(prefix="locust-slo-") as folder:
            runs, skipped = calibration.repeat(options.words, options.runs, Path(folder), print_lines), []
            objectives = _objectives(options, runs, Path(folder))
    if len(runs) < 2:
        raise RunError("\n".join(["calibrating needs at least two runs of the same kind", *skipped]))
    floors = saved_runs.noise_floors(runs, {name: compared_indicator(parse(name)) for name in saved_runs.INDICATORS})
    rows = [(name, wording.share(floor, parse(name))) for name, floor in floors.items()]
    print_lines(f"{len(runs)} runs of the same, each compared with the others:", "")
    print_lines(table(("indicator", "smallest change that can be seen"), rows), "")
    print_lines(*calibration.warnings(objectives, runs), *skipped)
    return 0


def _objectives(options: argparse.Namespace, runs: Sequence[Run], folder: Path) -> Objectives:
    """Return the objectives of the command line, or those of the newest run, whose folder is below ``folder``."""
    if not runs:
        raise RunError(f"{folder}: holds no run with a request")
    newest = next(iter(sorted(folder.rglob(runs[-1].id))), folder / runs[-1].id)
    return objectives_of(runs[-1], newest, options.objectives)
