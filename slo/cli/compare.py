"""``locust-slo compare``: two saved runs side by side."""

from __future__ import annotations

import argparse
from pathlib import Path

from slo.baseline import store, wording
from slo.baseline.compare import NotComparable
from slo.cli.arguments import Commands, print_lines
from slo.record import load_run
from slo.record.run import Run
from slo.record.run_record import RunError
from slo.reports.console import table
from slo.reports.rows import COMPARE_HEAD, comparison
from slo.verdict import saved_runs
from slo.verdict.saved_runs import Row


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("compare", help="two saved runs side by side")
    parser.add_argument("before", type=Path, metavar="A", help="a run's folder, or its run.json")
    parser.add_argument("after", type=Path, metavar="B", help="the run that is compared with it")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with the curves of both, too")
    parser.set_defaults(do=_compare)


def _compare(options: argparse.Namespace) -> int:
    before, after = load_run.read(options.before)[0], load_run.read(options.after)[0]
    if before.id == after.id:
        raise RunError(f"{after.id}: is compared with itself; give two runs")
    for one in (before, after):
        if not one.tallies:
            raise RunError(f"{one.id}: made no request; there is nothing to compare")
    rows = saved_runs.side_by_side(before, after)
    print_lines(*_headlines(before, after))
    print_lines(table(COMPARE_HEAD, [comparison(row) for row in rows]), "")
    print_lines(*filter(None, map(_sentence, rows)))
    if options.html:
        from slo.reports import side_by_side  # matplotlib is loaded only for a picture

        side_by_side.write_compare(options.html, before, after, rows)
        print_lines(str(options.html))
    return 0


def _headlines(before: Run, after: Run) -> list[str]:
    lines = [
        f"{letter}: {one.id}, scenario {one.scenario or '-'}, {one.target.headline()}, {one.ended.how}"
        for letter, one in (("A", before), ("B", after))
    ]
    differences = store.differences(before, after)
    if before.scenario != after.scenario:
        differences.append(f"scenario: {before.scenario} there, {after.scenario} here")
    return [*lines, *([f"They differ: {'; '.join(differences)}"] if differences else []), ""]


def _sentence(row: Row) -> str:
    """Return what changed, in a sentence; empty where nothing did."""
    if isinstance(row.change, NotComparable) or not row.change.is_real:
        return ""
    direction = "worse" if row.change.worse > 0 else "better"
    change = wording.share(abs(row.change.worse), row.indicator)
    return f"{row.indicator.name} of {row.endpoint}: {change} {direction}"
