"""``locust-slo``: judge saved runs again, check objectives files, keep baselines. Works offline."""

from __future__ import annotations

import argparse
import sys
import webbrowser
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import NoReturn

from slo.baseline import store
from slo.cli import commands as many
from slo.metrics.quantity import parse, show
from slo.objectives import reference
from slo.objectives.objectives import Objectives, ObjectivesError, load
from slo.prometheus import rules
from slo.record import load_run
from slo.record.run import Run
from slo.record.run_record import RunError
from slo.reports import console, writer
from slo.reports.writer import ReportError
from slo.text import atomic, schemas
from slo.text.clean import for_terminal
from slo.text.version import __version__
from slo.verdict.exit_codes import NO_VERDICT
from slo.verdict.policy import Policy

LEAST_PERIOD_S = 600.0
DEFAULT_OBJECTIVES = Path(str(files("slo"))) / "hotel.yaml"


class _Parser(argparse.ArgumentParser):
    """A usage error is no verdict: argparse's own exit code 2 would say CRITICAL."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(NO_VERDICT, f"{self.prog}: {message}\n")


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line ``words`` and return the exit code."""
    options = _parser().parse_args(words)
    try:
        return int(options.do(options))
    except (RunError, ObjectivesError, store.BaselineError, ReportError) as error:
        sys.stderr.write(f"{error}\n")
    except BrokenPipeError:
        sys.stdout = None  # who read us has enough; nothing is left to flush
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"{where}{error.strerror or error}\n")
    except KeyboardInterrupt:
        return 130
    return NO_VERDICT


def _parser() -> _Parser:
    parser = _Parser(prog="locust-slo", description=main.__doc__, allow_abbrev=False)
    parser.description = "Judge saved runs, check objectives files, keep baselines."
    parser.epilog = "Exit codes: 0 pass or warning, 1 fail, 2 critical, 3 no verdict (or an error)."
    parser.add_argument("--version", action="version", version=f"locust-slo {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    validate = commands.add_parser("validate", help="judge a saved run again; exits with the verdict's code")
    validate.add_argument("run", type=Path, metavar="RUN", help="a run's folder, or its run.json")
    _own_objectives_option(validate)
    baselines_options(validate)
    _judging_options(validate)
    validate.set_defaults(do=_validate)
    _add_report(commands)
    lint = commands.add_parser("lint", help="check objectives files; names every error with its line")
    lint.add_argument("files", type=Path, nargs="+", metavar="FILE")
    lint.set_defaults(do=_lint)
    schema = commands.add_parser("schema", help="print the JSON Schema of a file format")
    schema.add_argument("name", choices=schemas.NAMES, nargs="?", help="without it, their names")
    schema.add_argument(
        "--as",
        dest="form",
        choices=("json", "markdown"),
        default="json",
        help="json, or (of objectives) a page for people; default: json",
    )
    schema.set_defaults(do=_schema)
    _add_export(commands)
    many.add(commands, _objectives_option)
    return parser


def _objectives_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--objectives",
        type=Path,
        default=DEFAULT_OBJECTIVES,
        metavar="FILE",
        help="objectives to judge by; default: the hotel's, slo/hotel.yaml",
    )


def _own_objectives_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--objectives", type=Path, metavar="FILE", help="default: those the run was judged by, or the hotel's"
    )


def _judging_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-incomplete", action="store_true", help="judge a run although counts of a worker are missing"
    )
    parser.add_argument(
        "--fail-on",
        choices=("fail", "warning"),
        help="from which status on the verdict's exit code is 1; default: as the run was asked to",
    )


def _add_report(commands: argparse._SubParsersAction[_Parser]) -> None:
    report = commands.add_parser("report", help="write reports of a saved run")
    report.add_argument("run", type=Path, metavar="RUN", help="a run's folder, or its run.json")
    report.add_argument(
        "--format",
        type=_formats,
        default=writer.DEFAULT_FORMATS,
        metavar="FORMATS",
        help=f"separated by commas: {', '.join(writer.FORMATS)}; default: {writer.DEFAULT_FORMATS}",
    )
    _own_objectives_option(report)
    baselines_options(report)
    _judging_options(report)
    report.add_argument("--out", type=Path, metavar="DIR", help="where to write; default: beside run.json")
    report.add_argument("--open", action="store_true", help="open the HTML report in a browser")
    report.set_defaults(do=_report)


def _add_export(commands: argparse._SubParsersAction[_Parser]) -> None:
    export = commands.add_parser("export", help="what other tools need of an objectives file")
    whats = export.add_subparsers(required=True, metavar="WHAT")
    rules_for = whats.add_parser("prometheus-rules", help="recording rules and burn-rate alerts for Prometheus")
    _objectives_option(rules_for)
    rules_for.add_argument(
        "--period",
        type=_period,
        default=rules.MONTH_S,
        metavar="TIME",
        help="how long a budget of bad requests is to last, like 30d or 1h; default: 30d",
    )
    rules_for.add_argument("--out", type=Path, metavar="FILE", help="where to write; default: stdout")
    rules_for.set_defaults(do=_export_rules)


