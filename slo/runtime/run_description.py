"""The description of the next run, from Locust's environment: its name, its target, its plan, its options."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import locust
from locust.env import Environment
from requests.utils import get_environ_proxies, select_proxy

from slo.load.plan import Plan
from slo.load.requested_load import RequestedLoad
from slo.measure.run_description import RunDescription
from slo.record import environment as machine
from slo.record.target import Target
from slo.runtime import options, recorded_options
from slo.runtime.shape import LimitShape
from slo.runtime.suite import is_embedded, scenario_of
from slo.runtime.target_hosts import only_host, target_hosts
from slo.text import redact


def describe_run(environment: Environment) -> RunDescription:
    """Return what is measured, as the options say now."""
    parsed: Any = environment.parsed_options
    shape = environment.shape_class
    plan = getattr(shape, "plan", None)
    scenario = scenario_of(environment)
    search = shape.search if isinstance(shape, LimitShape) else None
    own = {"num_users": search.max_users} if search else {}  # Locust's value is 1 if -u was not given
    return RunDescription(
        name=scenario or Path(environment.locustfile or "run").stem,
        scenario=scenario,
        target=Target(", ".join(map(redact.without_credentials, target_hosts(environment))), is_embedded(parsed)),
        plan=plan if isinstance(plan, Plan) else None,
        options={**recorded_options.options_of_run(parsed), **own},
        search=search,
        environment={
            **machine.describe(locust.__version__),
            "proxy": _proxy(environment),
            "locustfile": ",".join(map(_relative, environment.parsed_locustfiles or [])) or None,
        },
        requested_load=_requested_load(environment),
    )


def _relative(file: str) -> str:
    """Return a file's path as seen from the working directory: a committed record must not name the machine's.

    A file in another part of the machine is its name alone.
    """
    path = Path(file).absolute()
    if path.parts[:2] != Path.cwd().parts[:2]:
        return path.name  # the way there would name folders of this machine alone
    return os.path.relpath(path)


def _proxy(environment: Environment) -> str | None:
    """Return the proxy that the environment names for the target, by the rules of requests; without credentials."""
    url = only_host(environment)
    try:
        named = select_proxy(url, get_environ_proxies(url)) if url else None
    except ValueError:  # no URL
        return None
    return redact.without_credentials(named) if named else None


def _requested_load(environment: Environment) -> RequestedLoad | None:
    """Return the load that -u and -r request; None if a shape determines it, or the web UI can change it."""
    parsed: Any = environment.parsed_options
    if not parsed.headless or environment.shape_class is not None or environment.web_ui is not None:
        return None
    if options.iterations(parsed) is not None:
        return None  # users end by themselves
    known = parsed.num_users is not None and parsed.spawn_rate is not None
    return RequestedLoad(parsed.num_users, float(parsed.spawn_rate)) if known else None
