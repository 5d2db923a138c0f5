"""``locust-slo trend``: every saved run of a scenario over time, with change points."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path

from slo.baseline.changepoint import changes
from slo.cli.arguments import Commands, print_lines
from slo.metrics.indicator import Indicator, parse
from slo.metrics.quantity import show
from slo.record.run import Run
from slo.record.run_record import RunError
from slo.reports.console import table
from slo.verdict import saved_runs
from slo.verdict.saved_runs import compared_indicator

INDICATORS = ("latency.p50", "latency.p95", "latency.p99", "errors.ratio", "throughput.rps")


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("trend", help="every saved run of a scenario over time, with change points")
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder that holds the runs, like reports")
    parser.add_argument("--scenario", help="default: the scenario of the newest run")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with the curves, too")
    parser.set_defaults(do=_trend)


def _trend(options: argparse.Namespace) -> int:
    saved = saved_runs.read(options.folder)
    scenario = options.scenario or saved.runs[-1].scenario
    runs, skipped = saved_runs.comparable_runs([one for one in saved.runs if one.scenario == scenario])
    if not runs:
        raise RunError(f"{options.folder}: holds no run of scenario {scenario} with a request")
    columns = {name: _values(runs, parse(name)) for name in INDICATORS}
    points = {name: _change_points(values, parse(name)) for name, values in columns.items()}
    print_lines(f"{len(runs)} runs of {scenario or 'no scenario'}", "")
    print_lines(_table(runs, columns, points), "")
    print_lines(*_sentences(runs, columns, points))
    print_lines("(change points by optimal partitioning, Jackson et al. 2005; marked *)", *skipped, *saved.unreadable)
    if options.html:
        from slo.reports import side_by_side  # matplotlib is loaded only for a picture

        side_by_side.write_trend(options.html, runs, columns, points)
        print_lines(str(options.html))
    return 0


def _values(runs: Sequence[Run], indicator: Indicator) -> list[float | None]:
    comparison = compared_indicator(indicator)
    return [comparison.value(one.tally(), one.duration_s) for one in runs]


def _change_points(values: Sequence[float | None], indicator: Indicator) -> list[int]:
    """Return the positions at which a level begins; runs without a value are left out."""
    known = [(position, value) for position, value in enumerate(values) if value is not None]
    relative = indicator.unit != "ratio" and all(value > 0 for _, value in known)
    return [known[found][0] for found in changes([value for _, value in known], relative)]


def _table(runs: Sequence[Run], columns: dict[str, list[float | None]], points: dict[str, list[int]]) -> str:
    rows = []
    for position, one in enumerate(runs):
        cells = [_cell(columns[name][position], parse(name), position in points[name]) for name in INDICATORS]
        rows.append((one.id, one.started_at, str(one.environment.get("commit") or "-")[:12], *cells))
    return table(("run", "started at", "commit", *INDICATORS), rows)


def _cell(value: float | None, indicator: Indicator, is_change_point: bool) -> str:
    return "-" if value is None else show(value, indicator.unit) + (" *" if is_change_point else "")


def _sentences(runs: Sequence[Run], columns: dict[str, list[float | None]], points: dict[str, list[int]]) -> list[str]:
    found = sorted((position, name) for name, positions in points.items() for position in positions)
    return [
        f"{name} changed with {runs[position].id}: {_levels(columns[name], points[name], position, parse(name))}"
        for position, name in found
    ] or ["no change point"]


def _levels(values: Sequence[float | None], points: Sequence[int], position: int, indicator: Indicator) -> str:
    cuts = [0, *points, len(values)]
    number = cuts.index(position, 1)
    medians = []
    for start, end in ((cuts[number - 1], position), (position, cuts[number + 1])):
        known = [value for value in values[start:end] if value is not None]
        medians.append(show(statistics.median(known), indicator.unit))
    return f"{medians[0]} before, {medians[1]} since (medians of the runs)"
