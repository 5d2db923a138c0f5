"""A wire between a worker and its master that tests can cut, heal and tear: a TCP proxy in a thread."""

from __future__ import annotations

import contextlib
import queue
import selectors
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

CHUNK = 65536
AT_MOST = 1 << 20
"""Bytes kept for a receiver that is slower than its sender; the rest waits in the kernel."""
RESET = struct.pack("ii", 1, 0)


class _End:
    """One end of a connection: its socket, and what is still to be sent there."""

    def __init__(self, sock: socket.socket, near: bool) -> None:
        self.sock = sock
        self.near = near
        """It made the connection."""
        self.out = bytearray()
        self.other: _End = self
        self.ended = False
        """It sent its last byte."""
        self.told = False
        """It knows that the other end sent its last byte."""


class Wire:
    """Listens on ``port``, a free one of 127.0.0.1, and forwards each connection to ``target`` there."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._whole = True
        self._closing = False
        self._ends: set[_End] = set()
        self._forgotten: list[socket.socket] = []
        self._orders: queue.SimpleQueue[tuple[Callable[[], None], threading.Event]] = queue.SimpleQueue()
        self._bell, self._ear = socket.socketpair()
        self._ear.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._ear, selectors.EVENT_READ)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def cut(self) -> None:
        """Let nothing through, in either direction: connections stay open, new ones get no answer."""
        self._do(lambda: self._set_whole(False))

    def heal(self) -> None:
        """Let everything through again, first of all what was sent during the cut."""
        self._do(lambda: self._set_whole(True))

    def drop(self) -> None:
        """Reset all connections, losing what is under way; later ones work."""
        self._do(self._reset_all)

    def forget(self) -> None:
        """Reset all connections towards who made them only: as a firewall that forgets what it forwarded."""
        self._do(self._reset_near_ends)

    def close(self) -> None:
        """Reset all connections and listen no more."""
        if self._thread.is_alive():
            self._do(self._shut)
            self._thread.join()

    def _do(self, order: Callable[[], None]) -> None:
        done = threading.Event()
        self._orders.put((order, done))
        self._bell.send(b"!")
        assert done.wait(10), "the wire's thread is stuck"

    # What follows runs in the thread.

    def _run(self) -> None:
        while not self._closing:
            for key, events in self._selector.select():
                if key.fileobj is self._ear:
                    self._obey()
                elif key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.data, _End) and key.data in self._ends:
                    self._serve(key.data, events)

    def _obey(self) -> None:
        self._ear.recv(1024)
        while not self._orders.empty():
            order, done = self._orders.get()
            order()
            done.set()

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        try:
            far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
        except OSError:
            _reset(near)
            return
        ends = _End(near, True), _End(far, False)
        ends[0].other, ends[1].other = ends[1], ends[0]
        for end in ends:
            end.sock.setblocking(False)
            end.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._ends.add(end)
            self._watch(end)

    def _serve(self, end: _End, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                del end.out[: end.sock.send(end.out)]
            if events & selectors.EVENT_READ:
                chunk = end.sock.recv(CHUNK)
                end.other.out += chunk
                end.ended = not chunk
        except BlockingIOError:
            pass
        except OSError:
            self._reset_pair(end)
            return
        self._pass_on_the_end(end)
        self._pass_on_the_end(end.other)
        if end.told and end.other.told:
            self._reset_pair(end)
        else:
            self._watch(end)
            self._watch(end.other)

    def _pass_on_the_end(self, end: _End) -> None:
        if end.other.ended and not end.out and not end.told:
            end.told = True
            with contextlib.suppress(OSError):
                end.sock.shutdown(socket.SHUT_WR)

    def _watch(self, end: _End) -> None:
        events = 0
        if self._whole:
            events |= selectors.EVENT_READ if not end.ended and len(end.other.out) < AT_MOST else 0
            events |= selectors.EVENT_WRITE if end.out else 0
        known = end.sock in self._selector.get_map()
        if known and events:
            self._selector.modify(end.sock, events, end)
        elif events:
            self._selector.register(end.sock, events, end)
        elif known:
            self._selector.unregister(end.sock)

    def _set_whole(self, whole: bool) -> None:
        if whole == self._whole:
            return
        self._whole = whole
        if whole:
            self._selector.register(self._listener, selectors.EVENT_READ)
        else:
            self._selector.unregister(self._listener)
        for end in self._ends:
            self._watch(end)

    def _reset_pair(self, end: _End) -> None:
        for one in (end, end.other):
            self._ends.discard(one)
            if one.sock in self._selector.get_map():
                self._selector.unregister(one.sock)
            if one.told and one.ended:
                one.sock.close()
            else:
                _reset(one.sock)

    def _reset_all(self) -> None:
        while self._ends:
            self._reset_pair(next(iter(self._ends)))

    def _reset_near_ends(self) -> None:
        for end in list(self._ends):
            self._ends.discard(end)
            if end.sock in self._selector.get_map():
                self._selector.unregister(end.sock)
            if end.near:
                _reset(end.sock)
            else:
                self._forgotten.append(end.sock)

    def _shut(self) -> None:
        self._closing = True
        self._reset_all()
        self._selector.close()
        for sock in (self._listener, self._ear, *self._forgotten):
            sock.close()


def _reset(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    sock.close()