def _period(text: str) -> float:
    try:
        days, _, rest = text.rpartition("d")
        seconds = int(days or 0) * 86400.0 + (float(parse(rest, "s")) if rest else 0.0)
    except ValueError:
        seconds = 0.0
    if seconds < LEAST_PERIOD_S:
        raise argparse.ArgumentTypeError(f"--period is a time like 30d, 1h or 15min, from 10min on, not '{text}'")
    return seconds


def _export_rules(options: argparse.Namespace) -> int:
    objectives = load(options.objectives)
    text, left = rules.rules(objectives, options.period, options.objectives.name)
    for one in left:
        sys.stderr.write(f"{for_terminal(one.objective)}: {one.why}\n")
    if options.out:
        atomic.write(options.out, text)
    else:
        sys.stdout.write(text)
    return 0


def _formats(text: str) -> tuple[str, ...]:
    try:
        return writer.formats(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def baselines_options(parser: argparse.ArgumentParser) -> None:
    """Add what says which references a run is compared with."""
    parser.add_argument(
        "--baselines", type=Path, metavar="DIR", help="reference runs; default: those of the run, or baselines"
    )
    parser.add_argument(
        "--any-baseline",
        action="store_true",
        default=None,
        help="compare with references of another environment or load; default: as the run was asked to",
    )


def _objectives_for(options: argparse.Namespace, one: Run, folder: Path) -> Objectives:
    """Return the objectives that are asked for, else those the run was judged by, else the hotel's."""
    own = None if options.objectives else writer.judged_by(one, folder)
    objectives = own or load(options.objectives or DEFAULT_OBJECTIVES)
    baselines = options.baselines or Path(str(one.options.get("baselines") or "baselines"))
    told = options.any_baseline if options.any_baseline is not None else bool(one.options.get("any_baseline"))
    return replace(objectives, baselines=baselines, any_baseline=told)


def _policy(one: Run, options: argparse.Namespace) -> Policy:
    """Return how to judge: as the command line says, else as the options of the run said."""
    own = Policy.of_options(one.options)
    return Policy(own.allow_incomplete or options.allow_incomplete, options.fail_on or own.fail_on)


def _validate(options: argparse.Namespace) -> int:
    one, folder = load_run.read(options.run)
    objectives = _objectives_for(options, one, folder)
    verdict = writer.publish(one, objectives, folder, _policy(one, options))
    # A report that is there already would say what was judged before.
    there = [name for name, form in writer.FORMATS.items() if (folder / form.file).exists()]
    writer.report(one, verdict, objectives, folder, dict.fromkeys(("markdown", "junit", *there)))
    writer.write_github_output(one, verdict)
    sys.stdout.write(console.render(one, verdict, colour=sys.stdout.isatty()) + "\n")
    return verdict.exit_code


def _report(options: argparse.Namespace) -> int:
    if options.open and "html" not in options.format:
        raise ReportError("--open shows the HTML report: add html to --format")
    one, folder = load_run.read(options.run)
    objectives = _objectives_for(options, one, folder)
    verdict = writer.judged(one, objectives, _policy(one, options))
    out = options.out or folder
    for name in options.format:
        for path in writer.write(name, one, verdict, objectives, out):
            sys.stdout.write(f"{path}\n")
    if options.open and not webbrowser.open((out / writer.FORMATS["html"].file).resolve().as_uri()):
        raise ReportError("there is no browser to open the report with; its path is above")
    return 0


def _lint(options: argparse.Namespace) -> int:
    wrong = 0
    for file in options.files:
        try:
            objectives = load(file)
        except ObjectivesError as error:
            wrong += 1
            sys.stdout.write(f"{error}\n")
            continue
        sys.stdout.write(f"{file}: {len(objectives.items)} objectives, no error\n")
        for objective in objectives.items:
            sign = "<" if objective.direction == "lower" else ">"
            bound = show(objective.target, objective.unit)
            words = f"{objective.name}: {objective.indicator.name} {sign} {bound} ({objective.priority})"
            sys.stdout.write(f"  {words}\n")
    return NO_VERDICT if wrong else 0


def _schema(options: argparse.Namespace) -> int:
    if options.form == "markdown":
        if options.name != "objectives":
            sys.stderr.write("locust-slo: a page for people is made of `schema objectives` alone\n")
            return NO_VERDICT
        sys.stdout.write(reference.page(schemas.load("objectives")))
        return 0
    sys.stdout.write(schemas.text(options.name) if options.name else "\n".join(schemas.NAMES) + "\n")
    return 0
