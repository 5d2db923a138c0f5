"""A server that answers each request with its own number, and treats its connections in every way a server can."""

from __future__ import annotations

import random
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from contextlib import suppress
from types import TracebackType
from typing import Self

STOLEN = b"HTTP/1.1 200 OK\r\nX-Sent: %f\r\nContent-Length: 6\r\n\r\nstolen"
LATE = (
    *(STOLEN, STOLEN, b"HTTP/1.1 200 OK\r\nX-Sent: %f", b"\r\nX-Sent: %f", b"\x00\xff%f"),
    b"HTTP/1.1 408 Request Timeout\r\nX-Sent: %f\r\nConnection: close\r\n\r\n",
)
"""What is sent that no request asked for; X-Sent is when, by the monotonic clock in seconds."""
FRAMES = ("length", "chunked", "close")
ENDS = (
    *("keep", "keep", "keep", "keep", "close", "reset", "half close", "close notify"),
    *("cut", "cut by reset", "extra", "extra later", "silence", "trickle"),
)


def content_of(number: int) -> bytes:
    """Return the body that the answer to a request has."""
    return b"%d:" % number * (1 + number * 7919 % 3000)


class Unsteady:
    """Serves on a free port, with TLS if there is a context; ``seed`` decides what happens to whom.

    ``received`` counts each request by its number, ``ends`` what was done to the connections.
    """

    def __init__(self, seed: int, tls: ssl.SSLContext | None = None) -> None:
        self.received: Counter[int] = Counter()
        self.ends: Counter[str] = Counter()
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._tls = tls
        self._done = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self.url = f"{'https' if tls else 'http'}://localhost:{self._listener.getsockname()[1]}"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._accepting.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._done.is_set():
            with suppress(TimeoutError):
                sock = self._listener.accept()[0]
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        sock.settimeout(10)
        with suppress(OSError, ValueError):
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
            while not self._done.is_set() and self._exchange(sock):
                pass
        with suppress(OSError):
            sock.close()

    def _exchange(self, sock: socket.socket) -> bool:
        """Answer one request in some way; return whether the connection lives on."""
        with self._lock:
            chance = random.Random(self._chance.random())
        method, number = self._read(sock, slowly=chance.random() < 0.1)
        end = chance.choice(ENDS)
        with self._lock:
            self.received[number] += 1
            self.ends[end] += 1
        answer, closes = _answer(number, method, chance)
        if end == "silence":
            return self._wait()
        # A body that ends with its connection cannot be told from one that is cut.
        last = answer.index(b"\r\n\r\n") if closes else len(answer) - 1
        if end in ("cut", "cut by reset"):
            sock.sendall(answer[: chance.randint(0, last)])
            return _end(sock, end)
        if end == "trickle":
            for at in range(min(last, 40)):
                sock.sendall(answer[at : at + 1])
                time.sleep(0.005)
            return _end(sock, "close")
        _send(sock, answer, chance)
        if closes:
            return _end(sock, "close")
        if end in ("extra", "extra later"):
            time.sleep(chance.random() * 0.02 if end == "extra later" else 0)
            sock.sendall(chance.choice(LATE) % time.monotonic())
        return _end(sock, end)

    def _read(self, sock: socket.socket, slowly: bool) -> tuple[str, int]:
        """Read a whole request; return its method and its number."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += _received(sock, 4096)
        head, _, body = data.partition(b"\r\n\r\n")
        method, path, _ = head.split(b" ", 2)
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        left = (int(lengths[0].split(b":")[1]) if lengths else 0) - len(body)
        while left > 0:
            if slowly:
                time.sleep(0.001)
            left -= len(_received(sock, 16 * 1024))
        return method.decode(), int(path.rpartition(b"/")[2])

    def _wait(self) -> bool:
        self._done.wait(2)
        return False


def _received(sock: socket.socket, size: int) -> bytes:
    data = sock.recv(size)
    if not data:
        raise ConnectionError("the client has closed it")
    return data


def _answer(number: int, method: str, chance: random.Random) -> tuple[bytes, bool]:
    """Return an answer, and whether the end of the connection is its end."""
    content = content_of(number)
    frame = "length" if method == "HEAD" else chance.choice(FRAMES)
    before = chance.choice(
        (b"", b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    )
    head = before + b"HTTP/1.1 200 OK\r\nX-Sent: %f\r\n" % time.monotonic()
    if frame == "length":
        return head + b"Content-Length: %d\r\n\r\n" % len(content) + (b"" if method == "HEAD" else content), False
    if frame == "close":
        return head + b"\r\n" + content, True
    size = chance.randint(1, len(content))
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n", False


def _send(sock: socket.socket, data: bytes, chance: random.Random) -> None:
    cuts = sorted(chance.randint(1, len(data)) for _ in range(chance.choice((0, 0, 1, 3))))
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        sock.sendall(data[start:end])
        if cuts:
            time.sleep(0.001)


def _end(sock: socket.socket, end: str) -> bool:
    """Do to a connection what ``end`` says; return whether it lives on."""
    if end in ("reset", "cut by reset"):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif end == "half close":
        sock.shutdown(socket.SHUT_WR)
        return True
    elif end == "close notify" and isinstance(sock, ssl.SSLSocket):
        sock.unwrap()
    return end in ("keep", "extra", "extra later")
