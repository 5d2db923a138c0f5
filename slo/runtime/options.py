"""The command-line options of locust-slo."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError, Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

from locust import argument_parser
from locust.env import Environment
from locust.util.timespan import parse_timespan

from slo.baseline import store
from slo.baseline.store import BaselineError
from slo.load import rate
from slo.load.iterations import PER_USER, IterationLimit
from slo.load.search_record import SearchRecord
from slo.objectives.objectives import Objectives, ObjectivesError, load
from slo.reports import writer
from slo.runtime import output_options
from slo.runtime.exit import exit_without_verdict, replace_usage_exit_code
from slo.runtime.option_group import OptionGroup
from slo.runtime.suite import scenario_of, suite_of
from slo.text import redact
from slo.tracing import trace_link

MAX_USERS = 10_000
"""Users that a search tries at most where -u does not say."""
MIN_SEARCH_TIME_S = 30.0
"""A search has time for two steps at least."""


def add(parser: argument_parser.LocustArgumentParser) -> None:
    """Add our options to Locust's."""
    group = OptionGroup(parser, "SLO options", "Objectives, verdict and reports (locust-slo).")
    group.add(
        "--objectives",
        metavar="<filename>",
        help="YAML file with the objectives to judge the run by. Without it runs are recorded, not judged.",
    )
    group.add(
        "--reports-dir",
        metavar="<directory>",
        default="reports",
        help="Where each run gets a folder with run.json, verdict.json and its reports. Default: reports",
    )
    group.add(
        "--report-formats",
        type=_formats,
        metavar="<formats>",
        default=writer.DEFAULT_FORMATS,
        help=f"Reports written beside run.json and verdict.json, separated by commas: {', '.join(writer.FORMATS)}. "
        f"Default: {writer.DEFAULT_FORMATS}",
    )
    group.add(
        "--progress",
        choices=("auto", "on", "off"),
        default="auto",
        help="A live line: time left, stage, users, throughput, p95, errors, worst objective. "
        "Default: auto (with --only-summary)",
    )
    group.add(
        "--allow-incomplete",
        action="store_true",
        help="Judge a run although counts of a worker are missing, or a stage had too few users. "
        "Default: such a run has no verdict (exit code 3)",
    )
    group.add(
        "--fail-on",
        choices=("fail", "warning"),
        default="fail",
        help="From which status on the exit code is 1; a WARNING stays one, and is a failure in JUnit. Default: fail",
    )
    group.add(
        "--baselines",
        metavar="<directory>",
        default="baselines",
        help="Where the reference runs are that `regression` objectives compare with. Default: baselines",
    )
    group.add(
        "--any-baseline",
        action="store_true",
        help="Compare with references of another target, machine or load, too. Default: they are left out",
    )
    group.add(
        "--stop-on",
        choices=("FAIL", "CRITICAL"),
        default=None,
        help="End the run once an objective whose miss is FAIL (or worse) or CRITICAL is past its target for "
        "--stop-after, over the last 10 s. Default: only objectives with `abort` end a run",
    )
    group.add(
        "--stop-after",
        type=_timespan,
        metavar="<time>",
        default=30.0,
        help="How long that may last: real time, e.g. 30s, 2m. Default: 30s",
    )
    group.add(
        "--rate",
        type=_rate,
        metavar="<rate>",
        default="",
        help="Let iterations begin at this rate, whether the target answers or not (an open model): 50/s, held for "
        "--run-time, or stages of time and rate at their end, '2m:50/s, 5m:50/s, 1m:0/s'. -u is how many users there "
        "may be; an arrival that no user is free for within 10 s is dropped. Default: users repeat their tasks",
    )
    if "locust_plugins" not in sys.modules:  # it has an option of this name
        group.add(
            "--iterations",
            type=_iterations,
            dest="iteration_limit",
            metavar="<number>",
            default="",
            help="End the run when its users have executed so many tasks: 100 in all, or 5/user each. --run-time is "
            "then the most that it may take. Default: no limit",
        )
    group.add(
        "--target-metrics",
        metavar="<path>",
        default="",
        help="Path of the target's own metrics in Prometheus' format, read every 5 s for its memory, open files and "
        "circuit breakers. Default: none is read",
    )
    _add_tracing(group)
    _add_search(group)
    output_options.add(group)
    replace_usage_exit_code(parser)


