"""What the options of the next run mean, as the locustfile declared them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from slo.load.plan import Plan
from slo.record.suite import KEY, Suite
from slo.runtime.secret_hosts import secret_of
from slo.text.clean import file_name

MAX_NAME = 80
"""Characters of a suite's name."""


def declare(parser: LocustArgumentParser, suite: Suite) -> None:
    """Put the suite among the options: it is recorded with them, and travels to workers."""
    parser.set_defaults(**{KEY: suite.to_data()})


def suite_of(parsed: Any) -> Suite:
    """Return what the locustfile declared; its name is safe within a file name, by default that of the locustfile."""
    if parsed is None:
        return Suite()
    suite = Suite.of_options(vars(parsed))
    stems = (Path(path.strip()).stem for path in str(getattr(parsed, "locustfile", None) or "").split(","))
    return replace(suite, name=file_name(suite.name or "-".join(filter(None, stems)))[:MAX_NAME])


def scenario_of(environment: Environment) -> str | None:
    """Return the scenario of the next run: that of its shape, if the shape has one of our plans, or of the options."""
    shape, parsed = environment.shape_class, environment.parsed_options
    if isinstance(getattr(shape, "plan", None), Plan) and getattr(shape, "scenario", None):
        return str(getattr(shape, "scenario", None))
    option = suite_of(parsed).scenario
    return (getattr(parsed, option, None) or None) if option else None


def metrics_token(environment: Environment) -> str:
    """Return the bearer token for the target's metrics.

    It is empty if the locustfile names no variable, if that is not set, or if the host must not have it.
    """
    variable = suite_of(environment.parsed_options).metrics_token
    return secret_of(environment, variable) if variable else ""


def is_embedded(parsed: Any) -> bool:
    """Return whether the target is one that the locustfile starts itself."""
    option = suite_of(parsed).embedded
    return bool(getattr(parsed, option, False)) if option else False
