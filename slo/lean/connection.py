"""One connection to a server: send a request, read its answer, within a time."""

from __future__ import annotations

import errno
import ssl
from collections.abc import Callable
from contextlib import suppress
from math import inf
from time import monotonic
from typing import Any
from weakref import WeakMethod

import gevent
from gevent import monkey

from slo.lean.errors import DisconnectedError
from slo.lean.heads import HeadCache
from slo.lean.parser import Parser
from slo.lean.readiness import Readiness

_native_socket = monkey.get_original("socket", "socket")
_CHUNK = 64 * 1024
_WRITE = 2
_MARGIN_S = 0.001


class Connection:
    """One connection, for one exchange at a time.

    A single timer guards all waits. It is set again only when it fires, so that a request only has to store its
    deadline.
    """

    def __init__(self, sock: Any, max_body_bytes: int, heads: HeadCache | None = None) -> None:
        self._hub = gevent.get_hub()
        self._sock = sock
        self._readable: Readiness | None = Readiness(sock.fileno())
        self._wait_readable = self._readable.wait
        self._room: Any = None
        self._timer: Any = None
        self._greenlet: Any = None
        self._deadline = self._end = self._due = inf
        self._timeout_s = self._whole_s = inf
        self.parser = Parser(max_body_bytes, heads)
        self.reused = self._used = False

    def exchange(
        self, request: bytes, bodiless: bool, timeout_s: float, whole_s: float, stream: bool = False
    ) -> Parser:
        """Send ``request`` and return the parser with its answer, for a stream with the answer's head.

        Each wait takes ``timeout_s`` at most, all of them ``whole_s``, in seconds. Raises LeanError and OSError
        (TimeoutError among them); after either, and when the parser is not reusable, close the connection.
        """
        parser = self.parser
        parser.begin(bodiless)
        self.reused = self._used
        now = monotonic()
        self._timeout_s, self._whole_s, self._end = timeout_s, whole_s, now + whole_s
        self._deadline = now + timeout_s if timeout_s < whole_s else self._end
        if self._deadline < self._due:
            self._arm(self._deadline)
        self._greenlet = gevent.getcurrent()
        try:
            try:
                self._send(request)
            except OSError as error:
                # A server that refuses a large body may answer and close before it has read it: the answer counts.
                if error.errno not in (errno.EPIPE, errno.ECONNRESET) or len(request) < _CHUNK:
                    raise
            parser.take(self._receive(_CHUNK))
            while not parser.complete:
                if parser.has_head:
                    if stream:
                        break
                    self._extend()
                parser.take(self._receive(_CHUNK))
        finally:
            self._greenlet = None
            self._used = True
        return parser

    def receive_more(self) -> None:
        """Wait for the next bytes of a stream's body and hand them to the parser; raises what ``exchange`` does."""
        self._extend()
        if self._deadline < self._due:
            self._arm(self._deadline)
        self._greenlet = gevent.getcurrent()
        try:
            self.parser.take(self._receive(_CHUNK))
        finally:
            self._greenlet = None

    def stale(self) -> bool:
        """Whether the server closed the idle connection, or sent data without a request."""
        raise NotImplementedError

    def close(self) -> None:
        """Close it; harmless when it is closed already."""
        for watcher in (self._room, self._timer):
            if watcher is not None:
                watcher.stop()
                watcher.close()
        if self._readable is not None:
            self._readable.close()
        self._readable = self._room = self._timer = None
        with suppress(OSError):
            self._sock.close()

    def __del__(self) -> None:
        if getattr(self, "_readable", None) is not None:
            self.close()

    def _receive(self, size: int) -> bytes:
        raise NotImplementedError

    def _send(self, request: bytes) -> None:
        raise NotImplementedError

    def _writable(self) -> Any:
        if self._room is None:
            self._room = self._hub.loop.io(self._sock.fileno(), _WRITE)
        return self._room

    def _extend(self) -> None:
        self._deadline = min(monotonic() + self._timeout_s, self._end)

    def _arm(self, at: float) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer.close()
        self._due = at
        self._timer = self._hub.loop.timer(max(at - monotonic(), 0.0) + _MARGIN_S, ref=False)
        expire = WeakMethod(self._expire)  # the pending timer must not keep an unused connection alive

        def call() -> None:
            method = expire()
            if method is not None:
                method()

        self._timer.start(call)

    def _expire(self) -> None:
        self._due = inf
        if self._greenlet is None:
            return
        if monotonic() < self._deadline:
            self._arm(self._deadline)
            return
        words = f"nothing for {self._timeout_s:g} s"
        if self._deadline >= self._end and self._whole_s > self._timeout_s:
            words = f"the answer was not complete after {self._whole_s:g} s"
        self._greenlet.throw(TimeoutError(f"timed out: {words}"))


