"""The header lines of requests."""

from __future__ import annotations

import pytest

from slo.lean.body import Body
from slo.lean.cookies import Cookies
from slo.lean.default_headers import DefaultHeaders
from slo.lean.request_headers import RequestHeaders
from slo.lean.url import parse

TARGET = parse("http://me:you@shop.test:81/a")


def sent(defaults: dict[str, str], headers: dict[str, str | None], body: Body | None = None) -> list[str]:
    kept = DefaultHeaders(lambda: None, defaults)
    made, given = RequestHeaders(), frozenset(name.lower() for name in headers)
    lines = made.of_server(TARGET, None, kept, given)
    lines += made.of_request("POST", TARGET, headers, body, Cookies(), frozenset(name.lower() for name in defaults))  # type: ignore[arg-type]
    return lines.decode().split("\r\n")[:-1]


def test_a_request_has_a_host_credentials_and_a_length() -> None:
    assert sent({}, {}) == ["Host: shop.test:81", "Authorization: Basic bWU6eW91", "Content-Length: 0"]


@pytest.mark.parametrize("spelt", ["Host", "host", "HOST"])
@pytest.mark.parametrize("own", [True, False])
def test_a_host_is_sent_once(spelt: str, own: bool) -> None:
    found = sent({} if own else {spelt: "other.test"}, {spelt: "other.test"} if own else {})
    assert [line for line in found if line.lower().startswith("host:")] == [f"{spelt}: other.test"]


@pytest.mark.parametrize("name", ["content-type", "Content-Type"])
def test_a_default_type_precedes_that_of_the_body(name: str) -> None:
    found = sent({name: "text/csv"}, {}, Body(b"a,b", "text/plain"))
    assert [line for line in found if "type" in line.lower()] == [f"{name}: text/csv"]


def test_the_last_of_two_spellings_is_sent_and_none_takes_a_default_away() -> None:
    found = sent({"X-Id": "0", "Accept": "a"}, {"x-id": "1", "X-ID": "2", "accept": None})
    assert [line for line in found if line.lower().startswith(("x-id", "accept"))] == ["X-ID: 2"]


def test_a_length_is_always_ours() -> None:
    found = sent({"content-length": "7"}, {"Content-Length": "9", "Transfer-Encoding": "chunked"}, Body(b"abc", None))
    assert [line for line in found if "length" in line.lower() or "transfer" in line.lower()] == ["Content-Length: 3"]
