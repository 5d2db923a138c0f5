"""``locust-slo lint``: check objectives files."""

from __future__ import annotations

import argparse
from pathlib import Path

from slo.analysis import littles_law
from slo.cli.arguments import Commands, print_lines
from slo.metrics.quantity import show
from slo.objectives.objective import Objective
from slo.objectives.objectives import ObjectivesError, load
from slo.record import load_run
from slo.record.run import Run
from slo.verdict.exit_codes import NO_VERDICT

AVERAGE_OF_ALL = (
    "without `stage` it is the average of the whole run, ramps with little load among it; name the stages that offer "
    "the load, or check it with --run RUN"
)


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("lint", help="check objectives files; names every error with its line")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument(
        "--run",
        type=Path,
        metavar="RUN",
        help="a saved run, or its folder: warn of throughput that its load cannot offer",
    )
    parser.set_defaults(do=_lint)


def _lint(options: argparse.Namespace) -> int:
    invalid = 0
    run = load_run.read(options.run)[0] if options.run else None
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
            for warning in warnings(objective, run):
                print_lines(f"    warning: {warning}")
    return NO_VERDICT if invalid else 0


def warnings(objective: Objective, run: Run | None) -> list[str]:
    """Return sentences on an objective that is valid and may not be meant so; ``run`` is a run of the same load."""
    if objective.indicator.kind != "throughput" or objective.against == "baseline":
        return []
    if not run:
        return [] if objective.scope.stages else [AVERAGE_OF_ALL]
    scope = objective.scope
    elsewhere = scope.scenarios and run.scenario not in scope.scenarios
    if elsewhere or not scope.has_all_endpoints or (run.plan and run.plan.is_open):
        return []
    offered = littles_law.of(run, scope.stages).rps_without_waiting
    if offered is None or offered > objective.bound:
        return []
    where = f"in stage {', '.join(scope.stages)}" if scope.stages else "over the whole run, its ramps among it"
    most = show(offered, "rps", objective.bound)
    return [
        f"the load of {run.id} offers at most {most} {where}, even to a target that answers at once: "
        f"{show(objective.bound, objective.unit)} cannot be reached; more users, shorter pauses, or another `stage`"
    ]
