"""What a locustfile may set on its client."""

from __future__ import annotations

import pytest

from slo.lean.settable import REFUSED, SettableClient
from slo.lean.settings import Settings


def client(base: str | None = "http://me:you@shop.test") -> SettableClient:
    return SettableClient(base, Settings(default_headers={"X-Id": "1"}))


def start(one: SettableClient, url: str = "/a") -> str:
    """Return the beginning of a request."""
    return one._route("GET", url, None).start.decode()


def test_another_base_is_where_requests_go() -> None:
    one = client()
    assert "Host: shop.test" in start(one)
    one.base_url = "http://other.test/api"
    assert start(one).startswith("GET /api/a HTTP/1.1\r\nHost: other.test\r\n")
    assert one.full_url("/a") == "http://other.test/api/a"
    assert one.base_url == "http://other.test/api"


def test_headers_can_be_changed_and_replaced_whatever_their_case() -> None:
    one = client()
    start(one)
    one.headers["x-id"] = "2"
    assert "x-id: 2" in start(one)
    assert "X-Id" not in start(one)
    one.client.default_headers = {"X-Other": "3"}
    assert "X-Other: 3" in start(one)
    assert "id: 2" not in start(one)
    one.client.default_headers.update({"X-More": "4"})
    assert "X-More: 4" in start(one)


def test_credentials_that_are_set_go_with_every_request_those_of_the_base_with_its_own() -> None:
    one = client()
    assert "Authorization: Basic bWU6eW91" in start(one)
    assert "Authorization" not in start(one, "http://other.test/")
    one.auth_header = "Bearer x"
    assert "Authorization: Bearer x" in start(one)
    assert "Authorization: Bearer x" in start(one, "http://other.test/")
    one.auth_header = None
    assert "Authorization" not in start(one)
    assert one.auth_header is None


def test_verification_can_be_switched() -> None:
    one = client()
    one.verify = False
    assert (one.verify, one.settings.insecure) == (False, True)
    with pytest.raises(TypeError, match="ssl_context_factory"):
        one.verify = "/etc/ca.pem"  # type: ignore[assignment]


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_effect_is_refused(name: str) -> None:
    one = client()
    with pytest.raises(AttributeError, match=f"has no '{name}': "):
        setattr(one, name, 1)
    assert not hasattr(one, name)


def test_a_name_of_the_locustfiles_own_is_kept() -> None:
    one = client()
    one.token = "t"
    assert one.token == "t"
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = one.nothing
    for call in (lambda: one.client.clientpool, lambda: setattr(one.client, "clientpool", 1)):
        with pytest.raises(AttributeError, match="has no 'clientpool'"):
            call()


def test_cookies_are_those_of_the_jar() -> None:
    one = client()
    assert one.cookies is one.cookiejar
