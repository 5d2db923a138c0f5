"""Credentials by an object of requests.auth: what the server gets and what is counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
from requests.utils import parse_dict_header

from slo.lean.session import LeanHttpSession
from tests.support.lean_agent import QUICK
from tests.support.scripted import READ, Scripted, ok

CHALLENGE = (
    b'WWW-Authenticate: Digest realm="hotel", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c0", algorithm=MD5, qop="auth"'
)
REFUSED = ok(b"who?", CHALLENGE, status=b"401 Unauthorized")


class Events:
    def __init__(self) -> None:
        self.fired: list[dict[str, Any]] = []

    def fire(self, **meta: Any) -> None:
        self.fired.append(meta)


@pytest.fixture
def events() -> Events:
    return Events()


def session(server: Scripted, events: Events) -> LeanHttpSession:
    return LeanHttpSession(server.url, events, None, QUICK)


def authorizations(server: Scripted) -> Iterator[str | None]:
    for request in server.requests:
        lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        yield {line.partition(": ")[0].lower(): line.partition(": ")[2] for line in lines}.get("authorization")


def test_a_digest_answers_the_refusal_and_is_sent_at_once_the_next_time(events: Events) -> None:
    with Scripted([READ, REFUSED, READ, ok(b"in"), READ, ok(b"again")]) as server:
        client = session(server, events)
        client.auth = HTTPDigestAuth("guest", "secret")
        first = client.post("/rooms?floor=1", json={"nights": 2})
        second = client.post("/rooms?floor=1", json={"nights": 2})
        sent = list(authorizations(server))
    assert (first.status_code, first.text, second.text) == (200, "in", "again")
    assert [response.status_code for response in first.history] == [401]
    assert sent[0] is None
    for count, header in enumerate(sent[1:], 1):
        fields = parse_dict_header(str(header).removeprefix("Digest "))
        assert (fields["username"], fields["realm"], fields["uri"]) == ("guest", "hotel", "/rooms?floor=1")
        assert fields["nc"] == f"{count:08x}"
    assert all(request.endswith(b'{"nights": 2}') for request in server.requests)
    assert [(meta["name"], meta["exception"]) for meta in events.fired] == [("/rooms?floor=1", None)] * 2


def test_a_wrong_password_is_one_failed_request(events: Events) -> None:
    with Scripted([READ, REFUSED, READ, REFUSED]) as server:
        response = session(server, events).get("/", auth=HTTPDigestAuth("guest", "wrong"))
        assert len(server.requests) == 2
    assert response.status_code == 401
    assert [str(meta["exception"]) for meta in events.fired] == [f"URL {server.url}/: code=401"]


class Signature(AuthBase):
    """Signs the body, and asks for it under another URL."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        assert request.headers is not None
        content, content_type = request.body, request.headers["Content-Type"]
        assert isinstance(content, bytes)
        assert isinstance(content_type, str)
        request.headers["X-Signature"] = f"{request.method} {len(content)} {content_type}"
        request.headers["User-Agent"] = "signer"
        request.url = f"{request.url}?key=1"
        return request


def test_what_an_object_changes_is_what_is_sent(events: Events) -> None:
    with Scripted([READ, ok()]) as server:
        session(server, events).post("/sign", data={"a": "b"}, auth=Signature(), headers={"X-Own": "1"})
        head = server.requests[0].decode()
    assert head.startswith("POST /sign?key=1 HTTP/1.1\r\n")
    assert "X-Signature: POST 3 application/x-www-form-urlencoded\r\n" in head
    assert "User-Agent: signer\r\n" in head
    for name in ("user-agent", "content-type", "content-length", "host", "x-own"):
        assert head.lower().count(f"\r\n{name}: ") == 1, head
    assert head.endswith("\r\n\r\na=b")


def test_basic_credentials_are_a_pair_or_an_object(events: Events) -> None:
    with Scripted([READ, ok(), READ, ok(), READ, ok()]) as server:
        client = session(server, events)
        client.get("/", auth=("guest", "secret"))
        client.get("/", auth=HTTPBasicAuth("guest", "secret"))
        client.auth = ("guest", "secret")
        client.get("/")
        assert list(authorizations(server)) == ["Basic Z3Vlc3Q6c2VjcmV0"] * 3


def test_an_object_that_raises_makes_the_request_a_failed_one(events: Events) -> None:
    def broken(request: requests.PreparedRequest) -> requests.PreparedRequest:
        raise ValueError("no token left")

    with Scripted([READ, ok()]) as server, pytest.raises(ValueError, match="no token left"):
        session(server, events).get("/", auth=broken)
    assert [str(meta["exception"]) for meta in events.fired] == ["no token left"]


def test_no_answer_at_all_needs_no_second_request(events: Events) -> None:
    with Scripted([READ, b"no HTTP at all\r\n\r\n"]) as server:
        response = session(server, events).get("/", auth=HTTPDigestAuth("guest", "secret"))
        assert len(server.requests) == 1
    assert response.status_code == 0
    assert len(events.fired) == 1


@pytest.mark.parametrize("auth", ["token", ("guest",)])
def test_anything_else_is_refused_by_name(auth: Any, events: Events) -> None:
    with Scripted([READ, ok()]) as server, pytest.raises(TypeError, match=r"a pair .* or an object of requests\.auth"):
        session(server, events).get("/", auth=auth)
    assert server.requests == []
