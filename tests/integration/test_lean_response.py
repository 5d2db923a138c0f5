"""What the lean client makes of the answers of a server, right, wrong and slow."""

from __future__ import annotations

import gzip
import socket
import zlib
from collections.abc import Sequence

import brotli
import gevent
import gevent.ssl
import pytest
import requests

from slo.lean.agent import Agent
from slo.lean.body import Body
from slo.measure.failure_kind import kind_of
from tests.support.lean_agent import CLOSED, IMPATIENT, QUICK, ask
from tests.support.scripted import CLOSE, READ, RESET, Scripted, Step, chunked, ok

pytestmark = pytest.mark.usefixtures("no_proxy")


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
