"""Streamed answers, from a scripted server."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gevent
import pytest
from locust.event import EventHook

from slo.lean.errors import DisconnectedError, TooLargeError
from slo.lean.session import LeanHttpSession
from slo.lean.settings import Settings
from tests.support.lean_agent import IMPATIENT, QUICK
from tests.support.scripted import CLOSE, READ, Scripted, Step, chunked, ok

pytestmark = pytest.mark.usefixtures("no_proxy")

WORDS = b"".join(b"data: %d\n" % number for number in range(20))
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PACKED = gzip.compress(WORDS)
STREAMS: dict[str, Sequence[Step]] = {
    "chunked": [READ, chunked(WORDS[:50], WORDS[50:])],
    "apart": [READ, CHUNKED, 0.05, b"%x\r\n%b\r\n" % (len(WORDS), WORDS), 0.05, b"0\r\n\r\n"],
    "with a length": [READ, ok(WORDS)[:100], 0.05, ok(WORDS)[100:]],
    "packed": [READ, ok(PACKED, b"Content-Encoding: gzip")[:70], 0.05, ok(PACKED, b"Content-Encoding: gzip")[70:]],
}


class Heard(list[dict[str, Any]]):
    """The fields of the request events that were fired."""

    def __call__(self, **fields: Any) -> None:
        self.append(fields)


def session(url: str, heard: Heard, settings: Settings = QUICK) -> LeanHttpSession:
    event = EventHook()
    event.add_listener(heard)
    return LeanHttpSession(url, event, None, settings)


@pytest.mark.parametrize("case", STREAMS)
def test_lines_arrive_and_the_connection_is_used_again(case: str) -> None:
    heard = Heard()
    with Scripted([*STREAMS[case], READ, ok(b"next")]) as server:
        client = session(server.url, heard)
        assert list(client.iter_lines("/")) == WORDS.decode().split("\n")[:-1]
        assert client.get("/next").content == b"next"
        client.close()
        assert (server.connections, [one["exception"] for one in heard]) == (1, [None, None])


def test_the_first_bytes_are_there_before_the_last_are_sent() -> None:
    heard = Heard()
    with Scripted([READ, CHUNKED + b"5\r\nfirst\r\n", 30.0]) as server:
        client = session(server.url, heard)
        with gevent.Timeout(20):
            response = client.get("/", stream=True)
            assert next(response.iter_content()) == "first"
        assert (len(heard), heard[0]["response_length"]) == (1, 0)
        response.close()
        client.close()


@pytest.mark.parametrize(
    ("script", "settings", "kind"),
    [
        ([READ, ok(WORDS)[:100], CLOSE], QUICK, DisconnectedError),
        ([READ, ok(WORDS)[:100], 30.0], IMPATIENT, TimeoutError),
        ([READ, ok(WORDS)[:100], 0.02, ok(WORDS)[100:]], replace(QUICK, max_response_bytes=20), TooLargeError),
        ([READ, ok(PACKED, b"Content-Encoding: gzip")], replace(QUICK, max_response_bytes=150), TooLargeError),
    ],
    ids=["cut off", "silence", "too large", "too large unpacked"],
)
def test_a_stream_that_breaks_off_fails_the_request_of_its_with_block(
    script: Sequence[Step], settings: Settings, kind: type[Exception]
) -> None:
    heard = Heard()
    with Scripted(script) as server:
        client = session(server.url, heard, settings)
        with pytest.raises(kind), client.get("/", stream=True, catch_response=True) as response:
            list(response.iter_lines())
        client.close()
    assert [type(one["exception"]) for one in heard] == [kind]


def test_a_body_that_nobody_reads_costs_its_connection_and_no_other() -> None:
    with Scripted([READ, ok(WORDS)[:100], 30.0], [READ, ok(b"second")]) as server:
        client = LeanHttpSession(server.url, EventHook(), None, replace(QUICK, concurrency=1))
        response = client.get("/", stream=True)
        del response
        assert client.get("/").content == b"second"
        client.close()
        assert server.connections == 2


def test_a_redirect_leads_to_the_stream() -> None:
    there = ok(b"moved", b"Location: /there", status=b"302 Found")
    with Scripted([READ, there, READ, ok(WORDS)], [READ, ok(WORDS)]) as server:
        client = session(server.url, Heard())
        response = client.get("/", stream=True)
        assert (response.content, len(response.history)) == (WORDS, 1)
        client.close()


def test_a_stream_without_a_body_is_empty_and_one_of_a_failed_request_is_an_error() -> None:
    with Scripted(
        [READ, b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 50\r\n\r\n"], [CLOSE]
    ) as server:
        client = session(server.url, Heard())
        assert client.head("/", stream=True).content == b""
        client.close()
        failed: Any = client.post("/", stream=True)
        with pytest.raises(DisconnectedError, match="the request failed"):
            failed.stream.read()
