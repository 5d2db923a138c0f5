"""The command that makes the same load again, from the record of a run; never a secret."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from slo.load.plan import Plan
from slo.record import suite
from slo.record.run import Run
from slo.text import redact
from slo.text.option import flag

_FLAGS = {"num_users": "users", "iteration_limit": "iterations"}
_NOT_OF_THE_LOAD = (
    "objectives",
    "reports_dir",
    "report_formats",
    "progress",
    "user_classes",
    "endpoint_table",
    "baselines",
    "any_baseline",
    "fail_on",
    "allow_incomplete",
    "trace_url",
    "prometheus_port",
    "prometheus_host",
    "prometheus_push",
    "notify_on",
    "notify_format",
    suite.KEY,
)
_OF_THE_SHAPE = ("num_users", "spawn_rate", "run_time")


def command(run: Run, objectives: str = "") -> str:
    """Return the shell command, quoted."""
    # User classes come before any option that takes a list, which would otherwise take them as values.
    words = ["locust", *_listed(run.options, "user_classes")]
    words += ["-f", str(run.environment.get("locustfile") or "locustfile.py"), "--headless"]
    url = redact.without_credentials(run.target.url)
    if url and not run.target.embedded:
        words += ["--host", url]
    if objectives:
        words += ["--objectives", objectives]
    for name, value in sorted(run.options.items()):
        if name in _NOT_OF_THE_LOAD or name in _plan_words(run.plan) or redact.is_secret_name(name):
            continue
        words += _option_words(name, value)
    return shlex.join(word.replace("\n", " ") for word in words)


def _plan_words(plan: Plan | None) -> tuple[str, ...]:
    """Return the options that a plan takes the place of; an open model's users and time are options still."""
    if plan is None:
        return ()
    return ("spawn_rate",) if plan.is_open else _OF_THE_SHAPE


def _option_words(name: str, value: Any) -> list[str]:
    option = flag(_FLAGS.get(name, name))
    if value is True:
        return [option]
    if value is False or value is None or value in ("", [], {}):
        return []
    if isinstance(value, list):
        return [option, *(str(one) for one in value)]
    if name == "run_time" and isinstance(value, int | float):
        return [option, f"{_number(value)}s"]
    return [option, _number(value) if isinstance(value, float) else str(value)]


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(value)


def _listed(options: Mapping[str, Any], name: str) -> list[str]:
    value = options.get(name)
    return [str(one) for one in value] if isinstance(value, list) else []
