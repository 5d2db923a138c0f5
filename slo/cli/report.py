"""``locust-slo report``: write reports of a saved run."""

from __future__ import annotations

import argparse
import webbrowser
from pathlib import Path

from slo.cli.arguments import Commands, add_judging, add_objectives, add_run, print_lines
from slo.cli.judging import judged_objectives, policy_of
from slo.record import load_run
from slo.reports import writer
from slo.reports.writer import ReportError


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("report", help="write reports of a saved run")
    add_run(parser)
    parser.add_argument(
        "--format",
        type=_formats,
        default=writer.DEFAULT_FORMATS,
        metavar="FORMATS",
        help=f"separated by commas: {', '.join(writer.FORMATS)}; default: {writer.DEFAULT_FORMATS}",
    )
    add_objectives(parser)
    add_judging(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to write; default: beside run.json")
    parser.add_argument("--open", action="store_true", help="open the HTML report in a browser")
    parser.set_defaults(do=_report)


def _formats(text: str) -> tuple[str, ...]:
    try:
        return writer.formats(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _report(options: argparse.Namespace) -> int:
    if options.open and "html" not in options.format:
        raise ReportError("--open shows the HTML report: add html to --format")
    run, folder = load_run.read(options.run)
    objectives = judged_objectives(options, run, folder)
    verdict = writer.judged(run, objectives, policy_of(options, run))
    out = options.out or folder
    for name in options.format:
        print_lines(*map(str, writer.write(name, run, verdict, objectives, out)))
    if options.open and not webbrowser.open((out / writer.FORMATS["html"].file).resolve().as_uri()):
        raise ReportError("no browser was found to open the report; its path is above")
    return 0
