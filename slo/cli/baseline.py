"""``locust-slo baseline``: keep reference runs."""

from __future__ import annotations

import argparse
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from slo.baseline import store
from slo.baseline.store import KEEP, BaselineError
from slo.cli.arguments import Commands, add_objectives, add_run, positive_integer, print_lines
from slo.cli.judging import objectives_of
from slo.metrics.indicator import parse
from slo.metrics.quantity import show
from slo.record import load_run
from slo.reports.console import table
from slo.verdict import saved_runs
from slo.verdict.judge import judge
from slo.verdict.result import EXIT_CODES
from slo.verdict.saved_runs import compared_indicator


def add(commands: Commands) -> None:
    """Add the command and its actions."""
    actions = commands.add_parser("baseline", help="keep reference runs").add_subparsers(
        required=True, metavar="ACTION"
    )
    add_action = actions.add_parser("add", help="add a run to the references of its scenario")
    add_run(add_action)
    add_action.add_argument(
        "--keep", type=positive_integer, default=KEEP, metavar="N", help=f"references kept; default: {KEEP}"
    )
    add_action.add_argument("--anyway", action="store_true", help="add a run that did not pass, too")
    add_objectives(add_action)
    add_action.set_defaults(do=_add)
    show_action = actions.add_parser("show", help="what a scenario's references measured")
    show_action.add_argument("scenario", metavar="SCENARIO", help="or the suite's name, if it has no scenarios")
    show_action.set_defaults(do=_show)
    list_action = actions.add_parser("list", help="all references, by scenario")
    list_action.set_defaults(do=_list)
    drop_action = actions.add_parser("drop", help="remove references")
    drop_action.add_argument("scenario", metavar="SCENARIO", help="or the suite's name, if it has no scenarios")
    drop_action.add_argument("ids", nargs="+", metavar="ID", help="as `baseline list` shows them")
    drop_action.set_defaults(do=_drop)
    for action in (add_action, show_action, list_action, drop_action):
        action.add_argument(
            "--baselines", type=Path, default=Path("baselines"), metavar="DIR", help="default: baselines"
        )


def _add(options: argparse.Namespace) -> int:
    run, folder = load_run.read(options.run)
    objectives = objectives_of(run, folder, options.objectives)
    # A regression does not matter here: a reference may be the first of a new level.
    absolute = [objective for objective in objectives.items if objective.against == "target"]
    verdict = judge(run, replace(objectives, items=tuple(absolute)))
    if EXIT_CODES[verdict.status] != 0 and not options.anyway:
        raise BaselineError(
            f"{run.id}: is {verdict.status}; only a run that passed becomes a reference (--anyway adds it nevertheless)"
        )
    stopped_without_plan = run.ended.how == "stopped" and run.plan is None
    if run.ended.how != "completed" and not stopped_without_plan and not options.anyway:
        raise BaselineError(
            f"{run.id}: was {run.ended.how}; only a complete run becomes a reference (--anyway adds it nevertheless)"
        )
    path = store.add(run, options.baselines, options.keep)
    print_lines(f"{path}: added {run.id} ({verdict.status}); it holds {len(store.read(path))} of {options.keep}")
    return 0


def _existing_file(options: argparse.Namespace) -> Path:
    path: Path = options.baselines / f"{options.scenario}.json"
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in options.baselines.glob("*.json"))) or "none"
        raise BaselineError(f"{path}: there is no baseline of this name; there is: {known}")
    return path


def _show(options: argparse.Namespace) -> int:
    path = _existing_file(options)
    references = store.read(path)
    indicators = [parse(name) for name in saved_runs.INDICATORS]
    rows = []
    for one in references:
        tally = one.tally()
        values = [compared_indicator(indicator).value(tally, one.duration_s) for indicator in indicators]
        cells = [
            "-" if value is None else show(value, indicator.unit)
            for value, indicator in zip(values, indicators, strict=True)
        ]
        rows.append((one.id, show(Fraction(tally.requests), "count"), *cells))
    print_lines(f"{path}: {len(references)} references, {path.stat().st_size:,} bytes", "")
    print_lines(table(("reference", "requests", *saved_runs.INDICATORS), rows), "")
    newest = references[-1]
    known = [f"{name} {value}" for name, value in sorted(newest.environment.items()) if value is not None]
    print_lines(f"newest: {newest.target.headline()}; {', '.join(known)}")
    return 0


def _list(options: argparse.Namespace) -> int:
    rows = []
    for file in sorted(options.baselines.glob("*.json")):
        for one in store.read(file):
            commit = str(one.environment.get("commit") or "-")[:12]
            rows.append((file.stem, one.id, one.started_at, f"{one.duration_s:.1f} s", one.target.identity(), commit))
    if not rows:
        print_lines(f"{options.baselines}: holds no baseline; `locust-slo baseline add RUN` adds one")
        return 0
    print_lines(table(("scenario", "reference", "started at", "duration", "target", "commit"), rows))
    return 0


def _drop(options: argparse.Namespace) -> int:
    path = _existing_file(options)
    remaining = store.drop(path, options.ids)
    result = f"it holds {', '.join(remaining)}" if remaining else "the file is deleted"
    print_lines(f"{path}: dropped {', '.join(options.ids)}; {result}")
    return 0
