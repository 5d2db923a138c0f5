"""``locust-slo schema``: print the JSON Schema of a file format."""

from __future__ import annotations

import argparse
import sys

from slo.cli.arguments import Commands, print_lines
from slo.objectives import reference
from slo.text import schemas
from slo.verdict.exit_codes import NO_VERDICT


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("schema", help="print the JSON Schema of a file format")
    parser.add_argument("name", choices=schemas.NAMES, nargs="?", help="default: list the names")
    parser.add_argument(
        "--as",
        dest="form",
        choices=("json", "markdown"),
        default="json",
        help="json, or (of objectives) a reference page; default: json",
    )
    parser.set_defaults(do=_schema)


def _schema(options: argparse.Namespace) -> int:
    if options.form == "markdown":
        if options.name != "objectives":
            sys.stderr.write("locust-slo: --as markdown works with `schema objectives` only\n")
            return NO_VERDICT
        sys.stdout.write(reference.page(schemas.load("objectives")))
        return 0
    if options.name:
        sys.stdout.write(schemas.text(options.name))
    else:
        print_lines(*schemas.NAMES)
    return 0
