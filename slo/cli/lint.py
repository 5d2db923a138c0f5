"""``locust-slo lint``: check objectives files."""

from __future__ import annotations

import argparse
from pathlib import Path

from slo.cli.arguments import Commands, print_lines
from slo.metrics.quantity import show
from slo.objectives.objectives import ObjectivesError, load
from slo.verdict.exit_codes import NO_VERDICT


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("lint", help="check objectives files; names every error with its line")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.set_defaults(do=_lint)


def _lint(options: argparse.Namespace) -> int:
    invalid = 0
    for file in options.files:
        try:
            objectives = load(file)
        except ObjectivesError as error:
            invalid += 1
            print_lines(str(error))
            continue
        print_lines(f"{file}: {len(objectives.items)} objectives, no error")
        for objective in objectives.items:
            sign = "<" if objective.direction == "lower" else ">"
            target = show(objective.target, objective.unit)
            print_lines(f"  {objective.name}: {objective.indicator.name} {sign} {target} ({objective.priority})")
    return NO_VERDICT if invalid else 0
