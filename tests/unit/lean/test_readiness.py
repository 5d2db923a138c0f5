"""Waiting for a socket, and seeing what comes while nobody waits."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import gevent
import pytest

from slo.lean.readiness import Readiness

LIMIT_S = 20.0


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def until_it_came(readiness: Readiness) -> None:
    with gevent.Timeout(LIMIT_S):
        while not readiness.came:
            gevent.sleep(0)


def test_it_waits_for_bytes_again_and_again(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    readiness = Readiness(ours.fileno())
    found = []

    def read() -> None:
        for _ in range(3):
            readiness.wait()
            found.append(ours.recv(10))

    reader = gevent.spawn(read)
    for text in (b"a", b"b", b"c"):
        gevent.sleep(0)
        theirs.send(text)
        with gevent.Timeout(LIMIT_S):
            while not found or found[-1] != text:
                gevent.sleep(0)
    reader.join(LIMIT_S)
    assert found == [b"a", b"b", b"c"]
    readiness.close()
    readiness.close()


def test_what_comes_unasked_is_seen_and_can_be_waited_for(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    readiness = Readiness(ours.fileno())
    gevent.sleep(0)
    assert not readiness.came
    assert not readiness.is_readable()
    theirs.send(b"late")
    assert readiness.is_readable()
    until_it_came(readiness)
    with gevent.Timeout(LIMIT_S):
        readiness.wait()
    assert ours.recv(10) == b"late"
    assert not readiness.came
    assert not readiness.is_readable()
    theirs.close()
    assert readiness.is_readable()  # the end, too
    until_it_came(readiness)
    readiness.close()


def test_a_wait_that_is_ended_from_outside_leaves_it_usable(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    readiness = Readiness(ours.fileno())
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.01):
        readiness.wait()
    theirs.send(b"x")
    until_it_came(readiness)
    readiness.close()


def test_an_idle_connection_keeps_no_program_alive(pair: tuple[socket.socket, socket.socket]) -> None:
    readiness = Readiness(pair[0].fileno())
    assert gevent.wait(timeout=LIMIT_S)  # until nothing is left to wait for
    readiness.close()
