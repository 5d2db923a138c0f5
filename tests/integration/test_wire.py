"""The wire that tests cut: every byte arrives once and in order, whatever happened on the way."""

from __future__ import annotations

import hashlib
import random
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.support.wire import Wire


class Sink:
    """Accepts connections and keeps what each brings; answers with ``answer``."""

    def __init__(self, answer: bytes = b"") -> None:
        self.received: list[bytearray] = []
        self.ended = threading.Semaphore(0)
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.received.append(bytearray())
            threading.Thread(target=self._take, args=(sock, self.received[-1]), daemon=True).start()

    def _take(self, sock: socket.socket, mine: bytearray) -> None:
        with sock:
            sock.sendall(self._answer)
            try:
                while chunk := sock.recv(65536):
                    mine += chunk
            except OSError:
                mine += b"(reset)"
        self.ended.release()

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink(answer=b"welcome")
    yield sink
    sink.close()


def receive(sock: socket.socket, count: int) -> bytes:
    sock.settimeout(10)
    received = b""
    while len(received) < count:
        received += sock.recv(count - len(received))
    return received


def test_bytes_arrive_intact_across_a_cut_and_its_heal(sink: Sink) -> None:
    sent = random.Random(1).randbytes(5_000_000)
    with Wire(sink.port) as wire, socket.create_connection(("127.0.0.1", wire.port)) as sock:
        assert receive(sock, 7) == b"welcome"
        sock.sendall(sent[:1000])
        wire.cut()
        before = len(sink.received[0])

        def send_the_rest() -> None:
            sock.sendall(sent[1000:])
            sock.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send_the_rest)
        sender.start()
        assert not sink.ended.acquire(timeout=0.3)
        assert len(sink.received[0]) <= max(before, 1000)
        wire.heal()
        assert sink.ended.acquire(timeout=60)
        sender.join()
    assert hashlib.sha256(sink.received[0]).digest() == hashlib.sha256(sent).digest()


def test_a_connection_made_during_a_cut_works_once_healed(sink: Sink) -> None:
    with Wire(sink.port) as wire:
        wire.cut()
        with socket.create_connection(("127.0.0.1", wire.port)) as sock:
            sock.sendall(b"hello")
            sock.settimeout(0.2)
            with pytest.raises(TimeoutError):
                sock.recv(1)
            wire.heal()
            assert receive(sock, 7) == b"welcome"
        assert sink.ended.acquire(timeout=60)
    assert bytes(sink.received[0]) == b"hello"


@pytest.mark.parametrize("cut_before", [False, True])
def test_dropped_connections_are_reset_and_later_ones_work(sink: Sink, cut_before: bool) -> None:
    with Wire(sink.port) as wire:
        with socket.create_connection(("127.0.0.1", wire.port)) as sock:
            assert receive(sock, 7) == b"welcome"
            if cut_before:
                wire.cut()
            wire.drop()
            with pytest.raises(ConnectionResetError):
                sock.recv(1)
        assert sink.ended.acquire(timeout=60)
        assert sink.received[0] == b"(reset)"
        wire.heal()
        with socket.create_connection(("127.0.0.1", wire.port)) as sock:
            assert receive(sock, 7) == b"welcome"


def test_a_forgotten_connection_is_reset_at_one_end_only(sink: Sink) -> None:
    with Wire(sink.port) as wire:
        with socket.create_connection(("127.0.0.1", wire.port)) as sock:
            assert receive(sock, 7) == b"welcome"
            wire.forget()
            with pytest.raises(ConnectionResetError):
                sock.recv(1)
        assert not sink.ended.acquire(timeout=0.3)
        with socket.create_connection(("127.0.0.1", wire.port)) as sock:
            assert receive(sock, 7) == b"welcome"


def test_a_wire_to_nowhere_refuses(sink: Sink) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Wire(port) as wire, socket.create_connection(("127.0.0.1", wire.port)) as sock:
        sock.settimeout(10)
        with pytest.raises(ConnectionResetError):
            sock.recv(1)


def test_a_closed_wire_is_gone(sink: Sink) -> None:
    wire = Wire(sink.port)
    with socket.create_connection(("127.0.0.1", wire.port)) as sock:
        assert receive(sock, 7) == b"welcome"
        wire.close()
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", wire.port))
    wire.close()
