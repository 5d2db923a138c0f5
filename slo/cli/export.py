"""``locust-slo export``: what other tools need of an objectives file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from slo.cli.arguments import Commands
from slo.metrics.quantity import parse
from slo.objectives.objectives import load
from slo.prometheus import rules
from slo.prometheus.burn_rate import MONTH_S
from slo.text import atomic
from slo.text.clean import for_terminal

MIN_PERIOD_S = 600.0


def add(commands: Commands) -> None:
    """Add the command and what it exports."""
    export = commands.add_parser("export", help="what other tools need of an objectives file")
    targets = export.add_subparsers(required=True, metavar="WHAT")
    parser = targets.add_parser("prometheus-rules", help="recording rules and burn-rate alerts for Prometheus")
    parser.add_argument("--objectives", type=Path, metavar="FILE", required=True, help="the objectives file")
    parser.add_argument(
        "--period",
        type=_period,
        default=MONTH_S,
        metavar="TIME",
        help="time in which the budget of bad requests may be used up, like 30d or 1h; default: 30d",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write; default: stdout")
    parser.set_defaults(do=_export_rules)


def _period(text: str) -> float:
    try:
        days, _, rest = text.rpartition("d")
        seconds = int(days or 0) * 86400.0 + (float(parse(rest, "s")) if rest else 0.0)
    except ValueError:
        seconds = 0.0
    if seconds < MIN_PERIOD_S:
        raise argparse.ArgumentTypeError(f"--period is a time like 30d, 1h or 15min, from 10min on, not '{text}'")
    return seconds


def _export_rules(options: argparse.Namespace) -> int:
    objectives = load(options.objectives)
    text, skipped = rules.rules(objectives, options.period, options.objectives.name)
    for one in skipped:
        sys.stderr.write(f"{for_terminal(one.objective)}: {one.why}\n")
    if options.out:
        atomic.write(options.out, text)
    else:
        sys.stdout.write(text)
    return 0
