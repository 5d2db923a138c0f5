"""The hotel suite: ``locust -f locustfiles/hotel.py --headless --scenario load -H URL``.

Choose what to send with --scenario, or pick users and shape by class with --class-picker. ``--demo`` tests
the embedded API instead of a host.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import WorkerRunner

# Locust puts this file's own folder on the path; the modules of the suite are imported as locustfiles.*.
sys.path.insert(0, str(Path(__file__).parents[1]))

import slo.plugin
from locustfiles import endpoints, target
from locustfiles.guest import CLIENTS, LEAN
from locustfiles.shapes import LoadShape, ScenarioShape, SmokeShape, SoakShape, SpikeShape, StressShape
from locustfiles.users import LoadUser, SmokeUser, SoakUser, SpikeUser, StressUser

SCENARIOS: dict[str, tuple[type[Any], type[ScenarioShape]]] = {
    "smoke": (SmokeUser, SmokeShape),
    "load": (LoadUser, LoadShape),
    "stress": (StressUser, StressShape),
    "spike": (SpikeUser, SpikeShape),
    "soak": (SoakUser, SoakShape),
}
NO_SCENARIO = "none"
SCALED_RATE = (
    "--time-scale and --user-scale apply to a scenario's stages; write the times and rates of --rate as you want"
)


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser, **_: Any) -> None:
    """Add the suite's options; those that make sense in the web UI are in its start form."""
    metrics = endpoints.HOTEL["metrics"].path
    parser.set_defaults(
        objectives=str(files("slo") / "hotel.yaml"),
        target_metrics=metrics,
    )
    slo.plugin.declare_suite(
        parser,
        name="hotel",
        scenario="scenario",
        embedded="demo",
        time_scale="time_scale",
        user_scale="user_scale",
        load_options=("think_time", "endpoint_table"),
        metrics_token="ADMIN_TOKEN",  # noqa: S106  # the name of a variable
        endpoints="endpoints",
        secrets=("WHATSAPP_APP_SECRET", "ADMIN_TOKEN"),
    )
    parser.add_argument(
        "--scenario",
        choices=[*SCENARIOS, NO_SCENARIO],
        default="smoke",
        env_var="LOCUST_SCENARIO",
        help="What to send: a user class and its load over time; none: name users yourself with -u, -r, -t. "
        "Default: smoke",
    )
    parser.add_argument(
        "--time-scale",
        type=_factor("--time-scale", 0.001, 100),
        default=1.0,
        env_var="LOCUST_TIME_SCALE",
        help="Factor on every stage's time; 0.1 makes a rehearsal of a tenth. Default: 1",
    )
    parser.add_argument(
        "--user-scale",
        type=_factor("--user-scale", 0.01, 1000),
        default=1.0,
        env_var="LOCUST_USER_SCALE",
        help="Factor on every stage's users. Default: 1",
    )
    parser.add_argument(
        "--think-time",
        type=_factor("--think-time", 0, 100),
        default=1.0,
        env_var="LOCUST_THINK_TIME",
        help="Factor on every pause of a user. Default: 1",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=random.SystemRandom().randrange(1, 2**31),
        env_var="LOCUST_SEED",
        help="Makes the choices, payloads and pauses of each user reproducible. Default: drawn, and recorded",
    )
    parser.add_argument(
        "--http-client",
        choices=CLIENTS,
        default=LEAN,
        env_var="LOCUST_HTTP_CLIENT",
        help="What sends the requests: lean (slo.lean, the most load per core) or fast (Locust's FastHttpUser). "
        "Default: lean",
    )
    parser.add_argument(
        "--endpoints",
        metavar="<filename>",
        default="",
        env_var="LOCUST_ENDPOINTS",
        include_in_web_ui=False,
        help="YAML file with other paths, methods or expected statuses, `health_live: {path: /healthz}`, or with "
        "endpoints that are left out, `metrics: {skip: true}`",
    )
    parser.add_argument(
        "--demo",
        action="store_true",
        env_var="LOCUST_DEMO",
        include_in_web_ui=False,
        help="Start the embedded demo API, test it instead of a host, and stop it",
    )


