"""The connections to one server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import gevent
import pytest

from slo.lean.connection import Connection
from slo.lean.pool import Pool


class Line:
    """A connection of the test."""

    def __init__(self) -> None:
        self.closed = self.is_stale = False

    def stale(self) -> bool:
        return self.is_stale

    def close(self) -> None:
        self.closed = True


def pool(limit: int, fail: Callable[[], bool] = lambda: False) -> Any:
    def open_connection(_: float) -> Connection:
        if fail():
            raise ConnectionRefusedError
        return cast(Connection, Line())

    return Pool(open_connection, limit)


def test_an_idle_connection_is_taken_again() -> None:
    one = pool(2)
    first = one.take(1)
    one.release(first, True)
    assert one.take(1) is first
    one.release(first, False)
    assert (first.closed, one.connections, one.idle) == (True, 0, [])


def test_a_connection_with_bytes_waiting_is_replaced() -> None:
    one = pool(1)
    first = one.take(1)
    one.release(first, True)
    first.is_stale = True
    assert one.take(1) is not first
    assert (first.closed, one.connections) == (True, 1)


def test_there_are_never_more_than_the_limit() -> None:
    one = pool(3)
    most: list[int] = []
    done: list[None] = []

    def work() -> None:
        connection = one.take(10)
        most.append(one.connections)
        gevent.sleep(0)
        one.release(connection, len(done) % 2 == 0)
        done.append(None)

    gevent.joinall([gevent.spawn(work) for _ in range(40)], timeout=20, raise_error=True)
    assert len(done) == 40
    assert max(most) == 3


def test_who_waits_too_long_gets_an_error_and_leaves_the_queue() -> None:
    one = pool(1)
    held = one.take(1)
    with pytest.raises(TimeoutError, match="none of 1 connections was free within 0.01 s"):
        one.take(0.01)
    one.release(held, True)
    assert one.take(1) is held


def test_the_turn_of_one_that_is_killed_goes_to_the_next() -> None:
    one = pool(1)
    held = one.take(1)
    first, second = (gevent.spawn(one.take, 10) for _ in range(2))
    gevent.sleep(0)
    first.kill(block=False)
    one.release(held, True)  # wakes the first, which is killed before it runs
    assert second.get(timeout=10) is held


def test_one_that_cannot_be_opened_leaves_room() -> None:
    refused = iter([True, False])
    one = pool(1, lambda: next(refused))
    with pytest.raises(ConnectionRefusedError):
        one.take(1)
    assert one.take(1) is not None


def test_closed_it_keeps_no_connection() -> None:
    one = pool(2)
    idle, busy = one.take(1), one.take(1)
    one.release(idle, True)
    one.close()
    assert (idle.closed, busy.closed) == (True, False)
    one.release(busy, True)
    assert (busy.closed, one.idle) == (True, [])
