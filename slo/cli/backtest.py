"""``locust-slo backtest``: judge saved runs by an edited objectives file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from slo.cli.arguments import Commands, positive_integer, print_lines
from slo.objectives.objectives import Objectives, load
from slo.verdict import saved_runs
from slo.verdict.verdict import Verdict


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("backtest", help="judge all saved runs by an edited objectives file")
    parser.add_argument("objectives", type=Path, metavar="OBJECTIVES")
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder that holds the runs, like reports")
    parser.add_argument("--scenario", help="only runs of this scenario")
    parser.add_argument("--last", type=positive_integer, metavar="N", help="only the newest N runs")
    parser.set_defaults(do=_backtest)


def _backtest(options: argparse.Namespace) -> int:
    objectives = load(options.objectives)
    saved = saved_runs.read(options.folder, options.scenario)
    runs = saved.runs[-options.last :] if options.last else saved.runs
    verdicts = saved_runs.backtest(runs, objectives)
    failed = [verdict for verdict in verdicts if verdict.status in ("FAIL", "CRITICAL")]
    undecided = [verdict for verdict in verdicts if verdict.exit_code == 3]
    print_lines(f"would have failed {len(failed)} of the last {len(runs)} runs ({len(undecided)} without a verdict)")
    for verdict in (*failed, *undecided):
        print_lines(f"  {verdict.run_id}: {verdict.status}", *_reasons(verdict))
    misses = [*_misses(objectives, verdicts), *saved.unreadable]
    if misses:
        print_lines(*misses)
    return 0


def _reasons(verdict: Verdict) -> list[str]:
    bad = [result for result in verdict.results if result.status in ("FAIL", "CRITICAL", "NO DATA")]
    return [f"    {one.status} {one.objective.name}: {one.reason}" for one in bad] or [f"    {verdict.reason}"]


def _misses(objectives: Objectives, verdicts: Sequence[Verdict]) -> list[str]:
    """Return how many runs missed each objective, in a line for each that was missed."""
    lines = []
    for objective in objectives.items:
        missed = sum(
            result.objective.name == objective.name and result.status in ("FAIL", "CRITICAL")
            for verdict in verdicts
            for result in verdict.results
        )
        if missed:
            lines.append(f"{objective.name}: missed by {missed} of {len(verdicts)}")
    return lines
