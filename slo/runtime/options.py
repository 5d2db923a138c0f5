"""The options: ours, which of all of them a run's record holds, and which this process was given itself."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Sequence
from typing import Any

from locust import argument_parser
from locust.util.timespan import parse_timespan

from slo.load import rate
from slo.load.search_record import SearchRecord
from slo.objectives.objectives import Objective
from slo.reports import writer
from slo.text import redact
from slo.tracing import trace_link
from slo.verdict.exit_codes import NO_VERDICT

RUN = "slo_run"
"""Where the master puts its run among the options, which Locust hands to its workers."""
MOST_USERS = 10_000
"""Users that a search tries at most where -u does not say."""
LEAST_TIME_S = 30.0
"""A search has time for two steps at least."""
_TRACING = ("trace_context", "trace_url")
_NOT_OF_THE_LOAD = (
    "objectives",
    "reports_dir",
    "report_formats",
    "progress",
    "allow_incomplete",
    "fail_on",
    "baselines",
    "any_baseline",
    "stop_on",
    "stop_after",
    "target_metrics",
    "trace_url",
    "find_limit",
    "find_limit_from",
    "find_limit_time",
    "prometheus_port",
    "prometheus_host",
    "prometheus_push",
    "notify_on",
    "notify_format",
)


def add(parser: argument_parser.LocustArgumentParser) -> None:
    """Add our options to Locust's."""
    group = parser.add_argument_group("SLO options", "Objectives, verdict and reports (locust-slo).")
    group.add_argument(
        "--objectives",
        metavar="<filename>",
        env_var="LOCUST_OBJECTIVES",
        help="YAML file with the objectives to judge the run by. Without it runs are recorded, not judged.",
    )
    group.add_argument(
        "--reports-dir",
        metavar="<directory>",
        default="reports",
        env_var="LOCUST_REPORTS_DIR",
        help="Where each run gets a folder with run.json, verdict.json and its reports. Default: reports",
    )
    group.add_argument(
        "--report-formats",
        type=_formats,
        metavar="<formats>",
        default=writer.DEFAULT_FORMATS,
        env_var="LOCUST_REPORT_FORMATS",
        help=f"Reports written beside run.json and verdict.json, separated by commas: {', '.join(writer.FORMATS)}. "
        f"Default: {writer.DEFAULT_FORMATS}",
    )
    group.add_argument(
        "--progress",
        choices=("auto", "on", "off"),
        default="auto",
        env_var="LOCUST_PROGRESS",
        help="A live line: time left, stage, users, throughput, p95, errors, worst objective. "
        "Default: auto (with --only-summary)",
    )
    group.add_argument(
        "--allow-incomplete",
        action="store_true",
        env_var="LOCUST_ALLOW_INCOMPLETE",
        help="Judge a run although counts of a worker are missing, or a stage had too few users. "
        "Default: such a run has no verdict (exit code 3)",
    )
    group.add_argument(
        "--fail-on",
        choices=("fail", "warning"),
        default="fail",
        env_var="LOCUST_FAIL_ON",
        help="From which status on the exit code is 1; a WARNING stays one, and is a failure in JUnit. Default: fail",
    )
    group.add_argument(
        "--baselines",
        metavar="<directory>",
        default="baselines",
        env_var="LOCUST_BASELINES",
        help="Where the reference runs are that `regression` objectives compare with. Default: baselines",
    )
    group.add_argument(
        "--any-baseline",
        action="store_true",
        env_var="LOCUST_ANY_BASELINE",
        help="Compare with references of another target, machine or load, too. Default: they are left out",
    )
    group.add_argument(
        "--stop-on",
        choices=("FAIL", "CRITICAL"),
        default=None,
        env_var="LOCUST_STOP_ON",
        help="End the run once an objective whose miss is FAIL (or worse) or CRITICAL is past its target for "
        "--stop-after, over the last 10 s. Default: only objectives with `abort` end a run",
    )
    group.add_argument(
        "--stop-after",
        type=_timespan,
        metavar="<time>",
        default=30.0,
        env_var="LOCUST_STOP_AFTER",
        help="How long that may last: real time, e.g. 30s, 2m. Default: 30s",
    )
    group.add_argument(
        "--rate",
        type=_rate,
        metavar="<rate>",
        default="",
        env_var="LOCUST_RATE",
        help="Let iterations begin at this rate, whether the target answers or not (an open model): 50/s, held for "
        "--run-time, or legs of time and rate at their end, '2m:50/s, 5m:50/s, 1m:0/s'. -u is how many users there "
        "may be; an arrival that no user is free for within 10 s is dropped. Default: users repeat their tasks",
    )
    group.add_argument(
        "--target-metrics",
        metavar="<path>",
        default="",
        env_var="LOCUST_TARGET_METRICS",
        help="Path of the target's own metrics in Prometheus' format, read every 5 s for its memory, open files and "
        "circuit breakers, with ADMIN_TOKEN as bearer token if that is set. Default: none is read",
    )
    _add_tracing(group)
    _add_search(group)
    _add_metrics(group)
    _add_notice(group)
    _take_over_usage_errors(parser)