class PlainConnection(Connection):
    """A connection without TLS, on the operating system's own socket.

    After sending it waits at once, instead of trying first whether the response is there already, as gevent's
    sockets do.
    """

    def __init__(self, sock: Any, max_body_bytes: int, heads: HeadCache | None = None) -> None:
        own = _native_socket(fileno=sock.detach())
        own.setblocking(False)
        super().__init__(own, max_body_bytes, heads)

    def stale(self) -> bool:
        """Whether the server closed the idle connection, or sent data without a request."""
        return self._readable is None or self._readable.is_readable()

    def _receive(self, size: int) -> bytes:
        while True:
            self._wait_readable()
            try:
                return self._sock.recv(size)  # type: ignore[no-any-return]
            except BlockingIOError:
                continue

    def _send(self, request: bytes) -> None:
        try:
            sent = self._sock.send(request)
        except BlockingIOError:
            sent = 0
        if sent < len(request):
            self._send_rest(memoryview(request)[sent:])

    def _send_rest(self, rest: memoryview) -> None:
        while rest:
            self._hub.wait(self._writable())
            with suppress(BlockingIOError):
                rest = rest[self._sock.send(rest) :]
                self._extend()


class TlsConnection(Connection):
    """A connection with TLS, over a socket whose handshake is complete."""

    def __init__(self, sock: Any, max_body_bytes: int, heads: HeadCache | None = None) -> None:
        sock.settimeout(0.0)  # the socket does not block: the timer guards our own waits
        super().__init__(sock, max_body_bytes, heads)

    def stale(self) -> bool:
        """Whether the server closed the idle connection, or sent data without a request."""
        if self._readable is None:
            return True
        if not self._readable.is_readable() and not self._sock.pending():
            return False
        try:
            self._sock.recv(1)  # what TLS itself sends between answers is no data
        except ssl.SSLWantReadError:
            return False
        except OSError:
            return True
        return True

    def _receive(self, size: int) -> bytes:
        return self._wait_for(self._sock.recv, size)  # type: ignore[no-any-return]

    def _send(self, request: bytes) -> None:
        rest = memoryview(request)
        while rest:
            # OpenSSL requires the same bytes again after a wait: send pieces of a fixed size. gevent's `send` returns 0
            # where it would have to wait, `write` raises.
            rest = rest[self._wait_for(self._sock.write, rest[:_CHUNK]) :]
            if rest:
                self._extend()

    def _wait_for(self, call: Callable[[Any], Any], argument: Any) -> Any:
        while True:
            try:
                return call(argument)
            except ssl.SSLWantReadError:
                self._wait_readable()
            except ssl.SSLWantWriteError:
                self._hub.wait(self._writable())


def was_closed_while_idle(connection: Connection, error: BaseException) -> bool:
    """Return whether the server closed a reused connection before it read a request: no byte of an answer arrived."""
    if not connection.reused or connection.parser.received:
        return False
    return isinstance(error, DisconnectedError | ConnectionResetError | BrokenPipeError)
