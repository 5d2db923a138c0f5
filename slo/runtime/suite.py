"""What the options of the next run mean, as the locustfile declared them."""

from __future__ import annotations

import os
from typing import Any

from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from slo.analysis.suite import KEY, Suite
from slo.load.plan import Plan


def declare(parser: LocustArgumentParser, suite: Suite) -> None:
    """Put the suite among the options: it is recorded with them, and travels to workers."""
    parser.set_defaults(**{KEY: suite.to_data()})


def suite_of(parsed: Any) -> Suite:
    """Return what the locustfile declared; an empty suite where it declared nothing."""
    return Suite.of_options(vars(parsed)) if parsed is not None else Suite()


def scenario_of(environment: Environment) -> str | None:
    """Return the scenario of the next run: that of its shape, if the shape has a plan of ours, or of the options."""
    shape, parsed = environment.shape_class, environment.parsed_options
    if isinstance(getattr(shape, "plan", None), Plan) and getattr(shape, "scenario", None):
        return str(getattr(shape, "scenario", None))
    option = suite_of(parsed).scenario
    return (getattr(parsed, option, None) or None) if option else None


def metrics_token(parsed: Any) -> str:
    """Return the bearer token for the target's own metrics; empty where the locustfile names none or it is not set."""
    variable = suite_of(parsed).metrics_token
    return os.environ.get(variable, "") if variable else ""


def is_embedded(parsed: Any) -> bool:
    """Return whether the target is one that the locustfile starts itself."""
    option = suite_of(parsed).embedded
    return bool(getattr(parsed, option, False)) if option else False
