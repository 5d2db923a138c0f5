"""``locust-slo``: judge saved runs again, check objectives files, keep baselines. Works offline."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from slo.baseline.store import BaselineError
from slo.cli import backtest, baseline, calibrate, compare, export, hotel, lint, report, schema, trend, validate
from slo.objectives.objectives import ObjectivesError
from slo.record.run_record import RunError
from slo.reports.writer import ReportError
from slo.text.clean import cleaned, escape_what_cannot_be_printed
from slo.text.version import __version__
from slo.verdict.exit_codes import NO_VERDICT

COMMANDS = (validate, report, lint, schema, export, baseline, compare, trend, backtest, calibrate, hotel)
"""Each module adds its command, in the order of the help text."""


class _Parser(argparse.ArgumentParser):
    """A usage error is no verdict: argparse's own exit code 2 would mean CRITICAL."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(NO_VERDICT, f"{self.prog}: {message}\n")


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line ``words`` (default: this process's) and return the exit code."""
    escape_what_cannot_be_printed(sys.stdout, sys.stderr)
    options = _parser().parse_args(words)
    try:
        return int(options.do(options))
    except (RunError, ObjectivesError, BaselineError, ReportError) as error:
        sys.stderr.write(f"{error}\n")
    except BrokenPipeError:
        sys.stdout = None  # the reader closed the pipe; nothing is left to flush
    except OSError as error:
        path = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"{path}{error.strerror or error}\n")
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001  # Python's own exit code 1 would mean FAIL
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        what = cleaned(f"{type(error).__name__}: {error}")
        sys.stderr.write(f"locust-slo: internal error, no verdict: {what} ({place}); please report it\n")
    return NO_VERDICT


def _parser() -> _Parser:
    parser = _Parser(
        prog="locust-slo",
        description="Judge saved runs, check objectives files, keep baselines.",
        epilog="Exit codes: 0 pass or warning, 1 fail, 2 critical, 3 no verdict (or an error).",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"locust-slo {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser
