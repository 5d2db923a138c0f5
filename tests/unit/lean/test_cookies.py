"""A user's cookies."""

from __future__ import annotations

from slo.lean.cookies import Cookies
from slo.lean.headers import Headers

URL = "http://shop.test/cart"


def test_a_jar_is_unused_until_a_cookie_is_set() -> None:
    jar = Cookies()
    jar.store(URL, Headers(["Content-Type"], ["text/html"]))
    assert not jar.filled
    jar.store(URL, Headers(["Set-Cookie", "Set-Cookie"], ["a=1; Path=/", "b=2; Path=/admin"]))
    assert jar.filled
    assert jar.header_for(URL) == "a=1"
    assert jar.header_for("http://shop.test/admin/x") in ("a=1; b=2", "b=2; a=1")


def test_a_cookie_does_not_travel_to_another_host() -> None:
    jar = Cookies()
    jar.store(URL, Headers(["Set-Cookie"], ["a=1; Path=/"]))
    assert jar.header_for("http://other.test/") is None
