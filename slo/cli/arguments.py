"""Arguments and types of arguments that several commands share."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[Any]"
"""What a command adds its parser to."""


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the saved run."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a run's folder, or its run.json")


def add_objectives(parser: argparse.ArgumentParser) -> None:
    """Add ``--objectives``; without it, the objectives that the run itself was judged by."""
    parser.add_argument("--objectives", type=Path, metavar="FILE", help="default: those the run was judged by")


def add_judging(parser: argparse.ArgumentParser) -> None:
    """Add which references a run is compared with, and what decides its verdict beside the objectives."""
    parser.add_argument(
        "--baselines", type=Path, metavar="DIR", help="reference runs; default: those of the run, or baselines"
    )
    parser.add_argument(
        "--any-baseline",
        action="store_true",
        default=None,
        help="compare with references of another environment or load; default: as in the run's own options",
    )
    parser.add_argument(
        "--allow-incomplete", action="store_true", help="judge a run although counts of a worker are missing"
    )
    parser.add_argument(
        "--fail-on",
        choices=("fail", "warning"),
        help="lowest status with exit code 1; default: as in the run's own options",
    )


def positive_integer(text: str) -> int:
    """Return the integer from 1 that ``text`` is; raises argparse.ArgumentTypeError."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected an integer from 1, not '{text}'")
    return int(text)


def print_lines(*lines: str) -> None:
    """Write lines to stdout."""
    sys.stdout.write("\n".join(lines) + "\n")
