"""The lean client against servers that do everything a server can do, right and wrong."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import brotli
import gevent
import gevent.ssl
import pytest
import requests

from slo.lean.agent import MAX_ROUTES, Agent
from slo.lean.body import Body, body_of
from slo.lean.errors import LeanError
from slo.lean.heads import MAX_HEADS, MAX_MISSES, HeadCache
from slo.lean.lines import MAX_LINES
from slo.lean.parser import Parser
from slo.lean.response import Response
from slo.lean.settings import Settings
from slo.measure.failure_kind import kind_of
from tests.support.heard import Heard
from tests.support.scripted import CLOSE, READ, RESET, Scripted, Step, certificate, chunked, ok

QUICK = Settings(connection_timeout_s=5, network_timeout_s=5, response_timeout_s=5, max_response_bytes=1 << 20)
IMPATIENT = Settings(connection_timeout_s=0.3, network_timeout_s=0.2, response_timeout_s=0.4)
CLOSED = b"HTTP/1.1 200 OK\r\n\r\n"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def ask(
    server: Scripted,
    method: str = "GET",
    path: str = "/",
    settings: Settings = QUICK,
    headers: dict[str, str] | None = None,
    body: Body | None = None,
) -> Response:
    agent = Agent(server.url, settings)
    try:
        with gevent.Timeout(20, AssertionError("it hangs")):
            return agent.send(method, path, headers, body, True, None)
    finally:
        agent.close()


def dribble(answer: bytes, step: int = 1) -> list[Step]:
    """Return an answer in pieces that arrive apart from each other."""
    pieces: list[Step] = [READ]
    for start in range(0, len(answer), step):
        pieces += [answer[start : start + step], 0.001]
    return pieces


GOOD: dict[str, tuple[str, Sequence[Step]]] = {
    "a length": ("GET", [READ, ok()]),
    "no body": ("GET", [READ, ok(b"")]),
    "a reason of several words": ("GET", [READ, ok(status=b"404 Not Found Here")]),
    "no reason": ("GET", [READ, ok(status=b"200 ")]),
    "an unusual status": ("GET", [READ, ok(status=b"799 Odd")]),
    "204 without length": ("GET", [READ, b"HTTP/1.1 204 No Content\r\n\r\n"]),
    "304 with a length and no body": ("GET", [READ, b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"]),
    "HEAD with a length": ("HEAD", [READ, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"]),
    "HEAD with chunks announced": ("HEAD", [READ, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"]),
    "closed where the body ends": ("GET", [READ, CLOSED + b"hello", CLOSE]),
    "closed, in pieces": ("GET", [READ, CLOSED, 0.01, b"hel", 0.01, b"lo", CLOSE]),
    "closed and empty": ("GET", [READ, CLOSED, CLOSE]),
    "HTTP/1.0": ("GET", [READ, b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", CLOSE]),
    "HTTP/1.0 closed where the body ends": ("GET", [READ, b"HTTP/1.0 200 OK\r\n\r\nhi", CLOSE]),
    "one chunk": ("GET", [READ, chunked(b"hello")]),
    "several chunks": ("GET", [READ, chunked(b"he", b"l", b"lo")]),
    "no chunk": ("GET", [READ, chunked()]),
    "chunks with trailers": ("GET", [READ, chunked(b"hello", trailer=b"Sum: 5\r\n")]),
    "chunk sizes in capitals and zeros": (
        "GET",
        [READ, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n00A\r\n0123456789\r\n000\r\n\r\n"],
    ),
    "chunk extensions": (
        "GET",
        [READ, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0;c\r\n\r\n"],
    ),
    "a byte at a time": ("GET", dribble(ok(b"hello", b"Name: value", b"Empty:", b"Content-Type: text/plain"))),
    "chunks a byte at a time": ("GET", dribble(chunked(b"he", b"llo", trailer=b"Sum: 5\r\n"))),
    "three bytes at a time": ("GET", dribble(chunked(b"0123456789" * 3, trailer=b"Sum: 30\r\n"), 3)),
    "100 before the answer": ("GET", [READ, b"HTTP/1.1 100 Continue\r\n\r\n" + ok()]),
    "103 with headers before the answer": (
        "GET",
        [READ, b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 0.01, ok()],
    ),
    "several 1xx": ("GET", [READ, b"HTTP/1.1 102 Wait\r\n\r\n" * 3 + ok()]),
    "a large body": ("GET", [READ, ok(b"x" * 1_000_000)]),
    "a large header": ("GET", [READ, ok(b"hi", b"Big: " + b"v" * 60_000)]),
    "a hundred headers": ("GET", [READ, ok(b"hi", *(b"H%d: v" % n for n in range(90)))]),
    "headers twice": ("GET", [READ, ok(b"hi", b"A: 1", b"a: 2")]),
    "Latin-1 in a header": ("GET", [READ, ok(b"hi", b"A: \xe9")]),
    "gzip": ("GET", [READ, ok(gzip.compress(b"hello" * 99), b"Content-Encoding: gzip")]),
    "gzip of several members": (
        "GET",
        [READ, ok(gzip.compress(b"he") + gzip.compress(b"llo"), b"Content-Encoding: gzip")],
    ),
    "gzip in chunks": (
        "GET",
        [
            READ,
            chunked(*(bytes([byte]) for byte in gzip.compress(b"hello"))).replace(
                b"OK\r\n", b"OK\r\nContent-Encoding: gzip\r\n", 1
            ),
        ],
    ),
    "deflate": ("GET", [READ, ok(zlib.compress(b"hello"), b"Content-Encoding: deflate")]),
    "bare deflate": ("GET", [READ, ok(zlib.compress(b"hello", wbits=-15), b"Content-Encoding: deflate")]),
    "brotli": ("GET", [READ, ok(brotli.compress(b"hello" * 99), b"content-encoding: br")]),
    "two encodings": ("GET", [READ, ok(gzip.compress(zlib.compress(b"hello")), b"Content-Encoding: deflate, gzip")]),
    "an unknown encoding": ("GET", [READ, ok(b"hello", b"Content-Encoding: identity")]),
    "gzip without a body": ("GET", [READ, ok(b"", b"Content-Encoding: gzip")]),
    "connection: close": ("GET", [READ, ok(b"hello", b"Connection: close"), CLOSE]),
    "500": ("GET", [READ, ok(b"sorry", status=b"500 Internal Server Error")]),
    "429": ("GET", [READ, ok(b"slow", status=b"429 Too Many Requests")]),
    "DELETE": ("DELETE", [READ, b"HTTP/1.1 204 No Content\r\n\r\n"]),
    "OPTIONS": ("OPTIONS", [READ, ok(b"", b"Allow: GET")]),
}


@pytest.mark.parametrize("case", list(GOOD))
def test_a_good_answer_is_what_requests_makes_of_it(case: str) -> None:
    method, script = GOOD[case]
    with Scripted(script) as server:
        ours = ask(server, method)
    if "1xx" in case or "103" in case:  # requests takes any 1xx but 100 for the answer
        script = [READ, ok()]
    with Scripted(script) as server:
        theirs = requests.request(method, server.url, timeout=10)
    assert ours.error is None
    assert (ours.status_code, ours.reason) == (theirs.status_code, theirs.reason)
    assert ours.content == theirs.content
    assert {name.lower(): value for name, value in (ours.headers or {}).items()} == {
        name.lower(): value for name, value in theirs.headers.items()
    }


BAD: dict[str, tuple[Sequence[Step], str]] = {
    "closed at once": ([CLOSE], "connection"),
    "closed after the request": (
        [READ, CLOSE],
        "connection: DisconnectedError: connection closed by the server before",
    ),
    "closed in the status line": ([READ, b"HTTP/1.1 20", CLOSE], "connection: DisconnectedError"),
    "closed in the headers": ([READ, b"HTTP/1.1 200 OK\r\nA: b\r\n", CLOSE], "connection: DisconnectedError"),
    "closed after 100": ([READ, b"HTTP/1.1 100 Continue\r\n\r\n", CLOSE], "connection: DisconnectedError"),
    "closed in the body": ([READ, ok(b"hello")[:-2], CLOSE], "in the answer's body"),
    "closed between chunks": ([READ, chunked(b"hello")[:-5], CLOSE], "in the answer's body"),
    "closed in a chunk": ([READ, chunked(b"hello")[:-9], CLOSE], "in the answer's body"),
    "closed before the last line": ([READ, chunked(b"hello")[:-2], CLOSE], "in the answer's body"),
    "reset after the request": ([READ, RESET], "connection reset"),
    "reset in the head": ([READ, b"HTTP/1.1 200 OK\r\n", 0.05, RESET], "connection reset"),
    "reset in the body": ([READ, ok(b"hello")[:-2], 0.05, RESET], "connection reset"),
    "a bad chunk size": (
        [READ, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"],
        "MalformedError: the answer is not valid HTTP",
    ),
    "a negative chunk size": (
        [READ, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n"],
        "MalformedError",
    ),
    "a huge chunk size": (
        [READ, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"],
        "MalformedError",
    ),
    "a chunk longer than it says": (
        [READ, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n"],
        "MalformedError",
    ),
    "a length that is no number": ([READ, b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"], "MalformedError"),
    "a negative length": ([READ, b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"], "MalformedError"),
    "two lengths that differ": (
        [READ, b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
        "MalformedError",
    ),
    "a length and chunks": (
        [READ, b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
        "MalformedError",
    ),
    "another protocol": ([READ, b"SSH-2.0-OpenSSH_9.2\r\n"], "MalformedError"),
    "a status of two digits": ([READ, b"HTTP/1.1 20 OK\r\n\r\n"], "MalformedError"),
    "a space in a header's name": ([READ, ok(b"", b"A b: c")], "MalformedError"),
    "a NUL in a header": ([READ, ok(b"", b"A: \0")], "MalformedError"),
    "an upgrade that nobody asked for": (
        [READ, b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n..."],
        "MalformedError",
    ),
    "an endless head": ([READ, b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 60_000], "TooLargeError"),
    "an endless header": ([READ, b"HTTP/1.1 200 OK\r\nA: " + b"b" * 400_000], "TooLargeError"),
    "endless 1xx": ([READ, b"HTTP/1.1 102 Wait\r\n\r\n" * 20_000], "TooLargeError"),
    "a body beyond the limit": ([READ, ok(b"x" * 2_000_000)], "TooLargeError"),
    "a gzip bomb": (
        [READ, ok(gzip.compress(bytes(50_000_000), 9), b"Content-Encoding: gzip")],
        "TooLargeError: the answer is larger than",
    ),
    "a deflate bomb": ([READ, ok(zlib.compress(bytes(50_000_000)), b"Content-Encoding: deflate")], "TooLargeError"),
    "a brotli bomb": ([READ, ok(brotli.compress(bytes(50_000_000)), b"Content-Encoding: br")], "TooLargeError"),
    "gzip that is none": ([READ, ok(b"hello", b"Content-Encoding: gzip")], "MalformedError: the answer's body is not"),
    "gzip cut short": ([READ, ok(gzip.compress(b"hello")[:-4], b"Content-Encoding: gzip")], "MalformedError"),
    "brotli that is none": ([READ, ok(b"hello", b"Content-Encoding: br")], "MalformedError"),
    "brotli cut short": ([READ, ok(brotli.compress(b"hello" * 99)[:-3], b"Content-Encoding: br")], "MalformedError"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_a_bad_answer_is_a_failure_with_a_kind(case: str) -> None:
    script, kind = BAD[case]
    with Scripted(script) as server:
        answer = ask(server, "POST")
    assert answer.status_code == 0
    assert answer.content is None
    assert kind in kind_of(answer.error, answer)


def trickle(piece: bytes) -> list[Step]:
    """Return a piece that comes again and again, three seconds long."""
    return [piece, 0.05] * 60


SLOW: dict[str, tuple[Sequence[Step], str]] = {
    "silence": ([READ, 5.0], "nothing for 0.2 s"),
    "silence in the head": ([READ, b"HTTP/1.1 200", 5.0], "nothing for 0.2 s"),
    "silence in the body": ([READ, ok()[:-2], 5.0], "nothing for 0.2 s"),
    "a head that trickles": ([READ, b"HTTP/1.1 200 ", *trickle(b"O")], "nothing for 0.2 s"),
    "headers that trickle": ([READ, b"HTTP/1.1 200 OK\r\n", *trickle(b"A: b\r\n")], "nothing for 0.2 s"),
    "a body that trickles": ([READ, CLOSED, *trickle(b"x")], "not complete after 0.4 s"),
    "a request that nobody reads": ([5.0], "nothing for 0.2 s"),
}


@pytest.mark.parametrize("case", list(SLOW))
def test_a_slow_server_ends_a_request_in_time(case: str) -> None:
    script, words = SLOW[case]
    body = Body(b"x" * 20_000_000, None) if "reads" in case else None
    with Scripted(script) as server:
        answer = ask(server, "POST", settings=IMPATIENT, body=body)
    assert answer.status_code == 0
    assert words in f"{type(answer.error).__name__} {answer.error}"
    assert kind_of(answer.error, answer) == "timeout"


def test_a_request_has_a_timeout_of_its_own() -> None:
    with Scripted([READ, ok(), READ, 5.0]) as server:
        agent = Agent(server.url, QUICK)
        assert agent.send("GET", "/", None, None, True, None).status_code == 200
        answer = agent.send("GET", "/", None, None, True, (None, 0.1))
        agent.close()
    assert "nothing for 0.1 s" in str(answer.error)


def test_a_connection_that_waited_longer_than_the_timeout_is_good() -> None:
    with Scripted([READ, ok(), READ, ok(), READ, 0.1, ok()]) as server:
        agent = Agent(server.url, IMPATIENT)
        assert agent.send("GET", "/", None, None, True, None).status_code == 200
        for _ in range(2):
            gevent.sleep(0.45)
            assert agent.send("POST", "/", None, None, True, None).status_code == 200
        agent.close()
        assert server.connections == 1


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    answer = Agent(f"http://127.0.0.1:{port}", QUICK).send("GET", "/", None, None, True, None)
    assert kind_of(answer.error, answer) == "connection refused"


def test_a_name_that_nobody_has() -> None:
    answer = Agent("http://no-such-host.invalid", QUICK).send("GET", "/", None, None, True, None)
    assert kind_of(answer.error, answer).startswith("connection: gaierror")


# Connections


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


@pytest.mark.parametrize("end", [CLOSE, RESET])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_a_connection_closed_between_requests_is_replaced(end: str, method: str) -> None:
    with Scripted([READ, ok(b"first"), end], [READ, ok(b"second")]) as server:
        agent = Agent(server.url, QUICK)
        assert agent.send(method, "/", None, None, True, None).content == b"first"
        gevent.sleep(0.1)
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
            assert len(agent._lines._made) <= MAX_LINES
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


# Requests


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


# Redirects and cookies


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


# TLS and proxies

needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to make certificates with")


def serving(cert: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*cert)
    return context


def trusting(cert: Path) -> Settings:
    context = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cert)
    return Settings(ssl_context_factory=lambda: context, network_timeout_s=5)


@needs_openssl
def test_tls_with_a_trusted_certificate(tmp_path: Path) -> None:
    cert = certificate(tmp_path, "localhost")
    named: list[str | None] = []
    tls = serving(cert)
    tls.sni_callback = lambda _sock, name, _context: named.append(name)
    with Scripted([READ, ok(b"x" * 300_000), READ, ok(b"second")], tls=tls) as server:
        agent = Agent(server.url, trusting(cert[0]))
        assert agent.send("GET", "/", None, None, True, None).content == b"x" * 300_000
        assert agent.send("POST", "/", None, Body(b"y" * 300_000, None), True, None).content == b"second"
        agent.close()
        assert (server.connections, named) == (1, ["localhost"])


@needs_openssl
@pytest.mark.parametrize(
    ("host", "dates", "words"),
    [
        ("elsewhere.example", None, "Hostname mismatch"),
        ("localhost", ("20200101000000Z", "20200102000000Z"), "certificate has expired"),
        ("localhost", ("20990101000000Z", "20990102000000Z"), "certificate is not yet valid"),
        ("localhost", None, "self-signed certificate"),
    ],
)
def test_tls_with_a_certificate_that_is_not_good(
    tmp_path: Path, host: str, dates: tuple[str, str] | None, words: str
) -> None:
    cert = certificate(tmp_path, host, dates)
    trusted = words != "self-signed certificate"
    with Scripted([READ, ok()], tls=serving(cert)) as server:
        refused = ask(server, settings=trusting(cert[0]) if trusted else QUICK)
        assert words in str(refused.error)
        assert "CERTIFICATE_VERIFY_FAILED" in kind_of(refused.error, refused)
        assert server.requests == []
        assert ask(server, settings=Settings(insecure=True)).content == b"hello"


@needs_openssl
def test_tls_cut_off(tmp_path: Path) -> None:
    cert = certificate(tmp_path, "localhost")
    with Scripted([READ, ok()[:-2], CLOSE], tls=serving(cert)) as server:
        assert "in the answer's body" in str(ask(server, settings=trusting(cert[0])).error)
    with Scripted([READ, 5.0], tls=serving(cert)) as server:
        agent = Agent(server.url, trusting(cert[0]))
        assert "nothing for 0.2 s" in str(agent.send("GET", "/", None, None, True, 0.2).error)


@needs_openssl
def test_a_tls_connection_closed_between_requests_is_replaced(tmp_path: Path) -> None:
    cert = certificate(tmp_path, "localhost")
    with Scripted([READ, ok(), CLOSE], [READ, ok(b"second")], tls=serving(cert)) as server:
        agent = Agent(server.url, trusting(cert[0]))
        agent.send("POST", "/", None, None, True, None)
        gevent.sleep(0.1)
        assert agent.send("POST", "/", None, None, True, None).content == b"second"
        agent.close()


@pytest.mark.parametrize(("script", "kind"), [([ok()], "connection: SSLError"), ([5.0], "timeout")])
def test_tls_with_a_server_that_speaks_none(script: Sequence[Step], kind: str) -> None:
    with Scripted(script) as server:
        answer = Agent(server.url.replace("http:", "https:"), IMPATIENT).send("GET", "/", None, None, True, None)
    assert kind in kind_of(answer.error, answer)


def test_a_proxy_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    with Scripted([READ, ok(b"by proxy")]) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//us%40er:pass@"))
        answer = Agent("http://far.example:81/base", QUICK).send("GET", "/a?b", None, None, True, None)
        assert answer.content == b"by proxy"
        heard = Heard(proxy.requests[0])
        assert heard.path == "http://far.example:81/base/a?b"
        assert heard.headers["Host"] == "far.example:81"
        assert heard.headers["Proxy-Authorization"] == "Basic dXNAZXI6cGFzcw=="


def test_no_proxy_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Scripted([READ, ok()]) as server:
        assert ask(server).content == b"hello"


@needs_openssl
def test_tls_through_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cert = certificate(tmp_path, "far.example")

    class Tunnel(Scripted):
        def _play(self, client: socket.socket, step: Step) -> bool:
            if step != "tunnel":
                return super()._play(client, step)
            with serving(cert).wrap_socket(client, server_side=True) as inner:
                return all(super(Tunnel, self)._play(inner, one) for one in (READ, ok(b"through"), 0.2))

    with Tunnel([READ, b"HTTP/1.1 200 Established\r\n\r\n", "tunnel"]) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        answer = Agent("https://far.example", trusting(cert[0])).send("GET", "/a", None, None, True, None)
        assert (answer.content, answer.error) == (b"through", None)
        assert proxy.requests[0].startswith(b"CONNECT far.example:443 HTTP/1.1\r\n")
        assert proxy.requests[1].startswith(b"GET /a HTTP/1.1\r\nHost: far.example\r\n")


def test_a_proxy_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with Scripted([READ, ok(b"no", status=b"407 Who Are You")]) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        answer = Agent("https://far.example", QUICK).send("GET", "/", None, None, True, None)
    assert "the proxy allowed no connection: 407 Who Are You" in str(answer.error)


@pytest.mark.parametrize("url", ["ftp://a/", "nonsense", "http://", "http://a:port/", "http://[::1/"])
def test_a_host_that_is_no_url_is_named(url: str) -> None:
    with pytest.raises(LeanError, match="not a URL"):
        Agent(url, QUICK)
