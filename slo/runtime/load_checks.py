"""Checks before the load starts: whether the requested load can be offered, and what is wrong with it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from locust import LoadTestShape
from locust.env import Environment

from slo.analysis.findings import window_objectives
from slo.load import rate
from slo.load.plan import Plan
from slo.load.search_record import SearchRecord
from slo.objectives.objective import Objective
from slo.objectives.objectives import Objectives
from slo.runtime import options
from slo.runtime.exit import exit_without_verdict
from slo.runtime.open_model import ArrivalShape
from slo.runtime.shape import LimitShape
from slo.runtime.suite import scenario_of


def arrival_shape(environment: Environment) -> ArrivalShape | None:
    """Return the load that --rate requests; a rate that cannot be offered ends the process with 3."""
    parsed: Any = environment.parsed_options
    if not parsed.rate:
        return None
    wrong = ""
    if parsed.find_limit:
        wrong = "--rate and --find-limit both say what load to offer: give one of the two"
    elif ":" not in parsed.rate and parsed.headless and not parsed.run_time:
        wrong = f"--rate {parsed.rate} is held for --run-time: give one, like -t 5m"
    if wrong:
        exit_without_verdict(wrong)
    parsed.num_users = parsed.num_users or rate.users_for(rate.stages(parsed.rate, 1.0))
    return ArrivalShape()


def load_error(environment: Environment, objectives: Objectives | None, limit: LimitShape | None, workers: int) -> str:
    """Return why the load of the next run cannot be offered by ``workers`` processes, or an empty text."""
    shape: LoadTestShape | None = environment.shape_class
    if limit is not None:
        return _cannot_search(environment, objectives, limit)
    if environment.parsed_options.rate and not isinstance(shape, ArrivalShape):  # type: ignore[union-attr]
        return (
            "--rate cannot offer its load: another one was chosen, by --class-picker or by the locustfile, which "
            "can use slo.plugin.shape_of(environment); with the web UI --rate is given on the command line"
        )
    if options.iterations(environment.parsed_options) is not None and shape is not None:
        return (
            "--iterations ends a run whose users repeat their tasks: a shape, a scenario or --rate says when its load "
            "ends; leave one of the two out"
        )
    plan = getattr(shape, "plan", None)
    found = plan.problems(workers) if isinstance(plan, Plan) else []
    if isinstance(shape, ArrivalShape) and shape.plan.stages[0].users_to < workers:
        found = [f"-u {shape.plan.stages[0].users_to} leaves some of {workers} workers without a user; raise it"]
    return f"the plan cannot be followed: {'; '.join(found)}" if found else ""


def _cannot_search(environment: Environment, objectives: Objectives | None, limit: LimitShape) -> str:
    if environment.shape_class is not limit:
        return (
            "--find-limit cannot offer its load: another one was chosen, by --class-picker or by the locustfile, "
            "which can use slo.plugin.shape_of(environment)"
        )
    chosen = window_objectives(scenario_of(environment), objectives) if objectives else None
    options: Any = environment.parsed_options
    return search_error(options, limit.search, chosen)


def search_error(options: Namespace, request: SearchRecord, chosen: Sequence[Objective] | None) -> str:
    """Return why the requested search cannot be made, or an empty text.

    ``chosen`` are the objectives that its steps are judged by; None without a file.
    """
    if chosen is None:
        return "--find-limit needs objectives to search by: give a file with --objectives"
    if not chosen:
        return "--find-limit needs an applicable objective on latency, errors or checks; the file has none"
    if options.run_time:
        return "--find-limit ends by itself: leave --run-time out; --find-limit-time is the most it may take"
    if request.start_users > request.max_users:
        return (
            f"--find-limit-from {request.start_users} is more than -u {request.max_users}, the most users that are "
            "tried: lower the one or raise the other"
        )
    return ""
