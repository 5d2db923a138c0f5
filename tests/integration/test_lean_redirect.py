"""Redirects and cookies, as the lean client follows and keeps them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests

from slo.lean.agent import Agent
from slo.lean.body import Body
from slo.lean.errors import LeanError
from slo.lean.settings import Settings
from slo.measure.failure_kind import kind_of
from tests.support.heard import Heard
from tests.support.lean_agent import QUICK, ask
from tests.support.scripted import READ, Scripted, Step, ok

pytestmark = pytest.mark.usefixtures("no_proxy")


def to(location: str, status: int = 302) -> bytes:
    return ok(b"", f"Location: {location}".encode(), status=f"{status} Over There".encode())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD"])
def test_a_redirect_is_followed_as_requests_does(status: int, method: str) -> None:
    with Scripted([READ, to("/there?x=1", status), READ, ok(b"" if method == "HEAD" else b"there")]) as server:
        body = Body(b"body", "text/x") if method in ("POST", "PUT") else None
        ours = ask(server, method, body=body)
        words = {"data": b"body", "headers": {"Content-Type": "text/x"}} if body else {}
        theirs = requests.request(method, server.url, timeout=10, allow_redirects=True, **words)  # type: ignore[arg-type]
        _, our_second, _, their_second = map(Heard, server.requests)
    assert (ours.status_code, ours.content, ours.url) == (theirs.status_code, theirs.content, theirs.url)
    assert (our_second.command, our_second.path, our_second.body) == (
        their_second.command,
        their_second.path,
        their_second.body,
    )
    assert our_second.headers["Content-Type"] == their_second.headers["Content-Type"]
    assert [one.status_code for one in ours.history] == [status]


@pytest.mark.parametrize("location", ["there", "../up", "?q=1", "/a b", "//127.0.0.1:{port}/other", "/ñ"])
def test_where_a_redirect_leads(location: str) -> None:
    scripts: list[Step] = [READ, to(location).replace(b"{port}", b"0"), READ, ok()]
    with Scripted([READ, 0.0]) as server:
        told = location.replace("{port}", str(server.port))
        scripts[1] = to(told)
        server._scripts = (scripts,)
        ours = ask(server, path="/deep/er")
        theirs = requests.get(f"{server.url}/deep/er", timeout=10)
    assert (ours.status_code, ours.url) == (theirs.status_code, theirs.url)


def test_a_redirect_loop_ends() -> None:
    with Scripted([step for _ in range(20) for step in (READ, to("/"))]) as server:
        answer = ask(server, settings=Settings(max_redirects=5))
        assert "TooManyRedirectsError: redirected more than" in kind_of(answer.error, answer)
        assert len(server.requests) == 6


@pytest.mark.parametrize("location", ["ftp://example.com/", "http://[::1", "javascript:alert(1)"])
def test_a_redirect_to_nowhere_is_a_failure(location: str) -> None:
    with Scripted([READ, to(location)]) as server:
        answer = ask(server)
    assert isinstance(answer.error, LeanError)
    assert "not a URL" in str(answer.error)


def test_credentials_stay_with_their_server() -> None:
    with Scripted([READ, ok()]) as other, Scripted([READ, to(f"{other.url}/x")]) as server:
        ask(server, headers={"Authorization": "Bearer secret", "X-Kept": "1"})
        assert b"secret" in server.requests[0]
        assert b"secret" not in other.requests[0]
        assert b"X-Kept: 1" in other.requests[0]


@pytest.mark.parametrize("by_default", [True, False])
def test_no_secret_follows_to_another_server_nor_back(by_default: bool) -> None:
    secrets = {"Authorization": "Bearer s3cret", "cookie": "sid=s3cret"}
    settings = replace(QUICK, default_headers=secrets) if by_default else QUICK
    with Scripted([READ, ok()]) as third, Scripted([READ, to(f"{third.url}/y")]) as other:
        with Scripted([READ, to(f"{other.url}/x")]) as server:
            answer = ask(server, settings=settings, headers=None if by_default else secrets)
            assert answer.status_code == 200
            assert server.requests[0].count(b"s3cret") == 2
        assert b"s3cret" not in other.requests[0] + third.requests[0]


def test_redirects_can_be_left_alone() -> None:
    with Scripted([READ, to("/there")]) as server:
        answer = Agent(server.url, QUICK).send("GET", "/", None, None, False, None)
        assert (answer.status_code, len(server.requests)) == (302, 1)


def test_cookies_come_back() -> None:
    first = ok(b"", b"Set-Cookie: a=1; Path=/", b"set-cookie: b=2; Path=/only", b"Set-Cookie: c=3; Secure")
    gone = ok(b"", b"Set-Cookie: a=; Max-Age=0; Path=/")
    with Scripted([READ, first, READ, ok(), READ, gone, READ, ok()]) as server:
        agent = Agent(server.url, QUICK)
        for path in ("/", "/only/here", "/", "/"):
            agent.send("GET", path, None, None, True, None)
        agent.close()
        sent = [Heard(request).headers["Cookie"] for request in server.requests]
    assert [sorted((one or "").split("; ")) for one in sent] == [[""], ["a=1", "b=2"], ["a=1"], [""]]


def test_the_cookie_of_a_redirect_goes_along() -> None:
    login = to("/home").replace(b"Location", b"Set-Cookie: sid=7; Path=/\r\nLocation")
    with Scripted([READ, login, READ, ok()]) as server:
        ask(server)
        assert Heard(server.requests[1]).headers["Cookie"] == "sid=7"
