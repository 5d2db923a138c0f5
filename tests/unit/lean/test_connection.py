"""One connection, at a server in this process."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from slo.lean.connection import PlainConnection
from slo.lean.errors import DisconnectedError

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def ends() -> Iterator[tuple[PlainConnection, socket.socket]]:
    near, far = socket.socketpair()
    connection = PlainConnection(near, 1000)
    yield connection, far
    connection.close()
    far.close()


def test_an_answer_that_waits_is_read(ends: tuple[PlainConnection, socket.socket]) -> None:
    connection, server = ends
    server.sendall(ANSWER)
    parser = connection.exchange(b"GET / HTTP/1.1\r\n\r\n", False, 5, 5)
    assert (parser.status, parser.content, connection.reused) == (200, b"ok", False)
    assert server.recv(100) == b"GET / HTTP/1.1\r\n\r\n"
    server.sendall(ANSWER)
    connection.exchange(b"GET / HTTP/1.1\r\n\r\n", False, 5, 5)
    assert connection.reused


def test_an_idle_connection_is_stale_once_the_server_closed_it_or_wrote(
    ends: tuple[PlainConnection, socket.socket],
) -> None:
    connection, server = ends
    assert not connection.stale()
    server.sendall(b"x")
    assert connection.stale()
    server.close()
    assert connection.stale()


def test_a_server_that_closes_without_an_answer_is_an_error(ends: tuple[PlainConnection, socket.socket]) -> None:
    connection, server = ends
    server.shutdown(socket.SHUT_WR)
    with pytest.raises(DisconnectedError):
        connection.exchange(b"GET / HTTP/1.1\r\n\r\n", False, 5, 5)


def test_a_server_that_is_silent_is_a_timeout(ends: tuple[PlainConnection, socket.socket]) -> None:
    connection, _ = ends
    with pytest.raises(TimeoutError, match="timed out: nothing for 0.01 s"):
        connection.exchange(b"GET / HTTP/1.1\r\n\r\n", False, 0.01, 5)


def test_closing_twice_is_harmless(ends: tuple[PlainConnection, socket.socket]) -> None:
    ends[0].close()
    ends[0].close()
