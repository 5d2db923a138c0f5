"""Which options a run's record holds, and which of them this process was started with."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from typing import Any

from locust import argument_parser

from slo.record.suite import KEY
from slo.runtime import argparse_compat, locust_compat
from slo.runtime.suite import suite_of
from slo.text import redact

RUN = "slo_run"
"""Where the master puts its run among the options, which Locust sends to its workers."""
LOCUST_LOAD_OPTIONS = ("num_users", "spawn_rate", "run_time", "stop_timeout", "user_classes", "tags", "exclude_tags")
"""Locust's own options that the load depends on."""
_NOT_RECORDED = (RUN, KEY, "notify")
_ONLY_WHEN_SET = ("trace_context", "trace_url", "iteration_limit")
_NOT_LOAD_OPTIONS = (
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


def options_of_run(options: Namespace) -> dict[str, Any]:
    """Return the options the load depends on: a few of Locust's, ours, and the locustfile's own; no secrets."""
    usual = argument_parser.default_args_dict()
    hidden = set(locust_compat.known_parser().secret_args_included_in_web_ui)
    found: dict[str, Any] = {KEY: suite_of(options).to_data()}
    for name, value in sorted(vars(options).items()):
        if name in usual and name not in LOCUST_LOAD_OPTIONS:
            continue
        if name.startswith("find_limit") and not getattr(options, "find_limit", False):
            continue
        if name in _NOT_RECORDED or name in hidden or redact.is_secret_name(name) or value is None or value == []:
            continue
        if name in _ONLY_WHEN_SET and not value:
            continue
        found[name] = redact.redacted(json.loads(json.dumps(value, default=str)))
    return found


def options_given(options: Namespace) -> dict[str, Any]:
    """Return the options of the load that this process was started with, on the command line or in the environment."""
    words = {word.split("=")[0] for word in sys.argv[1:]}
    names = set()
    for action in argparse_compat.parser_actions(locust_compat.known_parser()):
        if (getattr(action, "env_var", None) or "") in os.environ or words.intersection(action.option_strings):
            names.add(action.dest)
    return {n: value for n, value in options_of_run(options).items() if n in names and n not in _NOT_LOAD_OPTIONS}
