"""The connections of the lean client: kept, replaced, tried again, closed."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import gevent
import gevent.ssl
import pytest

from slo.lean.agent import CLOSED_WHILE_IDLE, MAX_ROUTES, Agent
from slo.lean.heads import MAX_HEADS, MAX_MISSES, HeadCache
from slo.lean.lines import MAX_LINES
from slo.lean.parser import Parser
from slo.lean.settable import SettableClient
from slo.lean.settings import Settings
from tests.support.heard import Heard
from tests.support.lean_agent import QUICK, ask
from tests.support.scripted import CLOSE, READ, RESET, Scripted, Step, chunked, ok

pytestmark = pytest.mark.usefixtures("no_proxy")


def test_a_connection_carries_many_requests() -> None:
    with Scripted([READ, ok(b"%d" % 0), READ, chunked(b"1"), READ, ok(b"2")]) as server:
        agent = Agent(server.url, QUICK)
        answers = [agent.send("GET", f"/{n}", None, None, True, None).content for n in range(3)]
        agent.close()
        assert (answers, server.connections) == ([b"0", b"1", b"2"], 1)


@pytest.mark.parametrize(
    "first",
    [
        [READ, ok(b"hello", b"Connection: close")],
        [READ, b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na"],
        [READ, ok(b"hello") + b"junk"],
        [READ, ok(b"hello") + ok(b"another's")],
        [READ, b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nbody"],
    ],
)
def test_a_connection_that_may_not_carry_more_is_closed(first: Sequence[Step]) -> None:
    with Scripted(first, [READ, ok(b"second")]) as server:
        agent = Agent(server.url, QUICK)
        assert agent.send("GET", "/", None, None, True, None).error is None
        assert agent.send("GET", "/", None, None, True, None).content == b"second"
        agent.close()
        assert server.connections == 2


NOT_MODIFIED = b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
@pytest.mark.parametrize(
    ("before", "late"),
    [
        (ok(b"first"), ok(b"Request Timeout", b"Connection: close", status=b"408 Request Timeout")),
        (ok(b"first"), ok(b"a second answer")),
        (NOT_MODIFIED, ok(b"the body of an answer that has none")),
        (NOT_MODIFIED, b"late"),
    ],
)
def test_what_arrives_while_a_connection_is_idle_answers_nothing(method: str, before: bytes, late: bytes) -> None:
    with Scripted([READ, before, late], [READ, ok(b"second")]) as server:
        agent = Agent(server.url, QUICK)
        assert agent.send(method, "/", None, None, True, None).error is None
        wait_for_idle_bytes(agent)
        assert agent.send(method, "/", None, None, True, None).content == b"second"
        agent.close()
        assert (server.connections, len(server.requests)) == (2, 2)


@pytest.mark.parametrize(
    "head", ["204 No Content\r\nContent-Length: 5", "304 Not Modified\r\nTransfer-Encoding: chunked"]
)
def test_a_status_without_a_body_whose_head_announces_one_ends_the_connection(head: str) -> None:
    with Scripted([READ, f"HTTP/1.1 {head}\r\n\r\n".encode()], [READ, ok(b"second")]) as server:
        agent = Agent(server.url, QUICK)
        assert agent.send("GET", "/", None, None, True, None).error is None
        assert agent.send("GET", "/", None, None, True, None).content == b"second"
        agent.close()
        assert server.connections == 2


def wait_for_idle_bytes(agent: Agent) -> None:
    """Wait until bytes, or the end of the connection, have arrived on the idle connection, if there is one."""
    with gevent.Timeout(20, AssertionError("nothing arrived")):
        while not all(one.stale() for pool in agent._pools.values() for one in pool.idle):
            gevent.sleep(0.01)


@pytest.mark.parametrize("end", [CLOSE, RESET])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_a_connection_closed_between_requests_is_replaced(end: str, method: str) -> None:
    with Scripted([READ, ok(b"first"), end], [READ, ok(b"second")]) as server:
        agent = Agent(server.url, QUICK)
        assert agent.send(method, "/", None, None, True, None).content == b"first"
        wait_for_idle_bytes(agent)
        assert agent.send(method, "/", None, None, True, None).content == b"second"
        agent.close()
        assert (server.connections, len(server.requests)) == (2, 2)


def test_a_head_that_was_seen_before_means_the_same() -> None:
    answers = [ok(b"first"), ok(b"other"), ok(b"third")[:-2], ok(b"fifth") + b"junk"]
    script: list[Step] = [READ, answers[0], READ, answers[1], READ, answers[2], 0.02, b"rd", READ, answers[3]]
    with Scripted(script, [READ, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", READ, ok(b"after")]) as server:
        agent = Agent(server.url, QUICK)
        contents = [agent.send("GET", "/", None, None, True, None).content for _ in range(4)]
        assert contents == [b"first", b"other", b"third", b"fifth"]
        assert server.connections == 1
        assert agent.send("HEAD", "/", None, None, True, None).content == b""  # after junk, by a connection of its own
        assert agent.send("GET", "/", None, None, True, None).content == b"after"
        agent.close()
        assert server.connections == 2


def test_a_head_that_was_seen_before_needs_its_body() -> None:
    with Scripted([READ, ok(b"first"), READ, ok(b"cut")[:-1].replace(b"3", b"5"), CLOSE], [READ, ok()]) as server:
        agent = Agent(server.url, QUICK)
        agent.send("POST", "/", None, None, True, None)
        assert "in the answer's body" in str(agent.send("POST", "/", None, None, True, None).error)


def test_what_a_user_keeps_is_bounded() -> None:
    with Scripted([step for n in range(400) for step in (READ, ok(b"%d" % n))]) as server:
        agent = Agent(server.url, QUICK)
        for number in range(400):
            answer = agent.send("GET", f"/{number % 200}", {"X-Id": str(number)}, None, True, None)
            assert answer.content == b"%d" % number
            assert len(agent._routes) <= MAX_ROUTES
            assert len(agent._headers.lines._made) <= MAX_LINES
        agent.close()
        asked = [Heard(request) for request in server.requests]
        assert [(one.path, one.headers["X-Id"]) for one in asked] == [(f"/{n % 200}", str(n)) for n in range(400)]


def test_heads_that_are_never_the_same_are_no_longer_kept() -> None:
    heads = HeadCache()
    parser = Parser(1000, heads)
    for number in range(MAX_MISSES + 5):
        parser.begin(False)
        parser.take(ok(b"hi", b"Id: %d" % number))
        assert parser.values[0] == str(number)
        assert len(heads.known) <= MAX_HEADS
    assert not heads.useful


def test_an_idempotent_request_is_sent_again_once_only() -> None:
    with Scripted([READ, ok(), READ, CLOSE], [READ, CLOSE]) as server:
        agent = Agent(server.url, QUICK)
        agent.send("GET", "/", None, None, True, None)
        answer = agent.send("GET", "/", None, None, True, None)
        assert "before it answered" in str(answer.error)
        assert (server.connections, len(server.requests)) == (2, 3)


@pytest.mark.parametrize(("method", "answer"), [("POST", b""), ("GET", b"HTTP/1.1 200")])
def test_what_may_have_been_done_is_not_sent_again(method: str, answer: bytes) -> None:
    with Scripted([READ, ok(), READ, answer, CLOSE], [READ, ok()]) as server:
        agent = Agent(server.url, QUICK)
        agent.send(method, "/", None, None, True, None)
        assert agent.send(method, "/", None, None, True, None).status_code == 0
        assert (server.connections, len(server.requests)) == (1, 2)


def test_retries_are_of_idempotent_requests_and_off_by_default() -> None:
    for method, retries, sent in (("GET", 0, 1), ("GET", 2, 3), ("POST", 2, 1)):
        with Scripted([READ, CLOSE]) as server:
            ask(server, method, settings=Settings(max_retries=retries))
            assert len(server.requests) == sent


def test_nothing_stays_open() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    scripts: list[list[Step]] = [[READ, ok()], [READ, CLOSE], [READ, b"junk"], [READ, ok()[:-1], RESET]]
    for script in scripts:
        with Scripted(script) as server:
            for _ in range(5):
                ask(server)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 1


def test_a_killed_greenlet_leaves_no_connection_for_others() -> None:
    with Scripted([READ, 0.3, ok(b"late")], [READ, ok(b"own")]) as server:
        agent = Agent(server.url, QUICK)
        greenlet = gevent.spawn(agent.send, "GET", "/", None, None, True, None)
        gevent.sleep(0.1)
        greenlet.kill()
        assert agent.send("GET", "/", None, None, True, None).content == b"own"
        agent.close()


def test_ipv6() -> None:
    with Scripted([READ, ok()], family=socket.AF_INET6) as server:
        assert ask(server).content == b"hello"
        assert f"Host: [::1]:{server.port}\r\n".encode() in server.requests[0]


def test_no_more_requests_are_open_at_once_than_a_user_may_have_connections() -> None:
    with Scripted([READ, 0.05, ok(), READ, 0.05, ok()]) as server:
        agent = Agent(server.url, replace(QUICK, concurrency=4))
        asked = [gevent.spawn(agent.send, "GET", "/", None, None, True, None) for _ in range(8)]
        gevent.joinall(asked, timeout=20)
        agent.close()
        assert [one.value.content for one in asked] == [b"hello"] * 8
        assert server.connections == 4


@pytest.mark.parametrize(("method", "words"), [("POST", CLOSED_WHILE_IDLE), ("GET", "before it answered")])
def test_a_server_that_closes_on_a_second_request_is_named(method: str, words: str) -> None:
    with Scripted([READ, ok(), READ, CLOSE], [READ, CLOSE]) as server:
        agent = Agent(server.url, QUICK)
        agent.send(method, "/", None, None, True, None)
        assert words in str(agent.send(method, "/", None, None, True, None).error)


def test_a_failed_request_says_what_was_sent() -> None:
    with Scripted([READ, CLOSE]) as server:
        answer = ask(server, headers={"X-Id": "7"})
        assert (answer.status_code, answer.request.headers["X-Id"]) == (0, "7")


def test_another_base_is_another_server() -> None:
    with Scripted([READ, ok(b"first")]) as first, Scripted([READ, ok(b"second")]) as second:
        client = SettableClient(first.url, QUICK)
        assert client.send("GET", "/", None, None, True, None).content == b"first"
        client.base_url = second.url
        assert client.send("GET", "/", None, None, True, None).content == b"second"
        client.close()