def _factor(option: str, least: float, most: float) -> Callable[[str], float]:
    """Return argparse's type for a factor between ``least`` and ``most``."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{option} is a number from {least:g} to {most:g}, not '{text}'")
        return value

    return parse


@events.init.add_listener
def prepare(environment: Environment, runner: Any, web_ui: Any, **_: Any) -> None:
    """Read the endpoints, start the demo API, probe the target and choose the scenario."""
    options: Any = environment.parsed_options
    environment.hotel_classes = list(environment.user_classes)  # type: ignore[attr-defined]
    if not isinstance(runner, WorkerRunner):
        select(environment, options.scenario)  # first: a start that is refused is one of this scenario
    try:
        table = endpoints.read(Path(options.endpoints)) if options.endpoints else endpoints.HOTEL
        if isinstance(runner, WorkerRunner):
            return  # the master's table comes with the first users
        environment.hotel_endpoints = table  # type: ignore[attr-defined]
        if options.rate and (options.time_scale, options.user_scale) != (1, 1):
            slo.plugin.refuse(environment, SCALED_RATE)
        if options.target_metrics == endpoints.HOTEL["metrics"].path:
            options.target_metrics = "" if table["metrics"].skip else table["metrics"].path
        # Among the options it is sent to the workers, which may not have the file.
        options.endpoint_table = endpoints.to_data(table) or None
        if options.demo:
            environment.host = target.start_demo()
        if options.headless:
            target.probe(environment.host or "", table)
    except (endpoints.EndpointsError, target.TargetError) as error:
        slo.plugin.refuse(environment, str(error))
    if web_ui:
        web_ui.app.before_request(lambda: _choose_in_form(environment))


@events.test_start.add_listener
def begin(environment: Environment, **_: Any) -> None:
    """Number the users from 0 again; with the web UI, probe the host that the form named."""
    environment.hotel_users = 0  # type: ignore[attr-defined]
    options: Any = environment.parsed_options
    # A worker that joins a running run may be given users before it knows its own runner.
    if environment.runner is None or isinstance(environment.runner, WorkerRunner):
        table = endpoints.from_data(getattr(options, "endpoint_table", None) or {})
        environment.hotel_endpoints = table  # type: ignore[attr-defined]
        return
    if options is None or options.headless:
        return
    try:
        target.probe(environment.host or "", environment.hotel_endpoints)  # type: ignore[attr-defined]
    except target.TargetError as error:
        slo.plugin.refuse(environment, str(error))


def select(environment: Environment, scenario: str) -> None:
    """Let the next run be ``scenario``: its users, its load over time."""
    if scenario == NO_SCENARIO:
        environment.user_classes = list(environment.hotel_classes)  # type: ignore[attr-defined]
        environment.shape_class = slo.plugin.shape_of(environment)
        return
    user, shape = SCENARIOS[scenario]
    environment.user_classes = [user]
    environment.shape_class = slo.plugin.shape_of(environment) or shape()
    environment.shape_class.runner = environment.runner


def _choose_in_form(environment: Environment) -> None:
    """Follow the scenario of the web UI's start form; with the class picker the classes are chosen there."""
    from flask import request

    if request.method != "POST" or not request.path.endswith("/swarm") or environment.web_ui is None:
        return
    options: Any = environment.parsed_options
    scenario = request.form.get("scenario", options.scenario)
    running = environment.runner is not None and environment.runner.state not in ("ready", "stopped")
    if environment.web_ui.web_login and not _logged_in():
        return
    if scenario in (*SCENARIOS, NO_SCENARIO) and not environment.web_ui.userclass_picker_is_active and not running:
        select(environment, scenario)


def _logged_in() -> bool:
    from flask_login import current_user

    return bool(current_user.is_authenticated)


__all__ = [
    "LoadShape",
    "LoadUser",
    "SmokeShape",
    "SmokeUser",
    "SoakShape",
    "SoakUser",
    "SpikeShape",
    "SpikeUser",
    "StressShape",
    "StressUser",
]
