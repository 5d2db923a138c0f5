"""Requests over connections that the test provides."""

from __future__ import annotations

from typing import Any

import pytest

from slo.lean import agent as module
from slo.lean.agent import Agent
from slo.lean.errors import DisconnectedError, TooManyRedirectsError
from slo.lean.parser import Parser
from slo.lean.response import Response
from slo.lean.settings import Settings

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def redirect(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


class Line:
    """A connection that gives prepared answers, or raises them, and keeps what was sent."""

    def __init__(self, answers: list[Any], sent: list[bytes]) -> None:
        self.answers, self.sent = answers, sent
        self.parser = Parser(1 << 20)
        self.reused = self.closed = self.is_stale = False

    def exchange(self, request: bytes, bodiless: bool, *_: float) -> Parser:
        self.sent.append(request)
        self.parser.begin(bodiless)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        self.parser.take(answer)
        self.reused = True
        return self.parser

    def stale(self) -> bool:
        return self.is_stale

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def answers() -> list[Any]:
    return []


@pytest.fixture
def lines(answers: list[Any], monkeypatch: pytest.MonkeyPatch) -> list[Line]:
    found: list[Line] = []

    def open_connection(*_: object) -> Line:
        found.append(Line(answers, found[0].sent if found else []))
        return found[-1]

    monkeypatch.setattr(module, "open_connection", open_connection)
    return found


def get(agent: Agent, url: str, method: str = "GET", headers: dict[str, str] | None = None) -> Response:
    return agent.send(method, url, headers, None, True, None)


def test_a_connection_is_used_again(answers: list[Any], lines: list[Line]) -> None:
    agent = Agent("http://shop.test", Settings())
    answers += [OK, OK]
    assert [get(agent, "/a").content, get(agent, "/b").content] == [b"ok", b"ok"]
    assert len(lines) == 1
    assert lines[0].sent[0].startswith(b"GET /a HTTP/1.1\r\nHost: shop.test\r\n")
    agent.close()
    assert lines[0].closed


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_was_idle_is_checked(answers: list[Any], lines: list[Line], method: str) -> None:
    agent = Agent("http://shop.test", Settings())
    answers += [OK, OK]
    get(agent, "/a", method)
    lines[0].is_stale = True
    assert get(agent, "/b", method).content == b"ok"
    assert (len(lines), lines[0].closed) == (2, True)


def test_a_request_is_sent_again_where_an_idle_connection_was_closed(answers: list[Any], lines: list[Line]) -> None:
    agent = Agent("http://shop.test", Settings())
    answers += [OK, DisconnectedError("closed"), OK]
    get(agent, "/a")
    assert get(agent, "/b").status_code == 200
    assert len(lines) == 2


def test_a_post_is_never_sent_twice(answers: list[Any], lines: list[Line]) -> None:
    agent = Agent("http://shop.test", Settings(max_retries=3))
    answers += [OK, DisconnectedError("closed"), OK]
    get(agent, "/a")
    assert isinstance(get(agent, "/b", "POST").error, DisconnectedError)


def test_retries_are_of_idempotent_requests(answers: list[Any], lines: list[Line]) -> None:
    agent = Agent("http://shop.test", Settings(max_retries=2))
    answers += [TimeoutError(), TimeoutError(), OK]
    assert get(agent, "/a").status_code == 200


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [(301, "POST", "GET"), (302, "POST", "GET"), (303, "PUT", "GET"), (307, "POST", "POST"), (302, "HEAD", "HEAD")],
)
def test_the_method_after_a_redirect(
    status: int, method: str, then: str, answers: list[Any], lines: list[Line]
) -> None:
    answers += [redirect("/b", status), OK if then != "HEAD" else b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"]
    response = get(Agent("http://shop.test", Settings()), "/a", method)
    assert response.url == "http://shop.test/b"
    assert [one.status_code for one in response.history] == [status]
    assert lines[0].sent[1].startswith(f"{then} /b ".encode())


def test_a_secret_does_not_travel_to_another_origin(answers: list[Any], lines: list[Line]) -> None:
    answers += [redirect("http://other.test/b"), OK]
    get(Agent("http://shop.test", Settings()), "/a", headers={"Authorization": "Bearer s3cret"})
    assert b"s3cret" in lines[0].sent[0]
    assert b"s3cret" not in lines[0].sent[1]


def test_redirects_end(answers: list[Any], lines: list[Line]) -> None:
    answers += [redirect("/a")] * 4
    found = get(Agent("http://shop.test", Settings(max_redirects=3)), "/a")
    assert isinstance(found.error, TooManyRedirectsError)


@pytest.mark.parametrize(
    ("base", "url", "whole"),
    [
        ("http://shop.test/", "/a", "http://shop.test/a"),
        ("http://shop.test", "a", "http://shop.testa"),
        ("http://shop.test", "HTTPS://other.test/a", "HTTPS://other.test/a"),
        (None, "/a", "/a"),
    ],
)
def test_a_path_is_below_the_base(base: str | None, url: str, whole: str) -> None:
    assert Agent(base, Settings()).full_url(url) == whole


def test_no_redirect_at_all_is_a_failure_unless_it_is_left_alone(answers: list[Any], lines: list[Line]) -> None:
    agent = Agent("http://shop.test", Settings(max_redirects=0))
    answers += [redirect("/b"), redirect("/b")]
    assert isinstance(get(agent, "/a").error, TooManyRedirectsError)
    assert agent.send("GET", "/a", None, None, False, None).status_code == 302
