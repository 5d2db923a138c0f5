"""What the lean client sends."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from slo.lean.agent import Agent
from slo.lean.body import Body, body_of
from slo.lean.errors import LeanError
from slo.measure.failure_kind import kind_of
from tests.support.heard import Heard
from tests.support.lean_agent import QUICK, ask
from tests.support.scripted import CLOSE, READ, Scripted, ok

pytestmark = pytest.mark.usefixtures("no_proxy")


REQUESTS: dict[str, tuple[str, str, dict[str, str] | None, dict[str, Any]]] = {
    "plain": ("GET", "/a/b?c=d&e=f%20g", None, {}),
    "spaces and accents": ("GET", "/a b/ñ?q=á é", None, {}),
    "a fragment": ("GET", "/a?b#c", None, {}),
    "no slash": ("GET", "?a=b", None, {}),
    "JSON": ("POST", "/", None, {"json": {"name": "ñ", "n": [1, None]}}),
    "a form": ("POST", "/", None, {"data": {"a": "1 2", "b": ["x", "y"]}}),
    "text": ("PUT", "/", {"Content-Type": "text/plain"}, {"data": "ñ"}),
    "bytes": ("PATCH", "/", {"Content-Type": "image/png"}, {"data": b"\0\xff" * 1000}),
    "an empty POST": ("POST", "/", None, {}),
    "a large body": ("POST", "/", {"Content-Type": "x/y"}, {"data": b"x" * 8_000_000}),
    "headers": ("GET", "/", {"X-A": "1", "Accept": "text/html", "User-Agent": "me", "Accept-Encoding": "br"}, {}),
    "a body in DELETE": ("DELETE", "/", None, {"json": {}}),
}


@pytest.mark.parametrize("case", list(REQUESTS))
def test_a_request_is_what_requests_sends(case: str) -> None:
    method, path, headers, words = REQUESTS[case]
    with Scripted([READ, ok()]) as server:
        body = body_of(words.get("data"), words.get("json"), None) if words else None
        assert ask(server, method, path, headers=headers, body=body).status_code == 200
        requests.request(method, server.url + path, headers=headers, timeout=10, **words)
        ours, theirs = map(Heard, server.requests)
    assert (ours.command, ours.path, ours.body) == (theirs.command, theirs.path, theirs.body)
    assert ours.headers["Host"] == theirs.headers["Host"]
    assert ours.headers["Content-Length"] == theirs.headers["Content-Length"]
    assert ours.headers["Content-Type"] == theirs.headers["Content-Type"]
    for name, value in (headers or {}).items():
        assert ours.headers.get_all(name) == [value]


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nEvil: 1"},
        {"X": "a\nEvil: 1"},
        {"X": "a\rb"},
        {"X": "a\0b"},
        {"X\r\nEvil": "1"},
        {"X Y": "1"},
        {"": "1"},
        {"X:": "1"},
    ],
)
def test_a_header_that_smuggles_is_refused(headers: dict[str, str]) -> None:
    with Scripted([READ, ok()]) as server:
        answer = ask(server, headers=headers)
        assert "InvalidRequestError: invalid" in kind_of(answer.error, answer)
        assert (server.connections, server.requests) == (0, [])


@pytest.mark.parametrize("path", ["/a\r\nEvil: 1", "/a HTTP/1.1\r\nEvil: 1\r\n\r\n", "/\0", "/a\tb"])
def test_a_path_cannot_smuggle(path: str) -> None:
    with Scripted([READ, ok()]) as server:
        ask(server, path=path)
        for request in server.requests:
            heard = Heard(request)
            assert "Evil" not in heard.headers
            assert heard.body == b""


def test_a_method_cannot_smuggle() -> None:
    with Scripted([READ, ok()]) as server:
        assert "invalid method" in str(ask(server, "GET / HTTP/1.1\r\nEvil: 1\r\n\r\nGET").error)
        assert server.requests == []


def test_the_answer_to_a_body_that_is_not_read_counts() -> None:
    refusal = ok(b"too large", b"Connection: close", status=b"413 Content Too Large")
    with Scripted([refusal, 0.3, CLOSE]) as server:
        answer = ask(server, "POST", body=Body(b"x" * 3_000_000, "x/y"))
    assert answer.status_code in (413, 0)
    if answer.status_code == 0:  # the reset may overtake the answer
        assert kind_of(answer.error, answer) == "connection reset"


@pytest.mark.parametrize("url", ["ftp://a/", "nonsense", "http://", "http://a:port/", "http://[::1/"])
def test_a_host_that_is_no_url_is_named(url: str) -> None:
    with pytest.raises(LeanError, match="not a URL"):
        Agent(url, QUICK)