def _add_tracing(group: Any) -> None:
    """Add the options of traces; --otel is Locust's own."""
    group.add_argument(
        "--trace-context",
        action="store_true",
        env_var="LOCUST_TRACE_CONTEXT",
        help="Send a traceparent header (W3C Trace Context) with each request, and keep the trace ids of the slowest "
        "in the reports. With --otel it is that of OpenTelemetry's span. Default: none is sent",
    )
    group.add_argument(
        "--trace-url",
        type=_trace_url,
        metavar="<url>",
        default="",
        env_var="LOCUST_TRACE_URL",
        help="Where a trace can be looked at, e.g. https://tempo.example/trace/{trace_id}: trace ids in the reports "
        "become links. Default: no links",
    )


def _trace_url(text: str) -> str:
    try:
        return trace_link.checked(text) if text else text
    except ValueError as error:
        raise ArgumentTypeError(f"--trace-url cannot be '{redact.without_credentials(text[:200])}': {error}") from None


def _add_search(group: Any) -> None:
    """Add the options of the search for the limit; in the web UI they stay what they are on the command line."""
    group.add_argument(
        "--find-limit",
        action="store_true",
        env_var="LOCUST_FIND_LIMIT",
        help="Search for the most users that all P0 objectives bear, instead of the locustfile's own load over time; "
        "-u is the most that is tried. Default: no search",
    )
    group.add_argument(
        "--find-limit-from",
        type=_users,
        metavar="<users>",
        default=1,
        env_var="LOCUST_FIND_LIMIT_FROM",
        help="Users of the search's first step. Default: 1",
    )
    group.add_argument(
        "--find-limit-time",
        type=_search_time,
        metavar="<time>",
        default=600.0,
        env_var="LOCUST_FIND_LIMIT_TIME",
        help="How long the search may take, at most: real time, e.g. 3m. Default: 10m",
    )


def _add_metrics(group: Any) -> None:
    """Add the options of the metrics that Prometheus gets of a run."""
    group.add_argument(
        "--prometheus-port",
        type=_port,
        metavar="<port>",
        default=0,
        env_var="LOCUST_PROMETHEUS_PORT",
        help="Serve the run's metrics at http://<--prometheus-host>:<port>/metrics for Prometheus, from the master in "
        "distributed runs. With the web UI they are at /metrics there, too. Default: off",
    )
    group.add_argument(
        "--prometheus-host",
        metavar="<address>",
        default="127.0.0.1",
        env_var="LOCUST_PROMETHEUS_HOST",
        help="Address that --prometheus-port listens on; 0.0.0.0 is all of them. Default: 127.0.0.1",
    )
    group.add_argument(
        "--prometheus-push",
        metavar="<url>",
        default="",
        env_var="LOCUST_PROMETHEUS_PUSH",
        help="Push the run's metrics to this Pushgateway, every 10 s and with the verdict: for runs too short to be "
        "scraped. Default: off",
    )


