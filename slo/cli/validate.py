"""``locust-slo validate``: judge a saved run again."""

from __future__ import annotations

import argparse
import sys

from slo.cli.arguments import Commands, add_judging, add_objectives, add_run
from slo.cli.judging import judged_objectives, policy_of
from slo.record import load_run
from slo.reports import console, writer


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("validate", help="judge a saved run again; exits with the verdict's code")
    add_run(parser)
    add_objectives(parser)
    add_judging(parser)
    parser.set_defaults(do=_validate)


def _validate(options: argparse.Namespace) -> int:
    run, folder = load_run.read(options.run)
    objectives = judged_objectives(options, run, folder)
    verdict = writer.publish(run, objectives, folder, policy_of(options, run))
    # A report that is there already would say what was judged before.
    existing = [name for name, form in writer.FORMATS.items() if (folder / form.file).exists()]
    writer.report(run, verdict, objectives, folder, dict.fromkeys(("markdown", "junit", *existing)))
    writer.write_github_output(run, verdict)
    sys.stdout.write(console.render(run, verdict, colour=sys.stdout.isatty()) + "\n")
    return verdict.exit_code
