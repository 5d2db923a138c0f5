"""The base URLs of the next run's target: ``-H`` or the web form, else those of the user classes."""

from __future__ import annotations

from locust.env import Environment


def target_hosts(environment: Environment) -> tuple[str, ...]:
    """Return the base URLs that receive the load, each once; Locust lets ``-H`` override ``User.host``."""
    if environment.host:
        return (environment.host,)
    return tuple(dict.fromkeys(user.host for user in environment.user_classes if user.host))


def only_host(environment: Environment) -> str:
    """Return the one base URL of the target; empty if there is none, or if user classes have several."""
    hosts = target_hosts(environment)
    return hosts[0] if len(hosts) == 1 else ""