def _add_notice(group: Any) -> None:
    """Add the options of who is told of the verdict."""
    group.add_argument(
        "--notify",
        metavar="<url>",
        default="",
        env_var="LOCUST_NOTIFY",
        help="Send the verdict to this webhook once the run is recorded and judged. The URL is a secret: better give "
        "it in the environment. Default: nobody is told",
    )
    group.add_argument(
        "--notify-on",
        choices=("fail", "always"),
        default="fail",
        env_var="LOCUST_NOTIFY_ON",
        help="Of which verdicts: fail is all that do not let a deployment pass. Default: fail",
    )
    group.add_argument(
        "--notify-format",
        choices=("auto", "slack", "json"),
        default="auto",
        env_var="LOCUST_NOTIFY_FORMAT",
        help="A message for Slack, or a JSON document (`locust-slo schema notification`). Default: auto, which is "
        "slack for hooks.slack.com",
    )


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ArgumentTypeError(f"--prometheus-port is a port from 1 to 65535, not '{text}'")
    return int(text)


def _users(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_USERS:
        raise ArgumentTypeError(f"--find-limit-from is a whole number from 1 to {MOST_USERS}, not '{text}'")
    return int(text)


def _search_time(text: str) -> float:
    try:
        found = float(parse_timespan(text))
    except ValueError:
        found = 0.0
    if found < LEAST_TIME_S:
        raise ArgumentTypeError(f"--find-limit-time is a time like 3m, from {LEAST_TIME_S:.0f}s on, not '{text}'")
    return found


def search(options: Namespace, most_users: int | None) -> SearchRecord | None:
    """Return the search asked for, with ``most_users`` by -u (None: not given); None where none is."""
    if not getattr(options, "find_limit", False):
        return None
    return SearchRecord(options.find_limit_from, most_users or MOST_USERS, options.find_limit_time)


def hindrance(options: Namespace, asked: SearchRecord, demanded: Sequence[Objective] | None) -> str:
    """Return why the search ``asked`` for cannot be, or an empty text.

    ``demanded`` are the objectives that its steps are held against; None where no file was given.
    """
    if demanded is None:
        return "--find-limit needs objectives to search by: give a file with --objectives"
    if not demanded:
        return "--find-limit needs an objective on latency, errors or checks that fits; the file has none"
    if options.run_time:
        return "--find-limit ends by itself: leave --run-time out; --find-limit-time is the most it may take"
    if asked.start_users > asked.most_users:
        return (
            f"--find-limit-from {asked.start_users} is more than -u {asked.most_users}, the most users that are tried: "
            "lower the one or raise the other"
        )
    return ""


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


def _formats(text: str) -> str:
    try:
        return ",".join(writer.formats(text))
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def _take_over_usage_errors(parser: argument_parser.LocustArgumentParser) -> None:
    """A mistyped option is no verdict: argparse's exit code 2 would say CRITICAL."""
    leave = parser.exit

    def exit_with_ours(status: int = 0, message: str | None = None) -> None:
        leave(NO_VERDICT if status == 2 else status, message)

    parser.exit = exit_with_ours


def recorded(options: Namespace) -> dict[str, Any]:
    """Return the options the load depends on: Locust's few and the locustfile's own, no secrets."""
    parser = argument_parser.get_parser()
    usual = argument_parser.default_args_dict()
    ours = {"num_users", "spawn_rate", "run_time", "stop_timeout", "user_classes", "tags", "exclude_tags"}
    hidden = set(parser.secret_args_included_in_web_ui)
    found = {}
    for name, value in sorted(vars(options).items()):
        if name in usual and name not in ours:
            continue
        if name.startswith("find_limit") and not getattr(options, "find_limit", False):
            continue
        if name in _TRACING and not value:
            continue
        if name in (RUN, "notify") or name in hidden or redact.names(name) or value is None or value == []:
            continue
        found[name] = redact.cleaned(json.loads(json.dumps(value, default=str)))
    return found


def given(options: Namespace) -> dict[str, Any]:
    """Return the options that the load depends on and that this process was started with, by word or environment."""
    words = {word.split("=")[0] for word in sys.argv[1:]}
    names = set()
    for action in argument_parser.get_parser()._actions:
        if (getattr(action, "env_var", None) or "") in os.environ or words.intersection(action.option_strings):
            names.add(action.dest)
    return {n: value for n, value in recorded(options).items() if n in names and n not in _NOT_OF_THE_LOAD}
