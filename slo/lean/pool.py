"""The connections of one user to one server."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from gevent.event import Event

from slo.lean.connection import Connection


class Pool:
    """At most ``limit`` connections at once; the idle ones wait for the next request.

    ``open_connection`` makes one within so many seconds.
    """

    def __init__(self, open_connection: Callable[[float], Connection], limit: int) -> None:
        self._open_connection = open_connection
        self._limit = max(limit, 1)
        self._waiting: deque[Event] = deque()
        self._closed = False
        self.idle: list[Connection] = []
        self.connections = 0

    def take(self, timeout_s: float) -> Connection:
        """Return a connection for one exchange; raises OSError (TimeoutError among them) and LeanError.

        What arrived while a connection was idle answers no request of ours: it is not used.
        """
        while True:
            while self.idle:
                connection = self.idle.pop()
                if not connection.stale():
                    return connection
                self.discard(connection)
            if self.connections < self._limit:
                return self._open(timeout_s)
            self._wait(timeout_s)

    def release(self, connection: Connection, reusable: bool) -> None:
        """Take back a connection whose exchange is complete."""
        if not reusable or self._closed:
            self.discard(connection)
            return
        self.idle.append(connection)
        if self._waiting:
            self._waiting.popleft().set()

    def discard(self, connection: Connection) -> None:
        """Close a connection that carries no further request."""
        connection.close()
        self.connections -= 1
        self._wake_next()

    def close_idle(self) -> None:
        """Close the idle connections."""
        while self.idle:
            self.discard(self.idle.pop())

    def close(self) -> None:
        """Close the idle connections, and the others as soon as their exchange is complete."""
        self._closed = True
        self.close_idle()

    def _open(self, timeout_s: float) -> Connection:
        self.connections += 1
        try:
            return self._open_connection(timeout_s)
        except BaseException:
            self.connections -= 1
            self._wake_next()
            raise

    def _wake_next(self) -> None:
        if self._waiting:
            self._waiting.popleft().set()

    def _wait(self, timeout_s: float) -> None:
        """Wait until another greenlet of the user has finished with a connection."""
        released = Event()
        self._waiting.append(released)
        try:
            if not released.wait(timeout_s):
                raise TimeoutError(f"timed out: none of {self._limit} connections was free within {timeout_s:g} s")
        except BaseException:
            if released.is_set():
                self._wake_next()  # the connection that we were woken for is free
            else:
                self._waiting.remove(released)
            raise
