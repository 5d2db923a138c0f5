"""The base URLs of the target."""

from __future__ import annotations

import pytest
from locust import User
from locust.env import Environment

from slo.runtime.target_hosts import only_host, target_hosts


def user(number: int, host: str | None) -> type[User]:
    return type(f"Own{number}", (User,), {"host": host})


@pytest.mark.parametrize(
    ("given", "classes", "hosts", "only"),
    [
        (None, [], (), ""),
        (None, [None], (), ""),
        ("http://a.test", [], ("http://a.test",), "http://a.test"),
        ("http://a.test", ["http://b.test"], ("http://a.test",), "http://a.test"),
        ("", ["http://b.test", None, "http://b.test"], ("http://b.test",), "http://b.test"),
        (None, ["http://b.test", "http://c.test"], ("http://b.test", "http://c.test"), ""),
    ],
)
def test_the_option_precedes_the_user_classes(
    given: str | None, classes: list[str | None], hosts: tuple[str, ...], only: str
) -> None:
    environment = Environment(host=given, user_classes=list(map(user, range(9), classes)))
    assert target_hosts(environment) == hosts
    assert only_host(environment) == only
