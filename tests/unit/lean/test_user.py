"""The user class takes FastHttpUser's settings."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
from locust.env import Environment
from locust.exception import StopTest

from slo.lean.user import LeanHttpUser


def user(**attributes: Any) -> LeanHttpUser:
    cls = type("User", (LeanHttpUser,), {"host": "http://shop.test", **attributes})
    made: LeanHttpUser = cls(Environment(user_classes=[cls]))
    return made


def test_settings_are_those_of_the_class() -> None:
    settings = user(network_timeout=5.0, concurrency=3, proxy_host="proxy.test", insecure=True).client.settings
    assert (settings.network_timeout_s, settings.concurrency, settings.insecure) == (5.0, 3, True)
    assert settings.proxy == "http://proxy.test:80"


def test_a_function_as_context_factory_stays_a_function() -> None:
    made: list[object] = []

    def context() -> ssl.SSLContext:
        made.append(None)
        return ssl.create_default_context()

    def method(self: LeanHttpUser) -> ssl.SSLContext:
        made.append(self)
        return ssl.create_default_context()

    for factory in (context, method, staticmethod(context)):
        own = user(ssl_context_factory=factory)
        make = own.client.settings.ssl_context_factory
        assert make is not None
        assert make() is make()  # one context a user, not one a connection
        assert made.pop() in (None, own)
    assert made == []


@pytest.mark.parametrize(("host", "message"), [(None, "base host"), ("shop", "The host cannot be used")])
def test_a_host_that_cannot_be_stops_the_test(host: str | None, message: str) -> None:
    with pytest.raises(StopTest, match=message):
        user(host=host)


def test_users_of_a_process_share_one_cache_of_heads() -> None:
    environment = Environment()
    cls = type("User", (LeanHttpUser,), {"host": "http://shop.test"})
    first, second = cls(environment), cls(environment)
    assert first.client._heads is second.client._heads


def test_a_shared_pool_is_refused_not_ignored() -> None:
    with pytest.raises(StopTest, match="share no connections"):
        user(client_pool=object())