def _add_tracing(group: OptionGroup) -> None:
    """Add the options for traces; --otel is Locust's own."""
    group.add(
        "--trace-context",
        action="store_true",
        help="Send a traceparent header (W3C Trace Context) with each request, and keep the trace ids of the slowest "
        "in the reports. With --otel it is that of OpenTelemetry's span. Default: none is sent",
    )
    group.add(
        "--trace-url",
        type=_trace_url,
        metavar="<url>",
        default="",
        help="URL of a trace, e.g. https://tempo.example/trace/{trace_id}: trace ids in the reports "
        "become links. Default: no links",
    )


def _trace_url(text: str) -> str:
    try:
        return trace_link.validated(text) if text else text
    except ValueError as error:
        raise ArgumentTypeError(f"--trace-url cannot be '{redact.without_credentials(text[:200])}': {error}") from None


def _add_search(group: OptionGroup) -> None:
    """Add the options of the search for the limit; in the web UI they stay what they are on the command line."""
    group.add(
        "--find-limit",
        action="store_true",
        help="Search for the most users with which all P0 objectives are met, instead of the locustfile's own load "
        "over time; -u is the most that is tried. Default: no search",
    )
    group.add(
        "--find-limit-from",
        type=_users,
        metavar="<users>",
        default=1,
        help="Users of the search's first step. Default: 1",
    )
    group.add(
        "--find-limit-time",
        type=_search_time,
        metavar="<time>",
        default=600.0,
        help="How long the search may take, at most: real time, e.g. 3m. Default: 10m",
    )


def _users(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_USERS:
        raise ArgumentTypeError(f"--find-limit-from is a whole number from 1 to {MAX_USERS}, not '{text}'")
    return int(text)


def _search_time(text: str) -> float:
    try:
        found = float(parse_timespan(text))
    except ValueError:
        found = 0.0
    if found < MIN_SEARCH_TIME_S:
        raise ArgumentTypeError(f"--find-limit-time is a time like 3m, from {MIN_SEARCH_TIME_S:.0f}s on, not '{text}'")
    return found


def search(options: Namespace, most_users: int | None) -> SearchRecord | None:
    """Return the requested search, with ``most_users`` from -u (None: not given); None without one."""
    if not getattr(options, "find_limit", False):
        return None
    return SearchRecord(options.find_limit_from, most_users or MAX_USERS, options.find_limit_time)


def _timespan(text: str) -> float:
    try:
        return float(parse_timespan(text))
    except ValueError:
        raise ArgumentTypeError(f"--stop-after is a time like 30s or 2m, not '{text}'") from None


def _rate(text: str) -> str:
    if not text:
        return text
    try:
        rate.stages(text, 1.0)
    except rate.RateError as error:
        raise ArgumentTypeError(str(error)) from None
    return text


def _iterations(text: str) -> str:
    try:
        return text and f"{IterationLimit.parse(text).count}{PER_USER if text.endswith(PER_USER) else ''}"
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def iterations(options: Any) -> IterationLimit | None:
    """Return the requested limit of iterations; None without one."""
    given = getattr(options, "iteration_limit", "")
    return IterationLimit.parse(given) if given else None


def _formats(text: str) -> str:
    try:
        return ",".join(writer.formats(text))
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def reports_folder(parsed: Any) -> Path:
    """Return the folder of all runs; one that cannot be written ends the process before any load, with 3."""
    folder = Path(parsed.reports_dir)
    try:
        writer.check_folder(folder)
    except OSError as error:
        exit_without_verdict(f"--reports-dir {folder}: cannot be a folder for reports: {error.strerror}")
    return folder


def objectives_of(parsed: Any, environment: Environment) -> Objectives | None:
    """Return the objectives file's objectives; a file with errors ends the process before any load, with 3."""
    if not parsed.objectives:
        return None
    try:
        objectives = load(Path(parsed.objectives))
        name = scenario_of(environment) or suite_of(parsed).name
        if name and any(objective.against == "baseline" for objective in objectives.items):
            store.read(Path(parsed.baselines) / f"{name}.json")
        return replace(objectives, baselines=Path(parsed.baselines), any_baseline=bool(parsed.any_baseline))
    except BaselineError as error:
        exit_without_verdict("the baseline cannot be read; no load was sent", f"{error}\n")
    except ObjectivesError as error:
        exit_without_verdict("the objectives have errors; no load was sent", f"{error}\n")
