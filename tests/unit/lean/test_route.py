"""A route is made of what its server has in common."""

from __future__ import annotations

from slo.lean.agent import Agent
from slo.lean.settings import Settings


def test_routes_to_one_server_share_what_never_changes() -> None:
    agent = Agent("http://a.test/v1", Settings(default_headers={"X-Id": "1"}))
    one, other = (agent._route("GET", path, None) for path in ("/x?day=1", "/x?day=2"))
    assert one.server is other.server
    assert one.start.startswith(b"GET /v1/x?day=1 HTTP/1.1\r\nHost: a.test\r\n")
    assert other.start == one.start.replace(b"day=1", b"day=2")
    assert (one.whole, one.url) == (one.start + b"\r\n", "http://a.test/v1/x?day=1")


def test_other_names_or_credentials_are_another_server() -> None:
    agent = Agent("http://a.test", Settings())
    servers = [agent._route("GET", url, headers).server for url, headers in ROUTES]
    assert len(set(map(id, servers))) == len(ROUTES)
    assert len({server.pool for server in servers}) == 2


ROUTES = (
    ("/x", None),
    ("/x", {"X-Own": "1"}),
    ("http://me:you@a.test/x", None),
    ("http://b.test/x", None),
)


def test_a_change_of_the_headers_reaches_routes_that_are_known() -> None:
    agent = Agent("http://a.test", Settings())
    agent._route("GET", "/x", None)
    agent._defaults["X-Id"] = "2"
    assert b"X-Id: 2" in agent._route("GET", "/x", None).start
