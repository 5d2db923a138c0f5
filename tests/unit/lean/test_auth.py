"""Which response a request with an auth object has, and what is sent for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import requests

from slo.lean.agent import Agent
from slo.lean.auth import AuthObject
from slo.lean.body import Body
from slo.lean.response import Response
from slo.lean.route import Route
from slo.lean.settings import Settings

Sent = tuple[str, str, dict[str, Any], Body | None]


class Server(Agent):
    """An agent whose server answers with these statuses; ``sent`` is what it got: method, URL, own headers, body."""

    def __init__(self, *statuses: int, base: str = "http://a.test", defaults: Mapping[str, str] | None = None) -> None:
        super().__init__(base, Settings(default_headers=defaults or {}))
        self.statuses, self.sent = list(statuses), list[Sent]()
        self.starts: list[str] = []

    def _send_once(
        self, method: str, route: Route, headers: Mapping[str, str] | None, body: Body | None, *_: Any
    ) -> Response:
        response = Response(route.url, method)
        response.status_code = self.statuses.pop(0)
        if response.status_code == 303:
            response._names, response._values = ["Location"], ["/there"]
        self.sent.append((method, route.target.url, dict(headers or {}), body))
        self.starts.append(route.start.decode())
        return response

    def ask(self, auth: AuthObject, url: str = "/", body: Body | None = None, **headers: Any) -> Response:
        return self.send("POST" if body else "GET", url, headers, body, True, None, auth=auth)


def again(response: requests.Response, **_: object) -> requests.Response:
    if response.status_code != 401:
        return response
    request = response.request.copy()
    assert request.headers is not None
    request.headers["Authorization"] = f"for {request.url}"
    return response.connection.send(request)


def answering(request: requests.PreparedRequest) -> requests.PreparedRequest:
    request.register_hook("response", again)
    return request


@pytest.mark.parametrize(("statuses", "history"), [((200,), []), ((401, 200), [401]), ((401, 403), [401])])
def test_the_last_response_is_the_one_and_knows_the_first(statuses: tuple[int, ...], history: list[int]) -> None:
    server = Server(*statuses)
    response = server.ask(answering, X_Own="1")
    assert response.status_code == statuses[-1]
    assert [one.status_code for one in response.history] == history
    assert [headers["Authorization"] for *_, headers, _ in server.sent] == [None, "for http://a.test/"][: len(statuses)]
    assert all("User-Agent" not in headers and headers["X_Own"] == "1" for *_, headers, _ in server.sent)


def test_each_request_of_a_redirect_is_answered_for_itself() -> None:
    server = Server(401, 303, 401, 200)
    response = server.ask(answering, "/orders", Body(b"{}", "application/json"))
    assert [one.status_code for one in response.history] == [401, 303, 401]
    orders, there = "http://a.test/orders", "http://a.test/there"
    assert [(method, url, headers["Authorization"]) for method, url, headers, _ in server.sent] == [
        ("POST", orders, None),
        ("POST", orders, f"for {orders}"),
        ("GET", there, None),
        ("GET", there, f"for {there}"),
    ]
    assert [body.content if body else None for *_, body in server.sent] == [b"{}", b"{}", None, None]


@pytest.mark.parametrize(
    ("url", "asked"),
    [("/a b", "/a%20b"), ("/?q=é", "/?q=%C3%A9"), ("/a/../b?", "/b"), ("http://me:you@a.test/c", "/c")],
)
def test_the_url_that_is_signed_is_the_one_that_is_requested(url: str, asked: str) -> None:
    signed = []

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        signed.append(request.url)
        return request

    server = Server(200)
    server.ask(sign, url)
    assert signed == [server.sent[0][1]] == [f"http://a.test{asked}"]


def test_what_an_object_leaves_out_is_not_sent() -> None:
    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        assert request.headers is not None
        assert None not in request.headers.values()
        del request.headers["User-Agent"]
        return request

    server = Server(200, base="http://me:you@a.test", defaults={"X-Id": "1"})
    server.ask(sign, Cookie=None)
    assert "User-Agent" not in server.starts[0]
    assert "Authorization" not in server.starts[0]  # the password of the URL, in the clear
    assert "X-Id: 1" in server.starts[0]
    assert server.sent[0][2]["Cookie"] is None


def test_a_body_keeps_its_type_and_a_text_becomes_bytes() -> None:
    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        assert request.headers is not None
        assert request.headers["content-type"] == "application/json"
        request.body = "é"
        return request

    server = Server(200)
    server.ask(sign, "/", Body(b"{}", "application/json"))
    _, _, headers, body = server.sent[0]
    assert (headers["Content-Type"], body) == ("application/json", Body("é".encode(), None))
