"""To which hosts a secret may be sent: a host that somebody types into the web form is none of them by itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from locust.env import Environment

from slo.runtime.context import context_of
from slo.runtime.target_hosts import target_hosts
from slo.text.clean import for_terminal
from slo.text.redact import without_credentials

ALLOWED = "LOCUST_SLO_SECRET_HOSTS"
"""Environment variable with further hosts, separated by commas."""
TRUSTED = "slo_secret_host_is_trusted"
"""Among the options that travel to the workers: whether the master's host may have secrets."""


def origin_of(host: str) -> str:
    """Return scheme, host name and port of a base URL in one form; empty for none."""
    parts = urlsplit(host.strip() if "//" in host else f"https://{host.strip()}")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower() if parts.netloc else ""


def note_given_hosts(environment: Environment) -> None:
    """Remember the hosts that the command line and the locustfile name, before anybody uses the web form."""
    context = context_of(environment)
    if context.given_hosts is None:
        hosts = [environment.host, *(user.host for user in environment.user_classes)]
        context.given_hosts = frozenset(origin_of(host) for host in hosts if host)


def is_trusted(environment: Environment) -> bool:
    """Return whether the run's host may have secrets: it was given at the start, or is in ``ALLOWED``."""
    parsed, given = environment.parsed_options, context_of(environment).given_hosts
    if getattr(parsed, "worker", False):
        return bool(getattr(parsed, TRUSTED, False))
    if given is None or getattr(parsed, "headless", False):
        return True  # nobody has used the form
    hosts = frozenset(map(origin_of, target_hosts(environment)))
    return bool(hosts) and hosts <= given | frozenset(_allowed(os.environ.get(ALLOWED, "").split(",")))


def secret_of(environment: Environment, variable: str) -> str:
    """Return what an environment variable holds, if the run's host may have it; else an empty text, and say so once."""
    value = os.environ.get(variable, "")
    if not value or is_trusted(environment):
        return value
    context, host = context_of(environment), ", ".join(map(without_credentials, target_hosts(environment)))
    if (variable, host) not in context.withheld:
        context.withheld.add((variable, host))
        sys.stderr.write(
            f"locust-slo: {variable} is not sent to {for_terminal(host, 100)}, a host that was typed into the web "
            f"form: give it with -H, or name it in {ALLOWED}\n"
        )
    return ""


def _allowed(hosts: Iterable[Any]) -> Iterable[str]:
    return (origin_of(host) for host in hosts if host.strip())
