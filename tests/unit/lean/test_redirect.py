"""What a redirect changes."""

from __future__ import annotations

import pytest
from requests import Session

from slo.lean.redirect import defaults_after, headers_after, is_trusted, keeps_body, method_after
from slo.lean.url import parse

HEADERS = {"AUTHORIZATION": "a", "cookie": "b", "Content-Type": "c", "X-Id": "d"}
URLS = [
    "http://a.test/",
    "https://a.test/",
    "http://a.test:81/",
    "https://a.test:444/",
    "http://b.test/",
    "https://b.test/",
]


@pytest.mark.parametrize("first", URLS)
@pytest.mark.parametrize("then", URLS)
def test_credentials_follow_where_requests_sends_them(first: str, then: str) -> None:
    assert is_trusted(parse(first).origin, parse(then).origin) != Session().should_strip_auth(first, then)


@pytest.mark.parametrize(
    ("status", "trusted", "left"),
    [
        (302, True, {"AUTHORIZATION", "X-Id"}),
        (307, True, {"AUTHORIZATION", "Content-Type", "X-Id"}),
        (302, False, {"X-Id"}),
    ],
)
def test_headers_of_the_body_and_secrets_are_left_out(status: int, trusted: bool, left: set[str]) -> None:
    assert set(headers_after(HEADERS, status, trusted)) == left


def test_defaults_lose_their_secrets_only_and_keep_having_no_case() -> None:
    found = defaults_after(HEADERS)
    assert set(found) == {"Content-Type", "X-Id"}
    assert "content-type" in found


@pytest.mark.parametrize(
    ("status", "method", "after", "body"),
    [(301, "POST", "GET", False), (301, "PUT", "PUT", False), (303, "PUT", "GET", False), (308, "POST", "POST", True)],
)
def test_the_method_and_the_body(status: int, method: str, after: str, body: bool) -> None:
    assert (method_after(status, method), keeps_body(status)) == (after, body)
